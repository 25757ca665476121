/* SPDX-License-Identifier: Apache-2.0 */

/* Two people who differ in one fact alone. Where that may be any of several facts, a number says which one. */

#include "smt_text.h"

uint64_t smt_facts_with_unknown(const struct smt *smt)
{
    uint64_t facts = 0;

    for (uint32_t f = 0; f < smt->fact_count; f++)
        if (smt_has_unknown(&smt->fact[f]))
            facts |= UINT64_C(1) << f;
    return facts;
}

void smt_write_likeness(struct smt *smt)
{
    int place = 0;

    if (__builtin_popcountll(smt->varied) == 0)
        return;
    buffer_format(smt->into,
                  "\n; The two are alike in all facts but one.\n(declare-const |which fact differs| Int)\n"
                  "(assert (<= 0 |which fact differs| %d))\n",
                  __builtin_popcountll(smt->varied) - 1);
    for (uint64_t rest = smt->varied; rest; rest &= rest - 1, place++) {
        const struct smt_fact *fact = &smt->fact[__builtin_ctzll(rest)];
        buffer_format(smt->into, "(assert (or (= |which fact differs| %d) (= |B: %.*s| |%.*s|)))\n", place,
                      SLICE_PRINT(fact->symbol), SLICE_PRINT(fact->symbol));
    }
}

void smt_write_first_lacks(struct smt *smt)
{
    int place = 0;

    buffer_string(smt->into, "(or false");
    for (uint64_t rest = smt->varied; rest; rest &= rest - 1, place++) {
        buffer_format(smt->into, " (and (= |which fact differs| %d) ", place);
        smt_write_is(smt, __builtin_ctzll(rest), "unknown");
        buffer_byte(smt->into, ')');
    }
    buffer_byte(smt->into, ')');
}
