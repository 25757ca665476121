/* SPDX-License-Identifier: Apache-2.0 */

/* From a request to its handler: the route, then who asks, then for what purpose. */

#include "app.h"

#include <unistd.h>

#include "handlers.h"
#include "reply.h"

#define BODY_NONE 0
#define BODY_SMALL (64u << 10)
#define BODY_RESOURCE (8u << 20)
#define BODY_BUNDLE (128u << 20)

enum {
    NO_PURPOSE = 0,
    ANY_PURPOSE = (1 << PURPOSE_COUNT) - 2,
    CARE_PURPOSE = 1 << PURPOSE_TREAT | 1 << PURPOSE_ETREAT | 1 << PURPOSE_CAREMGT,
    EMERGENCY = 1 << PURPOSE_ETREAT,
};
enum {
    NO_DRAWER = 0,
    ALL_DRAWERS = DRAWER_ALL,
    IDENTITY = 1 << DRAWER_IDENTITY,
    AUDIT = 1 << DRAWER_AUDIT,
    ORDERED = 1 << DRAWER_IDENTITY | 1 << DRAWER_CONTACT,
    EMERGENCY_DRAWERS = 1 << DRAWER_IDENTITY | 1 << DRAWER_CLINICAL | 1 << DRAWER_SENSITIVE,
};

