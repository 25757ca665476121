/* SPDX-License-Identifier: Apache-2.0 */

/* What is claimed of giving data away, in a solver's words: of the joint standard's `disclosure`, with the tables that
 * feed it, and of `disclosure_law` in a pack, by itself. Whoever gets no answer gets nothing. */

#include "purpose.h"
#include "smt_text.h"

/* From nothing to everything; the numbers of the text. */
static const char *const drawer_words[] = {"NONE", "EXISTENCE", "SUMMARY", "FULL", NULL};
static const char *const law_words[] = {"NONE", "DEIDENTIFIED", "ON_COURT_ORDER", NULL};
#define ON_COURT_ORDER 2

static const char *const enforcement[] = {"immigration", "lawenforcement", NULL};
static const char *const enforce[] = {"ENFORCE", NULL};

struct inquiry {
    struct smt *smt;
    bool is_law;
    int table;
    int sector, purpose, action, drawer, order;
};

/* "This fact has one of these words." */
struct condition {
    const int *fact;
    const char *const *words;
};

static void put(struct inquiry *inquiry, const char *text)
{
    buffer_string(inquiry->smt->into, text);
}

static enum error find_facts(struct inquiry *inquiry)
{
    const struct {
        const char *name;
        int *ret;
        bool of_law;
    } wanted[] = {{"sector", &inquiry->sector, true},
                  {"order", &inquiry->order, true},
                  {"purpose", &inquiry->purpose, false},
                  {"action", &inquiry->action, false},
                  {"drawer", &inquiry->drawer, false}};

    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        *wanted[i].ret = smt_find_fact(inquiry->smt, wanted[i].name);
        if (*wanted[i].ret < 0 && (wanted[i].of_law || !inquiry->is_law))
            return fault_set(inquiry->smt->fault, ERROR_PROFILE, "The tables never ask for the fact %s.",
                             wanted[i].name);
    }
    return OK;
}

/* "|how much|": how much is given away; 0 where the table has no answer. */
static enum error write_open(struct inquiry *inquiry)
{
    struct smt *smt = inquiry->smt;
    const struct dmn_clause *clause = &smt->table[inquiry->table].decision->output[0];
    size_t open = 1;

    buffer_format(smt->into,
                  "\n; How much is given away, from 0 NONE\n(declare-const |%show much| Int)\n"
                  "(assert (= |%show much| (ite (not ",
                  smt->person, smt->person);
    smt_write_answers(smt, inquiry->table);
    put(inquiry, ") 0");
    for (size_t i = 0; i < clause->allowed.count; i++, open++) {
        struct slice word = clause->allowed.test[i].value.text;
        int place = smt_place_in(inquiry->is_law ? law_words : drawer_words, word);
        if (place < 0)
            return fault_set(smt->fault, ERROR_PROFILE, "The decision %s has an outcome %.*s.", smt->claim->about,
                             SLICE_PRINT(word));
        put(inquiry, " (ite (= ");
        smt_write_output(smt, inquiry->table, 0);
        buffer_format(smt->into, " %zu) %d", i, place);
    }
    put(inquiry, " 0");
    for (; open > 0; open--)
        put(inquiry, ")");
    put(inquiry, "))\n");
    return OK;
}

static enum error write_person(struct inquiry *inquiry, const char *person)
{
    inquiry->smt->person = person;
    smt_write_facts(inquiry->smt);
    smt_write_tables(inquiry->smt);
    TRY(write_open(inquiry));
    inquiry->smt->person = "";
    return OK;
}

/* ---- firewall ---- */

/* In a law: to enforcement nothing without an order; and what it ties to an order, to nobody without one. */
static void write_law_firewall(struct inquiry *inquiry)
{
    put(inquiry, "(assert (not ");
    smt_write_is(inquiry->smt, inquiry->order, "valid");
    put(inquiry, "))\n(assert (or (and (> |how much| 0) ");
    smt_write_is_one(inquiry->smt, inquiry->sector, enforcement);
    buffer_format(inquiry->smt->into, ") (= |how much| %d)))\n", ON_COURT_ORDER);
}

static void write_all(struct inquiry *inquiry, const struct condition *condition, size_t count)
{
    put(inquiry, "(not (and true");
    for (size_t i = 0; i < count; i++) {
        put(inquiry, " ");
        smt_write_is_one(inquiry->smt, *condition[i].fact, condition[i].words);
    }
}

