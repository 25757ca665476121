/* SPDX-License-Identifier: Apache-2.0 */

/* Commands that speak to a node through its control socket. */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "approve.h"
#include "base/file.h"
#include "command.h"
#include "control.h"
#include "ledger/note.h"
#include "text/json.h"

#define ARENA_MAX (1u << 30)
#define FILE_MAX (256u << 20)

/* What every such command begins and ends with. */
struct session {
    struct arena *arena;
    struct control *control;
    struct fault fault;
};

static enum error session_open(struct session *session, const char *directory)
{
    session->arena = arena_new(ARENA_MAX);
    if (!session->arena)
        return ERROR_MEMORY;
    return control_open(directory, &session->control, &session->fault);
}

static int session_close(struct session *session, enum error error)
{
    int code = error == OK ? EXIT_DONE : command_error(error, &session->fault);

    control_close(session->control);
    arena_free(session->arena);
    return code;
}

/* ---- token ---- */

static void write_token_request(const struct token_options *options, unsigned long ttl, struct buffer *body)
{
    struct json_writer writer = json_writer(body);

    json_begin_object(&writer);
    json_member_cstring(&writer, "actor", options->actor);
    json_member_cstring(&writer, "role", options->role);
    json_member_cstring(&writer, "sector", options->sector);
    json_member_cstring(&writer, "organization", options->organization);
    json_member_cstring(&writer, "purpose", options->purpose);
    json_key(&writer, "ttl");
    json_integer(&writer, (int64_t)ttl);
    if (options->person)
        json_member_cstring(&writer, "person", options->person);
    if (options->training)
        json_member_cstring(&writer, "training", options->training);
    json_end_object(&writer);
}

static enum error print_token(struct session *session, struct slice answer)
{
    const struct json *root;

    TRY(json_parse(session->arena, answer, &root, &session->fault));
    struct slice token = json_text(json_member(root, "token"));
    printf("%.*s\n", SLICE_PRINT(token));
    return OK;
}

static enum error issue(struct session *session, const struct token_options *options, unsigned long ttl)
{
    CLEANUP_BUFFER struct buffer body = buffer_new(8192);
    struct slice answer, note;

    if (options->approved) {
        TRY(file_read(session->arena, options->approved, NOTE_BYTES_MAX, &note, &session->fault));
        TRY(control_post(session->control, session->arena, "/control/approved", note, &answer, &session->fault));
        return print_token(session, answer);
    }
    write_token_request(options, ttl, &body);
    TRY(control_post(session->control, session->arena, "/control/token", buffer_view(&body), &answer, &session->fault));
    return print_token(session, answer);
}

int command_token(int argc, char **argv)
{
    struct token_options options = {.ttl = "1h"};
    const struct option_spec specs[] = {
        {"actor", &options.actor, NULL},     {"role", &options.role, NULL},
        {"sector", &options.sector, NULL},   {"organization", &options.organization, NULL},
        {"purpose", &options.purpose, NULL}, {"ttl", &options.ttl, NULL},
        {"person", &options.person, NULL},   {"training", &options.training, NULL},
        {"request", &options.request, NULL}, {"approved", &options.approved, NULL},
    };
    struct session session = {0};
    unsigned long ttl;
    size_t positions;

    if (!command_arguments(argc, argv, specs, 10, &options.directory, 1, &positions) || positions != 1 ||
        !command_duration(options.ttl, &ttl))
        return command_usage(argv[0]);
    bool described = options.actor && options.role && options.sector && options.organization && options.purpose;
    if (!described && !options.approved)
        return command_usage(argv[0]);
    if (options.request)
        return approval_request_write(&options, ttl);
    enum error error = session_open(&session, options.directory);
    if (error == OK)
        error = issue(&session, &options, ttl);
    return session_close(&session, error);
}

int command_revoke(int argc, char **argv)
{
    const char *position[2];
    struct session session = {0};
    struct slice answer;
    size_t positions;

    if (!command_arguments(argc, argv, NULL, 0, position, 2, &positions) || positions != 2)
        return command_usage(argv[0]);
    enum error error = session_open(&session, position[0]);
    if (error == OK)
        error = control_post(session.control, session.arena, "/control/revoke", slice_from_string(position[1]), &answer,
                             &session.fault);
    if (error == OK)
        printf("Withdrawn; the public log says that one was.\n");
    return session_close(&session, error);
}

