/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The fields of the care form as a table, and the parts of the page that the check on the phone has too. Private to
 * this layer: the answer and the slip read choices by it too. */

#include "care_pages.h"
#include "message.h"

struct care_choice {
    const char *word;
    enum message_id label;
};

struct care_field_entry {
    const char *field;
    enum message_id legend;
    const struct care_choice *choice;
    uint8_t count;
};

extern const struct care_field_entry care_field_table[CARE_FIELD_COUNT];

/* False for a word that the field does not have. */
MUST_CHECK bool care_choice_read(enum care_field field, struct slice word, uint8_t *ret_choice);

/* All questions of the form. `interpreter`: also for whom to find one, which no rule asks. */
void care_form_write_questions(struct html *html, const struct care_form *form, bool interpreter);

/* What the rules warn of, calmly, with whom to ask; nothing where there is nothing. */
void care_warning_write(struct html *html, const struct page *page, const struct care_notice *notice);
