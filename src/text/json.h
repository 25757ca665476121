/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* JSON (RFC 8259) as a read-only view, and a writer. The parser is yyjson's; no other header or source sees it.
 *
 * Numbers stay text: 1.00 is not 1.0 (FHIR R4, "Implementing decimals"), and a 20-digit integer survives. What RFC 8259
 * leaves open is closed here, because two readers that differ are a way around a check: duplicate keys, invalid UTF-8,
 * lone surrogates, nesting deeper than JSON_DEPTH_MAX and anything behind the value are refused.
 *
 * A document lives in the arena that it was parsed into and does not need the parsed bytes any more. Views are pointers
 * into it, immutable, readable by many threads. NULL is a view too, of nothing: every reading function accepts it, so a
 * chain of lookups needs no checks in between. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"

#define JSON_DEPTH_MAX 64

struct json; /* a value inside a parsed document */

enum json_kind { JSON_ABSENT, JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* ERROR_JSON with the byte offset in `fault` (may be NULL), ERROR_TOO_DEEP, ERROR_MEMORY when the arena's maximum is
 * reached: a document takes at most about 8 times the length of its text, and 4 times in practice. */
MUST_CHECK enum error json_parse(struct arena *arena, struct slice text, const struct json **ret_root,
                                 struct fault *fault);

enum json_kind json_kind(const struct json *value);

/* Member of an object by name, NULL when it has none or is no object. */
const struct json *json_member(const struct json *object, const char *name);
const struct json *json_member_slice(const struct json *object, struct slice name);

/* json_member step by step along names separated by dots: json_path(value, "subject.reference"). At an array the first
 * item is taken. */
const struct json *json_path(const struct json *value, const char *names);

/* Items of an array or members of an object; 0 for anything else. */
size_t json_count(const struct json *container);

/* What a string says, escapes undone, or the digits of a number as they were sent; empty for anything else. */
struct slice json_text(const struct json *value);

/* Is it the string `text`? */
bool json_is(const struct json *value, const char *text);

bool json_is_true(const struct json *value);

/* The same value: members in any order, numbers alike digit for digit. */
bool json_equal(const struct json *a, const struct json *b);

/* Walks an array or an object in the order of the text; nothing else has items.
 *     for (struct json_items i = json_items(array); json_next(&i);)
 *         use(i.key, i.value);
 * `key` is empty in an array, `index` counts from 0. */
struct json_items {
    const struct json *value;
    struct slice key;
    size_t index;
    const struct json *next_;
    size_t left_;
    bool object_;
};

struct json_items json_items(const struct json *container);
bool json_next(struct json_items *items);

/* Writes JSON into a bounded buffer; commas take care of themselves. The caller keeps the order right (a key before
 * each member's value) and checks the buffer once at the end. */
struct json_writer {
    struct buffer *into;
    bool comma;
};

static inline struct json_writer json_writer(struct buffer *into)
{
    return (struct json_writer){.into = into};
}

void json_begin_object(struct json_writer *writer);
void json_end_object(struct json_writer *writer);
void json_begin_array(struct json_writer *writer);
void json_end_array(struct json_writer *writer);
void json_key(struct json_writer *writer, const char *name);
void json_key_slice(struct json_writer *writer, struct slice name);
void json_string(struct json_writer *writer, struct slice text); /* escapes; `text` is valid UTF-8 */
void json_cstring(struct json_writer *writer, const char *text);
void json_integer(struct json_writer *writer, int64_t number);
void json_bool(struct json_writer *writer, bool value);
void json_null(struct json_writer *writer);
void json_value(struct json_writer *writer, const struct json *value); /* digit for digit; absent: null */
void json_raw(struct json_writer *writer, struct slice json);          /* text that is JSON already */

/* key and value in one */
void json_member_string(struct json_writer *writer, const char *name, struct slice text);
void json_member_cstring(struct json_writer *writer, const char *name, const char *text);
void json_member_value(struct json_writer *writer, const char *name, const struct json *value);

/* One value as text, without white space. */
void json_write(struct buffer *into, const struct json *value);

/* An object with some of its top members replaced, added (behind the others) or, where `json` is empty, left out. */
struct json_edit {
    struct slice name;
    struct slice json;
};
void json_write_edited(struct buffer *into, const struct json *object, const struct json_edit *edit, size_t count);

/* A string's content with JSON escapes, without the quotes. */
void json_escape(struct buffer *into, struct slice text);
