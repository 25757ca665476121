/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The HTTP headers that go with every page and asset. They are what keeps a page alone with its reader: nothing is
 * loaded from elsewhere, nothing runs, nothing tells the next site where the reader came from. Constant; any thread. */

#include <stdbool.h>
#include <stddef.h>

struct page_header {
    const char *name;
    const char *value;
};

struct page_headers {
    const struct page_header *header;
    size_t count;
};

enum page_kind {
    PAGE_PUBLIC,    /* the same for everybody who reads that language */
    PAGE_PERSONAL,  /* shows something of a person, or answers what a person typed; no cache may keep it */
    PAGE_CHECK,     /* answers on the phone: may run our own scripts and WebAssembly, and its form may go nowhere */
    PAGE_ASSET,     /* its address holds the hash of its bytes: cached for a year */
    PAGE_REFRESHED, /* a file whose bytes may change under its address: asked for again each time */
    PAGE_KIND_COUNT
};

/* `tls`: it goes out over TLS; over plain HTTP Strict-Transport-Security would be ignored (RFC 6797, 8.1). */
struct page_headers pages_headers(enum page_kind kind, bool tls);
