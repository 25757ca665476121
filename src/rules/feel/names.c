/* SPDX-License-Identifier: Apache-2.0 */
#include "names.h"

#include "builtin.h"
#include "lex.h"

/* A ternary search tree over the names' bytes, tokens parted by one space: no hash that an enemy could make collide. A
 * step costs at most as many comparisons as there are different bytes. */
struct letter {
    struct letter *lower, *higher, *longer;
    feel_name name; /* of the name that ends here, or 0 */
    unsigned char byte;
};

struct entry {
    struct slice text;
    bool everywhere; /* in scope */
    uint32_t shown;
};

struct feel_names {
    struct arena *arena;
    struct letter *first;
    feel_name empty;
    struct entry *entry; /* [0] is no name */
    size_t count, capacity;
};

/* Names of the language that are more than one word: functions and their parameters (10.3.4), properties (10.3.2.9),
 * types. A single word needs no table to be recognized. */
static const char *const language[] = {
    "date and time",
    "days and time duration",
    "years and months duration",
    "time offset",
    "start included",
    "end included",
    "string length",
    "upper case",
    "lower case",
    "substring before",
    "substring after",
    "starts with",
    "ends with",
    "string join",
    "list contains",
    "list replace",
    "insert before",
    "index of",
    "distinct values",
    "round up",
    "round down",
    "round half up",
    "round half down",
    "met by",
    "overlaps before",
    "overlaps after",
    "finished by",
    "started by",
    "day of year",
    "day of week",
    "month of year",
    "week of year",
    "get value",
    "get entries",
    "context put",
    "context merge",
    "start position",
    "grouping separator",
    "decimal separator",
};

static const struct letter *find(const struct letter *tree, unsigned char byte)
{
    while (tree && tree->byte != byte)
        tree = byte < tree->byte ? tree->lower : tree->higher;
    return tree;
}

static struct letter *grow(struct arena *arena, struct letter **tree, unsigned char byte)
{
    while (*tree && (*tree)->byte != byte)
        tree = byte < (*tree)->byte ? &(*tree)->lower : &(*tree)->higher;
    if (!*tree && (*tree = arena_alloc(arena, sizeof **tree)))
        (*tree)->byte = byte;
    return *tree;
}

/* Where the search stands after some bytes: the letter reached and what may follow it. */
struct search {
    const struct letter *letter, *next;
    size_t tokens;
};

/* Follows one more token. False when no name goes on like this. */
static bool follow(struct search *search, struct slice token)
{
    if (search->tokens++ > 0) {
        search->letter = find(search->next, ' ');
        search->next = search->letter ? search->letter->longer : NULL;
    }
    for (size_t i = 0; i < token.length && (i == 0 || search->letter); i++) {
        search->letter = find(search->next, (unsigned char)token.data[i]);
        search->next = search->letter ? search->letter->longer : NULL;
    }
    return search->letter != NULL;
}

/* Takes the next token, with the white space before it, off the front; empty at the end. */
static struct slice next_token(struct slice *rest)
{
    *rest = slice_from(*rest, lex_space(*rest));
    struct slice token = slice_of(rest->data, lex_token(*rest));
    *rest = slice_from(*rest, token.length);
    return token;
}

feel_name feel_names_find(const struct feel_names *names, struct slice text)
{
    struct search search = {.next = names->first};
    struct slice token = next_token(&text);

    if (token.length == 0)
        return names->empty;
    for (; token.length > 0; token = next_token(&text))
        if (!follow(&search, token))
            return 0;
    return search.letter->name;
}

static size_t match(const struct feel_names *names, struct slice text, bool everywhere, feel_name *ret)
{
    struct search search = {.next = names->first};
    struct slice rest = text;
    size_t length = 0;

    if (!lex_at_name(text))
        return 0;
    while (search.tokens < FEEL_NAME_TOKENS_MAX) {
        struct slice token = next_token(&rest);
        if (token.length == 0 || !follow(&search, token))
            break;
        const struct entry *entry = &names->entry[search.letter->name];
        if (search.letter->name != 0 && (everywhere || entry->everywhere || entry->shown > 0)) {
            length = (size_t)(rest.data - text.data);
            *ret = search.letter->name;
        }
    }
    return length;
}

size_t feel_names_match(const struct feel_names *names, struct slice text, feel_name *ret)
{
    return match(names, text, true, ret);
}

