/* SPDX-License-Identifier: Apache-2.0 */
#include "claim.h"

#include <stdlib.h>

#include "person.h"
#include "text/date.h"

#define SENTENCE_BYTES_MAX 4000

struct search {
    const struct claim *claim;
    struct finding *finding;
    uint32_t last_cell;              /* of the varied fact, the last that the walk comes to */
    struct claim_fare *fare;         /* of each cell of the varied fact */
    const struct rule_row **decided; /* likewise */

    /* The first failure; when `everywhere` is asked, what must be so for everybody in the box: the same rows decide. */
    bool failed;
    struct space_case subject, reference;
    bool everywhere, differs_somewhere;
};

static bool is_worse(const struct claim_fare *subject, const struct claim_fare *reference)
{
    for (int i = 0; i < CLAIM_SCALES; i++)
        if (subject->scale[i] < reference->scale[i])
            return true;
    return false;
}

static const struct rule_row *blamed_row(const struct claim *claim, const struct space_case *found)
{
    return found->verdict[claim->blamed] == OK ? found->result[claim->blamed].row : NULL;
}

static void blame(struct finding *finding, const struct rule_row *row)
{
    if (row)
        finding->blamed[row - finding->rules->row] = 1;
}

static void fail(struct search *search, const struct space_case *found, const struct rule_row *row)
{
    blame(search->finding, row);
    if (!search->failed)
        search->subject = *found;
    search->failed = true;
}

static bool same_rows(const struct space_case *a, const struct space_case *b)
{
    for (uint32_t d = 0; d < a->space->decision_count; d++)
        if (a->verdict[d] != b->verdict[d] || (a->verdict[d] == OK && a->result[d].row != b->result[d].row))
            return false;
    return true;
}

static bool visit_one(void *context, const struct space_case *found)
{
    struct search *search = context;
    bool broken = search->claim->broken(search->claim, found);

    if (search->everywhere) {
        search->differs_somewhere = !broken || !same_rows(&search->subject, found);
        return !search->differs_somewhere;
    }
    if (broken)
        fail(search, found, blamed_row(search->claim, found));
    return true;
}

static bool is_broken(const struct search *search, uint32_t subject, uint32_t reference)
{
    const struct claim_fare *fare = search->fare;
    const struct space_fact *varied = &search->claim->space->fact[search->claim->varied];

    if (subject == reference || !fare[subject].answered)
        return !fare[subject].answered;
    return fare[reference].answered && search->claim->compares(varied, subject, reference) &&
           is_worse(&fare[subject], &fare[reference]);
}

/* With whom the subject is compared so that the difference is plain: who fares best. Itself when it gets no answer. -1:
 * the claim holds for it. */
static int64_t worst_comparison(const struct search *search, uint32_t subject)
{
    const struct claim *claim = search->claim;
    int64_t best = is_broken(search, subject, subject) ? (int64_t)subject : -1;

    for (uint32_t r = 0; r <= search->last_cell && best != (int64_t)subject; r++)
        if (space_box_has(claim->box, (uint32_t)claim->varied, r) && is_broken(search, subject, r) &&
            (best < 0 || is_worse(&search->fare[best], &search->fare[r])))
            best = r;
    return best;
}

static void judge_group(struct search *search, const struct space_case *found)
{
    const struct claim *claim = search->claim;
    uint32_t varied = (uint32_t)claim->varied;

    for (uint32_t s = 0; s <= search->last_cell; s++) {
        if (!space_box_has(claim->box, varied, s))
            continue;
        int64_t reference = worst_comparison(search, s);
        if (reference < 0)
            continue;
        bool first = !search->failed;
        fail(search, found, search->decided[s]);
        if (first) {
            search->reference = search->subject;
            search->subject.cell[varied] = s;
            search->reference.cell[varied] = (uint32_t)reference;
        }
    }
}

static bool same_fare(const struct claim_fare *a, const struct claim_fare *b)
{
    return a->answered == b->answered && memcmp(a->scale, b->scale, sizeof a->scale) == 0;
}

