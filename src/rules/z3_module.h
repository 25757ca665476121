/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the prover's worker and the module hospitium-z3.so agree on. The number in the symbol changes with the meaning,
 * so that a module left over from another version is not found rather than misunderstood. */

#include <stddef.h>

#define Z3_MODULE_FILE "hospitium-z3.so"
#define Z3_MODULE_SYMBOL "hospitium_z3_1"

enum z3_answer { Z3_ANSWER_UNSAT = 'u', Z3_ANSWER_SAT = 's', Z3_ANSWER_UNKNOWN = '?' };

struct z3_module {
    /* "Z3 4.8.12.0" and a zero. */
    void (*version)(char *out, size_t capacity);
    /* Before the first text: the most memory that Z3 takes. */
    void (*limit_memory)(unsigned megabytes);
    /* Answers an SMT-LIB text that ends with a zero. Writes at most `capacity` bytes and their number. SAT: a line
     * "name TAB number" for each whole number of the model. UNKNOWN: the reason in words. */
    enum z3_answer (*solve)(const char *text, unsigned timeout_ms, char *out, size_t capacity, size_t *ret_length);
};
