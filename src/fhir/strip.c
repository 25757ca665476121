/* SPDX-License-Identifier: Apache-2.0 */
#include "strip.h"

#include <strings.h>

struct code_row {
    enum fhir_strip_kind kind;
    struct slice system;
    struct slice code; /* empty: any of the system */
};

#define STRIP_EXTENSION(kind, word)
#define STRIP_IDENTIFIER(kind, word)
#define STRIP_NARRATIVE(type)
#define STRIP_CODE(kind, system, code) {kind, {system, sizeof system - 1}, {code, sizeof code - 1}},
#define STRIP_SYSTEM(kind, system) {kind, {system, sizeof system - 1}, {"", 0}},
static const struct code_row codes[] = {
#include "strip.def"
};
#undef STRIP_EXTENSION
#undef STRIP_CODE
#undef STRIP_SYSTEM

struct word_row {
    enum fhir_strip_kind kind;
    struct slice word;
};

#define STRIP_EXTENSION(kind, word) {kind, {word, sizeof word - 1}},
#define STRIP_CODE(kind, system, code)
#define STRIP_SYSTEM(kind, system)
static const struct word_row words[] = {
#include "strip.def"
};
#undef STRIP_EXTENSION
#undef STRIP_IDENTIFIER

#define STRIP_EXTENSION(kind, word)
#define STRIP_IDENTIFIER(kind, word) {kind, {word, sizeof word - 1}},
static const struct word_row identifier_words[] = {
#include "strip.def"
};
#undef STRIP_IDENTIFIER
#undef STRIP_NARRATIVE

#define STRIP_IDENTIFIER(kind, word)
#define STRIP_NARRATIVE(type) {type, sizeof type - 1},
static const struct slice narratives[] = {
#include "strip.def"
};

#define COUNT(table) (sizeof table / sizeof *table)

const char *fhir_strip_word(enum fhir_strip_kind kind)
{
    static const char *const word[FHIR_STRIP_KINDS] = {
        [FHIR_STRIP_NATIONALITY] = "nationality",     [FHIR_STRIP_CITIZENSHIP] = "citizenship",
        [FHIR_STRIP_RELIGION] = "religion",           [FHIR_STRIP_IMMIGRATION_STATUS] = "immigration status",
        [FHIR_STRIP_BIRTH_PLACE] = "place of birth",  [FHIR_STRIP_NARRATIVE] = "narrative",
        [FHIR_STRIP_DOCUMENT] = "document of status", [FHIR_STRIP_DETENTION] = "detention",
    };
    return word[kind];
}

static bool holds_word(struct slice text, struct slice word)
{
    for (size_t at = 0; at + word.length <= text.length; at++)
        if (strncasecmp(text.data + at, word.data, word.length) == 0)
            return true;
    return false;
}

static bool begins_word(struct slice text, size_t at)
{
    if (at == 0 || (text.data[at] >= 'A' && text.data[at] <= 'Z'))
        return true;
    unsigned char before = (unsigned char)text.data[at - 1] | 0x20;
    return before < 'a' || before > 'z';
}

/* "visa" is in "visaNumber" and in "entry-visa", and not in "supervisal". */
static bool holds_beginning(struct slice text, struct slice word)
{
    for (size_t at = 0; at + word.length <= text.length; at++)
        if (begins_word(text, at) && strncasecmp(text.data + at, word.data, word.length) == 0)
            return true;
    return false;
}

static struct slice behind_last_slash(struct slice url)
{
    size_t at = url.length;

    while (at > 0 && url.data[at - 1] != '/')
        at--;
    return slice_from(url, at);
}

static bool extension_is_stripped(const struct json *value, enum fhir_strip_kind *kind)
{
    struct slice tail = behind_last_slash(json_text(json_member(value, "url")));

    for (size_t i = 0; i < COUNT(words) && tail.length; i++)
        if (holds_word(tail, words[i].word))
            return *kind = words[i].kind, true;
    return false;
}

static bool coding_is_stripped(const struct json *coding, enum fhir_strip_kind *kind)
{
    struct slice system = json_text(json_member(coding, "system")), code = json_text(json_member(coding, "code"));

    for (size_t i = 0; i < COUNT(codes); i++)
        if (slice_equal(codes[i].system, system) && (codes[i].code.length == 0 || slice_equal(codes[i].code, code)))
            return *kind = codes[i].kind, true;
    return false;
}

static bool concept_is_stripped(const struct json *concept, enum fhir_strip_kind *kind)
{
    for (struct json_items items = json_items(json_member(concept, "coding")); json_next(&items);)
        if (coding_is_stripped(items.value, kind))
            return true;
    return false;
}

static bool identifier_word(struct slice text, enum fhir_strip_kind *kind)
{
    for (size_t i = 0; i < COUNT(identifier_words) && text.length; i++)
        if (holds_beginning(text, identifier_words[i].word))
            return *kind = identifier_words[i].kind, true;
    return false;
}

/* An Identifier is what has a value and a system or a type; the system of a Quantity is one of units. */
static bool identifier_is_stripped(const struct json *value, enum fhir_strip_kind *kind)
{
    const struct json *type = json_member(value, "type");

    if (!json_member(value, "value"))
        return false;
    if (concept_is_stripped(type, kind) || identifier_word(json_text(json_member(type, "text")), kind))
        return true;
    return identifier_word(behind_last_slash(json_text(json_member(value, "system"))), kind);
}

