/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that memory which runs out is an error and nothing else: each kind of work is done with the n-th allocation
 * failing, once and for ever, for every n that it makes. It ends with a clean error or the right answer, hands out no
 * key with an error, leaves nothing allocated when its node is closed, and the same work right after it succeeds. */

#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/err.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "house.h"
#include "image.h"
#include "memory.h"
#include "points.h"
#include "safe/review.h"
#include "safe/suspension.h"

#define NOW_S INT64_C(1700000000)
#define ALL_HERS (1u << DRAWER_IDENTITY | 1u << DRAWER_CLINICAL)
#define PATIENT "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"Hadad\"}],\"telecom\":[{\"value\":\"0470\"}]}"
#define REASON SLICE("unconscious, nobody with her")

static const struct whole_person INES = {ROLE_OVERSEER, SECTOR_OVERSIGHT, 1u << PURPOSE_HOPERAT, "ombud", {{0}},
                                         "ines"};

/* A node with people, on which all work is done. */
struct desk {
    struct house house;
    struct house_token nurse, emergency, overseer, self, spare;
    struct id anna, other;
    uint64_t leaf, number;
    uint32_t drawn; /* ids and directories that were used */
    struct buffer payload;
};

/* What is done: `ready` is what it needs, on a good day; `run` may fail. */
struct work {
    const char *name;
    enum error (*ready)(struct desk *desk);
    enum error (*run)(struct desk *desk);
    enum error right; /* that it answers on a good day */
};

static struct id new_id(struct desk *desk)
{
    struct id id = {{0x9A}};

    desk->drawn++;
    memcpy(id.byte + 4, &desk->drawn, sizeof desk->drawn);
    return id;
}

static enum error nothing(struct desk *desk)
{
    (void)desk;
    return OK;
}

/* ---- through the gate ---- */

static enum error write_patient(struct desk *desk, const struct id *person, enum gate_method method)
{
    static const struct slice term[] = {{"name=hadad", 10}};
    struct house_write write = {method, "Patient", PATIENT, *person, *person, 0, 0, term, 1};

    return house_write(&desk->house, &desk->nurse, &write, 1);
}

static enum error draw_other(struct desk *desk)
{
    desk->other = new_id(desk);
    return OK;
}
static enum error create(struct desk *desk)
{
    return write_patient(desk, &desk->other, GATE_CREATE);
}
static enum error create_other(struct desk *desk)
{
    TRY(draw_other(desk));
    struct whole_person self = whole_patient(&desk->other);
    TRY(create(desk));
    return house_issue(&desk->house, &self, &desk->spare);
}
static enum error update(struct desk *desk)
{
    return write_patient(desk, &desk->anna, GATE_UPDATE);
}
static enum error patch(struct desk *desk)
{
    struct house_write write = {GATE_PATCH, "Patient",  PATIENT,
                                desk->anna, desk->anna, 1u << DRAWER_IDENTITY | 1u << DRAWER_CONTACT,
                                0,          NULL,       0};

    return house_write(&desk->house, &desk->nurse, &write, 1);
}

static enum error look(struct desk *desk)
{
    struct house_seen seen;

    TRY(house_read(&desk->house, &desk->nurse, "Patient", &desk->anna, 0, &seen));
    return seen.count == 1 && slice_search(seen.json, SLICE("Hadad")) != SIZE_MAX ? OK : ERROR_COUNT;
}
static enum error search(struct desk *desk)
{
    struct house_seen seen;

    TRY(house_search(&desk->house, &desk->nurse, "Patient", SLICE("name=hadad"), &seen));
    return seen.count > 0 ? OK : ERROR_COUNT;
}
static enum error scan(struct desk *desk)
{
    struct house_seen seen;

    TRY(house_scan(&desk->house, &desk->nurse, &desk->anna, &seen));
    return seen.count == 1 ? OK : ERROR_COUNT;
}
static enum error events(struct desk *desk)
{
    struct slice list;

    return house_events(&desk->house, &desk->self, &desk->anna, &list);
}
static enum error proof(struct desk *desk)
{
    struct slice text;

    return house_proof(&desk->house, &desk->self, &desk->anna, desk->leaf, &text);
}
static enum error break_glass(struct desk *desk)
{
    uint64_t leaf;

    return house_break_glass(&desk->house, &desk->emergency, &desk->anna, REASON, &leaf);
}
static enum error erase(struct desk *desk)
{
    return house_erase(&desk->house, &desk->spare, &desk->other);
}
static enum error back_up(struct desk *desk)
{
    char directory[300];

