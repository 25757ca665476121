/* SPDX-License-Identifier: Apache-2.0 */
#include "care_form.h"
#include "check.h"

#define NAME_BYTES_MAX 200

/* The form has it already, or the script knows it. */
static bool is_of_form(struct slice fact)
{
    for (int f = 0; f < CARE_FIELD_COUNT; f++)
        if (slice_is(fact, care_field_table[f].field))
            return true;
    return slice_is(fact, "age_years") || slice_is(fact, "as_of");
}

/* "fact.setting.hospital", in lower case as messages are named; `value` may be empty. */
static bool find_message(struct slice fact, struct slice value, enum message_id *ret_id)
{
    CLEANUP_BUFFER struct buffer name = buffer_new(NAME_BYTES_MAX);

    buffer_format(&name, "fact.%.*s%s%.*s", SLICE_PRINT(fact), value.length ? "." : "", SLICE_PRINT(value));
    for (size_t i = 0; i < name.length; i++)
        if (name.data[i] >= 'A' && name.data[i] <= 'Z')
            name.data[i] = (char)(name.data[i] - 'A' + 'a');
    return !name.failed && message_find(buffer_view(&name), ret_id);
}

/* A word of the rules as it is, for want of a better one: "habitual_residence" becomes "habitual residence". */
static void write_raw(struct html *html, struct slice word)
{
    while (word.length > 0) {
        html_text(html, slice_cut(&word, '_'));
        if (word.length > 0)
            html_markup(html, MARKUP(" "));
    }
}

static void write_label(struct html *html, struct slice fact)
{
    enum message_id id;

    html_markup(html, MARKUP("<label"));
    html_attribute(html, MARKUP("for"), fact);
    if (find_message(fact, slice_of("", 0), &id)) {
        message_template(html, ">$</label>\n", id);
        return;
    }
    html_markup(html, MARKUP(" lang=\"en\" dir=\"ltr\">"));
    write_raw(html, fact);
    html_markup(html, MARKUP("</label>\n"));
}

static void write_option(struct html *html, struct slice fact, struct slice value)
{
    enum message_id id;

    html_markup(html, MARKUP("<option"));
    html_attribute(html, MARKUP("value"), value);
    if (slice_is(value, "unknown"))
        html_markup(html, MARKUP(" selected"));
    if (find_message(fact, value, &id) || find_message(value, slice_of("", 0), &id)) {
        message_template(html, ">$</option>\n", id);
        return;
    }
    html_markup(html, MARKUP(" lang=\"en\">"));
    write_raw(html, value);
    html_markup(html, MARKUP("</option>\n"));
}

static void write_name(struct html *html, struct slice fact)
{
    html_attribute(html, MARKUP("id"), fact);
    html_attribute(html, MARKUP("name"), fact);
    html_markup(html, MARKUP(" autocomplete=\"off\""));
}

static void write_select(struct html *html, const struct rule_fact *fact)
{
    html_markup(html, MARKUP("<select"));
    write_name(html, fact->name);
    html_markup(html, MARKUP(">\n"));
    for (uint32_t v = 0; v < fact->domain.value_count; v++)
        write_option(html, fact->name, fact->domain.value[v]);
    html_markup(html, MARKUP("</select>\n"));
}

static void write_number(struct html *html, const struct rule_fact *fact)
{
    message_template(html, "<p class=\"hint\">$</p>\n<input class=\"short\" type=\"text\" inputmode=\"numeric\"",
                     MESSAGE_CHECK_NUMBER);
    write_name(html, fact->name);
    html_markup(html, MARKUP(" maxlength=\"12\" data-least=\""));
    html_number(html, fact->domain.minimum);
    html_markup(html, MARKUP("\" data-most=\""));
    html_number(html, fact->domain.maximum);
    html_markup(html, MARKUP("\">\n"));
}

static void write_day(struct html *html, const struct rule_fact *fact)
{
    html_markup(html, MARKUP("<input type=\"date\""));
    write_name(html, fact->name);
    html_markup(html, MARKUP(">\n"));
}

static void write_fact(struct html *html, const struct rule_fact *fact)
{
    html_markup(html, MARKUP("<div class=\"field\">\n"));
    write_label(html, fact->name);
    if (fact->domain.kind == RULE_DATE)
        write_day(html, fact);
    else if (rule_kind_is_number(fact->domain.kind))
        write_number(html, fact);
    else
        write_select(html, fact);
    html_markup(html, MARKUP("</div>\n"));
}

void check_write_facts(struct html *html, const struct rule_fact *fact, size_t facts)
{
    bool begun = false;

    for (size_t i = 0; i < facts; i++) {
        if (is_of_form(fact[i].name))
            continue;
        if (!begun)
            message_template(html, "<fieldset>\n<legend>$</legend>\n", MESSAGE_CHECK_PLACE);
        begun = true;
        write_fact(html, &fact[i]);
    }
    if (begun)
        html_markup(html, MARKUP("</fieldset>\n"));
}
