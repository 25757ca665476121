/* SPDX-License-Identifier: Apache-2.0 */
#include "compare.h"

#include <math.h>

#include "birth.h"

/* Two records that blocking has brought together are one person once in some thousand. */
#define PRIOR_BITS (-10)

#define GENDER_SAME_BITS 0.7
#define GENDER_DIFFERENT_BITS (-3.0)

#define PROBABLE_FROM 0.7
#define POSSIBLE_FROM 0.15
#define CERTAIN_FROM 0.98

/* Below the first a name contradicts: a brother's, not a misspelt one. The second lets Samirah be Samira, but not
 * Samir. */
#define NAME_CONTRADICTS 0.75
#define NAME_IS_THE_SAME 0.92

static double gender_bits(enum identity_gender a, enum identity_gender b)
{
    if (a == IDENTITY_GENDER_UNKNOWN || b == IDENTITY_GENDER_UNKNOWN)
        return 0;
    return a == b ? GENDER_SAME_BITS : GENDER_DIFFERENT_BITS;
}

/* Of all the names that each goes by, the pair that speaks most for them. */
static struct identity_name_evidence best_names(const struct identity_person *a, const struct identity_person *b)
{
    struct identity_name_evidence best = {0};

    for (size_t i = 0; i < a->names; i++)
        for (size_t j = 0; j < b->names; j++) {
            struct identity_name_evidence evidence = identity_name_compare(&a->name[i], &b->name[j]);
            if ((i == 0 && j == 0) || evidence.bits > best.bits)
                best = evidence;
        }
    return best;
}

static enum identity_grade grade_by(double probability)
{
    if (probability >= CERTAIN_FROM)
        return IDENTITY_CERTAIN;
    if (probability >= PROBABLE_FROM)
        return IDENTITY_PROBABLE;
    return probability >= POSSIBLE_FROM ? IDENTITY_POSSIBLE : IDENTITY_CERTAINLY_NOT;
}

/* The highest grade that this kind of evidence can carry, however much of it there is. */
static enum identity_grade ceiling(const struct identity_name_evidence *name, const struct birth_evidence *birth,
                                   double gender)
{
    if (name->weakest < NAME_CONTRADICTS)
        return IDENTITY_POSSIBLE;
    bool every_name = name->weakest >= NAME_IS_THE_SAME && name->assigned >= 2;
    return every_name && birth->full_day && gender >= 0 ? IDENTITY_CERTAIN : IDENTITY_PROBABLE;
}

struct identity_score identity_compare(const struct identity_person *a, const struct identity_person *b)
{
    struct identity_name_evidence name = best_names(a, b);
    struct birth_evidence birth = birth_compare(a, b);
    struct identity_score score = {.name_bits = name.bits,
                                   .birth_bits = birth.bits,
                                   .gender_bits = gender_bits(a->gender, b->gender),
                                   .name_similarity = name.similarity};
    enum identity_grade highest = ceiling(&name, &birth, score.gender_bits);

    score.probability = 1 / (1 + exp2(-(PRIOR_BITS + score.name_bits + score.birth_bits + score.gender_bits)));
    score.grade = grade_by(score.probability);
    if (score.grade > highest)
        score.grade = highest;
    return score;
}

const char *identity_grade_code(enum identity_grade grade)
{
    static const char *const CODE[] = {"certainly-not", "possible", "probable", "certain"};

    return CODE[grade];
}