    snprintf(directory, sizeof directory, "%s/copy%u", desk->house.directory, ++desk->drawn);
    return house_backup(&desk->house, directory);
}
static enum error check(struct desk *desk)
{
    char finding[160];

    return house_check(&desk->house, finding);
}

/* ---- messages of the protocol ---- */

static enum error ask(struct desk *desk, enum protocol_kind kind)
{
    return house_ask(&desk->house, kind, buffer_view(&desk->payload), NULL);
}

static void put_token(struct desk *desk, const struct house_token *token)
{
    buffer_clear(&desk->payload);
    protocol_text_write(slice_of(token->byte, token->length), &desk->payload);
}

static void put_asker(struct desk *desk, const struct house_token *token)
{
    put_token(desk, token);
    buffer_u64(&desk->payload, 0);
}

static enum error put_plain_token(struct desk *desk, const struct house_token *token)
{
    buffer_clear(&desk->payload);
    buffer_bytes(&desk->payload, token->byte, token->length);
    return OK;
}

static enum error hello(struct desk *desk)
{
    buffer_clear(&desk->payload);
    return ask(desk, PROTOCOL_HELLO);
}

/* A grant that came with an error opens nothing. */
static enum error raw_access(struct desk *desk)
{
    static const uint8_t zero[SECRET_KEY_BYTES];
    CLEANUP_ARENA struct arena *arena = NULL;
    struct access_target target = {.person = desk->anna};
    struct access access = {.token = slice_of(desk->nurse.byte, desk->nurse.length),
                            .action = ACTION_READ,
                            .drawers = ALL_HERS,
                            .needed = OUTCOME_FULL,
                            .type = SLICE("Patient"),
                            .resource = desk->anna,
                            .target = &target,
                            .targets = 1};
    struct grant grant = {0};
    struct slice answer = SLICE("");

    buffer_clear(&desk->payload);
    access_write(&access, &desk->payload);
    TRY(buffer_check(&desk->payload));
    enum error error = house_ask(&desk->house, PROTOCOL_ACCESS, buffer_view(&desk->payload), &answer);
    memory_lasts(); /* what came is looked at on a good day */
    arena = arena_new(1u << 20);
    if (error == OK || answer.length == 0 || grant_read(arena, answer, &grant) != OK)
        return error;
    for (size_t i = 0; i < grant.targets; i++)
        for (unsigned d = 0; d < DRAWER_COUNT; d++)
            if (grant.target[i].drawers || memcmp(grant.target[i].key[d].byte, zero, sizeof zero) != 0)
                return ERROR_COUNT;
    return error;
}

static enum error complete(struct desk *desk)
{
    struct completion completion = {desk->leaf, OK, 1};

    buffer_clear(&desk->payload);
    completion_write(&completion, &desk->payload);
    return ask(desk, PROTOCOL_COMPLETE);
}
static enum error credential(struct desk *desk)
{
    TRY(put_plain_token(desk, &desk->nurse));
    return ask(desk, PROTOCOL_CREDENTIAL);
}
static enum error issue(struct desk *desk)
{
    return house_issue(&desk->house, &NURSE, &desk->spare);
}
static enum error withdraw(struct desk *desk)
{
    TRY(put_plain_token(desk, &desk->spare));
    return ask(desk, PROTOCOL_REVOKE);
}
static enum error issue_approved(struct desk *desk)
{
    buffer_clear(&desk->payload);
    buffer_slice(&desk->payload, SLICE("hospitium credential request 1\nnode 00\n"));
    return ask(desk, PROTOCOL_ISSUE_APPROVED);
}
static enum error issue_system(struct desk *desk)
{
    struct credential asked = {.actor = SLICE("import"), .role = ROLE_SYSTEM, .sector = SECTOR_SYSTEM};

    buffer_clear(&desk->payload);
    credential_write(&asked, &desk->payload);
    return ask(desk, PROTOCOL_ISSUE_SYSTEM);
}
static enum error reviews(struct desk *desk)
{
    put_asker(desk, &desk->overseer);
    return ask(desk, PROTOCOL_REVIEWS);
}

/* By somebody else each time, so that this look is a review of its own. */
static enum error break_other_glass(struct desk *desk)
{
    struct whole_person somebody = PHYSICIAN_EMERGENCY;
    char name[32];

