/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* XML for tables and test cases, through libxml2: no network, no document type, no entities of its own, no depth past
 * 256. Kept to a tree with a few bounded walks; nothing here recurses. */

#include <libxml/tree.h>

#include "base/arena.h"
#include "base/error.h"

#define XML_BYTES_MAX (16 << 20)

/* ERROR_XML with the line in `fault`, ERROR_TOO_LARGE. Free with xmlFreeDoc. */
MUST_CHECK enum error xml_parse(struct slice bytes, xmlDoc **ret_document, struct fault *fault);

bool xml_is(const xmlNode *node, const char *name);

/* First child element of this name (in the parent's namespace), and the next one after `sibling`. NULL at the end. */
xmlNode *xml_child(const xmlNode *parent, const char *name);
xmlNode *xml_next(const xmlNode *sibling, const char *name);
size_t xml_count(const xmlNode *parent, const char *name);

uint32_t xml_line(const xmlNode *node);

/* An attribute without namespace, or the text inside an element, trimmed; empty when there is none. Data is NULL only
 * without memory. */
MUST_CHECK enum error xml_attribute(struct arena *arena, const xmlNode *node, const char *name, struct slice *ret);
MUST_CHECK enum error xml_content(struct arena *arena, const xmlNode *node, struct slice *ret);

/* The content of the child element `name`. */
MUST_CHECK enum error xml_child_content(struct arena *arena, const xmlNode *node, const char *name, struct slice *ret);

static inline void xml_free(xmlDoc **document)
{
    xmlFreeDoc(*document);
    *document = NULL;
}
#define CLEANUP_XML __attribute__((cleanup(xml_free)))