size_t feel_names_match_in_scope(const struct feel_names *names, struct slice text, feel_name *ret)
{
    return match(names, text, false, ret);
}

/* The text with white space as single spaces, none at the ends. */
static enum error squeeze(struct arena *arena, struct slice text, struct slice *ret)
{
    char *copy = arena_alloc(arena, text.length + 1);
    size_t length = 0;

    if (!copy)
        return ERROR_MEMORY;
    for (text = slice_from(text, lex_space(text)); text.length > 0;) {
        size_t space = lex_space(text);
        struct slice piece = space > 0 ? SLICE(" ") : slice_of(text.data, lex_token(text));
        text = slice_from(text, space > 0 ? space : piece.length);
        if (space > 0 && text.length == 0)
            break;
        memcpy(copy + length, piece.data, piece.length);
        length += piece.length;
    }
    *ret = slice_of(copy, length);
    return OK;
}

static enum error make_room(struct feel_names *names)
{
    size_t capacity = names->capacity > 0 ? 2 * names->capacity : 128;

    if (names->count < names->capacity)
        return OK;
    struct entry *larger = arena_array(names->arena, capacity, sizeof *larger);
    if (!larger)
        return ERROR_MEMORY;
    if (names->count > 0)
        memcpy(larger, names->entry, names->count * sizeof *larger);
    names->entry = larger;
    names->capacity = capacity;
    return OK;
}

/* Gives the name at `where` its number. */
static enum error add(struct feel_names *names, struct slice text, feel_name *where)
{
    struct slice copy;

    if (names->count >= FEEL_NAMES_MAX)
        return ERROR_TOO_LARGE;
    TRY(make_room(names));
    TRY(squeeze(names->arena, text, &copy));
    names->entry[names->count] = (struct entry){.text = copy};
    *where = (feel_name)names->count++;
    return OK;
}

/* Where the number of these tokens stands. */
static enum error place(struct feel_names *names, struct slice text, feel_name **ret)
{
    struct letter **tree = &names->first, *letter = NULL;
    struct slice rest = text;

    *ret = &names->empty;
    for (struct slice token = next_token(&rest); token.length > 0; token = next_token(&rest)) {
        if (letter && !(letter = grow(names->arena, tree, ' ')))
            return ERROR_MEMORY;
        tree = letter ? &letter->longer : tree;
        for (size_t i = 0; i < token.length; i++, tree = &letter->longer)
            if (!(letter = grow(names->arena, tree, (unsigned char)token.data[i])))
                return ERROR_MEMORY;
        *ret = &letter->name;
    }
    return OK;
}

enum error feel_names_introduce(struct feel_names *names, struct slice text, feel_name *ret)
{
    feel_name *where;

    if (text.length > FEEL_NAME_BYTES_MAX)
        return ERROR_VALUE;
    TRY(place(names, text, &where));
    if (*where == 0)
        TRY(add(names, text, where));
    *ret = *where;
    return OK;
}

enum error feel_names_enter(struct feel_names *names, struct slice text, feel_name *ret)
{
    TRY(feel_names_introduce(names, text, ret));
    names->entry[*ret].everywhere = true;
    return OK;
}

void feel_names_show(struct feel_names *names, feel_name name)
{
    names->entry[name].shown++;
}

void feel_names_hide(struct feel_names *names, feel_name name)
{
    names->entry[name].shown--;
}

struct slice feel_names_text(const struct feel_names *names, feel_name name)
{
    return names->entry[name < names->count ? name : 0].text;
}

struct feel_names *feel_names_new(struct arena *arena)
{
    struct feel_names *names = arena_alloc(arena, sizeof *names);
    feel_name ignored;
    size_t builtins;

    if (!names)
        return NULL;
    names->arena = arena;
    if (make_room(names) != OK)
        return NULL;
    names->entry[names->count++] = (struct entry){.text = SLICE("")};
    const struct feel_builtin *builtin = feel_builtins(&builtins);
    for (size_t i = 0; i < builtins; i++)
        if (feel_names_enter(names, slice_from_string(builtin[i].name), &ignored) != OK)
            return NULL;
    for (size_t i = 0; i < sizeof language / sizeof language[0]; i++)
        if (feel_names_enter(names, slice_from_string(language[i]), &ignored) != OK)
            return NULL;
    return names;
}
