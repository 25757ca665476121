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
    {"HLEGAL", "audit identity", ""}, /* identity: to find who an order names; the firewall says how little */
    {"HOPERAT", "audit", "identity contact clinical sensitive social coverage audit"},
    {"ENFORCE", "identity contact", ""}, /* under an order alone, says the firewall */
    {NULL, NULL, NULL},
};
