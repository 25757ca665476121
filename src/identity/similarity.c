/* SPDX-License-Identifier: Apache-2.0 */

/* How alike two tokens are, and which token of one name is which of the other. */

#include <float.h>

#include "letters.h"

static double least(double a, double b)
{
    return a < b ? a : b;
}

/* A token from `start` on. */
static struct identity_token without_front(const struct identity_token *token, uint8_t start)
{
    struct identity_token rest = {.length = (uint8_t)(token->length - start), .vowelless = token->vowelless};

    memcpy(rest.letter, token->letter + start, rest.length);
    return rest;
}

static double weight(const struct identity_token *token)
{
    double sum = 0;

    for (size_t i = 0; i < token->length; i++)
        sum += letter_skip(token, i, false);
    return sum;
}

/* Neighbours that changed places are one slip of the fingers, not two. */
static bool swapped(const struct identity_token *a, size_t i, const struct identity_token *b, size_t j)
{
    return i > 1 && j > 1 && a->letter[i - 1] == b->letter[j - 2] && a->letter[i - 2] == b->letter[j - 1];
}

/* Optimal string alignment (Damerau-Levenshtein without overlapping exchanges) with costs by letter. */
static double distance(const struct identity_token *a, const struct identity_token *b, bool loose)
{
    double cost[IDENTITY_LETTERS_MAX + 1][IDENTITY_LETTERS_MAX + 1];

    cost[0][0] = 0;
    for (size_t i = 1; i <= a->length; i++)
        cost[i][0] = cost[i - 1][0] + letter_skip(a, i - 1, loose);
    for (size_t j = 1; j <= b->length; j++)
        cost[0][j] = cost[0][j - 1] + letter_skip(b, j - 1, loose);
    for (size_t i = 1; i <= a->length; i++)
        for (size_t j = 1; j <= b->length; j++) {
            double best = cost[i - 1][j - 1] + letter_exchange(a->letter[i - 1], b->letter[j - 1], loose);
            best = least(best, cost[i - 1][j] + letter_skip(a, i - 1, loose));
            best = least(best, cost[i][j - 1] + letter_skip(b, j - 1, loose));
            if (swapped(a, i, b, j))
                best = least(best, cost[i - 2][j - 2] + 0.5);
            cost[i][j] = best;
        }
    return cost[a->length][b->length];
}

/* Across scripts even the best fit is not proof: the vowels that would tell Hasan from Husain are not written. */
#define ACROSS_SCRIPTS 0.97

static double plain_similarity(const struct identity_token *a, const struct identity_token *b)
{
    bool loose = a->vowelless != b->vowelless;
    double similarity = 1 - distance(a, b, loose) / ((weight(a) + weight(b)) / 2);

    if (similarity < 0)
        return 0;
    return loose ? ACROSS_SCRIPTS * similarity : similarity;
}

/* A single letter may be the initial of any name that begins with it, which is little. */
#define INITIAL_SIMILARITY 0.8

static bool is_initial_of(const struct identity_token *initial, const struct identity_token *token)
{
    return initial->length == 1 && token->length > 1 && initial->letter[0] == token->letter[0];
}

double identity_token_similarity(const struct identity_token *a, const struct identity_token *b)
{
    if (a->length == 0 || b->length == 0)
        return 0;
    if (is_initial_of(a, b) || is_initial_of(b, a))
        return INITIAL_SIMILARITY;
    double best = plain_similarity(a, b);
    if (a->article == b->article)
        return best;
    struct identity_token bare_a = without_front(a, a->article), bare_b = without_front(b, b->article);
    double bare = plain_similarity(&bare_a, &bare_b);
    return bare > best ? bare : best;
}

/* Evidence of one pair of tokens in bits, by straight lines between points set by hand: a given or family name that is
 * the same is worth some 6 bits where names are as unevenly spread as they are. */
static double bits_of(double similarity)
{
    static const struct {
        double similarity, bits;
    } POINT[] = {{0, -4}, {0.5, -4}, {0.7, -1}, {0.8, 1.5}, {0.9, 4}, {1, 6}};
    size_t i = 1;

    while (similarity > POINT[i].similarity && i + 1 < sizeof POINT / sizeof *POINT)
        i++;
    double share = (similarity - POINT[i - 1].similarity) / (POINT[i].similarity - POINT[i - 1].similarity);
    return POINT[i - 1].bits + share * (POINT[i].bits - POINT[i - 1].bits);
}

struct grid {
    size_t rows, columns; /* rows <= columns */
    double similarity[IDENTITY_TOKENS_MAX][IDENTITY_TOKENS_MAX];
    double bits[IDENTITY_TOKENS_MAX][IDENTITY_TOKENS_MAX];
    uint8_t column_of[IDENTITY_TOKENS_MAX]; /* the result */
};

struct words {
    const struct identity_token *word[IDENTITY_TOKENS_MAX];
    size_t count;
};

