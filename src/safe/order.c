/* SPDX-License-Identifier: Apache-2.0 */
#include "order.h"

#include <inttypes.h>

#include "crypto/encode.h"
#include "text/date.h"
#include "text/utf8.h"

static const char *const signers[ORDER_SIGNERS] = {
    [ORDER_OVERSIGHT] = "oversight", [ORDER_COMMUNITY] = "community", [ORDER_HEALTH] = "health"};

const char *order_signer_word(enum order_signer signer)
{
    return signers[signer];
}

/* ---- values ---- */

/* What stands in a field: how it is read and written. */
enum kind { ID, HASH, TIME, DAYS, WORDS, NAME, BORN, SECTOR, ROLE, SECTORS, DRAWERS, KEY };

struct field {
    const char *name;
    enum kind kind;
    size_t offset;
};

/* Controls, and marks that turn the direction of a line: a signer must see what she signs. */
static bool is_shown_as_it_is(uint32_t code)
{
    bool control = code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029 || code == 0xfeff;
    bool turns = code == 0x061c || (code >= 0x200b && code <= 0x200f) || (code >= 0x202a && code <= 0x202e) ||
                 (code >= 0x2060 && code <= 0x206f);

    return !control && !turns;
}

static bool words_allowed(struct slice words)
{
    struct slice rest = words;
    uint32_t code;

    if (words.length == 0 || words.length > ORDER_WORDS_MAX || !utf8_valid(words) || words.data[0] == ' ' ||
        words.data[words.length - 1] == ' ')
        return false;
    while (utf8_next(&rest, &code))
        if (!is_shown_as_it_is(code) || code == '"' || code == '\\')
            return false;
    return true;
}

/* Beyond ASCII: what is no letter of a name. Digits of other scripts would be a number in a file; the rest are signs,
 * among them the commas and asterisks of other scripts. */
static const struct {
    uint32_t from, to;
} no_letters[] = {
    {0x80, 0xbf},     {0xd7, 0xd7},     {0xf7, 0xf7},     {0x600, 0x61f},     {0x660, 0x66d},
    {0x6d4, 0x6d4},   {0x6f0, 0x6f9},   {0x7c0, 0x7c9},   {0x964, 0x970},     {0x1361, 0x137c},
    {0x2000, 0x2bff}, {0x3000, 0x3004}, {0x3008, 0x3020}, {0x3030, 0x3030},   {0xfe10, 0xfe6f},
    {0xff00, 0xff20}, {0xff3b, 0xff40}, {0xff5b, 0xff65}, {0x1f000, 0x1ffff}, {0xe0000, 0x10ffff},
};

static bool is_letter(uint32_t code)
{
    if (code < 0x80)
        return (code | 0x20) >= 'a' && (code | 0x20) <= 'z';
    for (size_t i = 0; i < sizeof no_letters / sizeof *no_letters; i++)
        if (code >= no_letters[i].from && code <= no_letters[i].to)
            return false;
    return true;
}

/* A person's name: letters of any script, and what stands between them. No digit; no sign that makes a list or a
 * wildcard. */
static bool name_allowed(struct slice name)
{
    struct slice rest = name;
    unsigned letters = 0;
    uint32_t code;

    if (!words_allowed(name))
        return false;
    while (utf8_next(&rest, &code)) {
        bool letter = is_letter(code), between = code == ' ' || code == '-' || code == '\'' || code == 0x2019;
        if (!letter && !between)
            return false;
        letters += letter;
    }
    return letters >= 2;
}

static bool born_allowed(struct slice born)
{
    struct date date;

    return date_parse(born, DATE_KIND_DATE, &date) == OK && date.precision == DATE_DAY && date.year >= 1900;
}

static enum error read_number(struct slice value, uint64_t maximum, uint64_t *ret_number)
{
    bool canonical = value.length == 1 || (value.length > 1 && value.data[0] != '0');

    return canonical && slice_to_u64(value, ret_number) && *ret_number <= maximum ? OK : ERROR_VALUE;
}

/* Words of a list, each once, in its order. */
static bool read_bits(enum vocabulary_list list, struct slice words, uint32_t allowed, uint32_t *ret_bits)
{
    uint32_t bits = 0;

    if (words.length == 0 || words.data[words.length - 1] == ',')
        return false;
    while (words.length > 0) {
        int number = vocabulary_number(list, slice_cut(&words, ','));
        if (number < 0 || !(allowed & 1u << number) || bits >= 1u << number)
            return false;
        bits |= 1u << number;
    }
    *ret_bits = bits;
    return true;
}

static void write_bits(enum vocabulary_list list, uint32_t bits, struct buffer *into)
{
    const char *separator = "";

    for (unsigned b = 0; b < 32; b++)
        if (bits & 1u << b) {
            buffer_format(into, "%s%s", separator, vocabulary_word(list, b));
            separator = ",";
        }
}

