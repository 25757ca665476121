/* SPDX-License-Identifier: Apache-2.0 */

/* Three passes over elements.def: numbers for the structs, where each begins among the rows, and the rows. */

#include "elements.h"

#define STRUCT(path, id) STRUCT_##id,
#define ELEMENT(name, type, min, max, choice, codes)
enum struct_number {
#include "elements.def"
    STRUCTS
};
#undef STRUCT
#undef ELEMENT

/* Each row takes the next number; a STRUCT takes the number of its first row and gives it back. */
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define STRUCT(path, id) FIRST_##id, BACK_##id = FIRST_##id - 1,
#define ELEMENT(name, type, min, max, choice, codes) JOIN(ROW_, __LINE__),
enum row_number {
#include "elements.def"
    ROWS
};
#undef STRUCT
#undef ELEMENT

#define ONE false
#define MANY true
#define P(primitive) FHIR_IS_PRIMITIVE, PRIMITIVE_##primitive
#define S(id) FHIR_IS_STRUCT, STRUCT_##id
#define R FHIR_IS_RESOURCE, 0
#define ROW(name, kind, target, min, max, choice, codes)                                                               \
    {{name, sizeof name - 1}, kind, min, max, choice, target, codes},
#define ELEMENT(name, type, min, max, choice, codes) ROW(name, type, min, max, choice, codes)
#define STRUCT(path, id)
static const struct fhir_element rows[ROWS] = {
#include "elements.def"
};
#undef STRUCT
#undef ELEMENT

struct struct_row {
    struct slice path;
    size_t first;
};

#define ELEMENT(name, type, min, max, choice, codes)
#define STRUCT(path, id) {{path, sizeof path - 1}, FIRST_##id},
static const struct struct_row structs[STRUCTS + 1] = {
#include "elements.def"
    {{"", 0}, ROWS},
};

int fhir_struct_number(struct slice path)
{
    for (int i = 0; i < STRUCTS; i++)
        if (slice_equal(structs[i].path, path))
            return i;
    return -1;
}

struct fhir_members fhir_struct_members(unsigned number)
{
    size_t first = structs[number].first;
    return (struct fhir_members){rows + first, structs[number + 1].first - first};
}

struct fhir_members fhir_struct_companion(void)
{
    return fhir_struct_members(STRUCT_Element);
}
