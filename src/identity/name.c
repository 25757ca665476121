/* SPDX-License-Identifier: Apache-2.0 */
#include "name.h"

#include "base/buffer.h"
#include "letters.h"
#include "text/translit.h"
#include "text/utf8.h"

#define NAME_BYTES_MAX 1024

/* Scripts that leave out short vowels: Hebrew, Arabic with its extensions and presentation forms, Syriac. */
static bool is_vowelless(uint32_t c)
{
    return (c >= 0x0590 && c <= 0x074F) || (c >= 0x0750 && c <= 0x077F) || (c >= 0x0860 && c <= 0x08FF) ||
           (c >= 0xFB1D && c <= 0xFDFF) || (c >= 0xFE70 && c <= 0xFEFE);
}

/* What ICU's letter-by-letter table hides: the feminine ending is heard as a vowel, hamza hardly, ain as a vowel, and
 * marks for vowels are mostly not written, so they must not count where they are. 0 leaves a letter out. */
static uint32_t heard(uint32_t c)
{
    switch (c) {
    case 0x0622:
    case 0x0623:
    case 0x0625:
    case 0x0671: /* alef with madda, hamza, wasla */
    case 0x0629: /* teh marbuta */
    case 0x0639: /* ain */
    case 0x0649: /* alef maksura */
        return 0x0627;
    case 0x0624:
        return 0x0648; /* waw with hamza */
    case 0x0626:
        return 0x064A; /* yeh with hamza */
    case 0x0636:
        return 0x0630; /* dad: d in Arabic, z in Persian; thal stands for both */
    case 0x0621:
    case 0x0640:
    case 0x0670:
        return 0; /* hamza, tatweel, superscript alef */
    case 0x2018:
    case 0x2019:
    case 0x02BC:
    case 0x02BB:
    case 0x02BF:
    case 0x02BE:
    case '\'':
    case '`':
        return 0;
    default:
        return c >= 0x064B && c <= 0x0652 ? 0 : c; /* fathatan to sukun */
    }
}

static bool separates(uint32_t c)
{
    return c < '0' || (c > '9' && c < 'A') || (c > 'Z' && c < 'a') || (c > 'z' && c < 0xC0) || c == 0x060C ||
           (c >= 0x2000 && c <= 0x206F) || c == 0x3000 || c == 0x30FB || c == 0x05BE;
}

/* They stand before half of all names of their language and come and go, as titles do. As they are spelled in Latin
 * letters, and as vowelless scripts give them. */
static bool is_particle(struct slice latin)
{
    static const char *const PARTICLE[] = {
        "al",  "el",  "ul",  "ad", "bin", "ben",   "ibn", "bint", "bent", "abu", "abou", "abo", "umm", "oum", "bn",
        "abn", "bnt", "abw", "de", "del", "della", "di",  "da",   "do",   "dos", "das",  "du",  "van", "von", "der",
        "den", "ter", "la",  "le", "las", "los",   "y",   "e",    "mr",   "mrs", "ms",   "dr",  "zu",  "af",  "av",
    };

    for (size_t i = 0; i < sizeof PARTICLE / sizeof *PARTICLE; i++)
        if (slice_is(latin, PARTICLE[i]))
            return true;
    return false;
}

/* "Servant of": half of a name whose other half is the next word. */
static bool is_abd(struct slice latin)
{
    return slice_is(latin, "abd") || slice_is(latin, "abdul") || slice_is(latin, "abdel") || slice_is(latin, "abdal") ||
           slice_is(latin, "abdoul");
}

/* What follows "abd" without the article, written together or assimilated: -ulrahman, -urrahman, -allah. */
static struct slice after_abd(struct slice rest)
{
    if (rest.length < 4 || !letter_is_vowel(rest.data[0]))
        return rest;
    if (rest.data[1] == 'l')
        return slice_from(rest, 2);
    return rest.data[1] == rest.data[2] ? slice_from(rest, 1) : rest;
}

/* Splitting goes on while a word waits for its other half. */
struct split {
    struct identity_name *name;
    struct arena *arena;
    bool abd; /* the last word was "abd" */
};

