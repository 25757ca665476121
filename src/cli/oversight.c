/* SPDX-License-Identifier: Apache-2.0 */

/* hospitium oversight: what the API does for the oversight body, from a shell; and evidence as a folder of files that
 * are checked where the node is not trusted (hospitium verify, tools/verify-log). */

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "command.h"
#include "control.h"
#include "safe/node.h"
#include "text/json.h"

#define ARENA_MAX (256u << 20)
#define PATH_MAX_BYTES 8192

struct oversight {
    const char *directory, *number; /* the second position: a suspension, or an entry */
    const char *token, *actor, *credential, *rule, *reason, *verdict, *note, *about, *out, *from, *to;
    struct arena *arena;
    struct control *control;
    struct fault fault;
};

static void member(struct json_writer *writer, const char *name, const char *text)
{
    if (text)
        json_member_cstring(writer, name, text);
}

/* Sends the words that are given as one object. */
static enum error send(struct oversight *oversight, const char *method, const char *path, struct slice *ret_answer)
{
    CLEANUP_BUFFER struct buffer body = buffer_new(16384);
    struct json_writer writer = json_writer(&body);

    json_begin_object(&writer);
    member(&writer, "actor", oversight->actor);
    member(&writer, "credential", oversight->credential);
    member(&writer, "rule", oversight->rule);
    member(&writer, "reason", oversight->reason);
    member(&writer, "verdict", oversight->verdict);
    member(&writer, "note", oversight->note);
    json_end_object(&writer);
    TRY(buffer_check(&body));
    return control_send(oversight->control, oversight->arena, method, path, oversight->token, buffer_view(&body),
                        ret_answer, &oversight->fault);
}

static enum error suspend(struct oversight *oversight)
{
    const struct json *root;
    struct slice answer;

    TRY(send(oversight, "POST", "/api/suspensions", &answer));
    TRY(json_parse(oversight->arena, answer, &root, &oversight->fault));
    struct slice number = json_text(json_member(root, "number"));
    printf("Suspended: number %.*s, in force now. The public log says that, not whom.\n", SLICE_PRINT(number));
    return OK;
}

static enum error lift(struct oversight *oversight)
{
    struct slice answer;
    char path[128];

    snprintf(path, sizeof path, "/api/suspensions/%.20s", oversight->number);
    TRY(send(oversight, "DELETE", path, &answer));
    printf("Lifted; the public log says that one was.\n");
    return OK;
}

static enum error judge(struct oversight *oversight)
{
    struct slice answer;
    char path[128];

    snprintf(path, sizeof path, "/api/reviews/%.20s", oversight->number);
    TRY(send(oversight, "POST", path, &answer));
    printf("Judged; the verdict is an entry of the access log, and the person sees it.\n");
    return OK;
}

static enum error show(struct oversight *oversight, const char *path)
{
    struct slice answer;

    TRY(control_get(oversight->control, oversight->arena, path, oversight->token, &answer, &oversight->fault));
    printf("%.*s\n", SLICE_PRINT(answer));
    return OK;
}

static enum error list(struct oversight *oversight)
{
    return show(oversight, "/api/suspensions");
}

static enum error reviews(struct oversight *oversight)
{
    return show(oversight, "/api/reviews");
}

/* ---- evidence ---- */

/* Letters, digits and `-._` as they are; everything else as %XX. */
static void write_parameter(struct buffer *path, const char *name, const char *value)
{
    if (!value)
        return;
    buffer_string(path, slice_find(buffer_view(path), '?') == path->length ? "?" : "&");
    buffer_string(path, name);
    buffer_byte(path, '=');
    for (; *value; value++) {
        unsigned char c = (unsigned char)*value;
        bool plain = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '.' ||
                     c == '_';
        buffer_format(path, plain ? "%c" : "%%%02X", c);
    }
}

static enum error write_file(const struct oversight *oversight, const char *name, struct slice text)
{
    return file_replace(node_path(oversight->out, name).text, text, 0600);
}

/* ENTRY.proof is what verifies; ENTRY.json has the event again, and who looked, which the proof only commits to. */
static enum error write_entry(struct oversight *oversight, const struct json *entry)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(1u << 20);
    struct slice number = json_text(json_member(entry, "entry"));
    const struct json_edit without_proof = {SLICE("proof"), {NULL, 0}};
    char name[64];

    snprintf(name, sizeof name, "%.*s.proof", SLICE_PRINT(number));
    TRY(write_file(oversight, name, json_text(json_member(entry, "proof"))));
    json_write_edited(&text, entry, &without_proof, 1);
    TRY(buffer_check(&text));
    snprintf(name, sizeof name, "%.*s.json", SLICE_PRINT(number));
    return write_file(oversight, name, buffer_view(&text));
}

static enum error ask_page(struct oversight *oversight, struct slice next, const struct json **ret_page)
{
    CLEANUP_BUFFER struct buffer path = buffer_new(PATH_MAX_BYTES);
    struct slice answer;

