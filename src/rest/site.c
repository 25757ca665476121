/* SPDX-License-Identifier: Apache-2.0 */

/* Pages for people: from a request to a page and out with its headers. The pages themselves are pure (src/pages). */

#include "site.h"

#include <time.h>
#include <stdio.h>

#include "accesses.h"
#include "advice.h"
#include "handlers.h"
#include "pages/access_page.h"
#include "safe/review.h"
#include "pages/asset.h"
#include "pages/care_pages.h"
#include "pages/headers.h"
#include "text/date.h"

#define HEADERS_MAX 24
#define COOKIE_SECONDS 3600

struct page_site site_of(const struct call *call)
{
    const struct app_words *words = &call->app->words;
    struct page_site site = {
        .name = call->app->name,
        .emergency_number = words->emergency_number,
        .exit_address = words->exit_address,
        .desk_language = LANGUAGE_EN,
        .care_help = {words->care_name, words->care_phone},
        .record_help = {words->record_name, words->record_phone},
    };

    if (!language_from_tag(words->desk_language, &site.desk_language))
        site.desk_language = LANGUAGE_EN;
    return site;
}

static struct slice query_value(struct call *call, struct slice query, const char *wanted)
{
    struct slice name, value;

    for (;;) {
        if (http_query_next(&query, call->arena, &name, &value) != OK || !name.data)
            return slice_of(NULL, 0);
        if (slice_is(name, wanted))
            return value;
    }
}

static enum language language_of(struct call *call)
{
    return language_choose(query_value(call, call->request->query, LANGUAGE_PARAMETER),
                           http_request_cookie(call->request, SLICE(LANGUAGE_COOKIE)),
                           http_request_header(call->request, SLICE("accept-language")));
}

struct page site_page(struct call *call, const struct page_site *site, const char *path)
{
    struct slice cookie = http_request_cookie(call->request, SLICE("hospitium"));

    return (struct page){
        .site = site, .language = language_of(call), .path = slice_from_string(path), .signed_in = cookie.length > 0};
}

static size_t add_headers(struct call *call, enum page_kind kind, struct slice media_type,
                          struct http_header header[static HEADERS_MAX])
{
    struct page_headers set = pages_headers(kind, call->request->client->over_tls);
    size_t headers = 0;

    header[headers++] = (struct http_header){SLICE("content-type"), media_type};
    for (size_t i = 0; i < set.count && headers < HEADERS_MAX - 3; i++)
        header[headers++] = (struct http_header){slice_from_string(set.header[i].name),
                                                 slice_from_string(set.header[i].value)};
    return headers;
}

/* Takes the buffer over. Only pages that are the same for everybody are compressed (http.h says why). */
static void send_page(struct call *call, int status, struct buffer *page, enum page_kind kind, struct slice cookie)
{
    struct http_header header[HEADERS_MAX];
    struct buffer packed = buffer_new(PAGE_BYTES_MAX);
    size_t headers = add_headers(call, kind, SLICE(PAGE_MEDIA_TYPE), header);

    if (cookie.length > 0)
        header[headers++] = (struct http_header){SLICE("set-cookie"), cookie};
    call->app->answers[status / 100 % 6]++;
    if (kind != PAGE_PERSONAL && http_accepts_gzip(call->request) && http_gzip(buffer_view(page), &packed) == OK) {
        header[headers++] = (struct http_header){SLICE("content-encoding"), SLICE("gzip")};
        buffer_wipe(page);
        *page = packed;
    }
    exchange_respond_buffer(call->exchange, status, header, headers, page);
}

void site_finish(struct call *call, enum error error, int status, struct buffer *page, enum page_kind kind)
{
    struct slice language = query_value(call, call->request->query, LANGUAGE_PARAMETER);
    struct slice cookie = slice_of("", 0);
    enum language chosen;

    if (error != OK) {
        buffer_wipe(page);
        exchange_respond(call->exchange, 500, NULL, 0, SLICE("Something went wrong inside.\n"));
        return;
    }
    if (language.data && language_from_tag(language, &chosen))
        cookie = arena_format(call->arena, LANGUAGE_COOKIE "=%s; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly",
                              language_tag(chosen));
    send_page(call, status, page, kind, cookie);
}

