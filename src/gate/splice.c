/* SPDX-License-Identifier: Apache-2.0 */
#include "splice.h"

#include <endian.h>

#include "crypto/encode.h"
#include "text/date.h"

/* drawers.def as one table: a type's own line, then the lines of its elements. */
struct drawer_row {
    const char *type; /* NULL behind the last line */
    const char *element; /* NULL in the type's own line */
    enum drawer drawer;
    bool moves;
};

#define SENSITIVE_CODE(system, code)
#define SENSITIVE_PREFIX(system, prefix)
#define DRAWER_TYPE(type, drawer, moves) {type, NULL, drawer, moves},
#define DRAWER_ELEMENT(type, element, drawer) {type, element, drawer, false},
static const struct drawer_row rows[] = {
#include "drawers.def"
    {NULL, NULL, DRAWER_COUNT, false}};
#undef SENSITIVE_CODE
#undef SENSITIVE_PREFIX
#undef DRAWER_TYPE
#undef DRAWER_ELEMENT

struct sensitive_row {
    struct slice system;
    struct slice code;
    bool prefix;
};

#define DRAWER_TYPE(type, drawer, moves)
#define DRAWER_ELEMENT(type, element, drawer)
#define SENSITIVE_CODE(system, code) {SLICE(system), SLICE(code), false},
#define SENSITIVE_PREFIX(system, prefix) {SLICE(system), SLICE(prefix), true},
static const struct sensitive_row sensitive[] = {
#include "drawers.def"
};

/* A type's own line, which is the first of its lines. */
static const struct drawer_row *find_type(struct slice type)
{
    for (const struct drawer_row *row = rows; row->type; row++)
        if (slice_is(type, row->type))
            return row;
    return NULL;
}

/* `_birthDate` carries what is said about `birthDate`, so it is as closed. */
static enum drawer element_drawer(const struct drawer_row *type, struct slice element)
{
    if (slice_starts_with(element, SLICE("_")))
        element = slice_from(element, 1);
    for (const struct drawer_row *row = type + 1; row->element; row++)
        if (slice_is(element, row->element))
            return row->drawer;
    return type->drawer;
}

bool splice_drawer(struct slice type, struct slice element, enum drawer *ret_drawer)
{
    const struct drawer_row *row = find_type(type);

    if (row)
        *ret_drawer = element_drawer(row, element);
    return row != NULL;
}

unsigned splice_type_mask(struct slice type)
{
    const struct drawer_row *row = find_type(type);
    unsigned mask = row && row->moves ? 1u << DRAWER_SENSITIVE | 1u << DRAWER_CONTACT : 0;

    if (!row)
        return 0;
    do
        mask |= 1u << row->drawer;
    while ((++row)->element);
    return mask;
}

unsigned splice_mask(const struct splice_bodies *bodies)
{
    unsigned mask = 0;

    for (unsigned drawer = 0; drawer < DRAWER_COUNT; drawer++)
        mask |= (bodies->body[drawer].length != 0) << drawer;
    return mask;
}

static bool code_is_sensitive(struct slice system, struct slice code)
{
    for (size_t i = 0; i < sizeof sensitive / sizeof *sensitive; i++) {
        const struct sensitive_row *row = &sensitive[i];
        bool matches = row->prefix ? slice_starts_with(code, row->code) : slice_equal(code, row->code);
        if (matches && slice_equal(system, row->system))
            return true;
    }
    return false;
}

/* Any coding anywhere in it; recursion is bounded by JSON_DEPTH_MAX. */
static bool holds_sensitive_code(const struct json *value)
{
    if (code_is_sensitive(json_text(json_member(value, "system")), json_text(json_member(value, "code"))))
        return true;
    for (struct json_items items = json_items(value); json_next(&items);)
        if (holds_sensitive_code(items.value))
            return true;
    return false;
}

bool splice_is_sensitive(const struct json *resource, struct slice type)
{
    const struct drawer_row *row = find_type(type);
    return row && row->moves && holds_sensitive_code(resource);
}

