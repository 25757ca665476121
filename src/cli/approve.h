/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What `hospitium token` was asked for, and the request that two approvers sign (safe/approval.h). */

struct token_options {
    const char *directory, *actor, *role, *sector, *organization, *purpose, *ttl, *person, *training;
    const char *request, *approved;
};

/* Writes the request to options->request; returns the exit code. */
int approval_request_write(const struct token_options *options, unsigned long ttl_s);
