/* SPDX-License-Identifier: Apache-2.0 */
#include "access_page.h"

#include "shell.h"

#include <stdio.h>

/* A list that people read to find out whether they are in danger: so each line says in words what its outcome means, a
 * refusal is told as the good news that it is, and whom to call stands before the list. */

/* A label for every word of the vocabulary: one that lacks its message does not compile. */
static const enum message_id ROLES[ROLE_COUNT] = {
#define WORD(list, name, word) WORD_##list(name)
#define WORD_sector(name)
#define WORD_role(name) [ROLE_##name] = MESSAGE_ROLE_##name,
#define WORD_purpose(name)
#define WORD_training(name)
#define WORD_action(name)
#define WORD_relation(name)
#define WORD_consent(name)
#define WORD_break_glass(name)
#define WORD_order(name)
#define WORD_self(name)
#include "base/vocabulary.def"
#undef WORD_role
};

static const enum message_id PURPOSES[PURPOSE_COUNT] = {
#define WORD_role(name)
#undef WORD_purpose
#define WORD_purpose(name) [PURPOSE_##name] = MESSAGE_PURPOSE_##name,
#include "base/vocabulary.def"
#undef WORD_purpose
};

static const enum message_id ACTIONS[ACTION_COUNT] = {
#define WORD_purpose(name)
#undef WORD_action
#define WORD_action(name) [ACTION_##name] = MESSAGE_ACTION_##name,
#include "base/vocabulary.def"
#undef WORD
};

static const enum message_id DRAWERS[] = {
    [DRAWER_IDENTITY] = MESSAGE_DRAWER_IDENTITY, [DRAWER_CONTACT] = MESSAGE_DRAWER_CONTACT,
    [DRAWER_CLINICAL] = MESSAGE_DRAWER_CLINICAL, [DRAWER_SENSITIVE] = MESSAGE_DRAWER_SENSITIVE,
    [DRAWER_SOCIAL] = MESSAGE_DRAWER_SOCIAL,     [DRAWER_COVERAGE] = MESSAGE_DRAWER_COVERAGE,
    [DRAWER_AUDIT] = MESSAGE_DRAWER_AUDIT,
};
_Static_assert(sizeof DRAWERS / sizeof DRAWERS[0] == DRAWER_COUNT, "a drawer without a name");

static const struct {
    enum message_id name;
    enum message_id about;
    struct markup style;
} OUTCOMES[OUTCOME_COUNT] = {
#define OUTCOME(name, style)                                                                                           \
    {                                                                                                                  \
        MESSAGE_OUTCOME_##name, MESSAGE_OUTCOME_##name##_ABOUT,                                                        \
        {                                                                                                              \
            style, sizeof(style) - 1                                                                                   \
        }                                                                                                              \
    }
    [OUTCOME_NONE] = OUTCOME(NONE, "refused"),
    [OUTCOME_EXISTENCE] = OUTCOME(EXISTENCE, "existence"),
    [OUTCOME_SUMMARY] = OUTCOME(SUMMARY, "given"),
    [OUTCOME_FULL] = OUTCOME(FULL, "given"),
#undef OUTCOME
};

static const struct {
    const char *word;
    enum message_id message;
} BASES[ACCESS_BASIS_COUNT] = {
    [ACCESS_BASIS_UNKNOWN] = {"", MESSAGE_BASIS_UNKNOWN},
#define BASIS(name, word) [ACCESS_BASIS_##name] = {word, MESSAGE_BASIS_##name},
#define OWED(name, word)
#include "access_words.def"
#undef BASIS
#undef OWED
}, OWED_WORDS[ACCESS_OWED_COUNT] = {
#define BASIS(name, word)
#define OWED(name, word) [ACCESS_OWED_##name] = {word, MESSAGE_OWED_##name},
#include "access_words.def"
};

enum access_basis access_basis_of(struct slice word)
{
    for (unsigned b = 1; b < ACCESS_BASIS_COUNT; b++)
        if (slice_is(word, BASES[b].word))
            return (enum access_basis)b;
    return ACCESS_BASIS_UNKNOWN;
}

uint32_t access_owed_of(struct slice words)
{
    uint32_t owed = 0;

    while (words.length > 0) {
        struct slice word = slice_cut(&words, ' ');
        for (unsigned o = 0; o < ACCESS_OWED_COUNT; o++)
            if (slice_is(word, OWED_WORDS[o].word))
                owed |= 1u << o;
    }
    return owed;
}