/* RFC 9110, 13.1.2: a tag may stand in a list, and the comparison is weak. */
static bool has_it_already(struct call *call, struct slice tag)
{
    struct slice held = http_request_header(call->request, SLICE("if-none-match"));

    return tag.length > 0 && held.length > 0 && slice_search(held, tag) != SIZE_MAX;
}

void site_send_file(struct call *call, const struct site_file *file, enum page_kind kind)
{
    struct http_header header[HEADERS_MAX];
    size_t headers = add_headers(call, kind, file->media_type, header);
    bool gzip = http_accepts_gzip(call->request) && file->gzip.length > 0;

    if (file->tag.length > 0)
        header[headers++] = (struct http_header){SLICE("etag"), file->tag};
    if (has_it_already(call, file->tag)) {
        call->app->answers[3]++;
        exchange_respond_parts(call->exchange, 304, header, headers, NULL, 0);
        return;
    }
    call->app->answers[2]++;
    if (gzip)
        header[headers++] = (struct http_header){SLICE("content-encoding"), SLICE("gzip")};
    exchange_respond_parts(call->exchange, 200, header, headers, gzip ? &file->gzip : &file->plain, 1);
}

void site_reply_error(struct call *call, enum error error)
{
    struct page_site site = site_of(call);
    struct page page = site_page(call, &site, "");
    struct buffer body = buffer_new(PAGE_BYTES_MAX);
    char id[24];

    if (error == ERROR_UNAUTHENTICATED || error == ERROR_TOKEN_EXPIRED) {
        static const struct http_header to_sign_in[] = {{SLICE("location"), SLICE(PATH_SIGN_IN)},
                                                        {SLICE("cache-control"), SLICE("no-store")}};
        exchange_respond(call->exchange, 303, to_sign_in, 2, slice_of("", 0));
        return;
    }
    int length = snprintf(id, sizeof id, "%016llx", (unsigned long long)call->request->id);
    enum error written = page_write_problem(&body, &page, error, slice_of(id, (size_t)length));
    site_finish(call, written, error_entry(error)->http_status, &body, PAGE_PUBLIC);
}

void site_home(struct call *call)
{
    struct page_site site = site_of(call);
    struct page page = site_page(call, &site, PATH_HOME);
    struct buffer body = buffer_new(PAGE_BYTES_MAX);

    site_finish(call, page_write_home(&body, &page), 200, &body, PAGE_PUBLIC);
}

void site_staff(struct call *call)
{
    struct page_site site = site_of(call);
    struct page page = site_page(call, &site, PATH_STAFF);
    struct buffer body = buffer_new(PAGE_BYTES_MAX);

    site_finish(call, page_write_staff(&body, &page), 200, &body, PAGE_PUBLIC);
}

/* ---- what care can I get? ---- */

void site_care_form(struct call *call)
{
    struct page_site site = site_of(call);
    struct page page = site_page(call, &site, PATH_CARE);
    struct buffer body = buffer_new(PAGE_BYTES_MAX);
    struct care_notice notice = site_notice(call);

    site_finish(call, page_write_care_form(&body, &page, &notice, NULL), 200, &body, PAGE_PUBLIC);
}

/* The body holds what the person chose: it is wiped with the request's memory, and the form with this function. */
static bool read_form(struct call *call, struct care_form *form)
{
    struct slice rest = call->request->body, name, value;

    for (;;) {
        if (http_query_next(&rest, call->arena, &name, &value) != OK)
            return false;
        if (!name.data)
            return true;
        if (!care_form_set(form, name, value))
            return false;
    }
}

#define CARE_INPUTS_MAX (CARE_FIELD_COUNT + 1)

static enum error ask_rules(struct call *call, const struct care_form *form, struct advice *advice)
{
    struct advice_input input[CARE_INPUTS_MAX];
    size_t inputs = 0;
    char age[8];

