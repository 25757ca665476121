/* SPDX-License-Identifier: Apache-2.0 */

/* Two names of a stranger, one a line: taking them apart and comparing them stays in its bounds, and it does not matter
 * which of them comes first. */

#include <math.h>
#include <stdlib.h>

#include "../test/module_directory.h"
#include "identity/blocking.h"
#include "identity/compare.h"

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count, (void)arguments;
    module_directory_set();
    return 0;
}

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_ARENA struct arena *arena = arena_new(4 * 1024 * 1024);
    struct slice rest = slice_of(data, size), first = slice_cut(&rest, '\n');
    struct identity_person a = {.names = 0}, b = {.names = 0};
    struct identity_terms terms;

    if (!arena || identity_person_add_name(&a, arena, first, NULL) != OK ||
        identity_person_add_name(&b, arena, rest, NULL) != OK)
        return 0;
    struct identity_score score = identity_compare(&a, &b), mirrored = identity_compare(&b, &a);
    require(score.probability >= 0 && score.probability <= 1);
    require(score.name_similarity >= 0 && score.name_similarity <= 1);
    require(fabs(score.probability - mirrored.probability) < 1e-6);
    require(identity_blocking_terms(&a, arena, &terms) == OK);
    return 0;
}
