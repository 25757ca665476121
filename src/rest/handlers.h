/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One declaration a handler, grown from the route table. */

#include "app.h"

#define ROUTE(method, path, handler, permission, purposes, drawers, manner, help) call_handler handler;
#include "routes.def"
#undef ROUTE