bool order_drawers_read(struct slice words, uint32_t *ret_drawers)
{
    return read_bits(VOCABULARY_DRAWER, words, ORDER_DRAWERS, ret_drawers);
}

void order_drawers_write(uint32_t drawers, struct buffer *into)
{
    write_bits(VOCABULARY_DRAWER, drawers, into);
}

static enum error take_words(struct slice value, bool allowed, struct slice *into)
{
    *into = value;
    return allowed ? OK : ERROR_VALUE;
}

static enum error take_word(enum vocabulary_list list, struct slice value, int *ret_number)
{
    *ret_number = vocabulary_number(list, value);
    return *ret_number > 0 ? OK : ERROR_VALUE;
}

static enum error read_value(enum kind kind, struct slice value, void *into)
{
    uint64_t number = 0;
    int word = 0;

    switch (kind) {
    case ID:
        return decode_hex(value, into, ID_BYTES);
    case HASH:
        return decode_hex(value, into, HASH_BYTES);
    case TIME:
        TRY(read_number(value, INT64_MAX / 2, &number));
        *(int64_t *)into = (int64_t)number;
        return OK;
    case DAYS:
        return read_number(value, ORDER_SEAL_MAX, into);
    case WORDS:
        return take_words(value, words_allowed(value), into);
    case NAME:
        return take_words(value, name_allowed(value), into);
    case BORN:
        return take_words(value, born_allowed(value), into);
    case SECTOR:
        TRY(take_word(VOCABULARY_SECTOR, value, &word));
        *(enum sector *)into = (enum sector)word;
        return OK;
    case ROLE:
        TRY(take_word(VOCABULARY_ROLE, value, &word));
        *(enum role *)into = (enum role)word;
        return OK;
    case SECTORS:
        return read_bits(VOCABULARY_SECTOR, value, ORDER_SECTORS, into) ? OK : ERROR_VALUE;
    case DRAWERS:
        return order_drawers_read(value, into) ? OK : ERROR_VALUE;
    case KEY:
        return note_key_parse(value, into);
    }
    return ERROR_INTERNAL;
}

static void write_hex(struct slice bytes, struct buffer *into)
{
    char *room = buffer_room(into, 2 * bytes.length);

    if (room)
        encode_hex(bytes, room);
}

static void write_value(enum kind kind, const void *from, struct buffer *into)
{
    switch (kind) {
    case ID:
    case HASH:
        write_hex(slice_of(from, kind == ID ? ID_BYTES : HASH_BYTES), into);
        break;
    case TIME:
        buffer_format(into, "%" PRId64, *(const int64_t *)from);
        break;
    case DAYS:
        buffer_format(into, "%" PRIu64, *(const uint64_t *)from);
        break;
    case WORDS:
    case NAME:
    case BORN:
        buffer_slice(into, *(const struct slice *)from);
        break;
    case SECTOR:
        buffer_string(into, vocabulary_word(VOCABULARY_SECTOR, *(const enum sector *)from));
        break;
    case ROLE:
        buffer_string(into, vocabulary_word(VOCABULARY_ROLE, *(const enum role *)from));
        break;
    case SECTORS:
        write_bits(VOCABULARY_SECTOR, *(const uint32_t *)from, into);
        break;
    case DRAWERS:
        order_drawers_write(*(const uint32_t *)from, into);
        break;
    case KEY:
        note_key_write(from, into);
        break;
    }
}

/* ---- texts ---- */

struct form {
    const char *first; /* line */
    const struct field *field;
    size_t fields;
};
#define FORM(first, list)                                                                                              \
    {                                                                                                                  \
        first, list, sizeof(list) / sizeof *(list)                                                                     \
    }

