/* SPDX-License-Identifier: Apache-2.0 */
#include "headers.h"

/* No scripts at all, so an injected one has nowhere to run even if escaping failed. */
#define SECURITY_POLICY                                                                                                \
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

/* What a page could ask of a phone and never needs. */
#define PERMISSIONS                                                                                                    \
    "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), "      \
    "microphone=(), midi=(), payment=(), serial=(), usb=()"

/* clang-format off */
#define COMMON                                                                                                         \
    {"Content-Security-Policy", SECURITY_POLICY},                                                                      \
    {"Referrer-Policy", "no-referrer"},                                                                                \
    {"X-Content-Type-Options", "nosniff"},                                                                             \
    {"X-Frame-Options", "DENY"},                                                                                       \
    {"Cross-Origin-Opener-Policy", "same-origin"},                                                                     \
    {"Cross-Origin-Resource-Policy", "same-origin"},                                                                   \
    {"X-DNS-Prefetch-Control", "off"},                                                                                 \
    {"Permissions-Policy", PERMISSIONS}
/* The same address gives other bytes by language and by who is signed in. */
#define VARY {"Vary", "Accept-Language, Cookie"}
#define PERSONAL VARY, {"Cache-Control", "no-store"}
#define PUBLIC VARY, {"Cache-Control", "no-cache"}
#define ASSET {"Cache-Control", "public, max-age=31536000, immutable"}
#define OVER_TLS {"Strict-Transport-Security", "max-age=63072000; includeSubDomains"}

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
