/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Every sentence that pages show, by id, in each language. The catalogue (locale/) is compiled into tables at build
 * (tools/make-catalogue), which refuses a language that lacks a message, a placeholder or a plural form; so nothing
 * here can be missing when a page is written. Messages hold no markup, and arguments are escaped and isolated.
 *
 * Pure but for the buffer written to. Private to this layer: callers of pages never handle messages. */

#include "html.h"
#include "message_ids.h" /* made from locale/en.json */
#include "pictogram.h"

#define MESSAGE_ARGUMENTS_MAX 4

enum message_argument_kind { ARGUMENT_TEXT, ARGUMENT_NUMBER, ARGUMENT_NAMED, ARGUMENT_PHONE, ARGUMENT_SLOT };

/* What stands for a placeholder. Make one with the functions below. */
struct message_argument {
    enum message_argument_kind kind;
    struct slice text;
    int64_t number;
    enum message_id id;
};

static inline struct message_argument message_text(struct slice text)
{
    return (struct message_argument){.kind = ARGUMENT_TEXT, .text = text};
}

/* Also chooses the plural form where the placeholder is {count}. */
static inline struct message_argument message_number(int64_t number)
{
    return (struct message_argument){.kind = ARGUMENT_NUMBER, .number = number};
}

/* Another message that takes no arguments: the name of a month, of a role. */
static inline struct message_argument message_named(enum message_id id)
{
    return (struct message_argument){.kind = ARGUMENT_NAMED, .id = id};
}

/* A telephone number, as a link that dials it. */
static inline struct message_argument message_phone(struct slice number)
{
    return (struct message_argument){.kind = ARGUMENT_PHONE, .text = number};
}

/* An empty place of that name, which a script of ours fills with text: data-say="name". */
static inline struct message_argument message_slot(const char *name)
{
    return (struct message_argument){.kind = ARGUMENT_SLOT, .text = slice_from_string(name)};
}

/* Without arguments. For elements, attributes and titles. A message that needs arguments fails the buffer. */
void message_write(struct html *html, enum message_id id);

/* message_write_with(html, id, argument…): in the order of the placeholders in the English text. For elements only.
 * The wrong number of arguments fails the buffer: a page with a hole in a sentence is never sent. */
#define message_write_with(html, id, ...)                                                                              \
    message_write_arguments(html, id, (const struct message_argument[]){__VA_ARGS__},                                  \
                            sizeof((const struct message_argument[]){__VA_ARGS__}) / sizeof(struct message_argument))
void message_write_arguments(struct html *html, enum message_id id, const struct message_argument *argument,
                             size_t count);

/* message_template(html, "<h1>$</h1><p>$</p>", ID, ID): markup of ours in which each $ is a message without arguments,
 * and each ~ the pictogram of the message that follows. Fails the buffer when their numbers differ. */
#define message_template(html, literal, ...)                                                                           \
    message_write_template(html, MARKUP(literal), (const enum message_id[]){__VA_ARGS__},                              \
                           sizeof((const enum message_id[]){__VA_ARGS__}) / sizeof(enum message_id))
void message_write_template(struct html *html, struct markup markup, const enum message_id *id, size_t count);

/* The message of this name ("fact.state"), for words that come from a rule set. False when there is none, or when it
 * takes arguments. */
MUST_CHECK bool message_find(struct slice name, enum message_id *ret_id);

enum pictogram message_pictogram(enum message_id id);

/* How many messages of a language no speaker has checked yet. Pages say so while there are any. */
unsigned message_count_unreviewed(enum language language);