    TRY(create_other(desk));
    snprintf(name, sizeof name, "physician %u", desk->drawn);
    somebody.actor = name;
    TRY(house_issue(&desk->house, &somebody, &desk->emergency));
    return house_break_glass(&desk->house, &desk->emergency, &desk->other, REASON, &desk->number);
}
static enum error judge(struct desk *desk)
{
    put_asker(desk, &desk->overseer);
    buffer_u64(&desk->payload, desk->number);
    buffer_byte(&desk->payload, REVIEW_JUSTIFIED);
    protocol_text_write(SLICE("seen the ward's log"), &desk->payload);
    return ask(desk, PROTOCOL_REVIEW_DONE);
}

static enum error tile(struct desk *desk)
{
    buffer_clear(&desk->payload);
    buffer_byte(&desk->payload, 1);
    buffer_byte(&desk->payload, UINT8_MAX);
    buffer_u64(&desk->payload, 0);
    buffer_u16(&desk->payload, 3);
    return ask(desk, PROTOCOL_TILE);
}
static enum error checkpoint(struct desk *desk)
{
    struct slice note;

    return house_checkpoint(&desk->house, 0, &note);
}
static enum error public_proof(struct desk *desk)
{
    buffer_clear(&desk->payload);
    buffer_u64(&desk->payload, 1);
    return ask(desk, PROTOCOL_PUBLIC_PROOF);
}
static enum error check_entry(struct desk *desk)
{
    buffer_clear(&desk->payload);
    buffer_u64(&desk->payload, desk->leaf);
    return ask(desk, PROTOCOL_CHECK);
}
static enum error check_keys(struct desk *desk)
{
    buffer_clear(&desk->payload);
    return ask(desk, PROTOCOL_CHECK_KEYS);
}

static enum error suspend(struct desk *desk)
{
    struct slice answer;

    put_asker(desk, &desk->overseer);
    buffer_byte(&desk->payload, SUSPENDED_ACTOR);
    protocol_text_write(SLICE("somebody"), &desk->payload);
    protocol_text_write(SLICE("under investigation"), &desk->payload);
    TRY(house_ask(&desk->house, PROTOCOL_SUSPEND, buffer_view(&desk->payload), &answer));
    struct reader reader = reader_of(answer);
    desk->number = reader_u64(&reader);
    return OK;
}
static enum error lift(struct desk *desk)
{
    put_asker(desk, &desk->overseer);
    buffer_u64(&desk->payload, desk->number);
    protocol_text_write(SLICE("cleared after inquiry"), &desk->payload);
    return ask(desk, PROTOCOL_LIFT);
}
static enum error suspensions(struct desk *desk)
{
    put_asker(desk, &desk->overseer);
    return ask(desk, PROTOCOL_SUSPENSIONS);
}
static enum error counts(struct desk *desk)
{
    buffer_clear(&desk->payload);
    return ask(desk, PROTOCOL_OVERSIGHT_COUNTS);
}

static enum error forget_log_keys(struct desk *desk)
{
    world_advance(&desk->house.world, INT64_C(31) * 86400 * 1000000000);
    TRY(hello(desk)); /* a batch reads the clock */
    safe_idle(desk->house.safe);
    return OK;
}
static enum error rotate_access(struct desk *desk)
{
    buffer_clear(&desk->payload);
    buffer_byte(&desk->payload, ROTATION_ACCESS);
    return ask(desk, PROTOCOL_ROTATE);
}
static enum error idle(struct desk *desk)
{
    safe_idle(desk->house.safe);
    return OK;
}

/* clang-format off */
static const struct work works[] = {
    {"write of a new person",     draw_other,        create,         OK},
    {"update",                    nothing,           update,         OK},
    {"patch",                     nothing,           patch,          OK},
    {"read",                      nothing,           look,           OK},
    {"search across persons",     nothing,           search,         OK},
    {"scan of a person",          nothing,           scan,           OK},
    {"her list of who looked",    nothing,           events,         OK},
    {"proof of an entry",         nothing,           proof,          OK},
    {"broken glass",              nothing,           break_glass,    OK},
    {"erasure",                   create_other,      erase,          OK},
    {"backup",                    nothing,           back_up,        OK},
    {"check",                     nothing,           check,          OK},
    {"HELLO",                     nothing,           hello,          OK},
    {"ACCESS that is refused",    nothing,           raw_access,     ERROR_REFUSED},
    {"COMPLETE",                  nothing,           complete,       OK},
    {"CREDENTIAL",                nothing,           credential,     OK},
    {"ISSUE",                     nothing,           issue,          OK},
    {"REVOKE",                    issue,             withdraw,       OK},
    {"ISSUE_APPROVED",            nothing,           issue_approved, ERROR_SYNTAX},
    {"ISSUE_SYSTEM",              nothing,           issue_system,   OK},
    {"REVIEWS",                   nothing,           reviews,        OK},
    {"REVIEW_DONE",               break_other_glass, judge,          OK},
    {"TILE",                      nothing,           tile,           OK},
    {"CHECKPOINT",                nothing,           checkpoint,     OK},
    {"PUBLIC_PROOF",              nothing,           public_proof,   OK},
    {"CHECK",                     nothing,           check_entry,    OK},
    {"CHECK_KEYS",                nothing,           check_keys,     OK},
    {"SUSPEND",                   nothing,           suspend,        OK},
    {"LIFT",                      suspend,           lift,           OK},
    {"SUSPENSIONS",               nothing,           suspensions,    OK},
    {"OVERSIGHT_COUNTS",          nothing,           counts,         OK},
    {"ROTATE",                    forget_log_keys,   rotate_access,  OK},
    {"what can wait",             update,            idle,           OK},
};
/* clang-format on */
#define WORKS (sizeof works / sizeof *works)

