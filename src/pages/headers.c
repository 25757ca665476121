/* SPDX-License-Identifier: Apache-2.0 */
#include "headers.h"

/* No scripts at all, so an injected one has nowhere to run even if escaping failed. */
#define SECURITY_POLICY                                                                                                \
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri "      \
    "'none'"

/* The page that answers on the phone. 'wasm-unsafe-eval' (CSP 3, 4.4) lets it compile the rules' module and nothing
 * else; no text can become a script or markup (Trusted Types with no policy at all); the form cannot be sent, whatever
 * the page says. Its script loads the rules from here once, and then forbids even that. */
#define CHECK_POLICY                                                                                                   \
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; style-src 'self'; img-src 'self'; " \
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; "                \
    "trusted-types 'none'"

/* What a page could ask of a phone and never needs. */
#define PERMISSIONS                                                                                                    \
    "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), "      \
    "microphone=(), midi=(), payment=(), serial=(), usb=()"

/* clang-format off */
#define COMMON(policy)                                                                                                 \
    {"content-security-policy", policy},                                                                               \
    {"referrer-policy", "no-referrer"},                                                                                \
    {"x-content-type-options", "nosniff"},                                                                             \
    {"x-frame-options", "DENY"},                                                                                       \
    {"cross-origin-opener-policy", "same-origin"},                                                                     \
    {"cross-origin-resource-policy", "same-origin"},                                                                   \
    {"x-dns-prefetch-control", "off"},                                                                                 \
    {"permissions-policy", PERMISSIONS}
/* The same address gives other bytes by language and by who is signed in. */
#define VARY {"vary", "accept-language, accept-encoding, cookie"}
#define PERSONAL VARY, {"cache-control", "no-store"}
#define PUBLIC VARY, {"cache-control", "no-cache"}
#define REFRESHED {"vary", "accept-encoding"}, {"cache-control", "no-cache"}
#define ASSET {"cache-control", "public, max-age=31536000, immutable"}
#define OVER_TLS {"strict-transport-security", "max-age=63072000; includeSubDomains"}

static const struct page_header PUBLIC_SET[] = {COMMON(SECURITY_POLICY), PUBLIC, OVER_TLS};
static const struct page_header PERSONAL_SET[] = {COMMON(SECURITY_POLICY), PERSONAL, OVER_TLS};
static const struct page_header CHECK_SET[] = {COMMON(CHECK_POLICY), PUBLIC, OVER_TLS};
static const struct page_header ASSET_SET[] = {COMMON(SECURITY_POLICY), ASSET, OVER_TLS};
static const struct page_header REFRESHED_SET[] = {COMMON(SECURITY_POLICY), REFRESHED, OVER_TLS};
/* clang-format on */

#define HEADERS(table)                                                                                                 \
    {                                                                                                                  \
        table, sizeof(table) / sizeof(table)[0]                                                                        \
    }

static const struct page_headers SETS[PAGE_KIND_COUNT] = {
    [PAGE_PUBLIC] = HEADERS(PUBLIC_SET), [PAGE_PERSONAL] = HEADERS(PERSONAL_SET),   [PAGE_CHECK] = HEADERS(CHECK_SET),
    [PAGE_ASSET] = HEADERS(ASSET_SET),   [PAGE_REFRESHED] = HEADERS(REFRESHED_SET),
};

struct page_headers pages_headers(enum page_kind kind, bool tls)
{
    struct page_headers set = SETS[kind];

    /* The last one is OVER_TLS. */
    return (struct page_headers){set.header, tls ? set.count : set.count - 1};
}
