/* SPDX-License-Identifier: Apache-2.0 */

/* Which files make up a model: the first, and those that it imports, found by their namespace (DMN 1.5, 6.3.3). Nothing
 * is fetched from where `locationURI` points. */

#include "reader.h"

static const char DMN[] = "omg.org/spec/DMN/";

static enum error parse_definitions(struct slice bytes, struct slice *ret_namespace, struct arena *arena,
                                    xmlDoc **ret_document, struct fault *fault)
{
    TRY(xml_parse(bytes, ret_document, fault));
    const xmlNode *root = xmlDocGetRootElement(*ret_document);
    struct slice language = root->ns ? slice_from_string((const char *)root->ns->href) : slice_of("", 0);
    if (!xml_is(root, "definitions") || slice_search(language, slice_from_string(DMN)) == SIZE_MAX)
        return fault_set(fault, ERROR_SYNTAX, "The file is no DMN model: its root is not <definitions> of DMN.");
    return xml_attribute(arena, root, "namespace", ret_namespace);
}

static enum error add_source(struct drg_reader *reader, xmlDoc *document, struct slice namespace)
{
    if (reader->source_count == DRG_UNITS_MAX) {
        xmlFreeDoc(document);
        return fault_set(reader->fault, ERROR_TOO_LARGE, "A model has at most %d files.", DRG_UNITS_MAX);
    }
    struct drg_source *source = &reader->source[reader->source_count++];
    *source = (struct drg_source){.document = document, .namespace = namespace};
    return xml_attribute(reader->arena, xmlDocGetRootElement(document), "name", &source->name);
}

static bool find_source(const struct drg_reader *reader, struct slice namespace, uint32_t *ret)
{
    for (uint32_t i = 0; i < reader->source_count; i++)
        if (slice_equal(reader->source[i].namespace, namespace)) {
            *ret = i;
            return true;
        }
    return false;
}

/* A file of that namespace among those that were given; what cannot be read is not it. */
static enum error seek_file(struct drg_reader *reader, const struct slice *file, size_t count, struct slice namespace,
                            uint32_t *ret)
{
    for (size_t i = 1; i < count; i++) {
        xmlDoc *document = NULL;
        struct slice name = {0};
        enum error error = parse_definitions(file[i], &name, reader->arena, &document, NULL);
        if (error == OK && slice_equal(name, namespace)) {
            *ret = (uint32_t)reader->source_count;
            return add_source(reader, document, name);
        }
        xmlFreeDoc(document);
        if (error == ERROR_MEMORY)
            return error;
    }
    return fault_set(reader->fault, ERROR_VALUE, "No file beside the model has the namespace that it imports: %.*s.",
                     SLICE_PRINT(namespace));
}

/* Other kinds of imports (PMML, XML Schema) have nothing that is read here. */
static bool imports_dmn(const xmlNode *import, struct arena *arena)
{
    struct slice kind;

    return xml_attribute(arena, import, "importType", &kind) == OK &&
           slice_search(kind, slice_from_string(DMN)) != SIZE_MAX;
}

static enum error read_import(struct drg_reader *reader, const xmlNode *xml, const struct slice *file, size_t count,
                              struct drg_import *into)
{
    struct slice namespace;

    TRY(xml_attribute(reader->arena, xml, "namespace", &namespace));
    TRY(xml_attribute(reader->arena, xml, "name", &into->text));
    TRY(drg_name(reader, xml, &into->name));
    if (find_source(reader, namespace, &into->unit))
        return OK;
    return seek_file(reader, file, count, namespace, &into->unit);
}

static enum error read_imports(struct drg_reader *reader, uint32_t unit, const struct slice *file, size_t count)
{
    struct drg_source *source = &reader->source[unit];
    const xmlNode *root = xmlDocGetRootElement(source->document);

    source->import = arena_array(reader->arena, xml_count(root, "import"), sizeof *source->import);
    if (!source->import)
        return ERROR_MEMORY;
    for (const xmlNode *n = xml_child(root, "import"); n; n = xml_next(n, "import")) {
        if (!imports_dmn(n, reader->arena))
            continue;
        if (source->import_count == DRG_UNITS_MAX)
            return fault_set(reader->fault, ERROR_TOO_LARGE, "A file has at most %d imports.", DRG_UNITS_MAX);
        TRY(read_import(reader, n, file, count, &source->import[source->import_count]));
        source->import_count++;
    }
    return OK;
}

enum error drg_read_sources(struct drg_reader *reader, const struct slice *file, size_t file_count)
{
    xmlDoc *document = NULL;
    struct slice namespace;

    enum error error = parse_definitions(file[0], &namespace, reader->arena, &document, reader->fault);
    if (error != OK) {
        xmlFreeDoc(document);
        return error;
    }
    TRY(add_source(reader, document, namespace));
    for (uint32_t u = 0; u < reader->source_count; u++)
        TRY(read_imports(reader, u, file, file_count));
    return OK;
}

void drg_free_sources(struct drg_reader *reader)
{
    for (size_t i = 0; i < reader->source_count; i++)
        xml_free(&reader->source[i].document);
}
