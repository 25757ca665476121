/* SPDX-License-Identifier: Apache-2.0 */
#include "message.h"

#include "message_table.h"

static void write_plain(struct html *html, enum message_id id)
{
    const struct message_entry *entry = &message_table[id];

    if (entry->arguments != 0)
        html->out->failed = true;
    html_string(html, entry->text[html->language][PLURAL_OTHER]);
}

void message_write(struct html *html, enum message_id id)
{
    write_plain(html, id);
}

static void write_phone(struct html *html, struct slice number)
{
    html_markup(html, MARKUP("<a class=\"tel\" dir=\"ltr\""));
    html_telephone(html, number);
    html_markup(html, MARKUP(">"));
    html_text(html, number);
    html_markup(html, MARKUP("</a>"));
}

static void write_slot(struct html *html, struct slice name)
{
    html_markup(html, MARKUP("<bdi"));
    html_attribute(html, MARKUP("data-say"), name);
    html_markup(html, MARKUP("></bdi>"));
}

static void write_argument(struct html *html, const struct message_argument *argument)
{
    switch (argument->kind) {
    case ARGUMENT_TEXT:
        html_isolated(html, argument->text);
        return;
    case ARGUMENT_NUMBER:
        html_number(html, argument->number);
        return;
    case ARGUMENT_NAMED:
        write_plain(html, argument->id);
        return;
    case ARGUMENT_PHONE:
        write_phone(html, argument->text);
        return;
    case ARGUMENT_SLOT:
        write_slot(html, argument->text);
        return;
    }
}

static enum plural choose_form(enum language language, const struct message_entry *entry,
                               const struct message_argument *argument)
{
    if (entry->plural == 0)
        return PLURAL_OTHER;
    int64_t number = argument[entry->plural - 1].number;
    return language_plural(language, number < 0 ? 0 : (uint64_t)number);
}

void message_write_arguments(struct html *html, enum message_id id, const struct message_argument *argument,
                             size_t count)
{
    const struct message_entry *entry = &message_table[id];

    if (count != entry->arguments) {
        html->out->failed = true;
        return;
    }
    const char *text = entry->text[html->language][choose_form(html->language, entry, argument)];
    while (*text) {
        size_t length = strcspn(text, "\001\002\003\004");
        html_text(html, slice_of(text, length));
        text += length;
        if (*text)
            write_argument(html, &argument[*text++ - 1]);
    }
}

void message_write_template(struct html *html, struct markup markup, const enum message_id *id, size_t count)
{
    size_t next = 0, start = 0;

    for (size_t i = 0; i < markup.length; i++) {
        char c = markup.data[i];
        if (c != '$' && c != '~')
            continue;
        html_markup(html, (struct markup){markup.data + start, i - start});
        start = i + 1;
        if (next == count) {
            html->out->failed = true;
            return;
        }
        if (c == '~')
            pictogram_write(html, message_table[id[next]].pictogram);
        else
            message_write(html, id[next++]);
    }
    html_markup(html, (struct markup){markup.data + start, markup.length - start});
    if (next != count)
        html->out->failed = true;
}

bool message_find(struct slice name, enum message_id *ret_id)
{
    for (unsigned i = 0; i < MESSAGE_COUNT; i++)
        if (slice_is(name, message_table[i].name) && message_table[i].arguments == 0) {
            *ret_id = (enum message_id)i;
            return true;
        }
    return false;
}

enum pictogram message_pictogram(enum message_id id)
{
    return message_table[id].pictogram;
}

unsigned message_count_unreviewed(enum language language)
{
    return message_unreviewed[language];
}
