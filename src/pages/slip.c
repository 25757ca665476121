/* SPDX-License-Identifier: Apache-2.0 */
#include "care_form.h"
#include "shell.h"

/* The slip: a paper that may be found, photographed, or shown to the wrong person. So it names what the bearer may have
 * and nothing about who the bearer is, and carries no date, number or code that could be looked up. */

static const enum message_id SENTENCES[SLIP_WHEN_COUNT][CARE_WHOM_COUNT] = {
    [SLIP_NOW] = {MESSAGE_SLIP_NOW_SELF, MESSAGE_SLIP_NOW_CHILD, MESSAGE_SLIP_NOW_OTHER},
    [SLIP_SOON] = {MESSAGE_SLIP_SOON_SELF, MESSAGE_SLIP_SOON_CHILD, MESSAGE_SLIP_SOON_OTHER},
    [SLIP_DUE] = {MESSAGE_SLIP_DUE_SELF, MESSAGE_SLIP_DUE_CHILD, MESSAGE_SLIP_DUE_OTHER},
};

/* Unknown urgency counts as now: a clinician looks first. */
bool slip_from_answer(const struct care_answer *answer, struct slip *ret_slip)
{
    bool can_wait = answer->urgency == CARE_URGENCY_DEFERRABLE;

    if (can_wait && answer->ask_clinician)
        return false;
    *ret_slip = (struct slip){
        .when = can_wait                                 ? SLIP_DUE
                : answer->urgency == CARE_URGENCY_URGENT ? SLIP_SOON
                                                         : SLIP_NOW,
        .whom = answer->whom,
        .spoken = answer->spoken,
    };
    return true;
}

static bool set_number(uint8_t *into, struct slice value, unsigned count)
{
    uint64_t number;

    if (!slice_to_u64(value, &number) || number >= count)
        return false;
    *into = (uint8_t)number;
    return true;
}

bool slip_set(struct slip *slip, struct slice name, struct slice value)
{
    if (slice_is(name, "when"))
        return set_number(&slip->when, value, SLIP_WHEN_COUNT);
    if (slice_is(name, "whom"))
        return set_number(&slip->whom, value, CARE_WHOM_COUNT);
    if (slice_is(name, "spoken"))
        return set_number(&slip->spoken, value, CARE_SPOKEN_COUNT);
    return false;
}

static void write_call(struct html *html, const struct page_contact *contact)
{
    if (contact->name.length == 0)
        return;
    html_markup(html, MARKUP("<p>"));
    message_write_with(html, MESSAGE_SLIP_CALL, message_text(contact->name), message_phone(contact->phone));
    html_markup(html, MARKUP("</p>\n"));
}

static void write_text(struct buffer *out, enum language language, const struct page *page, const struct slip *slip)
{
    struct html html = {out, language};

    html_markup(&html, MARKUP("<section"));
    html_direction(&html);
    message_template(&html, ">\n<h2>$</h2>\n<p class=\"claim\">$</p>\n<p><strong>$</strong>", MESSAGE_SLIP_HEADING,
                     SENTENCES[slip->when][slip->whom], MESSAGE_SLIP_REFUSE);
    if (slip->when != SLIP_DUE)
        message_template(&html, " $", MESSAGE_SLIP_FIRST);
    html_markup(&html, MARKUP("</p>\n"));
    if (slip->spoken != CARE_SPOKEN_UNKNOWN) {
        html_markup(&html, MARKUP("<p class=\"interpreter\">"));
        pictogram_write(&html, PICTOGRAM_SPEECH);
        html_markup(&html, MARKUP("<span>"));
        message_write_with(&html, MESSAGE_SLIP_INTERPRETER,
                           message_named(care_field_table[CARE_FIELD_SPOKEN].choice[slip->spoken].label));
        html_markup(&html, MARKUP("</span></p>\n"));
    }
    write_call(&html, &page->site->care_help);
    html_markup(&html, MARKUP("</section>\n"));
}

enum error page_write_slip(struct buffer *out, const struct page *page, const struct slip *slip)
{
    enum language desk = page->site->desk_language;
    struct html html = shell_begin(out, page, MESSAGE_SLIP_TITLE, MARKUP("paper"));

    message_template(&html, "<h1 class=\"spoken\">$</h1>\n<article class=\"slip\">\n", MESSAGE_SLIP_TITLE);
    write_text(out, desk, page, slip);
    if (desk != page->language)
        write_text(out, page->language, page, slip);
    message_template(&html, "</article>\n<p class=\"notice\">~<span>$</span></p>\n", MESSAGE_SLIP_PRINT);
    return shell_end(&html, page);
}
