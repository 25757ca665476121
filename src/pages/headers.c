/* SPDX-License-Identifier: Apache-2.0 */
#include "headers.h"

/* No scripts at all, so an injected one has nowhere to run even if escaping failed. */
#define SECURITY_POLICY                                                                                                \
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri "      \
    "'none'"

/* What a page could ask of a phone and never needs. */
#define PERMISSIONS                                                                                                    \
    "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), "      \
    "microphone=(), midi=(), payment=(), serial=(), usb=()"

/* clang-format off */
#define COMMON                                                                                                         \
    {"content-security-policy", SECURITY_POLICY},                                                                      \
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
#define ASSET {"cache-control", "public, max-age=31536000, immutable"}
#define OVER_TLS {"strict-transport-security", "max-age=63072000; includeSubDomains"}

static const struct page_header PUBLIC_PLAIN[] = {COMMON, PUBLIC};
static const struct page_header PUBLIC_TLS[] = {COMMON, PUBLIC, OVER_TLS};
static const struct page_header PERSONAL_PLAIN[] = {COMMON, PERSONAL};
static const struct page_header PERSONAL_TLS[] = {COMMON, PERSONAL, OVER_TLS};
static const struct page_header ASSET_PLAIN[] = {COMMON, ASSET};
static const struct page_header ASSET_TLS[] = {COMMON, ASSET, OVER_TLS};
/* clang-format on */

#define HEADERS(table) ((struct page_headers){table, sizeof(table) / sizeof(table)[0]})

struct page_headers pages_headers(bool personal, bool tls)
{
    if (personal)
        return tls ? HEADERS(PERSONAL_TLS) : HEADERS(PERSONAL_PLAIN);
    return tls ? HEADERS(PUBLIC_TLS) : HEADERS(PUBLIC_PLAIN);
}

struct page_headers pages_asset_headers(bool tls)
{
    return tls ? HEADERS(ASSET_TLS) : HEADERS(ASSET_PLAIN);
}