/* Months follow one another in the catalogue. */
static enum message_id month_name(uint8_t month)
{
    return (enum message_id)(MESSAGE_MONTH_1 + (month >= 1 && month <= 12 ? month - 1 : 0));
}

static void write_time(struct html *html, struct page_time when)
{
    char clock[16];
    int length = snprintf(clock, sizeof clock, "%02u:%02u", when.hour, when.minute);

    buffer_format(html->out, "<time datetime=\"%04d-%02u-%02uT%s\">", when.year, when.month, when.day, clock);
    message_write_with(html, MESSAGE_DATE_WRITTEN, message_number(when.day), message_named(month_name(when.month)),
                       message_number(when.year), message_text(slice_of(clock, (size_t)length)));
    html_markup(html, MARKUP("</time>"));
}

/* Who comes from an authority of enforcement is named so, whatever role was given. */
static enum message_id looker(const struct access_entry *entry)
{
    if (entry->sector == SECTOR_IMMIGRATION)
        return MESSAGE_ROLE_IMMIGRATION;
    if (entry->sector == SECTOR_LAWENFORCEMENT)
        return MESSAGE_ROLE_POLICE;
    return ROLES[entry->role];
}

static void write_looker(struct html *html, const struct access_entry *entry)
{
    enum message_id role = looker(entry);

    html_markup(html, MARKUP("<h2>"));
    pictogram_write(html, message_pictogram(role));
    html_markup(html, MARKUP("<span>"));
    if (entry->place.length)
        message_write_with(html, MESSAGE_ACCESS_AT, message_named(role), message_text(entry->place));
    else
        message_write(html, role);
    html_markup(html, MARKUP("</span></h2>\n<p class=\"when\">"));
    write_time(html, entry->when);
    html_markup(html, MARKUP("</p>\n"));
}

static void write_mark(struct html *html, struct markup style, enum message_id name)
{
    html_markup(html, MARKUP("<span class=\"mark "));
    html_markup(html, style);
    message_template(html, "\">~$</span>", name);
}

static void write_marks(struct html *html, const struct access_entry *entry)
{
    html_markup(html, MARKUP("<p class=\"marks\">"));
    if (entry->notice)
        write_mark(html, MARKUP("emergency"), MESSAGE_ACCESS_NEW);
    if (entry->broken_glass)
        write_mark(html, MARKUP("emergency"), MESSAGE_GLASS_BROKEN);
    write_mark(html, OUTCOMES[entry->outcome].style, OUTCOMES[entry->outcome].name);
    html_markup(html, MARKUP("</p>\n"));
}

static void write_drawers(struct html *html, enum message_id name, uint32_t drawers)
{
    message_template(html, "<div><dt>$</dt><dd>", name);
    html_markup(html, MARKUP("<ul class=\"drawers\">"));
    for (unsigned i = 0; i < DRAWER_COUNT; i++)
        if (drawers & 1u << i)
            message_template(html, "<li>$</li>", DRAWERS[i]);
    if (!drawers)
        message_template(html, "<li>$</li>", MESSAGE_ACCESS_NOTHING);
    html_markup(html, MARKUP("</ul></dd></div>\n"));
}

static void write_owed(struct html *html, const struct access_entry *entry)
{
    message_template(html, "<div><dt>$</dt><dd>", MESSAGE_ACCESS_OWED);
    for (unsigned o = 0; o < ACCESS_OWED_COUNT; o++)
        if (entry->owed & 1u << o)
            message_template(html, "$ ", OWED_WORDS[o].message);
    html_markup(html, MARKUP("</dd></div>\n"));
}

static void write_text(struct html *html, enum message_id name, struct slice text)
{
    if (text.length == 0)
        return;
    message_template(html, "<div><dt>$</dt><dd>", name);
    html_isolated(html, text);
    html_markup(html, MARKUP("</dd></div>\n"));
}

