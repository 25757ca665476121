/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "whole_node.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#ifdef __SANITIZE_ADDRESS__
size_t __sanitizer_get_current_allocated_bytes(void); /* gcc brings no header that says so */
#endif

#include "scratch.h"

const struct whole_person NURSE = {ROLE_NURSE, SECTOR_HEALTH, 1u << PURPOSE_TREAT, "harbour-clinic", {{0}}};
const struct whole_person PHYSICIAN_EMERGENCY = {
    ROLE_PHYSICIAN, SECTOR_HEALTH, 1u << PURPOSE_ETREAT, "other-clinic", {{0}}};
const struct whole_person PHYSICIAN_ELSEWHERE = {
    ROLE_PHYSICIAN, SECTOR_HEALTH, 1u << PURPOSE_TREAT, "other-clinic", {{0}}};
const struct whole_person OVERSEER = {ROLE_OVERSEER, SECTOR_OVERSIGHT, 1u << PURPOSE_HOPERAT, "ombud", {{0}}};
const struct whole_person OFFICER = {ROLE_OFFICER, SECTOR_IMMIGRATION, 1u << PURPOSE_ENFORCE, "border-office", {{0}}};
const struct whole_person CLERK = {ROLE_RECEPTIONIST, SECTOR_HEALTH, 1u << PURPOSE_TREAT, "harbour-clinic", {{0}}};

static struct scratch template;

static int run(char *const arguments[])
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        setenv("HOSPITIUM_TWIN", "7:1700000000", 1);
        execv(arguments[0], arguments);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int whole_template_make(void **state)
{
    char *binary = getenv("HOSPITIUM_BINARY"), *made = getenv("HOSPITIUM_TEST_NODE"), node[96];

    (void)state;
    if (!binary) {
        print_error("HOSPITIUM_BINARY is not set: run this by `meson test`\n");
        return -1;
    }
    template = scratch_make();
    snprintf(node, sizeof node, "%s/node", template.directory);
    if (made)
        return run((char *[]){(char[]){"/bin/cp"}, (char[]){"-a"}, made, node, NULL});
    return run(
        (char *[]){binary, (char[]){"init"}, node, (char[]){"--name"}, (char[]){"north"}, (char[]){"--demo"}, NULL});
}

int whole_template_remove(void **state)
{
    (void)state;
    scratch_remove(&template);
    return 0;
}

const char *whole_template_directory(void)
{
    return template.directory;
}

static void open_safe(struct whole *whole)
{
    struct safe_options options = {.directory = whole->directory, .world = &whole->world, .cadence = whole->cadence};
    struct fault fault = {0};

    if (safe_open(&options, &whole->safe, &fault) != OK)
        fail_msg("safe: %s", fault.detail);
}

void whole_open(struct whole *whole)
{
    static unsigned copies;
    char from[96];

    *whole = (struct whole){.world = world_driven(99, WHOLE_OPENED_S * 1000000000),
                            .arena = arena_new(64u << 20),
                            .answer = buffer_new(2u * PROTOCOL_MESSAGE_MAX)};
    snprintf(from, sizeof from, "%s/node", template.directory);
    snprintf(whole->directory, sizeof whole->directory, "%s/%u", template.directory, copies++);
    assert_int_equal(run((char *[]){(char[]){"/bin/cp"}, (char[]){"-a"}, from, whole->directory, NULL}), 0);
    open_safe(whole);
}

void whole_close(struct whole *whole)
{
    safe_close(whole->safe);
    arena_free(whole->arena);
    buffer_wipe(&whole->answer);
}

void whole_reopen(struct whole *whole)
{
    safe_close(whole->safe);
    whole->safe = NULL;
    open_safe(whole);
}