/* clang-format off */
static const struct field keys_fields[] = {
    {"node", ID, offsetof(struct order_keys, node)},
    {"oversight", KEY, offsetof(struct order_keys, key[ORDER_OVERSIGHT])},
    {"community", KEY, offsetof(struct order_keys, key[ORDER_COMMUNITY])},
    {"health", KEY, offsetof(struct order_keys, key[ORDER_HEALTH])},
}, law_fields[] = {
    {"node", ID, offsetof(struct order_law, node)},
    {"jurisdiction", WORDS, offsetof(struct order_law, jurisdiction)},
    {"law", WORDS, offsetof(struct order_law, law)},
    {"article", WORDS, offsetof(struct order_law, article)},
    {"text", HASH, offsetof(struct order_law, text)},
    {"sectors", SECTORS, offsetof(struct order_law, sectors)},
    {"drawers", DRAWERS, offsetof(struct order_law, drawers)},
    {"seal", DAYS, offsetof(struct order_law, seal_days)},
    {"from", TIME, offsetof(struct order_law, from_s)},
    {"until", TIME, offsetof(struct order_law, until_s)},
}, order_fields[] = {
    {"node", ID, offsetof(struct order_text, node)},
    {"order", ID, offsetof(struct order_text, order)},
    {"received", TIME, offsetof(struct order_text, received_s)},
    {"credential", ID, offsetof(struct order_text, credential)},
    {"actor", WORDS, offsetof(struct order_text, actor)},
    {"role", ROLE, offsetof(struct order_text, role)},
    {"sector", SECTOR, offsetof(struct order_text, sector)},
    {"organization", ID, offsetof(struct order_text, organization)},
    {"authority", WORDS, offsetof(struct order_text, authority)},
    {"officer", WORDS, offsetof(struct order_text, officer)},
    {"law", WORDS, offsetof(struct order_text, law)},
    {"article", WORDS, offsetof(struct order_text, article)},
    {"case", WORDS, offsetof(struct order_text, reference)},
    {"drawers", DRAWERS, offsetof(struct order_text, drawers)},
    {"expires", TIME, offsetof(struct order_text, expires_s)},
    {"told", TIME, offsetof(struct order_text, told_s)},
    {"statute", HASH, offsetof(struct order_text, statute)},
    {"name", NAME, offsetof(struct order_text, name)},
    {"born", BORN, offsetof(struct order_text, born)},
}, release_fields[] = {
    {"node", ID, offsetof(struct order_release, node)},
    {"order", ID, offsetof(struct order_release, order)},
    {"hash", HASH, offsetof(struct order_release, hash)},
    {"person", ID, offsetof(struct order_release, person)},
    {"drawers", DRAWERS, offsetof(struct order_release, drawers)},
    {"until", TIME, offsetof(struct order_release, until_s)},
};
/* clang-format on */

static const struct form keys_form = FORM("hospitium order keys 1", keys_fields),
                         law_form = FORM("hospitium order law 1", law_fields),
                         order_form = FORM("hospitium order 1", order_fields),
                         release_form = FORM("hospitium order release 1", release_fields);

static enum error read_text(const struct form *form, struct slice text, void *into)
{
    if (text.length == 0 || text.length > ORDER_TEXT_MAX || text.data[text.length - 1] != '\n')
        return ERROR_SYNTAX;
    if (!slice_is(slice_cut(&text, '\n'), form->first))
        return ERROR_SYNTAX;
    for (size_t i = 0; i < form->fields; i++) {
        struct slice value = slice_cut(&text, '\n');
        if (!slice_is(slice_cut(&value, ' '), form->field[i].name))
            return ERROR_SYNTAX;
        TRY(read_value(form->field[i].kind, value, (char *)into + form->field[i].offset));
    }
    return text.length == 0 ? OK : ERROR_SYNTAX;
}

static void write_text(const struct form *form, const void *from, struct buffer *into)
{
    buffer_format(into, "%s\n", form->first);
    for (size_t i = 0; i < form->fields; i++) {
        buffer_format(into, "%s ", form->field[i].name);
        write_value(form->field[i].kind, (const char *)from + form->field[i].offset, into);
        buffer_byte(into, '\n');
    }
}

/* ---- keys ---- */

void order_keys_write(const struct order_keys *keys, struct buffer *into)
{
    write_text(&keys_form, keys, into);
}

static bool all_different(const struct order_keys *keys)
{
    for (size_t i = 0; i < ORDER_SIGNERS; i++)
        for (size_t j = 0; j < i; j++)
            if (memcmp(keys->key[i].public_key, keys->key[j].public_key, SIGN_PUBLIC_BYTES) == 0 ||
                slice_equal(keys->key[i].name, keys->key[j].name))
                return false;
    return true;
}

/* On a demo node the text may come without signatures. */
static enum error keys_text(struct slice bytes, const struct approvers *approvers, bool free, struct slice *ret_text)
{
    struct note note;
    enum error error = note_parse(bytes, &note);

    if (free) {
        *ret_text = error == OK ? note.text : bytes;
        return OK;
    }
    TRY(error);
    *ret_text = note.text;
    return approvers_signed(&note, approvers);
}

enum error order_keys_read(struct slice note, const struct approvers *approvers, bool free, const struct id *node,
                           struct order_keys *ret_keys)
{
    struct order_keys keys = {0};
    struct slice text;

    TRY(keys_text(note, approvers, free, &text));
    TRY(read_text(&keys_form, text, &keys));
    if (!id_equal(&keys.node, node) || !all_different(&keys))
        return ERROR_VALUE;
    *ret_keys = keys;
    return OK;
}

/* ---- the law ---- */

void order_law_write(const struct order_law *law, struct buffer *into)
{
    write_text(&law_form, law, into);
}