    buffer_string(&path, "/api/evidence");
    write_parameter(&path, "about", oversight->about);
    write_parameter(&path, "actor", oversight->actor);
    write_parameter(&path, "credential", oversight->credential);
    write_parameter(&path, "rule", oversight->rule);
    write_parameter(&path, "from", oversight->from);
    write_parameter(&path, "to", oversight->to);
    if (next.length > 0)
        buffer_format(&path, "&next=%.*s", SLICE_PRINT(next));
    buffer_byte(&path, '\0');
    TRY(buffer_check(&path));
    TRY(control_get(oversight->control, oversight->arena, path.data, oversight->token, &answer, &oversight->fault));
    return json_parse(oversight->arena, answer, ret_page, &oversight->fault);
}

static enum error write_summary(const struct oversight *oversight, const struct json *page, unsigned written)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(8192);
    struct json_writer writer = json_writer(&text);

    json_begin_object(&writer);
    json_member_value(&writer, "log", json_member(page, "log"));
    json_member_value(&writer, "rules", json_member(page, "rules"));
    json_member_value(&writer, "size", json_member(page, "size"));
    member(&writer, "about", oversight->about);
    member(&writer, "actor", oversight->actor);
    member(&writer, "credential", oversight->credential);
    member(&writer, "rule", oversight->rule);
    member(&writer, "from", oversight->from);
    member(&writer, "to", oversight->to);
    json_key(&writer, "entries");
    json_integer(&writer, written);
    json_end_object(&writer);
    TRY(buffer_check(&text));
    return write_file(oversight, "evidence.json", buffer_view(&text));
}

/* The log's key and newest checkpoint go with it. A key that came from the node proves what the node says; whoever
 * distrusts it compares the key with one that she had before. */
static enum error write_keys(struct oversight *oversight)
{
    static const struct {
        const char *path, *name;
    } files[] = {{"/log/access/key", "access.vkey"}, {"/log/access/checkpoint", "checkpoint"}};
    struct slice text;

    for (size_t i = 0; i < 2; i++) {
        TRY(control_get(oversight->control, oversight->arena, files[i].path, "", &text, &oversight->fault));
        TRY(write_file(oversight, files[i].name, text));
    }
    return OK;
}

static enum error evidence(struct oversight *oversight)
{
    struct slice next = slice_of("", 0);
    const struct json *page;
    unsigned written = 0;

    TRY(file_make_directory(oversight->out));
    do {
        TRY(ask_page(oversight, next, &page));
        for (struct json_items i = json_items(json_member(page, "entries")); json_next(&i); written++)
            TRY(write_entry(oversight, i.value));
        next = json_text(json_member(page, "next"));
    } while (next.length > 0);
    TRY(write_keys(oversight));
    TRY(write_summary(oversight, page, written));
    printf("%u entries are in %s. Check each with: hospitium verify ENTRY.proof --key access.vkey\n", written,
           oversight->out);
    return OK;
}

/* ---- the command ---- */

static bool has_number(const struct oversight *o)
{
    return o->number != NULL;
}

static bool names_one(const struct oversight *o)
{
    return !o->number && !!o->actor + !!o->credential + !!o->rule == 1 && o->reason;
}

static bool may_lift(const struct oversight *o)
{
    return has_number(o) && o->reason;
}

static bool may_judge(const struct oversight *o)
{
    return has_number(o) && o->verdict && o->note;
}

static bool may_export(const struct oversight *o)
{
    return !o->number && o->about && o->out;
}

static bool is_plain(const struct oversight *o)
{
    return !o->number;
}

static const struct {
    const char *name;
    enum error (*run)(struct oversight *oversight);
    bool (*usable)(const struct oversight *oversight);
} actions[] = {
    {"suspend", suspend, names_one}, {"lift", lift, may_lift},    {"list", list, is_plain},
    {"reviews", reviews, is_plain},  {"judge", judge, may_judge}, {"evidence", evidence, may_export},
};

static int run(struct oversight *oversight, enum error (*action)(struct oversight *oversight))
{
    enum error error = ERROR_MEMORY;

    oversight->arena = arena_new(ARENA_MAX);
    if (oversight->arena)
        error = control_open(oversight->directory, &oversight->control, &oversight->fault);
    if (error == OK)
        error = action(oversight);
    int code = error == OK ? EXIT_DONE : command_error(error, &oversight->fault);
    control_close(oversight->control);
    arena_free(oversight->arena);
    return code;
}

int command_oversight(int argc, char **argv)
{
    struct oversight o = {0};
    const struct option_spec specs[] = {
        {"token", &o.token, NULL},           {"actor", &o.actor, NULL},   {"credential", &o.credential, NULL},
        {"rule", &o.rule, NULL},             {"reason", &o.reason, NULL}, {"verdict", &o.verdict, NULL},
        {"note", &o.note, NULL},             {"about", &o.about, NULL},   {"out", &o.out, NULL},
        {"from", &o.from, NULL},             {"to", &o.to, NULL},
    };
    const char *position[3];
    size_t positions;

    if (!command_arguments(argc, argv, specs, sizeof specs / sizeof *specs, position, 3, &positions) ||
        positions < 2 || !o.token)
        return command_usage(argv[0]);
    o.directory = position[1];
    o.number = positions == 3 ? position[2] : NULL;
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strcmp(position[0], actions[i].name) == 0 && actions[i].usable(&o))
            return run(&o, actions[i].run);
    return command_usage(argv[0]);
}