static void write_result(struct html *html, const struct access_entry *entry)
{
    static const enum message_id reviews[ACCESS_REVIEW_COUNT] = {
        [ACCESS_REVIEW_OPEN] = MESSAGE_REVIEW_OPEN,
        [ACCESS_REVIEW_JUSTIFIED] = MESSAGE_REVIEW_JUSTIFIED,
        [ACCESS_REVIEW_UNJUSTIFIED] = MESSAGE_REVIEW_UNJUSTIFIED,
    };

    message_template(html, "<div><dt>$</dt><dd>$", MESSAGE_ACCESS_RESULT, OUTCOMES[entry->outcome].about);
    if (entry->broken_glass)
        message_template(html, " $", MESSAGE_GLASS_BROKEN_ABOUT);
    if (entry->review != ACCESS_REVIEW_NONE)
        message_template(html, " <strong>$</strong>", reviews[entry->review]);
    html_markup(html, MARKUP("</dd></div>\n"));
}

static void write_rule(struct html *html, const struct access_entry *entry)
{
    message_template(html, "<div><dt>$</dt><dd>", MESSAGE_ACCESS_RULE);
    html_isolated(html, entry->rule);
    if (entry->citation.length) {
        html_markup(html, MARKUP("<br><span class=\"small\">"));
        html_isolated(html, entry->citation);
        html_markup(html, MARKUP("</span>"));
    }
    html_markup(html, MARKUP("</dd></div>\n"));
}

static void write_link(struct html *html, struct slice path, enum message_id text, struct markup kind)
{
    if (path.length == 0)
        return;
    html_markup(html, MARKUP("<a"));
    html_address(html, MARKUP("href"), path);
    html_markup(html, kind);
    message_template(html, ">~<span>$</span></a>\n", text);
}

static void write_numbers(struct html *html, const struct access_entry *entry)
{
    char number[24];
    int length = snprintf(number, sizeof number, "%llu", (unsigned long long)entry->entry);

    write_text(html, MESSAGE_ACCESS_ENTRY, slice_of(number, (size_t)length));
    write_text(html, MESSAGE_ACCESS_REQUEST, entry->request);
}

static void write_sealed(struct html *html)
{
    message_template(html, "<p>$</p>\n", MESSAGE_ACCESS_ORDER_SEALED);
}

/* No look: what became of an order, in sentences. */
static void write_order(struct html *html, const struct access_entry *entry)
{
    static const enum message_id about[] = {[ACCESS_ORDER_CAME] = MESSAGE_ACCESS_ORDER_CAME,
                                            [ACCESS_ORDER_RELEASED] = MESSAGE_ACCESS_ORDER_RELEASED,
                                            [ACCESS_ORDER_TOLD] = MESSAGE_ACCESS_ORDER_TOLD};

    html_markup(html, MARKUP("<p class=\"marks\">"));
    if (entry->notice)
        write_mark(html, MARKUP("emergency"), MESSAGE_ACCESS_NEW);
    write_mark(html, MARKUP("existence"), MESSAGE_ACCESS_ORDER_MARK);
    html_markup(html, MARKUP("</p>\n<p><strong>"));
    message_write_with(html, about[entry->order], message_text(entry->authority), message_text(entry->law),
                       message_text(entry->article));
    html_markup(html, MARKUP("</strong></p>\n"));
    if (entry->order == ACCESS_ORDER_TOLD) {
        html_markup(html, MARKUP("<p>"));
        message_write_with(html, MESSAGE_ACCESS_ORDER_READS, message_number(entry->reads));
        html_markup(html, MARKUP("</p>\n"));
    }
    write_sealed(html);
    html_markup(html, MARKUP("<dl>\n"));
    write_drawers(html, MESSAGE_ACCESS_ASKED, entry->asked);
    if (entry->order == ACCESS_ORDER_TOLD)
        write_drawers(html, MESSAGE_ACCESS_SAW, entry->opened);
    write_numbers(html, entry);
    html_markup(html, MARKUP("</dl>\n"));
}