void whole_files_may_grow_to(rlim_t bytes)
{
    struct rlimit limit;

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

enum error whole_ask(struct whole *whole, enum protocol_kind kind, struct slice payload, struct slice *ret_payload)
{
    CLEANUP_BUFFER struct buffer message = buffer_new(PROTOCOL_MESSAGE_MAX);

    buffer_u16(&message, 1);
    buffer_byte(&message, (uint8_t)kind);
    protocol_text_write(payload, &message);
    buffer_clear(&whole->answer);
    assert_int_equal(buffer_check(&message), OK);
    assert_int_equal(safe_answer(whole->safe, buffer_view(&message), &whole->answer), OK);

    struct reader reader = reader_of(buffer_view(&whole->answer));
    assert_int_equal(reader_u32(&reader), whole->answer.length - 4);
    assert_int_equal(reader_u16(&reader), 1);
    enum error error = (enum error)reader_u16(&reader);
    struct slice answered = protocol_text_read(&reader, PROTOCOL_MESSAGE_MAX);
    assert_true(reader_done(&reader));
    if (ret_payload)
        *ret_payload = answered;
    return error;
}

enum error whole_list(struct whole *whole, enum protocol_kind kind, struct slice token, struct slice *ret_payload)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(PROTOCOL_TOKEN_MAX + 64);

    protocol_asker_write(token, WHOLE_REQUEST, &payload);
    return whole_ask(whole, kind, buffer_view(&payload), ret_payload);
}

struct whole_person whole_patient(const struct id *person)
{
    return (struct whole_person){ROLE_PATIENT, SECTOR_PATIENT, 1u << PURPOSE_PATRQT, "none", *person};
}

struct slice whole_token(struct whole *whole, const struct whole_person *person)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(1024);
    struct slice actor = person->actor
                             ? slice_from_string(person->actor)
                             : arena_format(whole->arena, "%s@%s", vocabulary_word(VOCABULARY_ROLE, person->role),
                                            person->organization);
    struct credential credential = {
        .actor = actor,
        .role = person->role,
        .sector = person->sector,
        .training = TRAINING_CURRENT,
        .organization = node_organization(slice_from_string(person->organization)),
        .person = person->person,
        .purposes = person->purposes,
        .expires_s = 3600,
    };
    struct slice token;

    credential_write(&credential, &payload);
    assert_int_equal(whole_ask(whole, PROTOCOL_ISSUE, buffer_view(&payload), &token), OK);
    struct slice kept = arena_copy(whole->arena, token);
    assert_non_null(kept.data);
    return kept;
}

enum error whole_access(struct whole *whole, const struct access *access, struct grant *ret_grant)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(1u << 20);
    struct slice answered;

    access_write(access, &payload);
    *ret_grant = (struct grant){0};
    enum error error = whole_ask(whole, PROTOCOL_ACCESS, buffer_view(&payload), &answered);
    if (answered.length > 0)
        assert_int_equal(grant_read(whole->arena, answered, ret_grant), OK);
    return error;
}

/* The second line of a checkpoint is the size of the tree. */
static uint64_t size_of_log(struct whole *whole, uint8_t log)
{
    struct slice note;
    uint64_t size = UINT64_MAX;

    assert_int_equal(whole_ask(whole, PROTOCOL_CHECKPOINT, slice_of(&log, 1), &note), OK);
    slice_cut(&note, '\n');
    assert_true(slice_to_u64(slice_cut(&note, '\n'), &size));
    return size;
}

uint64_t whole_entries(struct whole *whole)
{
    return size_of_log(whole, 0);
}

uint64_t whole_public_entries(struct whole *whole)
{
    return size_of_log(whole, 1);
}

size_t whole_memory(void)
{
#ifdef __SANITIZE_ADDRESS__
    return __sanitizer_get_current_allocated_bytes();
#else
    return 0;
#endif
}

struct slice whole_register(struct whole *whole, const struct id *person)
{
    struct access_target target = {.person = *person, .fresh = true};
    struct access access = {.token = whole_token(whole, &NURSE),
                            .action = ACTION_WRITE,
                            .needed = OUTCOME_FULL,
                            .drawers = 1u << DRAWER_IDENTITY | 1u << DRAWER_CLINICAL,
                            .type = SLICE("Patient"),
                            .resource = *person,
                            .resources = 1,
                            .all_or_nothing = true,
                            .target = &target,
                            .targets = 1};
    struct grant grant;

    assert_int_equal(whole_access(whole, &access, &grant), OK);
    assert_int_equal(grant.targets, 1);
    assert_true(grant.target[0].facts.length > 0);
    return grant.target[0].facts;
}