/* PRAPARE's and US Core's forms put the LOINC code of the question behind the last `/` of linkId. */
static bool item_is_stripped(const struct json *item, enum fhir_strip_kind *kind)
{
    struct slice tail = behind_last_slash(json_text(json_member(item, "linkId")));

    for (size_t i = 0; i < COUNT(codes) && tail.length; i++)
        if (slice_equal(codes[i].code, tail))
            return *kind = codes[i].kind, true;
    return false;
}

/* Does this object say nothing but what must not come in? A question, its answer, or a concept itself. */
static bool object_is_stripped(const struct json *value, enum fhir_strip_kind *kind)
{
    return (json_member(value, "url") && extension_is_stripped(value, kind)) ||
           concept_is_stripped(json_member(value, "code"), kind) || concept_is_stripped(value, kind) ||
           coding_is_stripped(value, kind) || item_is_stripped(value, kind) || identifier_is_stripped(value, kind);
}

/* Is anything left of it? Containers that would be empty go with what was in them: FHIR has no empty ones, and an
 * extension that is only a URL says nothing. Recursion is bounded by JSON_DEPTH_MAX. */
static bool survives(const struct json *value)
{
    enum fhir_strip_kind kind;

    if (json_count(value) == 0)
        return true;
    if (json_kind(value) == JSON_OBJECT && object_is_stripped(value, &kind))
        return false;
    for (struct json_items items = json_items(value); json_next(&items);) {
        bool only_names_it = json_count(value) > 1 && slice_is(items.key, "url");
        if (!only_names_it && survives(items.value))
            return true;
    }
    return false;
}

struct stripper {
    struct json_writer writer;
    struct fhir_strip_counts *counts;
};

/* Counts each stripped thing below, once. */
static void count_stripped(struct stripper *stripper, const struct json *value)
{
    enum fhir_strip_kind kind;

    if (json_kind(value) == JSON_OBJECT && object_is_stripped(value, &kind)) {
        stripper->counts->count[kind]++;
        return;
    }
    for (struct json_items items = json_items(value); json_next(&items);)
        if (json_count(items.value))
            count_stripped(stripper, items.value);
}

static unsigned total(const struct fhir_strip_counts *counts)
{
    unsigned sum = 0;

    for (unsigned kind = 0; kind < FHIR_STRIP_KINDS; kind++)
        sum += counts->count[kind];
    return sum;
}

static void write_left(struct stripper *stripper, const struct json *value)
{
    bool object = json_kind(value) == JSON_OBJECT;

    if (json_count(value) == 0) {
        json_value(&stripper->writer, value);
        return;
    }
    object ? json_begin_object(&stripper->writer) : json_begin_array(&stripper->writer);
    for (struct json_items items = json_items(value); json_next(&items);) {
        if (!survives(items.value))
            continue;
        if (object)
            json_key_slice(&stripper->writer, items.key);
        write_left(stripper, items.value);
    }
    object ? json_end_object(&stripper->writer) : json_end_array(&stripper->writer);
}

static bool has_stripped_narrative(const struct json *resource)
{
    struct slice type = json_text(json_member(resource, "resourceType"));

    for (size_t i = 0; i < COUNT(narratives); i++)
        if (slice_equal(narratives[i], type))
            return json_member(resource, "text") != NULL;
    return false;
}

static void write_resource(struct stripper *stripper, const struct json *resource, bool taken_out)
{
    bool without_narrative = has_stripped_narrative(resource) ||
                             (taken_out && json_kind(json_member(resource, "text")) == JSON_OBJECT);

    stripper->counts->count[FHIR_STRIP_NARRATIVE] += without_narrative;
    json_begin_object(&stripper->writer);
    for (struct json_items items = json_items(resource); json_next(&items);) {
        if ((without_narrative && slice_is(items.key, "text")) || !survives(items.value))
            continue;
        json_key_slice(&stripper->writer, items.key);
        write_left(stripper, items.value);
    }
    json_end_object(&stripper->writer);
}

/* A resource whose own code or answer is the matter itself has nothing left to say. */
static bool is_about_it(const struct json *resource)
{
    static const char *const matters[] = {"code", "valueCodeableConcept", "type"};
    enum fhir_strip_kind kind;

    for (size_t i = 0; i < COUNT(matters); i++)
        if (concept_is_stripped(json_member(resource, matters[i]), &kind))
            return true;
    return false;
}

enum error fhir_strip(const struct json *resource, struct buffer *into, struct fhir_strip_counts *counts,
                      bool *ret_dropped)
{
    struct stripper stripper = {json_writer(into), counts};
    unsigned before = total(counts);

    *ret_dropped = is_about_it(resource);
    /* Its members, not the resource as such: its own `url` (of a Questionnaire, say) names no extension. */
    for (struct json_items items = json_items(resource); json_next(&items);)
        if (json_count(items.value))
            count_stripped(&stripper, items.value);
    if (total(counts) == before && !has_stripped_narrative(resource))
        json_value(&stripper.writer, resource); /* nothing to take out: the common case, copied without looking again */
    else if (!*ret_dropped)
        write_resource(&stripper, resource, total(counts) != before);
    return buffer_check(into);
}