static void write_look(struct html *html, const struct access_entry *entry)
{
    write_marks(html, entry);
    if (entry->order == ACCESS_ORDER_LOOK)
        write_sealed(html);
    html_markup(html, MARKUP("<dl>\n"));
    message_template(html, "<div><dt>$</dt><dd>$</dd></div>\n", MESSAGE_ACCESS_WHY, PURPOSES[entry->purpose]);
    message_template(html, "<div><dt>$</dt><dd>$</dd></div>\n", MESSAGE_ACCESS_ACTION, ACTIONS[entry->action]);
    if (entry->outcome != OUTCOME_NONE)
        message_template(html, "<div><dt>$</dt><dd>$</dd></div>\n", MESSAGE_ACCESS_BASIS, BASES[entry->basis].message);
    write_text(html, MESSAGE_ACCESS_REASON, entry->reason);
    write_drawers(html, MESSAGE_ACCESS_ASKED, entry->asked);
    if (entry->outcome != OUTCOME_NONE)
        write_drawers(html, MESSAGE_ACCESS_SAW, entry->opened);
    write_result(html, entry);
    write_rule(html, entry);
    write_owed(html, entry);
    write_numbers(html, entry);
    html_markup(html, MARKUP("</dl>\n"));
}

static void write_entry(struct html *html, const struct access_entry *entry)
{
    html_markup(html, MARKUP("<li class=\"card look "));
    html_markup(html, OUTCOMES[entry->outcome].style);
    html_markup(html, MARKUP("\">\n"));
    write_looker(html, entry);
    if (entry->order >= ACCESS_ORDER_CAME)
        write_order(html, entry);
    else
        write_look(html, entry);
    html_markup(html, MARKUP("<p class=\"links\">\n"));
    write_link(html, entry->question_path, MESSAGE_ACCESS_QUESTION, MARKUP(""));
    write_link(html, entry->proof_path, MESSAGE_ACCESS_PROOF, MARKUP(" download"));
    html_markup(html, MARKUP("</p>\n</li>\n"));
}

static void write_entries(struct html *html, const struct access_list *list)
{
    int64_t notices = 0;

    for (size_t i = 0; i < list->count; i++)
        notices += list->entry[i].notice;
    if (notices > 0) {
        html_markup(html, MARKUP("<p class=\"notices\"><strong>"));
        message_write_with(html, MESSAGE_ACCESS_NOTICES, message_number(notices));
        html_markup(html, MARKUP("</strong></p>\n"));
    }
    html_markup(html, MARKUP("<p class=\"count\">"));
    message_write_with(html, MESSAGE_ACCESS_COUNT, message_number((int64_t)list->total));
    html_markup(html, MARKUP("</p>\n<ol class=\"looks\">\n"));
    for (size_t i = 0; i < list->count; i++)
        write_entry(html, &list->entry[i]);
    html_markup(html, MARKUP("</ol>\n<p class=\"actions\">\n"));
    write_link(html, list->newer_path, MESSAGE_ACCESS_NEWER, MARKUP(" class=\"button quiet\""));
    write_link(html, list->older_path, MESSAGE_ACCESS_OLDER, MARKUP(" class=\"button quiet\""));
    message_template(html, "</p>\n<p class=\"small\">$</p>\n", MESSAGE_ACCESS_PROOF_ABOUT);
}

/* What is gone by the law's term is said, never passed over. */
static void write_term(struct html *html, struct page_time since)
{
    if (since.year == 0)
        return;
    html_markup(html, MARKUP("<p class=\"term\">"));
    message_write_with(html, MESSAGE_ACCESS_TERM, message_number(since.day), message_named(month_name(since.month)),
                       message_number(since.year));
    html_markup(html, MARKUP("</p>\n"));
}

enum error page_write_access(struct buffer *out, const struct page *page, const struct access_list *list)
{
    if (list->count > ACCESS_ENTRIES_MAX)
        return ERROR_TOO_LARGE;

    struct html html = shell_begin(out, page, MESSAGE_ACCESS_TITLE, MARKUP("access"));
    message_template(&html, "<h1>$</h1>\n<p class=\"lead\">$</p>\n", MESSAGE_ACCESS_HEADING, MESSAGE_ACCESS_LEAD);
    if (page->site->record_help.name.length) {
        message_template(&html, "<section class=\"talk\">\n<h2>$</h2>\n", MESSAGE_ACCESS_CALL);
        shell_contact(&html, &page->site->record_help);
        html_markup(&html, MARKUP("</section>\n"));
    }
    if (list->count)
        write_entries(&html, list);
    else
        message_template(&html, "<section class=\"card empty\">\n<h2>$</h2>\n<p>$</p>\n</section>\n",
                         MESSAGE_ACCESS_EMPTY, MESSAGE_ACCESS_EMPTY_ABOUT);
    write_term(&html, list->kept_since);
    return shell_end(&html, page);
}
