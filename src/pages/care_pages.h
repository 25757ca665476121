/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* "What care can I get?": the form, the answer on the screen, and the slip on paper.
 *
 * Keeps promise 4 (status is never stored): what is chosen in the form travels in a POST body only, stays in a struct
 * care_form that its owner wipes, and no page writes it into an address, a title or a hidden field. The slip is made
 * from a struct that has no place for anything that betrays status: not the row, the citation, the payer, the service.
 * And promise 1: whatever a caller says, an answer about care that is not known to be able to wait never shows a "no".
 *
 * Pure; any thread. */

#include "page.h"

/* Values of choices: CARE_STATUS_UNKNOWN, CARE_URGENCY_IMMEDIATE … The first of each, 0, holds when nothing is said. */
#define CHOICES(name, field) enum {
#define CHOICE(field, name, word) CARE_##field##_##name,
#define CHOICES_END(name)                                                                                              \
    CARE_##name##_COUNT                                                                                                \
    }                                                                                                                  \
    ;
#include "care_choices.def"
#undef CHOICES
#undef CHOICE
#undef CHOICES_END

enum care_field {
#define CHOICES(name, field) CARE_FIELD_##name,
#define CHOICE(field, name, word)
#define CHOICES_END(name)
#include "care_choices.def"
#undef CHOICES
#undef CHOICE
#undef CHOICES_END
    CARE_FIELD_COUNT
};

#define CARE_AGE_MAX 120 /* of the rules' vocabulary */

/* All zero is the empty form. Wipe it with care_form_wipe when the answer is written. */
struct care_form {
    uint8_t choice[CARE_FIELD_COUNT];
    bool age_known;
    bool age_unreadable; /* the form is to be shown again */
    uint8_t age_years;
};

/* Takes one decoded field of the body. Empty means unknown. False for a field or a value that the form does not have;
 * answer 400 then. An age that is no number is not an error here: it sets age_unreadable. */
MUST_CHECK bool care_form_set(struct care_form *form, struct slice name, struct slice value);

/* The word of the rules' vocabulary that was chosen ("undocumented"), for the rule set's input. Constant. Rule sets
 * take a service for always known, so one that is not known is "primary": seeing somebody who can say. */
const char *care_form_word(const struct care_form *form, enum care_field field);

/* The name of the field in that vocabulary: "status", "urgency" … */
const char *care_field_name(enum care_field field);

void care_form_wipe(struct care_form *form);

/* What a person should know before she applies for anything, in the words of the rules. */
struct care_warning {
    struct slice text, language; /* BCP 47, of `text` */
    struct slice source, article, since;
};

/* What stands above the form. */
struct care_notice {
    const struct care_warning *warning;
    size_t count;
    bool check_offered; /* links to the page that is answered on the phone */
};

/* The form. `form` is NULL at first, and what was sent where the age was unreadable. */
MUST_CHECK enum error page_write_care_form(struct buffer *out, const struct page *page,
                                           const struct care_notice *notice, const struct care_form *form);

/* What the rules answered: CARE_ENTITLEMENT_FULL, CARE_CHARGE_FREE … of enum care_entitlement, care_charge, care_paper
 * and care_helper. Words of the vocabulary are read by care_entitlement_read and its like. */
#define WORDS(list, tag)                                                                                               \
    enum care_##tag                                                                                                    \
    {
#define WORD(list, name, word) CARE_##list##_##name,
#define WORDS_END(list)                                                                                                \
    CARE_##list##_COUNT                                                                                                \
    }                                                                                                                  \
    ;
#include "care_words.def"
#undef WORDS
#undef WORD
#undef WORDS_END

struct care_answer {
    uint8_t urgency;    /* CARE_URGENCY_…, as the rules took it */
    bool ask_clinician; /* may_refuse is not "no": the rules do not guarantee this care */
    enum care_entitlement entitlement;
    enum care_charge charge;
    enum care_paper paper;
    struct slice paper_other; /* a paper that has no word above; empty otherwise */
    enum care_helper helper;
    struct slice helper_other; /* a helper that has no word above, "CPAS"; empty otherwise */
    struct slice row;          /* of the table: "12" */
    struct slice pack;         /* name of the rule set */
    struct slice citation;     /* as it stands in the table */
    bool draft;                /* the pack is not signed off by a lawyer */
    uint8_t whom;              /* CARE_WHOM_…, for the slip */
    uint8_t spoken;            /* CARE_SPOKEN_…, for the slip */
};

/* Read a word of the rules' output, either case ("PROVIDER_REIMBURSED", "medical_certificate"). False, and nothing set,
 * for a word that is not known here. */
MUST_CHECK bool care_entitlement_read(struct slice word, enum care_entitlement *ret_value);
MUST_CHECK bool care_charge_read(struct slice word, enum care_charge *ret_value);
MUST_CHECK bool care_paper_read(struct slice word, enum care_paper *ret_value);
MUST_CHECK bool care_helper_read(struct slice word, enum care_helper *ret_value);

/* The answer, in the reader's language and beside it in the desk's. */
MUST_CHECK enum error page_write_care_answer(struct buffer *out, const struct page *page,
                                             const struct care_answer *answer);

enum slip_when { SLIP_NOW, SLIP_SOON, SLIP_DUE, SLIP_WHEN_COUNT };

/* Everything that a slip can say. Two people with the same right get the same bytes, whatever else is true of them. */
struct slip {
    uint8_t when;   /* enum slip_when */
    uint8_t whom;   /* CARE_WHOM_… */
    uint8_t spoken; /* CARE_SPOKEN_… */
};

/* False when the answer names no right: then there is no slip, rather than one that says so. */
MUST_CHECK bool slip_from_answer(const struct care_answer *answer, struct slip *ret_slip);

/* Takes one decoded field of the answer page's form: when, whom, spoken. False as with care_form_set. */
MUST_CHECK bool slip_set(struct slip *slip, struct slice name, struct slice value);

/* The slip: in the desk's language, and below it in the reader's. */
MUST_CHECK enum error page_write_slip(struct buffer *out, const struct page *page, const struct slip *slip);