/* Cases that differ in the varied fact alone come one after the other. */
static bool visit_group(void *context, const struct space_case *found)
{
    struct search *search = context;
    const struct claim *claim = search->claim;
    uint32_t cell = found->cell[claim->varied];
    struct claim_fare fare = claim->fare(claim, found);

    if (search->everywhere) {
        bool is_subject = cell == search->subject.cell[claim->varied];
        const struct space_case *same = is_subject ? &search->subject : &search->reference;
        struct claim_fare wanted = claim->fare(claim, same);
        search->differs_somewhere = !same_rows(same, found) || !same_fare(&wanted, &fare);
        return !search->differs_somewhere;
    }
    search->fare[cell] = fare;
    search->decided[cell] = blamed_row(claim, found);
    if (cell == search->last_cell)
        judge_group(search, found);
    return true;
}

static enum error walk(struct search *search, space_box *box, uint64_t *ret_cells)
{
    const struct claim *claim = search->claim;
    struct space_tour tour = {
        .last = claim->broken ? -1 : claim->varied, .box = box, .seen = claim->seen, .rows = true};

    for (uint32_t c = 0; !claim->broken && c < claim->space->fact[claim->varied].cell_count; c++)
        if (space_box_has(box, (uint32_t)claim->varied, c))
            search->last_cell = c;
    return space_walk(claim->space, &tour, claim->broken ? visit_one : visit_group, search, ret_cells);
}

/* ---- the person ---- */

/* Is all the same when the fact may be anything that the claim is about? Then it does not matter. */
static enum error widen(struct search *search, const uint8_t **box, uint32_t fact)
{
    const struct claim *claim = search->claim;
    const uint8_t *kept = box[fact];
    uint64_t cells;

    box[fact] = claim->box[fact];
    search->differs_somewhere = false;
    TRY(walk(search, box, &cells));
    if (search->differs_somewhere)
        box[fact] = kept;
    return OK;
}

/* All of whom the sentence is true: from the one person outwards, fact by fact. */
static enum error widen_all(struct search *search, const uint8_t ***ret_box)
{
    const struct claim *claim = search->claim;
    const struct space *space = claim->space;
    const uint8_t **box = arena_array(claim->proof->arena, SPACE_FACTS_MAX, sizeof *box);

    if (!box)
        return ERROR_MEMORY;
    for (uint32_t f = 0; f < space->fact_count; f++) {
        uint8_t *cells = arena_alloc(claim->proof->arena, space->fact[f].cell_count);
        if (!cells)
            return ERROR_MEMORY;
        cells[search->subject.cell[f]] = 1;
        if (!claim->broken && (int)f == claim->varied)
            cells[search->reference.cell[f]] = 1;
        box[f] = cells;
    }
    search->everywhere = true;
    for (uint32_t f = 0; f < space->fact_count; f++)
        if (claim->broken || (int)f != claim->varied)
            TRY(widen(search, box, f));
    *ret_box = box;
    return OK;
}

static struct slice value_words(struct arena *arena, const struct space_fact *fact, uint32_t cell)
{
    CLEANUP_BUFFER struct buffer day = buffer_new(16);

    if (!rule_kind_is_number(fact->kind) || fact->cell[cell].value == RULE_UNKNOWN)
        return fact->cell[cell].words;
    if (fact->kind != RULE_DATE)
        return arena_format(arena, "%lld", (long long)fact->cell[cell].value);
    date_write_day(&day, (int32_t)fact->cell[cell].value);
    return arena_copy(arena, buffer_view(&day));
}

static enum error keep_person(const struct search *search, struct property_verdict *failure)
{
    const struct claim *claim = search->claim;
    const struct space *space = claim->space;
    struct property_fact *person = arena_array(claim->proof->arena, space->fact_count, sizeof *person);

    if (!person)
        return ERROR_MEMORY;
    for (uint32_t f = 0; f < space->fact_count; f++) {
        const struct space_fact *fact = &space->fact[f];
        person[f] = (struct property_fact){fact->name, value_words(claim->proof->arena, fact, search->subject.cell[f])};
        if (search->reference.cell[f] != search->subject.cell[f])
            failure->beside = (struct property_fact){fact->name,
                                                     value_words(claim->proof->arena, fact, search->reference.cell[f])};
    }
    failure->person = person;
    failure->person_count = space->fact_count;
    return OK;
}

static enum error tell(struct search *search)
{
    const struct claim *claim = search->claim;
    CLEANUP_BUFFER struct buffer text = buffer_new(SENTENCE_BYTES_MAX);
    const uint8_t **box;

