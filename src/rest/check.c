/* SPDX-License-Identifier: Apache-2.0 */

/* "Check on this phone": the page that asks the rules in the browser, what it loads, and what the rules warn of. */

#include "advice.h"
#include "base/log.h"
#include "handlers.h"
#include "pages/check_page.h"
#include "reply.h"
#include "safe/rulesets.h"
#include "site.h"

/* ---- warnings ---- */

struct care_notice site_notice(struct call *call)
{
    struct warning warning[WARNINGS_MAX];
    struct care_notice notice = {.check_offered = site_check_offered(call)};
    size_t count = 0;

    if (!call->app->care)
        return notice;
    enum error error = advice_warn(call->app->care, NULL, 0, world_now_s(call->app->world), warning, &count, NULL);
    struct care_warning *shown = arena_array(call->arena, count, sizeof *shown);
    if (error != OK || !shown) {
        LOG(ERROR, "rules.no_warnings", FIELD_ERROR(error != OK ? error : ERROR_MEMORY));
        return notice;
    }
    for (size_t i = 0; i < count; i++)
        shown[i] = (struct care_warning){warning[i].tell->text, warning[i].tell->language, warning[i].tell->source,
                                         warning[i].tell->article, warning[i].tell->since};
    notice.warning = shown;
    notice.count = count;
    return notice;
}

/* ---- files ---- */

void site_send_published(struct call *call, const struct published_file *file, bool versioned)
{
    struct site_file sent = {slice_from_string(file->media_type), file->plain, file->gzip, file->tag};

    site_send_file(call, &sent, versioned ? PAGE_ASSET : PAGE_REFRESHED);
}

void rules_file(struct call *call)
{
    bool versioned;
    const struct published_file *file = published_find(call->app->published, call->request->path, &versioned);

    if (file)
        site_send_published(call, file, versioned);
    else
        reply_error(call, ERROR_NOT_FOUND, NULL);
}

/* ---- the page ---- */

bool site_check_offered(const struct call *call)
{
    return call->app->care && published_script(call->app->published) &&
           published_rules(call->app->published, SLICE(RULESETS_JOINT)).rules;
}

static struct check_set set_of(struct published_set set)
{
    return set.rules ? (struct check_set){set.rules->path, set.proof->path} : (struct check_set){0};
}

void site_check(struct call *call)
{
    struct page_site site = site_of(call);
    struct page page = site_page(call, &site, PATH_CHECK);
    struct buffer body = buffer_new(PAGE_BYTES_MAX);
    struct check_page view = {.notice = site_notice(call)};

    if (view.notice.check_offered) {
        view.script = published_script(call->app->published)->versioned;
        view.module = published_module(call->app->published)->versioned;
        view.standard = set_of(published_rules(call->app->published, SLICE(RULESETS_JOINT)));
        view.pack = set_of(published_rules(call->app->published, advice_pack(call->app->care)));
        view.fact = advice_facts(call->app->care, &view.facts);
    }
    site_finish(call, page_write_check(&body, &page, &view), 200, &body, PAGE_CHECK);
}
