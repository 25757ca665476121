/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What programs and people see: routes, and one call on its way through them. A route is a row of routes.def, with who
 * may use it, for what purposes, and which drawers it can touch: without these it does not compile.
 *
 * Everything belongs to the loop's thread; a call lives in its exchange's arena until it is answered. */

#include "gate/gate.h"
#include "server/server.h"

struct care_rules; /* entitlement, loaded once (site.c, api.c) */
struct published;  /* files for everybody, read once (check.c) */

/* A node's own words for its pages, from its settings. */
struct app_words {
    struct slice care_name, care_phone;
    struct slice record_name, record_phone;
    struct slice emergency_number;
    struct slice exit_address;
    struct slice desk_language;
};

struct app {
    struct gate *gate;
    struct loop *loop;
    struct world *world;
    struct slice base_url;   /* "http://127.0.0.1:8080" */
    struct slice name;       /* of the node */
    struct care_rules *care; /* NULL: this node gives no advice */
    const struct published *published;
    const char *directory;
    struct app_words words;
    loop_call *stop; /* ends the node; for the control socket */
    void *stop_context;
    int64_t started_ns;
    uint64_t answers[6]; /* by hundreds of the status, for /metrics */
};

/* Who may call a route. */
enum permission {
    PERMIT_EVERYBODY, /* no token: public files, advice on care, health of the node */
    PERMIT_TOKEN,     /* whoever the safe has issued a credential to; the rules decide on the rest */
    PERMIT_ORDER,     /* the same, while there is a route for lawful orders: else the row is not there */
    PERMIT_CONTROL,   /* the control socket alone, and there the node's own user or root */
};

/* How errors are told. */
enum manner { MANNER_FHIR, MANNER_API, MANNER_PAGE };

struct call;
typedef void call_handler(struct call *call);

struct route {
    enum http_method method;
    const char *path; /* "/fhir/{type}/{id}"; "{rest}" takes all that follows */
    call_handler *handler;
    enum permission permission;
    uint32_t purposes; /* bits of enum purpose; 0: none is needed */
    unsigned drawers;  /* mask of what it can touch; 0: nothing of any person */
    enum manner manner;
    const char *help;
};

#define CALL_PARAMETERS_MAX 4

/* Where the answer goes when the call is an entry of a batch and not a request of its own. */
struct capture {
    int status;
    struct slice json;
    struct slice location;
    uint64_t version;
    int64_t time_ms;
    void (*done)(struct call *call);
};

struct call {
    struct app *app;
    struct exchange *exchange;
    const struct http_request *request;
    struct arena *arena;
    const struct route *route;
    struct slice parameter[CALL_PARAMETERS_MAX]; /* what stood for {…}, in order */
    size_t rest;                                 /* first segment of {rest} */
    struct gate_asker asker;
    struct fault fault;
    struct slice allow;      /* of ERROR_METHOD: the methods that the address has */
    struct capture *capture; /* NULL: answer the exchange */
    void *state;             /* the handler's own */
    int64_t kept_since_s;    /* of a list of looks: since when none is gone by the law's term; 0: none is */
};

/* Finds the route of a call whose app, request, arena and asker are set, and runs it; for entries of a batch. The asker
 * has been identified; the route must be one for tokens, else it is ERROR_NOT_FOUND. */
void app_dispatch_entry(struct call *call);

/* The server's handler and its limit on bodies; context is the app. */
server_handler app_handle;
server_body_limit app_body_limit;

const struct route *app_route_at(size_t index); /* NULL past the end */
/* Rows that are not there at the moment answer like addresses that nobody knows. */
bool app_route_exists(const struct app *app, const struct route *route);