    if (claim->broken)
        search->reference = search->subject;
    space_decide(claim->space, &search->subject);
    space_decide(claim->space, &search->reference);
    bool pair = memcmp(search->subject.cell, search->reference.cell, sizeof search->subject.cell) != 0;
    TRY(widen_all(search, &box));
    if (pair) {
        uint8_t *subject = arena_alloc(claim->proof->arena, claim->space->fact[claim->varied].cell_count);
        if (!subject)
            return ERROR_MEMORY;
        subject[search->subject.cell[claim->varied]] = 1;
        box[claim->varied] = subject;
    }
    person_write(&text, claim->space, box, claim->who);
    buffer_string(&text, ": ");
    claim->tell(claim, &text, &search->subject, pair ? &search->reference : NULL);
    buffer_byte(&text, '.');
    search->finding->failure.counterexample = property_sentence(arena_copy(claim->proof->arena, buffer_view(&text)));
    return keep_person(search, &search->finding->failure);
}

/* ---- the search ---- */

static enum error prepare(const struct claim *claim, struct finding *finding, struct search *search)
{
    struct arena *arena = claim->proof->arena;
    uint32_t cells = claim->broken ? 1 : claim->space->fact[claim->varied].cell_count;

    search->fare = arena_array(arena, cells, sizeof *search->fare);
    search->decided = arena_array(arena, cells, sizeof *search->decided);
    if (!finding->blamed) {
        finding->rules = claim->space->decision[claim->blamed].rules;
        finding->blamed = arena_alloc(arena, finding->rules->row_count);
    }
    return search->fare && search->decided && finding->blamed ? OK : ERROR_MEMORY;
}

enum error claim_check(const struct claim *claim, struct finding *finding)
{
    struct search search = {.claim = claim, .finding = finding};
    uint64_t cells = 0;

    TRY(prepare(claim, finding, &search));
    TRY(walk(&search, claim->box, &cells));
    finding->cells += cells;
    return search.failed && finding->failure.counterexample.length == 0 ? tell(&search) : OK;
}

static int by_number(const void *a, const void *b)
{
    const struct rule_row *left = *(const struct rule_row *const *)a, *right = *(const struct rule_row *const *)b;

    return (left->number > right->number) - (left->number < right->number);
}

enum error claim_record(const struct claim *claim, struct finding *finding)
{
    const struct property_verdict *failure = &finding->failure;
    struct property_verdict *verdict = property_record(claim->proof, claim->property, claim->scope, finding->cells,
                                                       failure->counterexample);
    uint32_t count = 0;

    if (verdict->proved)
        return OK;
    const struct rule_row **row = arena_array(claim->proof->arena, finding->rules->row_count, sizeof *row);
    if (!row)
        return ERROR_MEMORY;
    for (uint32_t r = 0; r < finding->rules->row_count; r++)
        if (finding->blamed[r])
            row[count++] = &finding->rules->row[r];
    qsort(row, count, sizeof(const struct rule_row *), by_number);
    verdict->person = failure->person;
    verdict->person_count = failure->person_count;
    verdict->beside = failure->beside;
    verdict->row = row;
    verdict->rows_in_all = count;
    verdict->row_count = count < PROPERTY_ROWS_MAX ? count : PROPERTY_ROWS_MAX;
    return OK;
}

enum error claim_prove(const struct claim *claim)
{
    struct finding finding = {0};

    TRY(claim_check(claim, &finding));
    return claim_record(claim, &finding);
}

enum error claim_keep(struct claim *claim, int fact, const char *const *words, bool *ret_has_all)
{
    const struct space_fact *kept = &claim->space->fact[fact];
    uint8_t *cells = arena_alloc(claim->proof->arena, kept->cell_count);

    if (!cells)
        return ERROR_MEMORY;
    *ret_has_all = true;
    for (; *words; words++) {
        int cell = space_find_cell(kept, *words);
        if (cell >= 0)
            cells[cell] = 1;
        *ret_has_all &= cell >= 0;
    }
    claim->box[fact] = cells;
    return OK;
}

bool claim_is_unknown_beside(const struct space_fact *varied, uint32_t subject, uint32_t reference)
{
    return subject != reference && slice_is(varied->cell[subject].words, "unknown");
}

void claim_write_row(struct buffer *into, const struct rule_row *row)
{
    if (row)
        buffer_format(into, "row %.*s", SLICE_PRINT(row->id));
    else
        buffer_string(into, "no row");
}

void claim_write_citation(struct buffer *into, const struct rule_row *row)
{
    if (row && row->citation.source.length)
        buffer_format(into, " (%.*s, %.*s)", SLICE_PRINT(row->citation.source), SLICE_PRINT(row->citation.article));
}