/* ---- a desk ---- */

static struct {
    char directory[64];
    struct image *node; /* as it was made */
} place;

static enum error desk_open(struct desk *desk, const char *directory)
{
    struct house_seen seen;

    *desk = (struct desk){.anna = {{0xA1}}, .payload = buffer_new(65536)};
    struct whole_person self = whole_patient(&desk->anna);
    TRY(house_open(&desk->house, directory, 5, NOW_S + 7200, NULL));
    TRY(house_issue(&desk->house, &NURSE, &desk->nurse));
    TRY(house_issue(&desk->house, &PHYSICIAN_EMERGENCY, &desk->emergency));
    TRY(house_issue(&desk->house, &INES, &desk->overseer));
    TRY(house_issue(&desk->house, &self, &desk->self));
    TRY(write_patient(desk, &desk->anna, GATE_CREATE));
    TRY(house_read(&desk->house, &desk->nurse, "Patient", &desk->anna, 0, &seen));
    desk->leaf = seen.leaf;
    return OK;
}

static void desk_close(struct desk *desk)
{
    buffer_free(&desk->payload);
    house_close(&desk->house);
}

/* The house's arena is a test's; a real request has its own. */
static void desk_tidy(struct desk *desk)
{
    arena_reset(desk->house.arena);
}

struct tried {
    size_t allocations; /* that failed */
    size_t at;          /* under way */
    bool for_ever;
};
static struct tried *tried; /* survives a child */

static enum error run_failing(struct desk *desk, const struct work *work, bool for_ever, bool *ret_failed)
{
    memory_fail(++tried->at, for_ever);
    enum error error = work->run(desk);
    *ret_failed = memory_has_failed();
    memory_fail(0, false);
    tried->allocations += *ret_failed;
    desk_tidy(desk);
    return error;
}

static bool every_allocation(struct desk *desk, const struct work *work, bool for_ever, char why[256])
{
    bool failed = true;

    for (tried->at = 0, tried->for_ever = for_ever; failed;) {
        enum error ready = work->ready(desk), error = run_failing(desk, work, for_ever, &failed);
        enum error again = work->ready(desk);
        if (again == OK)
            again = work->run(desk);
        desk_tidy(desk);
        const char *wrong = ready != OK                                     ? "it cannot be made ready"
                            : error >= ERROR_COUNT                          ? "a wrong answer or a key with an error"
                            : !failed && error != work->right               ? "an error without a cause"
                            : error == ERROR_CORRUPT && !memory_like_damage ? "want of memory passes for damage"
                            : again != work->right                          ? "the next one does not work"
                                                                            : NULL;
        if (wrong) {
            snprintf(why, 256, "allocation %zu fails %s: %s (%s, then %s)", tried->at, for_ever ? "for ever" : "once",
                     wrong, error < ERROR_COUNT ? error_entry(error)->name : "wrong", error_entry(again)->name);
            return false;
        }
    }
    return true;
}

/* OpenSSL keeps what it says of its last errors, at most sixteen. */
static int64_t live(void)
{
    ERR_clear_error();
    return memory_live();
}

#ifdef __SANITIZE_ADDRESS__
int __lsan_do_recoverable_leak_check(void);
#else
static int __lsan_do_recoverable_leak_check(void)
{
    return 0;
}
#endif

static bool nothing_is_left(int64_t before, char why[256])
{
    if (__lsan_do_recoverable_leak_check()) {
        snprintf(why, 256, "the sanitizer has found a leak");
        return false;
    }
    if (live() == before)
        return true;
    snprintf(why, 256, "%lld allocations are left", (long long)(live() - before));
    return false;
}

