/* SPDX-License-Identifier: Apache-2.0 */

/* How Latin spellings of the same sound differ between English, French and German transliteration, as tables. The costs
 * were set by hand; a learned model is to replace them. */

#include "letters.h"

static const struct {
    const char *spelling;
    char letter;
} SPELLING[] = {
    /* longer ones first */
    {"tsch", 'C'}, {"sch", 'S'}, {"tch", 'C'}, {"dzh", 'j'}, {"dsch", 'j'}, {"kh", 'K'}, {"sh", 'S'},
    {"ch", 'C'},   {"th", 'T'},  {"dh", 'D'},  {"gh", 'G'},  {"zh", 'Z'},   {"dj", 'j'}, {"ph", 'f'},
    {"ck", 'k'},   {"qu", 'k'},  {"ou", 'u'},  {"oo", 'u'},  {"ee", 'i'},
};

bool letter_is_vowel(char letter)
{
    return letter == 'a' || letter == 'e' || letter == 'i' || letter == 'o' || letter == 'u';
}

static char spelled_by_many(struct slice *rest)
{
    for (size_t i = 0; i < sizeof SPELLING / sizeof *SPELLING; i++) {
        struct slice spelling = slice_from_string(SPELLING[i].spelling);
        if (slice_starts_with(*rest, spelling)) {
            *rest = slice_from(*rest, spelling.length);
            return SPELLING[i].letter;
        }
    }
    return 0;
}

/* "c" is s before e, i and y, k elsewhere; "q" is always k; 0 for what is no letter. */
static char spelled_by_one(struct slice *rest)
{
    char letter = rest->data[0];

    *rest = slice_from(*rest, 1);
    if (letter == 'c')
        return rest->length > 0 && strchr("eiy", rest->data[0]) ? 's' : 'k';
    if (letter == 'q')
        return 'k';
    return letter >= 'a' && letter <= 'z' ? letter : 0;
}

static void append(struct identity_token *token, char letter)
{
    bool doubled = token->length > 0 && token->letter[token->length - 1] == letter;

    if (letter && !doubled && token->length < IDENTITY_LETTERS_MAX)
        token->letter[token->length++] = letter;
}

/* Only where enough is left to be a name: Ali and Elham have no article. */
static uint8_t article_of(const struct identity_token *token)
{
    bool vowel = token->length > 2 && (token->letter[0] == 'a' || token->letter[0] == 'e');

    return vowel && token->letter[1] == 'l' && token->length >= (token->vowelless ? 5 : 7) ? 2 : 0;
}

struct identity_token letters_spell(struct slice latin, bool vowelless)
{
    struct identity_token token = {.vowelless = vowelless};
    struct slice rest = latin;

    while (rest.length > 0) {
        char letter = spelled_by_many(&rest);
        if (!letter)
            letter = spelled_by_one(&rest);
        if (letter == 'x') {
            append(&token, 'k');
            letter = 's';
        }
        append(&token, letter);
    }
    token.article = article_of(&token);
    return token;
}

/* Consonants that are taken for each other share a bit. */
enum {
    LIKE_B = 1 << 0,
    LIKE_F = 1 << 1,
    LIKE_W = 1 << 2,
    LIKE_T = 1 << 3,
    LIKE_D = 1 << 4,
    LIKE_S = 1 << 5,
    LIKE_Z = 1 << 6,
    LIKE_K = 1 << 7,
    LIKE_G = 1 << 8,
    LIKE_J = 1 << 9,
    LIKE_H = 1 << 10,
    LIKE_Y = 1 << 11,
};

static unsigned likeness(char letter)
{
    switch (letter) {
    case 'b':
    case 'p':
        return LIKE_B;
    case 'f':
        return LIKE_F;
    case 'v':
        return LIKE_F | LIKE_W | LIKE_B;
    case 'w':
        return LIKE_W;
    case 't':
        return LIKE_T | LIKE_D;
    case 'T':
        return LIKE_T | LIKE_S;
    case 'd':
        return LIKE_D;
    case 'D':
        return LIKE_D | LIKE_Z;
    case 's':
    case 'S':
        return LIKE_S;
    case 'C':
        return LIKE_S | LIKE_K;
    case 'z':
        return LIKE_Z | LIKE_S | LIKE_J;
    case 'Z':
        return LIKE_Z | LIKE_J;
    case 'k':
        return LIKE_K;
    case 'K':
        return LIKE_K | LIKE_H;
    case 'g':
        return LIKE_G | LIKE_J | LIKE_K;
    case 'G':
        return LIKE_G;
    case 'j':
        return LIKE_J | LIKE_Y;
    case 'h':
        return LIKE_H;
    case 'y':
        return LIKE_Y;
    default:
        return 0;
    }
}

/* Arabic و and ي are as often the long vowels as w and y. */
static bool half_vowel_for(char half, char vowel)
{
    return (half == 'w' && (vowel == 'u' || vowel == 'o')) || (half == 'y' && (vowel == 'i' || vowel == 'e'));
}

double letter_exchange(char a, char b, bool loose)
{
    if (a == b)
        return 0;
    if (letter_is_vowel(a) && letter_is_vowel(b))
        return loose ? 0.1 : 0.3;
    if (half_vowel_for(a, b) || half_vowel_for(b, a))
        return loose ? 0.1 : 0.35;
    return likeness(a) & likeness(b) ? (loose ? 0.15 : 0.3) : 1;
}

double letter_skip(const struct identity_token *token, size_t at, bool loose)
{
    char letter = token->letter[at];

    if (letter_is_vowel(letter))
        return loose ? 0.12 : 0.4;
    if (letter == 'h')
        return at + 1 == token->length ? 0.2 : 0.4; /* Samirah, Mohammed: heard by some, written by some */
    if (letter == 'w' || letter == 'y')
        return loose ? 0.3 : 0.6;
    return 1;
}

char letter_coarse(char letter)
{
    switch (letter) {
    case 'p':
        return 'b';
    case 'v':
        return 'f';
    case 'T':
        return 't';
    case 'D':
        return 'd';
    case 'z':
    case 'S':
    case 'C':
    case 'Z':
        return 's';
    case 'K':
        return 'k';
    case 'g':
    case 'G':
        return 'j';
    case 'w':
    case 'y':
        return 0;
    default:
        return letter_is_vowel(letter) ? 0 : letter;
    }
}
