/* SPDX-License-Identifier: Apache-2.0 */
#include "care_form.h"

#include "shell.h"

#define CHOICES(name, field) static const struct care_choice name##_CHOICES[] = {
#define CHOICE(field, name, word) {word, MESSAGE_##field##_##name},
#define CHOICES_END(name)                                                                                              \
    }                                                                                                                  \
    ;
#include "care_choices.def"
#undef CHOICES
#undef CHOICE
#undef CHOICES_END

const struct care_field_entry care_field_table[CARE_FIELD_COUNT] = {
#define CHOICES(name, field) {field, MESSAGE_CARE_##name, name##_CHOICES, CARE_##name##_COUNT},
#define CHOICE(field, name, word)
#define CHOICES_END(name)
#include "care_choices.def"
#undef CHOICES
#undef CHOICE
#undef CHOICES_END
};

/* The first services stand open; the rest unfold, so that a small screen shows what most people come for. */
#define SERVICES_OPEN CARE_SERVICE_HOSPITAL_ELECTIVE

bool care_choice_read(enum care_field field, struct slice word, uint8_t *ret_choice)
{
    const struct care_field_entry *entry = &care_field_table[field];

    for (uint8_t i = 0; i < entry->count; i++)
        if (slice_is(word, entry->choice[i].word)) {
            *ret_choice = i;
            return true;
        }
    return false;
}

/* A digit as phones type it: ASCII, Arabic-Indic (U+0660) or Persian (U+06F0). Takes it off the front. */
static bool take_digit(struct slice *rest, unsigned *ret_digit)
{
    unsigned char first = (unsigned char)rest->data[0];
    unsigned char second = rest->length > 1 ? (unsigned char)rest->data[1] : 0;

    if (first >= '0' && first <= '9') {
        *ret_digit = first - '0';
        *rest = slice_from(*rest, 1);
        return true;
    }
    unsigned char zero = first == 0xD9 ? 0xA0 : first == 0xDB ? 0xB0 : 0xFF;
    if (second < zero || second > zero + 9)
        return false;
    *ret_digit = second - zero;
    *rest = slice_from(*rest, 2);
    return true;
}

static bool read_age(struct slice text, unsigned *ret_years)
{
    unsigned years = 0, digit;

    while (text.length) {
        if (!take_digit(&text, &digit))
            return false;
        years = years * 10 + digit;
        if (years > CARE_AGE_MAX)
            return false;
    }
    *ret_years = years;
    return true;
}

static void set_age(struct care_form *form, struct slice text)
{
    unsigned years = 0;

    while (text.length && text.data[0] == ' ')
        text = slice_from(text, 1);
    while (text.length && text.data[text.length - 1] == ' ')
        text.length--;
    form->age_unreadable = !read_age(text, &years);
    form->age_known = text.length > 0 && !form->age_unreadable;
    form->age_years = form->age_known ? (uint8_t)years : 0;
}

bool care_form_set(struct care_form *form, struct slice name, struct slice value)
{
    if (slice_is(name, "age")) {
        set_age(form, value);
        return true;
    }
    for (int i = 0; i < CARE_FIELD_COUNT; i++) {
        if (!slice_is(name, care_field_table[i].field))
            continue;
        if (value.length == 0)
            form->choice[i] = 0;
        return value.length == 0 || care_choice_read((enum care_field)i, value, &form->choice[i]);
    }
    return false;
}

const char *care_form_word(const struct care_form *form, enum care_field field)
{
    if (field == CARE_FIELD_SERVICE && form->choice[field] == CARE_SERVICE_UNKNOWN)
        return "primary";
    return care_field_table[field].choice[form->choice[field]].word;
}

const char *care_field_name(enum care_field field)
{
    return care_field_table[field].field;
}

void care_form_wipe(struct care_form *form)
{
    explicit_bzero(form, sizeof *form);
}

static void write_choice(struct html *html, enum care_field field, uint8_t choice, bool checked)
{
    const struct care_field_entry *entry = &care_field_table[field];

    html_markup(html, MARKUP("<label class=\"choice\"><input type=\"radio\""));
    html_attribute(html, MARKUP("name"), slice_from_string(entry->field));
    html_attribute(html, MARKUP("value"), slice_from_string(entry->choice[choice].word));
    html_markup(html, checked ? MARKUP(" checked>") : MARKUP(">"));
    message_template(html, "~<span>$</span></label>\n", entry->choice[choice].label);
}

/* Yes, no and skip stand in one row. */
static void write_choices(struct html *html, const struct care_form *form, enum care_field field, uint8_t from,
                          uint8_t to)
{
    bool few = care_field_table[field].count <= 3 && field != CARE_FIELD_WHOM;

    html_markup(html, few ? MARKUP("<div class=\"choices few\">\n") : MARKUP("<div class=\"choices\">\n"));
    for (uint8_t i = from; i < to; i++)
        write_choice(html, field, i, form->choice[field] == i);
    html_markup(html, MARKUP("</div>\n"));
}

static void begin_field(struct html *html, enum care_field field)
{
    message_template(html, "<fieldset>\n<legend>$</legend>\n", care_field_table[field].legend);
}

static void write_field(struct html *html, const struct care_form *form, enum care_field field)
{
    begin_field(html, field);
    write_choices(html, form, field, 0, care_field_table[field].count);
    html_markup(html, MARKUP("</fieldset>\n"));
}

/* Open already where the choice made before is inside: what is chosen must be seen. */
static void begin_details(struct html *html, bool open, enum message_id summary)
{
    html_markup(html, open ? MARKUP("<details open>") : MARKUP("<details>"));
    message_template(html, "<summary>$</summary>\n", summary);
}