/* Contained resources go with the type, unless they tell of a place or of people. */
static bool names_somebody(const struct json *contained)
{
    static const char *const types[] = {"Organization", "Location",      "Practitioner",      "PractitionerRole",
                                        "Patient",      "RelatedPerson", "HealthcareService", "Endpoint"};

    for (struct json_items items = json_items(contained); json_next(&items);)
        for (size_t i = 0; i < sizeof types / sizeof *types; i++)
            if (json_is(json_member(items.value, "resourceType"), types[i]))
                return true;
    return false;
}

/* ---- splitting ---- */

enum section { SECTION_META, SECTION_TAGS, SECTION_SECURITY, SECTION_MEMBERS, SECTION_COUNT };

#define FORMAT 1
#define REFERENCE_BYTES (4 + ID_BYTES)
#define BODY_HEAD (1 + 4 + 3 * 4)

struct splitter {
    const struct json *resource;
    const struct drawer_row *type;
    bool moved; /* the whole of it is sensitive */
    splice_inward *inward;
    void *context;
    struct buffer text;
    struct buffer table;
    struct json_writer writer; /* into text */
};

struct local_reference {
    struct slice type;
    struct id id;
    size_t id_offset;
};

#define REFERENCE_TEXT_MAX 128

static bool is_plain(struct slice text, const char *more)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!letter && !(c && strchr(more, c)))
            return false;
    }
    return true;
}

static bool read_local_reference(struct slice text, struct local_reference *local)
{
    struct slice rest = text;

    local->type = slice_cut(&rest, '/');
    local->id_offset = local->type.length + 1;
    struct slice behind = slice_from(rest, ID_TEXT_BYTES);
    struct slice digits = slice_of(rest.data, rest.length - behind.length);
    if (text.length > REFERENCE_TEXT_MAX || local->type.length == 0)
        return false;
    if (behind.length && !slice_starts_with(behind, SLICE("/_history/")))
        return false;
    return is_plain(local->type, "") && is_plain(behind, "0123456789/_-.") &&
           decode_hex(digits, local->id.byte, ID_BYTES) == OK;
}

/* Writes zeros where the id goes and notes the place. */
static void write_reference(struct splitter *splitter, struct slice text, const struct local_reference *local,
                            const struct id *inside)
{
    char zeroed[REFERENCE_TEXT_MAX];

    memcpy(zeroed, text.data, text.length);
    memset(zeroed + local->id_offset, '0', ID_TEXT_BYTES);
    json_string(&splitter->writer, slice_of(zeroed, text.length));
    size_t start = splitter->text.length - 1 - text.length; /* behind it stands the closing quote */
    buffer_u32(&splitter->table, (uint32_t)(start + local->id_offset));
    buffer_bytes(&splitter->table, inside->byte, ID_BYTES);
}

static void write_string(struct splitter *splitter, struct slice key, const struct json *value)
{
    struct local_reference local;
    struct slice text = json_text(value);

    if (!slice_is(key, "reference") || !read_local_reference(text, &local)) {
        json_string(&splitter->writer, text);
        return;
    }
    struct id inside = local.id;
    if (splitter->inward && !splitter->inward(splitter->context, local.type, &local.id, &inside))
        json_string(&splitter->writer, text);
    else
        write_reference(splitter, text, &local, &inside);
}

/* Recursion is bounded by JSON_DEPTH_MAX. */
static void write_value(struct splitter *splitter, struct slice key, const struct json *value)
{
    enum json_kind kind = json_kind(value);

    if (kind == JSON_STRING) {
        write_string(splitter, key, value);
        return;
    }
    if (kind != JSON_OBJECT && kind != JSON_ARRAY) {
        json_value(&splitter->writer, value);
        return;
    }
    kind == JSON_OBJECT ? json_begin_object(&splitter->writer) : json_begin_array(&splitter->writer);
    for (struct json_items items = json_items(value); json_next(&items);) {
        if (kind == JSON_OBJECT)
            json_key_slice(&splitter->writer, items.key);
        write_value(splitter, items.key, items.value);
    }
    kind == JSON_OBJECT ? json_end_object(&splitter->writer) : json_end_array(&splitter->writer);
}