#define ROUTE(method, path, handler, permission, purposes, drawers, manner, help)                                      \
    {METHOD_##method, path, handler, PERMIT_##permission, purposes, drawers, MANNER_##manner, help},
static const struct route routes[] = {
#include "routes.def"
};
#undef ROUTE
#define ROUTES (sizeof routes / sizeof *routes)

/* A route that touches a drawer must want to know who asks. */
#define ROUTE(method, path, handler, permission, purposes, drawers, manner, help)                                      \
    _Static_assert((drawers) == NO_DRAWER || PERMIT_##permission != PERMIT_EVERYBODY,                                  \
                   path " touches drawers without asking who is there");                                               \
    _Static_assert((PERMIT_##permission != PERMIT_TOKEN && PERMIT_##permission != PERMIT_ORDER) ||                    \
                       (purposes) != NO_PURPOSE,                                                                       \
                   path " has no purpose");                                                                            \
    _Static_assert(sizeof(help) > 1, path " has no help");
#include "routes.def"
#undef ROUTE

const struct route *app_route_at(size_t index)
{
    return index < ROUTES ? &routes[index] : NULL;
}

bool app_route_exists(const struct app *app, const struct route *route)
{
    return route->permission != PERMIT_ORDER || gate_has_order_route(app->gate);
}

/* ---- which route ---- */

static bool is_parameter(struct slice pattern)
{
    return pattern.length > 0 && pattern.data[0] == '{';
}

static bool path_fits(struct call *call, const struct route *route)
{
    struct slice pattern = slice_from_string(route->path + 1);
    const struct http_request *request = call->request;
    size_t parameters = 0, at = 0;

    while (pattern.length > 0) {
        struct slice part = slice_cut(&pattern, '/');
        if (slice_is(part, "{rest}")) {
            call->rest = at;
            return at < request->segments;
        }
        if (at == request->segments)
            return false;
        if (is_parameter(part))
            call->parameter[parameters++] = request->segment[at];
        else if (!slice_equal(part, request->segment[at]))
            return false;
        at++;
    }
    return at == request->segments && !(request->trailing_slash && at > 0);
}

static bool method_fits(enum http_method asked, enum http_method offered)
{
    return asked == offered || (asked == METHOD_HEAD && offered == METHOD_GET);
}

/* RFC 9110, 15.5.6: who used a wrong method is told the right ones. */
static void allow_method(struct call *call, enum http_method method)
{
    static const char *const names[METHOD_COUNT] = {[METHOD_GET] = "GET, HEAD",
                                                    [METHOD_POST] = "POST",
                                                    [METHOD_PUT] = "PUT",
                                                    [METHOD_PATCH] = "PATCH",
                                                    [METHOD_DELETE] = "DELETE"};

    call->allow = arena_format(call->arena, "%.*s%s%s", SLICE_PRINT(call->allow), call->allow.length ? ", " : "",
                               names[method]);
}

/* NULL and whether the path would fit another method. */
static const struct route *find_route(struct call *call, bool *ret_path_known)
{
    *ret_path_known = false;
    for (size_t i = 0; i < ROUTES; i++) {
        if (!app_route_exists(call->app, &routes[i]) || !path_fits(call, &routes[i]))
            continue;
        if (method_fits(call->request->method, routes[i].method))
            return &routes[i];
        *ret_path_known = *ret_path_known || !is_parameter(slice_from_string(routes[i].path + 1));
        allow_method(call, routes[i].method);
    }
    return NULL;
}

/* ---- who asks ---- */

static struct slice token_of(const struct http_request *request)
{
    struct slice header = http_request_header(request, SLICE("authorization"));
    const struct slice bearer = SLICE("Bearer ");

    if (slice_starts_with(header, bearer))
        return slice_from(header, bearer.length);
    return header.data ? slice_of(NULL, 0) : http_request_cookie(request, SLICE("hospitium"));
}

/* A page's cookie must not be usable from elsewhere: requests that change something must come from our own pages. */
static bool is_cross_site(const struct http_request *request)
{
    struct slice site = http_request_header(request, SLICE("sec-fetch-site"));

    return site.data && !slice_is(site, "same-origin") && !slice_is(site, "none");
}

static bool choose_purpose(struct call *call)
{
    struct slice word = http_request_header(call->request, SLICE("purpose-of-use"));
    int purpose = word.data ? vocabulary_number(VOCABULARY_PURPOSE, word) : PURPOSE_UNKNOWN;
    uint32_t allowed = call->asker.credential.purposes & call->route->purposes;

    if (purpose < 0)
        return false;
    if (purpose == PURPOSE_UNKNOWN && allowed != 0 && (allowed & (allowed - 1)) == 0)
        purpose = __builtin_ctz(allowed);
    call->asker.purpose = (enum purpose)purpose;
    return purpose == PURPOSE_UNKNOWN ? allowed != 0 : (call->route->purposes & 1u << purpose) != 0;
}

static void identified(void *context, enum error error, const struct credential *credential)
{
    struct call *call = context;

    if (error != OK) {
        reply_error(call, error, NULL);
        return;
    }
    call->asker.credential = *credential;
    struct slice actor = arena_copy(call->arena, credential->actor);
    call->asker.credential.actor = actor;
    if (!actor.data)
        reply_error(call, ERROR_MEMORY, NULL);
    else if (!choose_purpose(call))
        reply_error(call, ERROR_PURPOSE, NULL);
    else
        call->route->handler(call);
}

static void authenticate(struct call *call)
{
    call->asker.token = token_of(call->request);
    if (!call->asker.token.data || call->asker.token.length == 0)
        reply_error(call, ERROR_UNAUTHENTICATED, NULL);
    else if (call->request->method != METHOD_GET && is_cross_site(call->request))
        reply_error(call, ERROR_REFUSED, NULL);
    else
        gate_identify(call->app->gate, call->arena, call->asker.token, identified, call);
}

static bool is_control(const struct http_request *request)
{
    return request->client->over_unix && (request->client->uid == geteuid() || request->client->uid == 0);
}

static void dispatch(struct call *call)
{
    call->asker.request = call->request->id;
    switch (call->route->permission) {
    case PERMIT_EVERYBODY:
        call->route->handler(call);
        break;
    case PERMIT_TOKEN:
    case PERMIT_ORDER:
        authenticate(call);
        break;
    case PERMIT_CONTROL:
        if (is_control(call->request))
            call->route->handler(call);
        else
            reply_error(call, ERROR_NOT_FOUND, NULL);
        break;
    }
}

/* Before a route is known, errors are told as the path suggests. */
static const struct route *unknown_route(const struct http_request *request)
{
    static const struct route fhir = {.manner = MANNER_FHIR}, api = {.manner = MANNER_API},
                              page = {.manner = MANNER_PAGE};

    if (request->segments > 0 && slice_is(request->segment[0], "fhir"))
        return &fhir;
    if (request->segments > 0 && (slice_is(request->segment[0], "api") || slice_is(request->segment[0], "log")))
        return &api;
    return &page;
}

void app_handle(void *context, struct exchange *exchange)
{
    const struct http_request *request = exchange_request(exchange);
    struct call *call = arena_alloc(request->arena, sizeof *call);
    bool path_known = false;

    if (!call) {
        exchange_respond(exchange, 503, NULL, 0, slice_of("", 0));
        return;
    }
    *call = (struct call){.app = context, .exchange = exchange, .request = request, .arena = request->arena};
    call->route = find_route(call, &path_known);
    if (call->route) {
        dispatch(call);
        return;
    }
    call->route = unknown_route(request);
    reply_error(call, path_known ? ERROR_METHOD : ERROR_NOT_FOUND, NULL);
}

size_t app_body_limit(void *context, const struct http_request *request)
{
    (void)context;
    if (request->method == METHOD_GET || request->method == METHOD_HEAD || request->segments == 0)
        return BODY_NONE;
    if (slice_is(request->segment[0], "control") && request->client->over_unix)
        return BODY_BUNDLE;
    if (slice_is(request->segment[0], "fhir"))
        return request->segments == 1 ? BODY_BUNDLE : BODY_RESOURCE;
    return BODY_SMALL;
}

void app_dispatch_entry(struct call *call)
{
    static const struct route fhir = {.manner = MANNER_FHIR};
    bool path_known = false;

    call->route = find_route(call, &path_known);
    if (!call->route || call->route->permission != PERMIT_TOKEN || call->route->handler == fhir_bundle) {
        call->route = &fhir;
        reply_error(call, path_known ? ERROR_METHOD : ERROR_NOT_FOUND, NULL);
    } else if (!choose_purpose(call)) {
        reply_error(call, ERROR_PURPOSE, NULL);
    } else {
        call->route->handler(call);
    }
}
