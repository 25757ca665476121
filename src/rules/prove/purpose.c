/* SPDX-License-Identifier: Apache-2.0 */
#include "purpose.h"

#include <stddef.h>

const struct purpose_drawers purpose_drawers[] = {
    {"TREAT", "identity contact clinical sensitive social", "identity contact clinical sensitive social audit"},
    {"ETREAT", "identity contact clinical sensitive social", "identity contact clinical sensitive social audit"},
    {"CAREMGT", "identity contact social", "identity contact social"},
    {"HPAYMT", "coverage", "coverage"},
    {"PATRQT", "identity contact clinical sensitive social coverage audit",
     "identity contact clinical sensitive social coverage audit"},
    {"HLEGAL", "audit", ""},
    {"HOPERAT", "audit", "identity contact clinical sensitive social coverage audit"},
    {NULL, NULL, NULL},
};
