/* SPDX-License-Identifier: Apache-2.0 */
#include "pack.h"

#define FORMAT_PACK "hospitium-pack/1"

static bool is_date(struct slice text)
{
    static const char shape[] = "dddd-dd-dd";

    if (text.length != sizeof shape - 1)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        bool digit = text.data[i] >= '0' && text.data[i] <= '9';
        if (shape[i] == 'd' ? !digit : text.data[i] != '-')
            return false;
    }
    return true;
}

static enum error require_text(const struct json *root, const char *name, struct slice *ret, struct fault *fault)
{
    *ret = json_text(json_member(root, name));
    return ret->length ? OK : fault_set(fault, ERROR_REQUIRED, "pack.json lacks `%s`.", name);
}

static enum error check_date(struct slice date, const char *what, struct fault *fault)
{
    if (is_date(date))
        return OK;
    return fault_set(fault, ERROR_VALUE, "pack.json: `%s` is no date such as 2026-01-31.", what);
}

static enum error check_row_dates(const struct pack *pack, struct fault *fault)
{
    for (struct json_items i = json_items(pack->rows); json_next(&i);) {
        struct pack_row row = pack_row(pack, i.key);
        TRY(check_date(row.valid_from, "valid_from", fault));
        if (row.valid_to.length)
            TRY(check_date(row.valid_to, "valid_to", fault));
    }
    return OK;
}

static bool is_whole(const struct rule_tell *tell)
{
    return tell->text.length && tell->text.length <= RULE_TELL_BYTES_MAX && tell->source.length &&
           tell->article.length && is_date(tell->since);
}

static enum error check_warnings(const struct pack *pack, struct fault *fault)
{
    struct rule_tell tell;

    for (struct json_items i = json_items(pack->warnings); json_next(&i);)
        if (!pack_warning(pack, i.key, &tell) || !is_whole(&tell))
            return fault_set(fault, ERROR_VALUE,
                             "pack.json: the warning `%.*s` needs tell (at most %d bytes), source, article and since.",
                             SLICE_PRINT(i.key), RULE_TELL_BYTES_MAX);
    return OK;
}

enum error pack_read(struct arena *arena, struct slice bytes, struct pack *ret_pack, struct fault *fault)
{
    const struct json *root;
    struct pack pack = {.hash = hash_sha256(bytes)};

    TRY(json_parse(arena, bytes, &root, fault));
    if (!json_is(json_member(root, "format"), FORMAT_PACK))
        return fault_set(fault, ERROR_VERSION, "pack.json is not of the format %s.", FORMAT_PACK);
    TRY(require_text(root, "id", &pack.id, fault));
    TRY(require_text(root, "version", &pack.version, fault));
    TRY(require_text(root, "valid_from", &pack.valid_from, fault));
    TRY(check_date(pack.valid_from, "valid_from", fault));
    pack.valid_to = json_text(json_member(root, "valid_to"));
    if (pack.valid_to.length)
        TRY(check_date(pack.valid_to, "valid_to", fault));
    /* Nobody's signature makes it anything but a draft. */
    pack.draft = json_count(json_member(root, "reviewers")) == 0;
    pack.sources = json_member(root, "sources");
    pack.rows = json_member(root, "rows");
    pack.known = json_member(root, "known");
    pack.warnings = json_member(root, "warnings");
    TRY(check_row_dates(&pack, fault));
    TRY(check_warnings(&pack, fault));
    *ret_pack = pack;
    return OK;
}

static struct slice either(struct slice own, struct slice other)
{
    return own.length ? own : other;
}

struct pack_row pack_row(const struct pack *pack, struct slice row_id)
{
    const struct json *row = json_member_slice(pack->rows, row_id);
    const struct json *source = json_member_slice(pack->sources, json_text(json_member(row, "source")));

    return (struct pack_row){
        .citation = {.source = json_text(json_member(source, "title")),
                     .article = json_text(json_member(row, "article")),
                     .language = json_text(json_member(source, "language")),
                     .text = json_text(json_member(row, "text"))},
        .valid_from = either(json_text(json_member(row, "valid_from")), pack->valid_from),
        .valid_to = either(json_text(json_member(row, "valid_to")), pack->valid_to),
    };
}

bool pack_warning(const struct pack *pack, struct slice id, struct rule_tell *ret_tell)
{
    const struct json *warning = json_member_slice(pack->warnings, id);
    const struct json *source = json_member_slice(pack->sources, json_text(json_member(warning, "source")));

    if (json_kind(warning) != JSON_OBJECT)
        return false;
    *ret_tell = (struct rule_tell){.text = json_text(json_member(warning, "tell")),
                                   .language = either(json_text(json_member(warning, "language")), SLICE("en")),
                                   .source = json_text(json_member(source, "title")),
                                   .article = json_text(json_member(warning, "article")),
                                   .since = json_text(json_member(warning, "since"))};
    return true;
}

bool pack_knows(const struct pack *pack, struct slice fact)
{
    for (struct json_items i = json_items(pack->known); json_next(&i);)
        if (slice_equal(json_text(i.value), fact))
            return true;
    return false;
}