static void write_service(struct html *html, const struct care_form *form)
{
    begin_field(html, CARE_FIELD_SERVICE);
    write_choices(html, form, CARE_FIELD_SERVICE, 0, SERVICES_OPEN);
    begin_details(html, form->choice[CARE_FIELD_SERVICE] >= SERVICES_OPEN, MESSAGE_CARE_SERVICE_MORE);
    write_choices(html, form, CARE_FIELD_SERVICE, SERVICES_OPEN, CARE_SERVICE_COUNT);
    html_markup(html, MARKUP("</details>\n</fieldset>\n"));
}

static void write_age(struct html *html, const struct care_form *form)
{
    message_template(html,
                     "<div class=\"field\">\n<label for=\"age\">$</label>\n"
                     "<p class=\"hint\" id=\"age-hint\">$</p>\n",
                     MESSAGE_CARE_AGE, MESSAGE_CARE_AGE_HINT);
    if (form->age_unreadable)
        message_template(html, "<p class=\"problem\" id=\"age-problem\">$</p>\n", MESSAGE_CARE_AGE_PROBLEM);
    html_markup(html, MARKUP("<input class=\"short\" id=\"age\" name=\"age\" type=\"text\" inputmode=\"numeric\" "
                             "maxlength=\"6\" autocomplete=\"off\""));
    html_markup(html, form->age_unreadable ? MARKUP(" aria-invalid=\"true\" aria-describedby=\"age-problem age-hint\"")
                                           : MARKUP(" aria-describedby=\"age-hint\""));
    if (form->age_known) {
        html_markup(html, MARKUP(" value=\""));
        html_number(html, form->age_years);
        html_markup(html, MARKUP("\""));
    }
    html_markup(html, MARKUP(">\n</div>\n"));
}

/* Asked last, skipped by default, and folded: nobody has to see the choices, nor be seen reading them. */
static void write_status(struct html *html, const struct care_form *form)
{
    begin_field(html, CARE_FIELD_STATUS);
    message_template(html, "<p class=\"hint\">$</p>\n", MESSAGE_CARE_STATUS_HINT);
    write_choices(html, form, CARE_FIELD_STATUS, 0, 1);
    begin_details(html, form->choice[CARE_FIELD_STATUS] != CARE_STATUS_UNKNOWN, MESSAGE_CARE_STATUS_SHOW);
    write_choices(html, form, CARE_FIELD_STATUS, 1, CARE_STATUS_COUNT);
    html_markup(html, MARKUP("</details>\n</fieldset>\n"));
}

static void write_spoken(struct html *html, const struct care_form *form)
{
    const struct care_field_entry *entry = &care_field_table[CARE_FIELD_SPOKEN];

    message_template(html,
                     "<div class=\"field\">\n<label for=\"spoken\">$</label>\n"
                     "<p class=\"hint\" id=\"spoken-hint\">$</p>\n"
                     "<select id=\"spoken\" name=\"spoken\" autocomplete=\"off\" aria-describedby=\"spoken-hint\">\n",
                     MESSAGE_CARE_SPOKEN, MESSAGE_CARE_SPOKEN_HINT);
    for (uint8_t i = 0; i < entry->count; i++) {
        html_markup(html, MARKUP("<option"));
        html_attribute(html, MARKUP("value"), slice_from_string(entry->choice[i].word));
        html_markup(html, form->choice[CARE_FIELD_SPOKEN] == i ? MARKUP(" selected>") : MARKUP(">"));
        message_template(html, "$</option>\n", entry->choice[i].label);
    }
    html_markup(html, MARKUP("</select>\n</div>\n"));
}

static void write_summary(struct html *html)
{
    message_template(html,
                     "<div class=\"problem\" role=\"alert\">\n<h2>$</h2>\n<p><a href=\"#age\">$</a></p>\n</div>\n",
                     MESSAGE_CARE_PROBLEM, MESSAGE_CARE_AGE_PROBLEM);
}

void care_form_write_questions(struct html *html, const struct care_form *form, bool interpreter)
{
    write_field(html, form, CARE_FIELD_WHOM);
    write_field(html, form, CARE_FIELD_URGENCY);
    write_service(html, form);
    write_age(html, form);
    write_field(html, form, CARE_FIELD_PREGNANT);
    write_field(html, form, CARE_FIELD_MEANS);
    write_field(html, form, CARE_FIELD_CERTIFICATE);
    if (interpreter)
        write_spoken(html, form);
    write_status(html, form);
}

enum error page_write_care_form(struct buffer *out, const struct page *page, const struct care_notice *notice,
                                const struct care_form *form)
{
    static const struct care_form empty;
    const struct care_form *shown = form ? form : &empty;
    struct html html = shell_begin(out, page, MESSAGE_CARE_TITLE, MARKUP("ask"));

    message_template(&html, "<h1>$</h1>\n<p class=\"lead\">$</p>\n<p class=\"notice\">~<span>$</span></p>\n",
                     MESSAGE_CARE_HEADING, MESSAGE_CARE_LEAD, MESSAGE_CARE_PROMISE);
    if (shown->age_unreadable)
        write_summary(&html);
    if (notice->check_offered)
        message_template(&html, "<p class=\"links\"><a href=\"" PATH_CHECK "\">~$</a></p>\n", MESSAGE_CHECK_LINK);
    care_warning_write(&html, page, notice);
    html_markup(&html, MARKUP("<form method=\"post\" action=\"" PATH_CARE_ANSWER "\" autocomplete=\"off\">\n"));
    care_form_write_questions(&html, shown, true);
    message_template(&html, "<p class=\"actions\"><button class=\"button\">$</button></p>\n</form>\n",
                     MESSAGE_CARE_SEND);
    return shell_end(&html, page);
}