static void write_members(struct splitter *splitter, const struct json *object,
                          bool (*wanted)(struct splitter *, enum drawer, struct slice, const struct json *),
                          enum drawer drawer)
{
    for (struct json_items members = json_items(object); json_next(&members);) {
        if (!wanted(splitter, drawer, members.key, members.value))
            continue;
        json_key_slice(&splitter->writer, members.key);
        write_value(splitter, members.key, members.value);
    }
}

static enum drawer member_drawer(const struct splitter *splitter, struct slice name, const struct json *value)
{
    if (splitter->moved)
        return DRAWER_SENSITIVE;
    if (slice_is(name, "contained") && splitter->type->moves && names_somebody(value))
        return DRAWER_CONTACT;
    return element_drawer(splitter->type, name);
}

static bool is_of_drawer(struct splitter *splitter, enum drawer drawer, struct slice name, const struct json *value)
{
    if (slice_is(name, "resourceType") || slice_is(name, "id") || slice_is(name, "meta"))
        return false;
    return member_drawer(splitter, name, value) == drawer;
}

/* What the header will not bring back and the other two sections do not hold. */
static bool is_kept_of_meta(struct splitter *splitter, enum drawer drawer, struct slice name, const struct json *value)
{
    (void)splitter, (void)drawer, (void)value;
    return !slice_is(name, "versionId") && !slice_is(name, "lastUpdated") && !slice_is(name, "tag") &&
           !slice_is(name, "security");
}

static void write_items(struct splitter *splitter, const struct json *array)
{
    for (struct json_items items = json_items(array); json_next(&items);)
        write_value(splitter, slice_of("", 0), items.value);
}

static enum drawer own_drawer(const struct splitter *splitter)
{
    return splitter->moved ? DRAWER_SENSITIVE : splitter->type->drawer;
}

/* Writes the sections of one drawer into `text`; `length` says how long each became. */
static void write_sections(struct splitter *splitter, enum drawer drawer, uint32_t length[SECTION_COUNT])
{
    const struct json *meta = drawer == own_drawer(splitter) ? json_member(splitter->resource, "meta") : NULL;
    size_t start = 0;

    for (unsigned section = 0; section < SECTION_COUNT; section++) {
        splitter->writer = json_writer(&splitter->text);
        if (section == SECTION_META)
            write_members(splitter, meta, is_kept_of_meta, drawer);
        else if (section == SECTION_TAGS)
            write_items(splitter, json_member(meta, "tag"));
        else if (section == SECTION_SECURITY)
            write_items(splitter, json_member(meta, "security"));
        else
            write_members(splitter, splitter->resource, is_of_drawer, drawer);
        length[section] = (uint32_t)(splitter->text.length - start);
        start = splitter->text.length;
    }
}

static enum error split_drawer(struct arena *arena, struct splitter *splitter, enum drawer drawer,
                               struct slice *ret_body)
{
    uint32_t length[SECTION_COUNT];

    buffer_clear(&splitter->text);
    buffer_clear(&splitter->table);
    write_sections(splitter, drawer, length);
    TRY(buffer_check(&splitter->text));
    TRY(buffer_check(&splitter->table));
    *ret_body = slice_of(NULL, 0);
    if (splitter->text.length == 0)
        return OK;

    CLEANUP_BUFFER struct buffer body = buffer_new(BODY_HEAD + splitter->table.length + splitter->text.length);
    buffer_byte(&body, FORMAT);
    buffer_u32(&body, (uint32_t)(splitter->table.length / REFERENCE_BYTES));
    buffer_slice(&body, buffer_view(&splitter->table));
    for (unsigned section = 0; section < SECTION_MEMBERS; section++)
        buffer_u32(&body, length[section]);
    buffer_slice(&body, buffer_view(&splitter->text));
    TRY(buffer_check(&body));
    *ret_body = arena_copy(arena, buffer_view(&body));
    return ret_body->data ? OK : ERROR_MEMORY;
}

static bool is_tagged_subsetted(const struct json *resource)
{
    for (struct json_items tags = json_items(json_member(json_member(resource, "meta"), "tag")); json_next(&tags);)
        if (json_is(json_member(tags.value, "code"), "SUBSETTED"))
            return true;
    return false;
}