    for (unsigned f = 0; f < CARE_FIELD_COUNT; f++)
        if (advice_asks(call->app->care, slice_from_string(care_field_name((enum care_field)f))))
            input[inputs++] = (struct advice_input){slice_from_string(care_field_name((enum care_field)f)),
                                                    slice_from_string(care_form_word(form, (enum care_field)f))};
    if (form->age_known) {
        int length = snprintf(age, sizeof age, "%u", form->age_years > 120 ? 120 : form->age_years);
        input[inputs++] = (struct advice_input){SLICE("age_years"), slice_of(age, (size_t)length)};
    }
    return advice_give(call->app->care, input, inputs, world_now_s(call->app->world), advice, &call->fault);
}

/* A word of the rules that the pages do not know stays unknown: the page then sends the person to a clinician. */
static struct care_answer answer_of(struct call *call, const struct advice *advice, const struct care_form *form)
{
    struct care_answer answer = {
        .urgency = form->choice[CARE_FIELD_URGENCY],
        .ask_clinician = !slice_is(advice->may_refuse, "no"),
        .row = advice->row,
        .pack = advice->pack,
        .citation = arena_format(call->arena, "%.*s, %.*s", SLICE_PRINT(advice->source), SLICE_PRINT(advice->article)),
        .draft = advice->draft,
        .helper = CARE_HELPER_DESK,
        .whom = form->choice[CARE_FIELD_WHOM],
        .spoken = form->choice[CARE_FIELD_SPOKEN]};

    if (!care_entitlement_read(advice->access, &answer.entitlement))
        answer.entitlement = CARE_ENTITLEMENT_ASK_CLINICIAN;
    if (!care_charge_read(advice->charge, &answer.charge))
        answer.charge = CARE_CHARGE_ASK;
    if (!care_paper_read(advice->paper, &answer.paper))
        answer.paper_other = advice->paper;
    if (!care_helper_read(advice->who_helps, &answer.helper))
        answer.helper_other = advice->who_helps;
    return answer;
}

void site_care_answer(struct call *call)
{
    struct page_site site = site_of(call);
    struct page page = site_page(call, &site, "");
    struct buffer body = buffer_new(PAGE_BYTES_MAX);
    struct care_form form = {0};
    struct advice advice;

    bool readable = read_form(call, &form);
    enum error error = readable ? OK : ERROR_VALUE;
    if (error == OK && form.age_unreadable) {
        struct care_notice notice = site_notice(call);
        site_finish(call, page_write_care_form(&body, &page, &notice, &form), 422, &body, PAGE_PERSONAL);
        care_form_wipe(&form);
        return;
    }
    if (error == OK)
        error = call->app->care ? ask_rules(call, &form, &advice) : ERROR_UNPROVED;
    if (error != OK) {
        care_form_wipe(&form);
        site_reply_error(call, error);
        return;
    }
    struct care_answer answer = answer_of(call, &advice, &form);
    enum error written = page_write_care_answer(&body, &page, &answer);
    care_form_wipe(&form);
    site_finish(call, written, 200, &body, PAGE_PERSONAL);
}

void site_care_slip(struct call *call)
{
    struct page_site site = site_of(call);
    struct page page = site_page(call, &site, "");
    struct buffer body = buffer_new(PAGE_BYTES_MAX);
    struct slice rest = call->request->body, name, value;
    struct slip slip = {0};

    for (;;) {
        if (http_query_next(&rest, call->arena, &name, &value) != OK) {
            site_reply_error(call, ERROR_SYNTAX);
            return;
        }
        if (!name.data)
            break;
        if (!slip_set(&slip, name, value)) {
            site_reply_error(call, ERROR_VALUE);
            return;
        }
    }
    site_finish(call, page_write_slip(&body, &page, &slip), 200, &body, PAGE_PERSONAL);
}

/* ---- who looked at my record? ---- */

static struct page_time wall_clock(struct slice instant)
{
    struct date date;

    if (date_parse(instant, DATE_KIND_INSTANT, &date) != OK)
        return (struct page_time){0};
    return (struct page_time){(int16_t)date.year, (uint8_t)date.month, (uint8_t)date.day, (uint8_t)(date.second / 3600),
                              (uint8_t)(date.second / 60 % 60)};
}

static enum outcome outcome_of(const struct access_line *line)
{
    for (unsigned o = 0; line->permitted && o < OUTCOME_COUNT; o++)
        if (slice_is(line->outcome, vocabulary_outcome((enum outcome)o)))
            return (enum outcome)o;
    return OUTCOME_NONE;
}