static void add_token(struct identity_name *name, const struct identity_token *token)
{
    if (token->length == 0)
        return;
    if (name->count == IDENTITY_TOKENS_MAX)
        name->cut = true;
    else
        name->token[name->count++] = *token;
}

static enum error add_spelled(struct split *split, struct slice latin, bool vowelless)
{
    bool abd = split->abd || (slice_starts_with(latin, SLICE("abd")) && latin.length >= 7);
    struct slice rest = !split->abd && abd ? slice_from(latin, 3) : latin;

    if (abd) {
        latin = arena_format(split->arena, "abd%.*s", SLICE_PRINT(after_abd(rest)));
        if (!latin.data)
            return ERROR_MEMORY;
    }
    split->abd = false;
    struct identity_token token = letters_spell(latin, vowelless);
    add_token(split->name, &token);
    return OK;
}

static enum error add_latin_word(struct split *split, struct slice latin, bool vowelless)
{
    if (is_abd(latin)) {
        split->abd = true;
        return OK;
    }
    if (is_particle(latin)) {
        struct identity_token token = letters_spell(latin, vowelless);
        token.particle = true;
        add_token(split->name, &token);
        return OK;
    }
    return add_spelled(split, latin, vowelless);
}

/* One word may become several: Chinese is written without spaces. */
static enum error add_word(struct split *split, struct slice word, struct fault *fault)
{
    struct slice latin, rest = word;
    uint32_t c;
    bool vowelless = false;

    while (utf8_next(&rest, &c))
        vowelless = vowelless || is_vowelless(c);
    TRY(translit_latin(split->arena, word, &latin, fault));
    while (latin.length > 0)
        TRY(add_latin_word(split, slice_cut(&latin, ' '), vowelless));
    return OK;
}

/* Copies the front word as it is heard and moves `rest` behind it and what separates it from the next. */
static struct slice next_word(struct slice *rest, struct buffer *word)
{
    uint32_t c;

    buffer_clear(word);
    while (utf8_next(rest, &c)) {
        uint32_t sound = heard(c);
        if (sound == 0)
            continue;
        if (!separates(sound))
            utf8_put(word, sound);
        else if (word->length > 0)
            break;
    }
    return buffer_view(word);
}

enum error identity_name_add(struct identity_name *name, struct arena *arena, struct slice text, struct fault *fault)
{
    CLEANUP_BUFFER_WIPE struct buffer word = buffer_new(2 * NAME_BYTES_MAX);
    struct split split = {name, arena, false};
    struct slice rest = utf8_cut(text, NAME_BYTES_MAX);

    if (!utf8_valid(text))
        return ERROR_UTF8;
    name->cut = name->cut || rest.length < text.length;
    for (struct slice next = next_word(&rest, &word); next.length > 0; next = next_word(&rest, &word))
        TRY(add_word(&split, next, fault));
    TRY(buffer_check(&word));
    return split.abd ? add_spelled(&split, SLICE(""), false) : OK;
}

size_t identity_name_words(const struct identity_name *name, const struct identity_token *ret_word[IDENTITY_TOKENS_MAX])
{
    size_t particles = 0, words = 0;

    for (size_t i = 0; i < name->count; i++)
        particles += name->token[i].particle;
    bool all = name->count - particles < 2;
    for (size_t i = 0; i < name->count; i++)
        if (all || !name->token[i].particle)
            ret_word[words++] = &name->token[i];
    return words;
}

struct identity_skeleton identity_token_skeleton(const struct identity_token *token)
{
    struct identity_skeleton skeleton = {{0}};
    size_t length = 0;

    for (size_t i = token->article; i < token->length && length < IDENTITY_SKELETON_MAX; i++) {
        char coarse = letter_coarse(token->letter[i]);
        bool silent = coarse == 'h' && i + 1 == token->length;
        bool doubled = length > 0 && skeleton.letter[length - 1] == coarse;
        if (coarse && !silent && !doubled)
            skeleton.letter[length++] = coarse;
    }
    if (length == 0)
        skeleton.letter[0] = 'a'; /* Aya has no consonant that would survive */
    return skeleton;
}