static enum error split_all(struct arena *arena, struct splitter *splitter, struct splice_bodies *ret_bodies)
{
    struct splice_bodies bodies = {0};

    for (unsigned drawer = 0; drawer < DRAWER_COUNT; drawer++)
        TRY(split_drawer(arena, splitter, drawer, &bodies.body[drawer]));
    *ret_bodies = bodies;
    return OK;
}

enum error splice_split(struct arena *arena, const struct json *resource, struct slice type, splice_inward *inward,
                        void *context, struct splice_bodies *ret_bodies)
{
    const struct drawer_row *row = find_type(type);

    if (!row)
        return ERROR_UNKNOWN_TYPE;
    if (is_tagged_subsetted(resource))
        return ERROR_PARTIAL_VIEW;
    struct splitter splitter = {.resource = resource,
                                .type = row,
                                .moved = row->moves && holds_sensitive_code(resource),
                                .inward = inward,
                                .context = context,
                                .text = buffer_new(SPLICE_TEXT_MAX),
                                .table = buffer_new(SPLICE_TEXT_MAX)};
    enum error failed = split_all(arena, &splitter, ret_bodies);
    buffer_free(&splitter.text);
    buffer_free(&splitter.table);
    return failed;
}

/* ---- joining ---- */

struct body_view {
    struct slice table;
    size_t references;
    struct slice section[SECTION_COUNT];
    size_t start[SECTION_COUNT]; /* in the text */
};

static enum error view_body(struct slice body, struct body_view *view)
{
    struct reader reader = reader_of(body);
    uint32_t length[SECTION_MEMBERS];
    size_t start = 0;

    if (reader_byte(&reader) != FORMAT)
        return ERROR_CORRUPT;
    view->references = reader_u32(&reader);
    view->table = reader_bytes(&reader, view->references * REFERENCE_BYTES);
    for (unsigned section = 0; section < SECTION_MEMBERS; section++)
        length[section] = reader_u32(&reader);
    for (unsigned section = 0; section < SECTION_COUNT; section++) {
        view->section[section] = section == SECTION_MEMBERS ? reader.rest : reader_bytes(&reader, length[section]);
        view->start[section] = start;
        start += view->section[section].length;
    }
    return reader.failed ? ERROR_CORRUPT : OK;
}

static size_t reference_offset(const struct body_view *view, size_t index)
{
    uint32_t wire;

    memcpy(&wire, view->table.data + index * REFERENCE_BYTES, sizeof wire);
    return be32toh(wire);
}

static struct id reference_id(const struct body_view *view, size_t index)
{
    struct id id;

    memcpy(id.byte, view->table.data + index * REFERENCE_BYTES + 4, ID_BYTES);
    return id;
}

struct joiner {
    struct buffer *into;
    splice_outward *outward;
    void *context;
};

/* Puts the ids of one section, which stands at `at`, over their zeros. */
static enum error patch_ids(const struct joiner *joiner, const struct body_view *view, enum section section, char *at)
{
    size_t length = view->section[section].length;

    for (size_t i = 0; i < view->references; i++) {
        size_t offset = reference_offset(view, i) - view->start[section];
        if (offset >= length)
            continue; /* of another section; below the start it wraps to a large number */
        if (length - offset < ID_TEXT_BYTES)
            return ERROR_CORRUPT;
        struct id inside = reference_id(view, i), wire = inside;
        if (joiner->outward)
            joiner->outward(joiner->context, &inside, &wire);
        encode_hex(id_slice(&wire), at + offset);
    }
    return OK;
}

static enum error copy_section(const struct joiner *joiner, const struct body_view *view, enum section section)
{
    struct slice text = view->section[section];

    if (text.length == 0)
        return OK;
    buffer_byte(joiner->into, ',');
    char *room = buffer_room(joiner->into, text.length);
    if (!room)
        return ERROR_TOO_LARGE;
    memcpy(room, text.data, text.length);
    return patch_ids(joiner, view, section, room);
}