/* A word that is not known is shown as unknown: a list that hides a line would be worse. */
static unsigned number_of(enum vocabulary_list list, struct slice word)
{
    int number = vocabulary_number(list, word);

    return number < 0 ? 0 : (unsigned)number;
}

static uint32_t drawers_of(const struct slice *word, size_t count)
{
    uint32_t drawers = 0;

    for (size_t i = 0; i < count; i++) {
        int drawer = vocabulary_number(VOCABULARY_DRAWER, word[i]);
        if (drawer >= 0)
            drawers |= 1u << drawer;
    }
    return drawers;
}

_Static_assert((int)ACCESS_REVIEW_OPEN == 1 + (int)REVIEW_OPEN &&
                   (int)ACCESS_REVIEW_JUSTIFIED == 1 + (int)REVIEW_JUSTIFIED &&
                   (int)ACCESS_REVIEW_UNJUSTIFIED == 1 + (int)REVIEW_NOT_JUSTIFIED,
               "a page and the safe name reviews alike");

static enum access_order order_of(const struct access_line *line)
{
    static const struct {
        const char *action;
        enum access_order order;
    } stages[] = {{"intake", ACCESS_ORDER_CAME}, {"release", ACCESS_ORDER_RELEASED}, {"told", ACCESS_ORDER_TOLD}};

    if (line->order.length == 0)
        return ACCESS_ORDER_NONE;
    for (size_t i = 0; line->of_order && i < sizeof stages / sizeof *stages; i++)
        if (slice_is(line->action, stages[i].action))
            return stages[i].order;
    return ACCESS_ORDER_LOOK;
}

static int64_t reads_of(const struct access_line *line)
{
    uint64_t reads = 0;

    return slice_to_u64(line->reads, &reads) ? (int64_t)reads : 0;
}

static struct access_entry entry_of(struct call *call, const struct access_line *line)
{
    return (struct access_entry){
        .when = wall_clock(line->time),
        .sector = (enum sector)number_of(VOCABULARY_SECTOR, line->sector),
        .role = (enum role)number_of(VOCABULARY_ROLE, line->role),
        .place = line->place,
        .purpose = (enum purpose)number_of(VOCABULARY_PURPOSE, line->purpose),
        /* Breaking the glass is shown by its own mark; what it did is look. */
        .action = slice_is(line->action, "break-glass") ? ACTION_READ
                                                        : (enum action)number_of(VOCABULARY_ACTION, line->action),
        .asked = drawers_of(line->asked, line->asked_count),
        .opened = drawers_of(line->opened, line->opened_count),
        .basis = access_basis_of(line->basis),
        .owed = access_owed_of(line->obligations),
        .notice = line->notice,
        .reason = line->reason,
        .entry = line->entry,
        .request = line->request,
        .outcome = outcome_of(line),
        .broken_glass = line->emergency,
        .order = order_of(line),
        .authority = line->authority,
        .law = line->law,
        .article = line->article,
        .reads = reads_of(line),
        .review = (enum access_review)line->review, /* none, then as the safe tells it */
        .rule = line->row,
        .citation = line->citation,
        .proof_path = arena_format(call->arena, "/access/%llu/proof", (unsigned long long)line->entry),
    };
}

/* Year 0 for none. */
static struct page_time day_of(int64_t seconds)
{
    time_t moment = (time_t)seconds;
    struct tm day;

    if (seconds <= 0 || !gmtime_r(&moment, &day))
        return (struct page_time){0};
    return (struct page_time){
        .year = (int16_t)(day.tm_year + 1900), .month = (uint8_t)(day.tm_mon + 1), .day = (uint8_t)day.tm_mday};
}

static void accesses_came(void *context, enum error error, const struct access_line *line, size_t count)
{
    struct call *call = context;
    struct page_site site = site_of(call);
    struct page page = site_page(call, &site, PATH_ACCESS);
    struct buffer body = buffer_new(PAGE_BYTES_MAX);

    size_t shown = count < ACCESS_ENTRIES_MAX ? count : ACCESS_ENTRIES_MAX;
    struct access_entry *entry = arena_array(call->arena, shown, sizeof *entry);
    if (error == OK && !entry)
        error = ERROR_MEMORY;
    if (error != OK) {
        site_reply_error(call, error);
        return;
    }
    for (size_t i = 0; i < shown; i++)
        entry[i] = entry_of(call, &line[i]);
    struct access_list list = {
        .entry = entry, .count = shown, .total = count, .kept_since = day_of(call->kept_since_s)};
    page.signed_in = true;
    site_finish(call, page_write_access(&body, &page, &list), 200, &body, PAGE_PERSONAL);
}

