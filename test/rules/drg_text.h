/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Small DMN models for tests, as C strings, and questions to them in JSON. */

#include "rules/drg/answer.h"

#define DRG_TEXT(text) "<literalExpression><text>" text "</text></literalExpression>"
#define DRG_INPUT(name, type)                                                                                          \
    "<inputData id='" name "' name='" name "'><variable name='" name "' typeRef='" type "'/></inputData>"
#define DRG_NEEDS(kind, id) "<informationRequirement><required" kind " href='#" id "'/></informationRequirement>"
#define DRG_KNOWS(id) "<knowledgeRequirement><requiredKnowledge href='#" id "'/></knowledgeRequirement>"
#define DRG_DECISION(name, needs, logic)                                                                               \
    "<decision id='" name "' name='" name "'><variable name='" name "'/>" needs logic "</decision>"
#define DRG_TYPED(name, type, needs, logic)                                                                            \
    "<decision id='" name "' name='" name "'><variable name='" name "' typeRef='" type "'/>" needs logic "</decision>"

struct drg_text {
    struct arena *arena, *scratch;
    struct buffer lines; /* of the report */
    struct report report;
    struct fault fault;
    enum error error;
    const struct drg_model *model; /* NULL after an error */
};

/* `body` is what stands in <definitions> (namespace urn:test). Free with drg_text_free. The report points into the
 * fixture: it stays where it is. */
void drg_text_read(struct drg_text *text, const char *body);
/* Whole files, the first of which is read. */
void drg_text_read_files(struct drg_text *text, const char *const *file, size_t count);
void drg_text_free(struct drg_text *text);

/* The answer, in the scratch arena until the next question; an error's name in capitals where there is none. */
const char *drg_text_ask(struct drg_text *text, const char *decision, const char *inputs);

/* Reads `body`, asks, compares; the test fails with all of it where they differ. */
void drg_text_check(const char *body, const char *decision, const char *inputs, const char *expected);
