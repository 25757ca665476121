/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The pages on their way out: what the handlers share. */

#include "app.h"

/* The page for an error, in the reader's language. */
void site_reply_error(struct call *call, enum error error);