static void fill(struct grid *grid, const struct words *shorter, const struct words *longer)
{
    grid->rows = shorter->count;
    grid->columns = longer->count;
    for (size_t i = 0; i < grid->rows; i++)
        for (size_t j = 0; j < grid->columns; j++) {
            grid->similarity[i][j] = identity_token_similarity(shorter->word[i], longer->word[j]);
            grid->bits[i][j] = bits_of(grid->similarity[i][j]);
        }
}

/* best[set]: the most bits that the first |set| rows reach with just these columns. Twelve tokens make 4096 sets, so
 * the exact answer costs no more than tens of microseconds at the worst and a handful of steps for usual names. Of
 * bits, and not of likeness: of two assignments equally alike the evidence would hang on which name comes first. */
static void assign(struct grid *grid)
{
    size_t sets = (size_t)1 << grid->columns;
    double best[1 << IDENTITY_TOKENS_MAX];
    uint8_t last[1 << IDENTITY_TOKENS_MAX];
    size_t full = 0;

    best[0] = 0;
    for (size_t set = 1; set < sets; set++) {
        size_t row = (size_t)__builtin_popcountll(set) - 1;
        if (row >= grid->rows)
            continue;
        best[set] = -DBL_MAX;
        for (size_t j = 0; j < grid->columns; j++) {
            size_t before = set & ~((size_t)1 << j);
            if (before == set || best[before] + grid->bits[row][j] <= best[set])
                continue;
            best[set] = best[before] + grid->bits[row][j];
            last[set] = (uint8_t)j;
        }
        if (row + 1 == grid->rows && (full == 0 || best[set] > best[full]))
            full = set;
    }
    for (size_t row = grid->rows; row-- > 0; full &= ~((size_t)1 << grid->column_of[row]))
        grid->column_of[row] = last[full];
}

/* A name that one record has and the other lacks is common (fathers' names come and go) but no help. */
#define LEFT_OVER_SIMILARITY 0.04
#define LEFT_OVER_BITS 0.4

static struct identity_name_evidence weigh(const struct grid *grid)
{
    struct identity_name_evidence evidence = {.weakest = DBL_MAX, .assigned = grid->rows};
    double left_over = (double)(grid->columns - grid->rows);

    for (size_t row = 0; row < grid->rows; row++) {
        double similarity = grid->similarity[row][grid->column_of[row]];
        evidence.similarity += similarity / (double)grid->rows;
        evidence.bits += grid->bits[row][grid->column_of[row]];
        evidence.weakest = least(evidence.weakest, similarity);
    }
    evidence.similarity -= LEFT_OVER_SIMILARITY * left_over;
    evidence.bits -= LEFT_OVER_BITS * left_over;
    if (evidence.similarity < 0)
        evidence.similarity = 0;
    return evidence;
}

static struct words words_of(const struct identity_name *name)
{
    struct words words;

    words.count = identity_name_words(name, words.word);
    return words;
}

static struct identity_name_evidence compare_words(const struct words *shorter, const struct words *longer)
{
    struct grid grid;

    fill(&grid, shorter, longer);
    assign(&grid);
    return weigh(&grid);
}

/* The whole name as one token; without letters when it is too long for one. */
static struct identity_token joined(const struct identity_name *name)
{
    struct identity_token whole = {.vowelless = name->token[0].vowelless};

    for (size_t i = 0; i < name->count; i++) {
        const struct identity_token *token = &name->token[i];
        if (whole.length + token->length > IDENTITY_LETTERS_MAX)
            return (struct identity_token){.length = 0};
        memcpy(whole.letter + whole.length, token->letter, token->length);
        whole.length = (uint8_t)(whole.length + token->length);
    }
    return whole;
}

/* Ben Ali and Benali: the same letters, parted otherwise. Asked only where the number of tokens differs, and only for a
 * close fit, for in a long string a brother's short name would hardly count; so it is never called the same name. */
#define JOINED_FROM 0.93
#define JOINED_WEAKEST 0.8

static struct identity_name_evidence compare_joined(const struct identity_name *a, const struct identity_name *b,
                                                    size_t words)
{
    struct identity_token whole_a = joined(a), whole_b = joined(b);
    double similarity = a->count == b->count ? 0 : identity_token_similarity(&whole_a, &whole_b);

    if (similarity < JOINED_FROM)
        return (struct identity_name_evidence){.bits = -DBL_MAX};
    return (struct identity_name_evidence){similarity, (double)words * bits_of(similarity), JOINED_WEAKEST, words};
}

struct identity_name_evidence identity_name_compare(const struct identity_name *a, const struct identity_name *b)
{
    struct words words_a = words_of(a), words_b = words_of(b);
    bool a_is_shorter = words_a.count <= words_b.count;
    const struct words *shorter = a_is_shorter ? &words_a : &words_b, *longer = a_is_shorter ? &words_b : &words_a;

    if (shorter->count == 0)
        return (struct identity_name_evidence){0};
    struct identity_name_evidence by_words = compare_words(shorter, longer);
    struct identity_name_evidence by_letters = compare_joined(a, b, shorter->count);
    return by_letters.bits > by_words.bits ? by_letters : by_words;
}
