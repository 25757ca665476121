/* SPDX-License-Identifier: Apache-2.0 */

/* hospitium decide MODEL.dmn [--decision NAME] [--explain] [--lines] */

#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "rules/dmn/answer.h"

#define INPUT_BYTES_MAX (1 << 20)
#define ANSWER_BYTES_MAX (4 << 20)
#define SCRATCH_BYTES_MAX (16 << 20)
#define MODEL_BYTES_MAX ((size_t)1 << 30)

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
    const struct rule_decision *decision;
    struct arena *scratch;
    struct buffer answer;
    bool explain;
};

/* One question, one line of answer. */
static int answer_one(struct session *session, struct slice inputs)
{
    struct fault fault = {0};
    enum error verdict = OK;

    arena_reset(session->scratch);
    buffer_clear(&session->answer);
    enum error error = answer_json(session->scratch, session->decision, inputs, session->explain, &session->answer,
                                   &verdict, &fault);
    if (error != OK)
        return command_fail("decide", error, &fault);
    printf("%.*s\n", SLICE_PRINT(buffer_view(&session->answer)));
    if (verdict == OK)
        return EXIT_DONE;
    fprintf(stderr, "hospitium decide: %s\n", error_entry(verdict)->sentence);
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

static enum error load(struct arena *arena, const struct options *options, const struct rule_decision **ret_decision,
                       struct fault *fault)
{
    CLEANUP_BUFFER struct buffer compiled = buffer_new(RULE_SET_BYTES_MAX);
    const struct rule_set *set;

    TRY(command_compile(arena, options->model, &compiled, fault));
    TRY(rule_set_load(arena, buffer_view(&compiled), &set, fault));
    return answer_decision(set, slice_from_string(options->decision), ret_decision, fault);
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
    struct session session = {.scratch = scratch, .answer = buffer_new(ANSWER_BYTES_MAX), .explain = options.explain};
    enum error error = load(arena, &options, &session.decision, &fault);
    if (error != OK)
        return command_fail("decide", error, &fault);
    int code = options.lines ? answer_lines(&session) : answer_whole(&session);
    buffer_wipe(&session.answer);
    return fflush(stdout) == 0 ? code : command_fail("decide", ERROR_IO, NULL);
}
