/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A line of the access log as a FHIR AuditEvent in the shape of the IHE Basic Audit Log Patterns (BALP 1.1.4): reads,
 * queries, creates, updates and deletes of a patient's record, disclosures by her consent to a house that does not care
 * for her, and decisions (broken glass, and every refusal) as authorization decisions.
 *
 * What the log does not know is not invented: network addresses are not recorded (the client's is data-absent-reason
 * "masked"), who looked and which resource are the event's commitments. Pure; any thread. */

#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/slice.h"

struct fhir_audit_event {
    uint64_t entry;
    struct slice base;    /* of this node's FHIR API */
    struct slice node;    /* its name */
    struct slice patient; /* id on the wire, as who asks sees it */
    struct slice time;    /* instant */
    struct slice role, sector, purpose, action, basis, row, citation, error; /* words of the event */
    struct slice organization, place;   /* id and name of the looker's house; the name may be empty */
    struct slice looker, resource;      /* commitments; resource is empty for a search */
    struct slice type;                  /* of the resource */
    struct slice request;               /* number of the request; may be empty */
    struct slice obligations, outcome;
    bool permitted, replaces;
};

/* One JSON object. */
void fhir_audit_event_write(const struct fhir_audit_event *event, struct buffer *into);