static bool run_work(void *context, size_t index, char why[256])
{
    struct desk desk;
    char directory[128];

    (void)context;
    alarm(300);
    snprintf(directory, sizeof directory, "%s/work%zu", place.directory, index);
    image_write(place.node, CUT_KILLED, 0, directory);
    int64_t before = live();
    if (desk_open(&desk, directory) != OK) {
        snprintf(why, 256, "the desk does not open");
        return false;
    }
    bool well = every_allocation(&desk, &works[index], false, why) && every_allocation(&desk, &works[index], true, why);
    desk_close(&desk);
    well = well && nothing_is_left(before, why);
    image_remove(directory);
    return well;
}

static void name_work(void *context, size_t index, char name[200])
{
    (void)context;
    snprintf(name, 200, "%s, allocation %zu, %s", works[index].name, tried->at, tried->for_ever ? "for ever" : "once");
}

static void every_failed_allocation_is_an_error_and_nothing_else(void **state)
{
    struct points points = {WORKS, SIZE_MAX, points_seed(), run_work, name_work, NULL};
    size_t ran;

    (void)state;
    tried->allocations = 0;
    size_t failed = points_run(&points, &ran);
    print_message("%zu kinds of work, %zu allocations failed, %zu went wrong\n", ran, tried->allocations, failed);
    assert_int_equal(failed, 0);
}

/* ---- opening ---- */

static bool opens_without(size_t nth, bool for_ever, bool *ret_failed, char why[256])
{
    int64_t before = live();
    struct house house;
    char directory[128];

    snprintf(directory, sizeof directory, "%s/open", place.directory);
    memory_fail(nth, for_ever);
    enum error error = house_open(&house, directory, 5, NOW_S + 7200, NULL);
    *ret_failed = memory_has_failed();
    memory_fail(0, false);
    house_close(&house);
    tried->allocations += *ret_failed;
    if (error != OK && (!*ret_failed || (error == ERROR_CORRUPT && !memory_like_damage) || error == ERROR_SEALED))
        snprintf(why, 256, "an error that says something else: %s (%.150s)", error_entry(error)->name,
                 house.fault.detail);
    else if (!nothing_is_left(before, why))
        return false;
    return why[0] == '\0';
}

static bool run_open(void *context, size_t index, char why[256])
{
    char directory[128];
    bool failed = true;

    (void)context;
    alarm(300);
    snprintf(directory, sizeof directory, "%s/open", place.directory);
    image_write(place.node, CUT_KILLED, 0, directory);
    tried->for_ever = index == 1;
    if (!opens_without(0, false, &failed, why)) /* once for what is kept for good */
        return false;
    for (tried->at = 1, failed = true; failed; tried->at++)
        if (!opens_without(tried->at, tried->for_ever, &failed, why))
            return false;
    return true;
}

static void name_open(void *context, size_t index, char name[200])
{
    (void)context;
    (void)index;
    snprintf(name, 200, "opening, allocation %zu, %s", tried->at, tried->for_ever ? "for ever" : "once");
}

static void a_node_that_gets_no_memory_does_not_open_and_leaves_nothing(void **state)
{
    struct points points = {2, SIZE_MAX, points_seed(), run_open, name_open, NULL};
    size_t ran;

    (void)state;
    tried->allocations = 0;
    size_t failed = points_run(&points, &ran);
    print_message("%zu allocations failed while opening, %zu went wrong\n", tried->allocations, failed);
    assert_int_equal(failed, 0);
}

/* ---- */

static int make_place(void **state)
{
    char node[128];

    if (whole_template_make(state) != 0)
        return -1;
    snprintf(place.directory, sizeof place.directory, "%s/hospitium-crash-XXXXXX", points_directory());
    if (!mkdtemp(place.directory))
        return -1;
    snprintf(node, sizeof node, "%s/node", whole_template_directory());
    place.node = image_of(node);
    tried = points_shared(sizeof *tried);
    /* What is kept for good, rules among it, is there before anything is counted. */
    char warm[128];
    struct desk desk;
    snprintf(warm, sizeof warm, "%s/warm", place.directory);
    image_write(place.node, CUT_KILLED, 0, warm);
    if (desk_open(&desk, warm) != OK)
        return -1;
    desk_close(&desk);
    LOG(INFO, "test.begins");
    return 0;
}

static int remove_place(void **state)
{
    image_remove(place.directory);
    return whole_template_remove(state);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_that_gets_no_memory_does_not_open_and_leaves_nothing),
        cmocka_unit_test(every_failed_allocation_is_an_error_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, make_place, remove_place);
}
