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

/* `personal`: the page shows something of a person, or answers what a person typed; no cache may keep it.
 * `tls`: it goes out over TLS; over plain HTTP Strict-Transport-Security would be ignored (RFC 6797, 8.1). */
struct page_headers pages_headers(bool personal, bool tls);

/* For what asset_find gives: the same protection, cached for a year. */
struct page_headers pages_asset_headers(bool tls);
