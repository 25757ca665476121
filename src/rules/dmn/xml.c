/* SPDX-License-Identifier: Apache-2.0 */
#include "xml.h"

#include <libxml/parser.h>
#include <libxml/SAX2.h>
#include <libxml/parserInternals.h>

/* A document type could define entities that grow without bound or point outside: the parser stops at its first
 * byte. */
static void refuse_document_type(void *context, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
    (void)name;
    (void)external;
    (void)system;
    xmlParserCtxt *parser = context;
    parser->wellFormed = 0;
    parser->lastError.line = xmlSAX2GetLineNumber(parser);
    xmlStopParser(parser);
}

static enum error parse_with(xmlParserCtxt *parser, struct slice bytes, xmlDoc **ret_document, struct fault *fault)
{
    const int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA |
                        XML_PARSE_COMPACT | XML_PARSE_BIG_LINES;

    parser->sax->internalSubset = refuse_document_type;
    xmlDoc *document = xmlCtxtReadMemory(parser, bytes.data, (int)bytes.length, NULL, NULL, options);
    if (document && parser->wellFormed && xmlDocGetRootElement(document)) {
        *ret_document = document;
        return OK;
    }
    xmlFreeDoc(document);
    int line = parser->lastError.line > 0 ? parser->lastError.line : 1;
    return fault_set(fault, ERROR_XML, "The XML is broken, or has a document type, at line %d.", line);
}

enum error xml_parse(struct slice bytes, xmlDoc **ret_document, struct fault *fault)
{
    if (bytes.length > XML_BYTES_MAX)
        return fault_set(fault, ERROR_TOO_LARGE, "An XML file has at most %d bytes.", XML_BYTES_MAX);
    if (bytes.length == 0)
        return fault_set(fault, ERROR_XML, "The XML is empty.");
    xmlParserCtxt *parser = xmlNewParserCtxt();
    if (!parser)
        return ERROR_MEMORY;
    enum error error = parse_with(parser, bytes, ret_document, fault);
    xmlFreeParserCtxt(parser);
    return error;
}

bool xml_is(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

static bool same_namespace(const xmlNode *a, const xmlNode *b)
{
    const char *left = a->ns ? (const char *)a->ns->href : "", *right = b->ns ? (const char *)b->ns->href : "";

    return strcmp(left, right) == 0;
}

static xmlNode *find_from(xmlNode *node, const char *name)
{
    while (node && !(xml_is(node, name) && same_namespace(node, node->parent)))
        node = node->next;
    return node;
}

xmlNode *xml_child(const xmlNode *parent, const char *name)
{
    return find_from(parent->children, name);
}

xmlNode *xml_next(const xmlNode *sibling, const char *name)
{
    return find_from(sibling->next, name);
}

size_t xml_count(const xmlNode *parent, const char *name)
{
    size_t count = 0;

    for (const xmlNode *child = xml_child(parent, name); child; child = xml_next(child, name))
        count++;
    return count;
}

uint32_t xml_line(const xmlNode *node)
{
    long line = xmlGetLineNo(node);

    return line > 0 ? (uint32_t)line : 0;
}

static struct slice trimmed(struct slice text)
{
    while (text.length && memchr(" \t\r\n", text.data[0], 4))
        text = slice_from(text, 1);
    while (text.length && memchr(" \t\r\n", text.data[text.length - 1], 4))
        text.length--;
    return text;
}

/* Takes over libxml2's string. */
static enum error adopt(struct arena *arena, xmlChar *string, struct slice *ret)
{
    *ret = arena_copy(arena, trimmed(slice_from_string((const char *)string)));
    xmlFree(string);
    return ret->data ? OK : ERROR_MEMORY;
}

enum error xml_attribute(struct arena *arena, const xmlNode *node, const char *name, struct slice *ret)
{
    return adopt(arena, xmlGetNoNsProp(node, (const xmlChar *)name), ret);
}

enum error xml_content(struct arena *arena, const xmlNode *node, struct slice *ret)
{
    return adopt(arena, xmlNodeGetContent(node), ret);
}

enum error xml_child_content(struct arena *arena, const xmlNode *node, const char *name, struct slice *ret)
{
    const xmlNode *child = xml_child(node, name);

    if (child)
        return xml_content(arena, child, ret);
    *ret = slice_of("", 0);
    return OK;
}