/* To enforcement nothing but what an order may open; because of an order that is open, whether she is known. */
static void write_firewall(struct inquiry *inquiry)
{
    static const char *const valid[] = {"valid", NULL}, *const open[] = {"open", NULL}, *const read[] = {"read", NULL},
                             *const match[] = {"match", NULL}, *const who[] = {"identity", NULL},
                             *const reached[] = {"identity", "contact", NULL};
    const struct condition ordered[] = {{&inquiry->order, valid},
                                        {&inquiry->purpose, enforce},
                                        {&inquiry->action, read},
                                        {&inquiry->drawer, reached}},
                           asked[] = {{&inquiry->order, open}, {&inquiry->action, match}, {&inquiry->drawer, who}};

    put(inquiry, "(assert (> |how much| 0))\n(assert (or (and (or ");
    smt_write_is_one(inquiry->smt, inquiry->sector, enforcement);
    put(inquiry, " ");
    smt_write_is_one(inquiry->smt, inquiry->purpose, enforce);
    put(inquiry, ") ");
    write_all(inquiry, ordered, sizeof ordered / sizeof *ordered);
    put(inquiry, ")))\n  (and ");
    smt_write_is(inquiry->smt, inquiry->purpose, "HLEGAL");
    put(inquiry, " (not ");
    smt_write_is(inquiry->smt, inquiry->drawer, "audit");
    put(inquiry, ") ");
    write_all(inquiry, asked, sizeof asked / sizeof *asked);
    put(inquiry, " (= |how much| 1))))))\n");
}

static bool knows_enforcement(const struct inquiry *inquiry)
{
    return smt_has_values(inquiry->smt, inquiry->sector, enforcement) &&
           (inquiry->is_law || smt_has_values(inquiry->smt, inquiry->purpose, enforce));
}

/* ---- purposes ---- */

static void write_drawers(struct inquiry *inquiry, const char *list)
{
    struct slice rest = slice_from_string(list);

    put(inquiry, "(or false false");
    while (rest.length > 0) {
        char word[32] = "";
        struct slice drawer = slice_cut(&rest, ' ');
        memcpy(word, drawer.data, drawer.length < sizeof word ? drawer.length : sizeof word - 1);
        put(inquiry, " ");
        smt_write_is(inquiry->smt, inquiry->drawer, word);
    }
    put(inquiry, ")");
}

static void write_purpose(struct inquiry *inquiry)
{
    static const char *const writing[] = {"write", "register", "erase", NULL};

    put(inquiry, "(assert (> |how much| 0))\n(assert (not (or false");
    for (const struct purpose_drawers *belongs = purpose_drawers; belongs->purpose; belongs++) {
        put(inquiry, "\n  (and ");
        smt_write_is(inquiry->smt, inquiry->purpose, belongs->purpose);
        put(inquiry, " (ite ");
        smt_write_is_one(inquiry->smt, inquiry->action, writing);
        put(inquiry, " ");
        write_drawers(inquiry, belongs->writes);
        put(inquiry, " ");
        write_drawers(inquiry, belongs->looks_into);
        put(inquiry, "))");
    }
    put(inquiry, ")))\n");
}

/* ---- missing facts ---- */

/* One fact is not known of the first; the second is like the first but for that fact. */
static void write_missing(struct inquiry *inquiry)
{
    smt_write_likeness(inquiry->smt);
    smt_write_claim(inquiry->smt);
    put(inquiry, "(assert (> |how much| |B: how much|))\n(assert ");
    smt_write_first_lacks(inquiry->smt);
    put(inquiry, ")\n");
}

/* ---- */

static enum error add_table(struct inquiry *inquiry)
{
    struct smt *smt = inquiry->smt;
    const struct dmn_decision *decision = dmn_decision(smt->set->model, slice_from_string(smt->claim->about));

    if (!decision || decision->output_count != 1)
        return fault_set(smt->fault, ERROR_PROFILE, "The decision %s must give one outcome.", smt->claim->about);
    TRY(smt_add_table(smt, inquiry->is_law ? "pack" : "floor", smt->set, decision, inquiry->is_law, 1,
                      &inquiry->table));
    return find_facts(inquiry);
}

static enum error write_one(struct inquiry *inquiry)
{
    TRY(write_person(inquiry, ""));
    smt_write_claim(inquiry->smt);
    if (inquiry->smt->claim->property == PROPERTY_FIREWALL)
        inquiry->is_law ? write_law_firewall(inquiry) : write_firewall(inquiry);
    else
        write_purpose(inquiry);
    return OK;
}

static enum error write_two(struct inquiry *inquiry)
{
    inquiry->smt->varied = smt_facts_with_unknown(inquiry->smt);
    if (inquiry->smt->varied == 0) {
        smt_write_settled(inquiry->smt, false, "No table asks for a fact that may not be known.");
        return OK;
    }
    TRY(write_person(inquiry, ""));
    TRY(write_person(inquiry, "B: "));
    write_missing(inquiry);
    return OK;
}

enum error smt_write_disclosure(struct smt *smt)
{
    struct inquiry inquiry = {.smt = smt, .is_law = strcmp(smt->claim->about, SMT_LAW) == 0};

    TRY(add_table(&inquiry));
    if (smt->claim->property == PROPERTY_MISSING_FACTS)
        return write_two(&inquiry);
    if (smt->claim->property == PROPERTY_FIREWALL && !knows_enforcement(&inquiry)) {
        smt_write_settled(smt, true, "The tables do not know the words of enforcement: it is not proved.");
        return OK;
    }
    return write_one(&inquiry);
}