static void put_u64(struct buffer *into, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;

    do
        digits[--at] = (char)('0' + number % 10);
    while (number /= 10);
    buffer_bytes(into, digits + at, sizeof digits - at);
}

static void write_head(const struct splice_header *header, struct buffer *into)
{
    char id[ID_TEXT_BYTES];

    encode_hex(id_slice(&header->wire_id), id);
    buffer_string(into, "{\"resourceType\":\"");
    buffer_slice(into, header->type);
    buffer_string(into, "\",\"id\":\"");
    buffer_bytes(into, id, sizeof id);
    buffer_string(into, "\",\"meta\":{\"versionId\":\"");
    put_u64(into, header->version);
    buffer_string(into, "\",\"lastUpdated\":\"");
    date_write_instant(into, header->last_updated_ms);
    buffer_byte(into, '"');
}

#define SUBSETTED_TAG                                                                                                  \
    "{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ObservationValue\",\"code\":\"SUBSETTED\"}"

/* `,"name":[` items of the bodies and of the header `]`, or nothing. Each item list is written behind a comma; the
 * first of these is then overwritten by the bracket. */
static enum error join_list(const struct joiner *joiner, const struct body_view *view, size_t count,
                            enum section section, const char *name, struct slice more)
{
    struct buffer *into = joiner->into;
    size_t before = into->length;

    buffer_string(into, name);
    size_t bracket = into->length;
    for (size_t i = 0; i < count; i++)
        TRY(copy_section(joiner, &view[i], section));
    if (more.length) {
        buffer_byte(into, ',');
        buffer_slice(into, more);
    }
    if (into->length == bracket) {
        into->length = before;
        return OK;
    }
    into->data[bracket] = '[';
    buffer_byte(into, ']');
    return OK;
}

static enum error join_tags(const struct splice_header *header, const struct joiner *joiner,
                            const struct body_view *view, size_t count)
{
    CLEANUP_BUFFER struct buffer tags = buffer_new(SPLICE_TEXT_MAX);

    if (!header->subsetted)
        return join_list(joiner, view, count, SECTION_TAGS, ",\"tag\":", header->tags);
    buffer_string(&tags, SUBSETTED_TAG);
    if (header->tags.length)
        buffer_byte(&tags, ',');
    buffer_slice(&tags, header->tags);
    TRY(buffer_check(&tags)); /* a part without its tag would pass for the whole */
    return join_list(joiner, view, count, SECTION_TAGS, ",\"tag\":", buffer_view(&tags));
}

static enum error join_views(const struct splice_header *header, const struct joiner *joiner,
                             const struct body_view *view, size_t count)
{
    write_head(header, joiner->into);
    for (size_t i = 0; i < count; i++)
        TRY(copy_section(joiner, &view[i], SECTION_META));
    TRY(join_tags(header, joiner, view, count));
    TRY(join_list(joiner, view, count, SECTION_SECURITY, ",\"security\":", header->security));
    buffer_byte(joiner->into, '}');
    for (size_t i = 0; i < count; i++)
        TRY(copy_section(joiner, &view[i], SECTION_MEMBERS));
    buffer_byte(joiner->into, '}');
    return buffer_check(joiner->into);
}

enum error splice_join(const struct splice_header *header, const struct splice_bodies *bodies, splice_outward *outward,
                       void *context, struct buffer *into)
{
    struct joiner joiner = {into, outward, context};
    struct body_view view[DRAWER_COUNT];
    size_t count = 0;

    for (unsigned drawer = 0; drawer < DRAWER_COUNT; drawer++)
        if (bodies->body[drawer].length)
            TRY(view_body(bodies->body[drawer], &view[count++]));
    return join_views(header, &joiner, view, count);
}

size_t splice_reference_count(struct slice body)
{
    struct body_view view;
    return view_body(body, &view) == OK ? view.references : 0;
}

enum error splice_reference(struct slice body, size_t index, struct id *ret_inside)
{
    struct body_view view;

    TRY(view_body(body, &view));
    if (index >= view.references)
        return ERROR_CORRUPT;
    *ret_inside = reference_id(&view, index);
    return OK;
}
