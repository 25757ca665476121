/* SPDX-License-Identifier: Apache-2.0 */

/* hospitium decide MODEL.dmn [--decision NAME] [--explain] [--lines]
 *
 * Two engines, one answer. A pack is decided by the compiled bytes that the server decides by, which can name the row
 * and its citation; so --explain takes these too. Any other model is decided by the general engine, whole DMN. */

#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "base/world.h"
#include "rules/dmn/answer.h"
#include "rules/drg/answer.h"

#define INPUT_BYTES_MAX (1 << 20)
#define ANSWER_BYTES_MAX (4 << 20)
#define SCRATCH_BYTES_MAX ((size_t)256 << 20)
#define MODEL_BYTES_MAX ((size_t)1 << 30)
#define REPORT_BYTES_MAX (1 << 20)

struct options {
    const char *model, *decision;
    bool explain, lines;
};

static bool parse_options(int argc, char **argv, struct options *options)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--explain") == 0)
            options->explain = true;
        else if (strcmp(argv[i], "--lines") == 0)
            options->lines = true;
        else if (strcmp(argv[i], "--decision") == 0 && i + 1 < argc)
            options->decision = argv[++i];
        else if (argv[i][0] != '-' && !options->model)
            options->model = argv[i];
        else
            return false;
    }
    return options->model != NULL;
}

struct session {
    const struct rule_decision *decision; /* of a compiled set; NULL: `question` is asked */
    struct drg_question question;
    struct arena *scratch;
    struct buffer answer;
    struct world world;
    bool explain;
};

/* One question, one line of answer; `ret_why` when there is none. */
static enum error answer_compiled(struct session *session, struct slice inputs, struct slice *ret_why,
                                  struct fault *fault)
{
    enum error verdict = OK;

    TRY(answer_json(session->scratch, session->decision, inputs, session->explain, &session->answer, &verdict, fault));
    if (verdict != OK)
        *ret_why = slice_from_string(error_entry(verdict)->sentence);
    return OK;
}

static enum error answer_general(struct session *session, struct slice inputs, struct slice *ret_why,
                                 struct fault *fault)
{
    int64_t now_ms = session->world.now_ns(&session->world) / 1000000;
    struct slice notes;
    bool null;

    TRY(drg_answer(session->scratch, &session->question, inputs, now_ms, &session->answer, &null, &notes, fault));
    if (null)
        *ret_why = notes.length ? notes : SLICE("The answer is null.");
    return OK;
}

static int answer_one(struct session *session, struct slice inputs)
{
    struct slice why = slice_of("", 0);
    struct fault fault = {0};

    arena_reset(session->scratch);
    buffer_clear(&session->answer);
    enum error error = session->decision ? answer_compiled(session, inputs, &why, &fault)
                                         : answer_general(session, inputs, &why, &fault);
    if (error != OK)
        return command_fail("decide", error, &fault);
    printf("%.*s\n", SLICE_PRINT(buffer_view(&session->answer)));
    if (why.length == 0)
        return EXIT_DONE;
    fprintf(stderr, "hospitium decide: %.*s\n", SLICE_PRINT(why));
    return EXIT_NO;
}

static int worse(int a, int b)
{
    return a > b ? a : b;
}

static bool is_blank(struct slice line)
{
    return line.length == strspn(line.data, " \t\r\n");
}

/* A line that cannot be answered is answered null, so that lines in and lines out stay side by side. */
static int answer_lines(struct session *session)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    int code = EXIT_DONE;

    while ((length = getline(&line, &room, stdin)) >= 0) {
        if (is_blank(slice_of(line, (size_t)length)))
            continue;
        int line_code = length > INPUT_BYTES_MAX ? command_fail("decide", ERROR_TOO_LARGE, NULL)
                                                 : answer_one(session, slice_of(line, (size_t)length));
        if (line_code > EXIT_NO)
            puts("null");
        code = worse(code, line_code);
    }
    free(line);
    return code;
}

static int answer_whole(struct session *session)
{
    CLEANUP_BUFFER struct buffer input = buffer_new(INPUT_BYTES_MAX);
    char piece[4096];
    size_t length;

    while ((length = fread(piece, 1, sizeof piece, stdin)) > 0)
        buffer_bytes(&input, piece, length);
    if (buffer_check(&input) != OK)
        return command_fail("decide", ERROR_TOO_LARGE, NULL);
    return answer_one(session, buffer_view(&input));
}

static enum error load_compiled(struct arena *arena, const struct options *options,
                                const struct rule_decision **ret_decision, struct fault *fault)
{
    CLEANUP_BUFFER struct buffer compiled = buffer_new(RULE_SET_BYTES_MAX);
    const struct rule_set *set;

    TRY(command_compile(arena, options->model, &compiled, fault));
    TRY(rule_set_load(arena, buffer_view(&compiled), &set, fault));
    return answer_decision(set, slice_from_string(options->decision), ret_decision, fault);
}

/* What cannot be read in the model goes to stderr, one line each. */
static enum error load_general(struct arena *arena, const struct options *options, struct drg_question *ret,
                               struct fault *fault)
{
    CLEANUP_BUFFER struct buffer lines = buffer_new(REPORT_BYTES_MAX);
    struct report report = {.into = &lines};
    const struct drg_model *model;

    TRY(drg_load(arena, options->model, &report, &model, fault));
    enum error error = drg_ask(arena, model, slice_from_string(options->decision), ret, fault);
    if (error != OK && report.count > 0)
        fprintf(stderr, "%.*s", SLICE_PRINT(buffer_view(&lines)));
    return error;
}

static enum error load(struct arena *arena, const struct options *options, struct session *session, struct fault *fault)
{
    if (options->explain || command_is_pack(options->model))
        return load_compiled(arena, options, &session->decision, fault);
    return load_general(arena, options, &session->question, fault);
}

int command_decide(int argc, char **argv)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MODEL_BYTES_MAX), *scratch = arena_new(SCRATCH_BYTES_MAX);
    struct options options = {0};
    struct fault fault = {0};

    if (!parse_options(argc, argv, &options)) {
        fprintf(stderr, "usage: hospitium decide MODEL.dmn [--decision NAME] [--explain] [--lines]\n"
                        "Give the inputs as a JSON object on stdin, or with --lines one object a line.\n");
        return EXIT_USAGE;
    }
    if (!arena || !scratch)
        return command_fail("decide", ERROR_MEMORY, NULL);
    struct session session = {
        .scratch = scratch, .answer = buffer_new(ANSWER_BYTES_MAX), .world = world_real(), .explain = options.explain};
    enum error error = load(arena, &options, &session, &fault);
    if (error != OK)
        return command_fail("decide", error, &fault);
    int code = options.lines ? answer_lines(&session) : answer_whole(&session);
    buffer_wipe(&session.answer);
    return fflush(stdout) == 0 ? code : command_fail("decide", ERROR_IO, NULL);
}