enum error order_law_read(struct slice bytes, const struct order_keys *keys, struct order_law *ret_law)
{
    struct order_law law = {0};
    struct note note;

    TRY(note_parse(bytes, &note));
    for (size_t i = 0; i < ORDER_SIGNERS; i++)
        TRY(note_verify(&note, &keys->key[i]));
    TRY(read_text(&law_form, note.text, &law));
    if (!id_equal(&law.node, &keys->node) || law.seal_days == 0 || law.until_s <= law.from_s ||
        law.until_s - law.from_s > ORDER_LAW_MAX_S)
        return ERROR_VALUE;
    law.statute = hash_sha256(note.text);
    *ret_law = law;
    return OK;
}

bool order_law_in_force(const struct order_law *law, int64_t now_s)
{
    return law->from_s <= now_s && now_s < law->until_s;
}

/* ---- an order ---- */

void order_write(const struct order_text *order, struct buffer *into)
{
    write_text(&order_form, order, into);
}

enum error order_read(struct slice text, struct order_text *ret_order)
{
    struct order_text order = {.role = ROLE_UNKNOWN};

    TRY(read_text(&order_form, text, &order));
    *ret_order = order;
    return OK;
}

static bool born_before(struct slice born, int64_t now_s)
{
    struct date date;

    return date_parse(born, DATE_KIND_DATE, &date) == OK && date_interval(date).from / 1000 <= now_s;
}

enum error order_check(const struct order_text *order, const struct order_law *law, struct fault *fault)
{
    const struct {
        bool holds;
        const char *sentence;
    } demands[] = {
        {words_allowed(order->authority), "`authority` is 1 to 120 bytes of plain text"},
        {words_allowed(order->officer), "`officer` is 1 to 120 bytes of plain text"},
        {words_allowed(order->reference), "`case` is 1 to 120 bytes of plain text"},
        {slice_equal(order->law, law->law), "`law` is not the law that this node's three keys have signed"},
        {slice_equal(order->article, law->article), "`article` is not the one that this node's three keys have signed"},
        {order->drawers && !(order->drawers & ~law->drawers), "`drawers` asks for what the law does not name"},
        {order->expires_s > order->received_s, "`expires` is over"},
        {order->expires_s - order->received_s <= ORDER_EXPIRES_MAX_S, "`expires` is more than 90 days away"},
        {order->expires_s <= law->until_s, "`expires` is after the law's own end"},
        {name_allowed(order->name),
         "`name` is the name of one person: letters of at most 120 bytes, no list, no number, "
         "no wildcard"},
        {born_allowed(order->born) && born_before(order->born, order->received_s),
         "`born` is the day of her birth, YYYY-MM-DD"},
    };

    for (size_t i = 0; i < sizeof demands / sizeof *demands; i++)
        if (!demands[i].holds)
            return fault_set(fault, ERROR_VALUE, "%s", demands[i].sentence);
    return OK;
}

/* ---- a release ---- */

void order_release_write(const struct order_release *release, struct buffer *into)
{
    write_text(&release_form, release, into);
}

enum error order_release_parse(struct slice bytes, struct order_release *ret_release)
{
    struct order_release release = {.drawers = 0};
    struct note note;

    TRY(note_parse(bytes, &note));
    TRY(read_text(&release_form, note.text, &release));
    *ret_release = release;
    return OK;
}

enum error order_release_read(struct slice bytes, const struct order_keys *keys, struct order_release *ret_release)
{
    struct note note;

    TRY(note_parse(bytes, &note));
    TRY(note_verify(&note, &keys->key[ORDER_OVERSIGHT]));
    TRY(note_verify(&note, &keys->key[ORDER_HEALTH]));
    return order_release_parse(bytes, ret_release);
}

/* ---- periods ---- */

static int64_t first_second(uint64_t year, uint64_t quarter)
{
    return date_day_number((int)(year + quarter / 4), (int)(quarter % 4 * 3 + 1), 1) * ORDER_DAY_S;
}

bool order_period_read(struct slice text, int64_t *ret_from_s, int64_t *ret_until_s)
{
    struct slice rest = text, year_text = slice_cut(&rest, '-');
    uint64_t year, quarter = 0;

    if (year_text.length != 4 || !slice_to_u64(year_text, &year) || year < 2000)
        return false;
    bool whole = text.length == 4;
    if (!whole && (text.length != 7 || rest.data[0] != 'Q' || !slice_to_u64(slice_from(rest, 1), &quarter) ||
                   quarter < 1 || quarter > 4))
        return false;
    quarter -= !whole;
    *ret_from_s = first_second(year, quarter);
    *ret_until_s = first_second(year, quarter + (whole ? 4 : 1));
    return true;
}
