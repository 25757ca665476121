/* SPDX-License-Identifier: Apache-2.0 */
#include "fold.h"

#include "utf8.h"

/* The letters below the accents, from Unicode's decompositions; `*` stays as it is. Two-letter ones are in `digraph`.
 * */
static const char latin[] = /* U+00C0 to U+024F */
    "aaaaaa*ceeeeiiii*nooooo*ouuuuy**aaaaaa*ceeeeiiii*nooooo*ouuuuy*yaaaaaaccccccccdd"
    "ddeeeeeeeeeegggggggghhhhiiiiiiiiii**jjkkkllllllllllnnnnnnnnnoooooo**rrrrrrssssss"
    "ssttttttuuuuuuuuuuuuwwyyyzzzzzzsbb*******dd********g***ikk***nn*oo*************u"
    "u**yy************************aaiioouuuuuuuuuu*aaaa****ggkkoooo**j***gg**nnaa****"
    "aaaaeeeeiiiioooorrrruuuusstt**hh******aaeeooooooooyy****************************";
static const char latin_additional[] = /* U+1E00 to U+1EFF, with Vietnamese */
    "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooo"
    "oooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwy****s*"
    "aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuu"
    "uuyyyyyyyy******";

static uint32_t letter_below(const char *letters, size_t count, uint32_t point, uint32_t first)
{
    uint32_t at = point - first; /* wraps past the end for what comes before */
    return at < count && letters[at] != '*' ? (uint32_t)letters[at] : 0;
}

struct pair {
    uint16_t from;
    uint16_t to; /* 0: dropped */
};

/* Arabic and Persian: one letter for its variants; vowel marks and the stretching stroke go. */
static const struct pair arabic[] = {
    {0x622, 0x627}, {0x623, 0x627}, {0x625, 0x627}, {0x671, 0x627}, /* alef with hamza, madda, wasla */
    {0x649, 0x64A}, {0x6CC, 0x64A}, {0x626, 0x64A},                 /* alef maksura, Persian yeh, yeh with hamza */
    {0x629, 0x647}, {0x6C1, 0x647}, {0x6A9, 0x643}, {0x624, 0x648}, /* teh marbuta, heh goal, keheh, waw with hamza */
    {0x640, 0},     {0x200C, 0},    {0x200D, 0},    {0x200E, 0},    {0x200F, 0},
};

static const char *digraph(uint32_t point)
{
    switch (point) {
    case 0xC6:
    case 0xE6:
        return "ae";
    case 0xDE:
    case 0xFE:
        return "th";
    case 0xD0:
    case 0xF0:
        return "d";
    case 0xDF:
        return "ss";
    case 0x132:
    case 0x133:
        return "ij";
    case 0x152:
    case 0x153:
        return "oe";
    default:
        return NULL;
    }
}

static bool is_mark(uint32_t point)
{
    return (point >= 0x300 && point <= 0x36F) || (point >= 0x64B && point <= 0x65F) || point == 0x670;
}

static bool is_white(uint32_t point)
{
    return point <= 0x20 || point == 0xA0 || (point >= 0x2000 && point <= 0x200A) || point == 0x3000;
}

static uint32_t fold_arabic(uint32_t point)
{
    for (size_t i = 0; i < sizeof arabic / sizeof *arabic; i++)
        if (arabic[i].from == point)
            return arabic[i].to;
    return point;
}

/* Capitals of Greek and Cyrillic; Ё is Е (U+0451 is ё). */
static uint32_t lower(uint32_t point)
{
    if ((point >= 0x391 && point <= 0x3A9) || (point >= 0x410 && point <= 0x42F))
        return point + 32;
    if (point == 0x401 || point == 0x451)
        return 0x435;
    if (point >= 0x400 && point <= 0x40F)
        return point + 80;
    if (point >= 0x460 && point <= 0x52F && (point & 1) == 0)
        return point + 1;
    return point;
}

/* One code point; 0 when it is dropped. */
static uint32_t fold_point(uint32_t point)
{
    if (point >= 'A' && point <= 'Z')
        return point + 32;
    if (point < 0xC0 || is_mark(point))
        return is_mark(point) ? 0 : point;
    uint32_t letter = letter_below(latin, sizeof latin - 1, point, 0xC0);
    if (!letter)
        letter = letter_below(latin_additional, sizeof latin_additional - 1, point, 0x1E00);
    if (letter)
        return letter;
    if (point >= 0x600 && point <= 0x200F)
        return fold_arabic(point);
    return lower(point);
}

void fold(struct slice text, struct buffer *into)
{
    bool pending_space = false, first = true;

    for (uint32_t point; utf8_next(&text, &point);) {
        if (is_white(point)) {
            pending_space = !first;
            continue;
        }
        const char *two = digraph(point);
        uint32_t folded = two ? 0 : fold_point(point);
        if (!two && folded == 0)
            continue;
        if (pending_space)
            buffer_byte(into, ' ');
        if (two)
            buffer_string(into, two);
        else
            utf8_put(into, folded);
        pending_space = first = false;
    }
}