void site_access(struct call *call)
{
    accesses_list(call, &call->asker.credential.person, accesses_came, call);
}

/* ---- signing in and out ---- */

static void write_sign_in(struct call *call, bool for_staff, bool failed)
{
    struct page_site site = site_of(call);
    struct page page = site_page(call, &site, for_staff ? PATH_STAFF_SIGN_IN : PATH_SIGN_IN);
    struct buffer body = buffer_new(PAGE_BYTES_MAX);
    struct page_sign_in view = {.for_staff = for_staff, .failed = failed};

    site_finish(call, page_write_sign_in(&body, &page, &view), failed ? 401 : 200, &body, PAGE_PERSONAL);
}

void site_sign_in(struct call *call)
{
    write_sign_in(call, false, false);
}

void site_staff_sign_in(struct call *call)
{
    write_sign_in(call, true, false);
}

static void redirect(struct call *call, const char *path, struct slice cookie)
{
    const struct http_header header[] = {{SLICE("location"), slice_from_string(path)},
                                         {SLICE("set-cookie"), cookie},
                                         {SLICE("cache-control"), SLICE("no-store")}};

    call->app->answers[3]++;
    exchange_respond(call->exchange, 303, header, 3, slice_of("", 0));
}

struct signing_in {
    struct call *call;
    struct slice code;
    bool for_staff;
};

static void code_checked(void *context, enum error error, const struct credential *credential)
{
    struct signing_in *signing_in = context;
    struct call *call = signing_in->call;
    const char *secure = call->request->client->over_tls ? "; Secure" : "";

    (void)credential;
    if (error == ERROR_UNAUTHENTICATED || error == ERROR_TOKEN_EXPIRED) {
        write_sign_in(call, signing_in->for_staff, true);
        return;
    }
    if (error != OK) {
        site_reply_error(call, error);
        return;
    }
    struct slice cookie = arena_format(call->arena, "hospitium=%.*s; Path=/; Max-Age=%d; SameSite=Strict; HttpOnly%s",
                                       SLICE_PRINT(signing_in->code), COOKIE_SECONDS, secure);
    redirect(call, signing_in->for_staff ? PATH_STAFF : PATH_ACCESS, cookie);
}

static void sign_in(struct call *call, bool for_staff)
{
    struct signing_in *signing_in = arena_alloc(call->arena, sizeof *signing_in);
    struct slice code = query_value(call, call->request->body, "code");

    if (!signing_in) {
        site_reply_error(call, ERROR_MEMORY);
        return;
    }
    *signing_in = (struct signing_in){call, code, for_staff};
    if (!code.data || code.length == 0 || code.length > PROTOCOL_TOKEN_MAX)
        write_sign_in(call, for_staff, true);
    else
        gate_identify(call->app->gate, call->arena, code, code_checked, signing_in);
}

void site_sign_in_post(struct call *call)
{
    sign_in(call, false);
}

void site_staff_sign_in_post(struct call *call)
{
    sign_in(call, true);
}

void site_sign_out(struct call *call)
{
    redirect(call, PATH_HOME, SLICE("hospitium=; Path=/; Max-Age=0; SameSite=Strict; HttpOnly"));
}

/* ---- style sheet, icon, scripts ---- */

void site_asset(struct call *call)
{
    const struct asset *asset = asset_find(call->request->path);
    bool versioned = false;

    if (asset) {
        struct site_file file = {slice_from_string(asset->media_type), asset->plain, asset->gzip, slice_of("", 0)};
        site_send_file(call, &file, PAGE_ASSET);
        return;
    }
    const struct published_file *published = published_find(call->app->published, call->request->path, &versioned);
    if (published)
        site_send_published(call, published, versioned);
    else
        site_reply_error(call, ERROR_NOT_FOUND);
}
