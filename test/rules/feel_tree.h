/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A FEEL tree as text, so that tests can say what a text means in one line: `(+ 1 (* a 2))`. */

#include "base/buffer.h"
#include "rules/feel/parse.h"

void feel_tree_write(struct buffer *into, const struct feel_names *names, const struct feel_node *node);
void feel_tree_write_type(struct buffer *into, const struct feel_names *names, const struct feel_type *type);
