/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Which drawers belong to which purpose: the one table that both proofs of purpose limitation read. What is not listed
 * opens nothing. */

/* Lists of words with one space between them. */
struct purpose_drawers {
    const char *purpose;
    const char *looks_into; /* actions read, search, match */
    const char *writes;     /* actions write, register, erase */
};

extern const struct purpose_drawers purpose_drawers[]; /* ends with a purpose of NULL */