/* ---- import ---- */

struct import_totals {
    int64_t stored, persons, dropped, files;
    struct {
        char word[32];
        int64_t count;
    } stripped[16];
    size_t kinds;
};

static int64_t number(const struct json *value)
{
    uint64_t result = 0;

    return slice_to_u64(json_text(value), &result) ? (int64_t)result : 0;
}

static void add_stripped(struct import_totals *totals, struct slice word, int64_t count)
{
    for (size_t i = 0; i < totals->kinds; i++) {
        if (slice_is(word, totals->stripped[i].word)) {
            totals->stripped[i].count += count;
            return;
        }
    }
    if (totals->kinds == sizeof totals->stripped / sizeof *totals->stripped)
        return;
    snprintf(totals->stripped[totals->kinds].word, sizeof totals->stripped->word, "%.*s", SLICE_PRINT(word));
    totals->stripped[totals->kinds++].count = count;
}

static enum error import_body(struct session *session, struct slice body, struct import_totals *totals)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    const struct json *root;
    struct slice answer;

    if (!arena)
        return ERROR_MEMORY;
    TRY(control_post(session->control, arena, "/control/import", body, &answer, &session->fault));
    TRY(json_parse(arena, answer, &root, &session->fault));
    totals->stored += number(json_member(root, "stored"));
    totals->persons += number(json_member(root, "persons"));
    totals->dropped += number(json_member(root, "dropped"));
    for (struct json_items i = json_items(json_member(root, "stripped")); json_next(&i);)
        add_stripped(totals, i.key, number(i.value));
    return OK;
}

/* NDJSON: a resource or a Bundle a line; plain resources travel as one transaction of the whole file. */
static enum error import_lines(struct session *session, struct slice text, struct import_totals *totals)
{
    CLEANUP_BUFFER struct buffer bundle = buffer_new(FILE_MAX);
    struct json_writer writer = json_writer(&bundle);

    json_begin_object(&writer);
    json_member_cstring(&writer, "resourceType", "Bundle");
    json_member_cstring(&writer, "type", "transaction");
    json_key(&writer, "entry");
    json_begin_array(&writer);
    while (text.length > 0) {
        CLEANUP_ARENA struct arena *arena = arena_new(64u << 20);
        struct slice line = slice_cut(&text, '\n');
        const struct json *resource;
        if (line.length == 0 || !arena)
            continue;
        TRY(json_parse(arena, line, &resource, &session->fault));
        struct slice type = json_text(json_member(resource, "resourceType"));
        struct slice id = json_text(json_member(resource, "id"));
        json_begin_object(&writer);
        json_member_string(&writer, "fullUrl", arena_format(arena, "%.*s/%.*s", SLICE_PRINT(type), SLICE_PRINT(id)));
        json_key(&writer, "resource");
        json_raw(&writer, line);
        json_key(&writer, "request");
        json_begin_object(&writer);
        json_member_cstring(&writer, "method", "POST");
        json_member_string(&writer, "url", type);
        json_end_object(&writer);
        json_end_object(&writer);
    }
    json_end_array(&writer);
    json_end_object(&writer);
    TRY(buffer_check(&bundle));
    return import_body(session, buffer_view(&bundle), totals);
}

static enum error import_file(struct session *session, const char *path, struct import_totals *totals)
{
    CLEANUP_ARENA struct arena *arena = arena_new(FILE_MAX + 4096);
    struct slice text;

    if (!arena)
        return ERROR_MEMORY;
    TRY(file_read(arena, path, FILE_MAX, &text, &session->fault));
    enum error error = slice_ends_with(slice_from_string(path), SLICE(".ndjson")) ? import_lines(session, text, totals)
                                                                                  : import_body(session, text, totals);
    if (error == OK)
        totals->files++;
    else if (session->fault.detail[0] == '\0')
        return fault_set(&session->fault, error, "%s", path);
    return error;
}

