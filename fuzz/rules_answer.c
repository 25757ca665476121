/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as a cell, as a pack.json and as a question in JSON. */

#include <stdlib.h>

#include "rules/dmn/answer.h"
#include "rules/dmn/cell.h"
#include "rules/dmn/pack.h"
#include "text/json.h"

#define INPUT_MAX 4096

static void require(bool condition)
{
    if (!condition)
        abort();
}

static const char RULES[] =
    "{\"format\":\"hospitium-rules/1\",\"profile\":\"open\",\"pack\":\"\",\"version\":\"\",\"draft\":true,"
    "\"valid_from\":null,\"valid_to\":null,"
    "\"dmn_sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\","
    "\"pack_sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"decisions\":[{\"name\":"
    "\"d\","
    "\"hit\":\"COLLECT\",\"inputs\":[{\"name\":\"a\",\"kind\":\"decimal\",\"min\":-1000,\"max\":1000,\"scale\":1,"
    "\"nullable\":true,\"start\":[-1000,30],\"from\":null,\"rows\":[\"01\",\"02\",\"03\"]},{\"name\":\"b\",\"kind\":"
    "\"text\","
    "\"values\":[\"x\"],\"open\":true,\"from\":null,\"rows\":[\"01\",\"03\"]}],\"outputs\":[{\"name\":\"o\",\"kind\":"
    "\"text\","
    "\"ordered\":false,\"values\":[\"p\",\"q\"]}],\"rows\":[{\"id\":\"1\",\"number\":1,\"out\":[0],\"cite\":{"
    "\"source\":\"\","
    "\"article\":\"\",\"language\":\"\",\"text\":\"\"},\"valid_from\":null,\"valid_to\":null},{\"id\":\"2\",\"number\":"
    "2,"
    "\"out\":[1],\"cite\":{\"source\":\"\",\"article\":\"\",\"language\":\"\",\"text\":\"\"},\"valid_from\":null,"
    "\"valid_to\":null}]}]}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    CLEANUP_ARENA struct arena *arena = arena_new(4 << 20);
    CLEANUP_BUFFER struct buffer answer = buffer_new(1 << 16);
    struct slice input = slice_of(data, length);
    const struct rule_set *set;
    const struct json *written;
    struct cell_tests tests;
    struct pack pack;
    enum error verdict;

    if (length > INPUT_MAX)
        return 0;
    if (cell_parse_tests(arena, input, &tests, NULL) == OK)
        require(tests.count <= CELL_TESTS_MAX);
    if (pack_read(arena, input, &pack, NULL) == OK)
        require(pack_row(&pack, SLICE("R1")).valid_from.length == 10);
    require(rule_set_load(arena, slice_from_string(RULES), &set, NULL) == OK);
    if (answer_json(arena, &set->decision[0], input, true, &answer, &verdict, NULL) == OK)
        require(json_parse(arena, buffer_view(&answer), &written, NULL) == OK);
    return 0;
}