static void print_totals(const struct import_totals *totals, bool json)
{
    const char *separator = "";

    if (json) {
        printf("{\"files\":%lld,\"stored\":%lld,\"persons\":%lld,\"dropped\":%lld,\"stripped\":{",
               (long long)totals->files, (long long)totals->stored, (long long)totals->persons,
               (long long)totals->dropped);
        for (size_t i = 0; i < totals->kinds; i++, separator = ",")
            printf("%s\"%s\":%lld", separator, totals->stripped[i].word, (long long)totals->stripped[i].count);
        printf("}}\n");
        return;
    }
    printf("Stored %lld resources of %lld new persons from %lld files.\n", (long long)totals->stored,
           (long long)totals->persons, (long long)totals->files);
    printf("Taken out before storing, because it must not be here:");
    for (size_t i = 0; i < totals->kinds; i++, separator = ",")
        printf("%s %s %lld", separator, totals->stripped[i].word, (long long)totals->stripped[i].count);
    printf(totals->dropped ? "; %lld resources that said nothing else.\n" : ".\n", (long long)totals->dropped);
}

#define IMPORT_FILES_MAX 4096

int command_import(int argc, char **argv)
{
    static const char *position[IMPORT_FILES_MAX];
    bool json = false;
    const struct option_spec specs[] = {{"json", NULL, &json}};
    struct import_totals totals = {0};
    struct session session = {0};
    size_t positions;

    if (!command_arguments(argc, argv, specs, 1, position, IMPORT_FILES_MAX, &positions) || positions < 2)
        return command_usage(argv[0]);
    enum error error = session_open(&session, position[0]);
    for (size_t i = 1; i < positions && error == OK; i++)
        error = import_file(&session, position[i], &totals);
    if (totals.files > 0)
        print_totals(&totals, json);
    return session_close(&session, error);
}

/* ---- export, erase, check ---- */

int command_export(int argc, char **argv)
{
    const char *directory, *token = NULL, *person = NULL;
    const struct option_spec specs[] = {{"token", &token, NULL}, {"person", &person, NULL}};
    struct session session = {0};
    char path[256];
    struct slice answer;
    size_t positions;

    if (!command_arguments(argc, argv, specs, 2, &directory, 1, &positions) || positions != 1 || !token || !person)
        return command_usage(argv[0]);
    enum error error = session_open(&session, directory);
    snprintf(path, sizeof path, "/fhir/Patient/%.64s/$summary", person);
    if (error == OK)
        error = control_get(session.control, session.arena, path, token, &answer, &session.fault);
    if (error == OK)
        printf("%.*s\n", SLICE_PRINT(answer));
    return session_close(&session, error);
}

int command_erase(int argc, char **argv)
{
    const char *position[2];
    struct session session = {0};
    struct slice answer;
    size_t positions;

    if (!command_arguments(argc, argv, NULL, 0, position, 2, &positions) || positions != 2)
        return command_usage(argv[0]);
    enum error error = session_open(&session, position[0]);
    if (error == OK) {
        struct slice body = arena_format(session.arena, "{\"person\":\"%.64s\"}", position[1]);
        error = control_post(session.control, session.arena, "/control/erase", body, &answer, &session.fault);
    }
    if (error == OK)
        printf("Erased: the keys are destroyed, and a commitment to that stands in the public log.\n");
    return session_close(&session, error);
}

int command_check(int argc, char **argv)
{
    const char *directory;
    bool json = false;
    const struct option_spec specs[] = {{"json", NULL, &json}};
    struct session session = {0};
    struct slice answer = slice_of("", 0);
    size_t positions;

    if (!command_arguments(argc, argv, specs, 1, &directory, 1, &positions) || positions != 1)
        return command_usage(argv[0]);
    enum error error = session_open(&session, directory);
    if (error == OK)
        error = control_post(session.control, session.arena, "/control/check", SLICE("{}"), &answer, &session.fault);
    bool sound = error == OK && answer.length == 0;
    if (error == OK && json)
        printf("{\"sound\":%s}\n", sound ? "true" : "false");
    else if (sound)
        printf("Sound: every stored version has the entry that permitted it.\n");
    else if (error == OK)
        printf("%.*s", SLICE_PRINT(answer));
    if (error == OK && !sound)
        error = ERROR_CORRUPT;
    return session_close(&session, error);
}
