/* SPDX-License-Identifier: Apache-2.0 */

/* Cosigned checkpoints and witnesses' answers from anywhere: nothing is believed of keys that nobody holds, and what is
 * taken of an answer stands below its checkpoint as a note. */

#include <stdlib.h>

#include "ledger/cosignature.h"
#include "ledger/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TEXT "log.example\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"

/* A policy of the keys that the note itself names, all of them zero. */
static void judge(struct slice input, const struct note *note, const uint8_t zeros[SIGN_PUBLIC_BYTES])
{
    static struct policy policy;
    static struct policy_verdict verdict;

    policy.logs = 1;
    policy.members = 1;
    policy.log[0].key = note_key_make(note->signature[0].name, zeros);
    policy.log[0].key.id = note->signature[0].key_id;
    policy.member[0] = (struct policy_member){.key = cosignature_key_make(note->signature[0].name, zeros),
                                              .group = POLICY_NOBODY};
    policy.member[0].key.id = note->signature[0].key_id;
    policy.quorum = 0;
    if (policy_check(&policy, NULL, input, &verdict) == OK)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = slice_of(data, size);
    CLEANUP_BUFFER struct buffer taken = buffer_new(NOTE_BYTES_MAX);
    static const uint8_t zeros[SIGN_PUBLIC_BYTES];
    struct note_key witness = cosignature_key_make(SLICE("witness.example"), zeros), parsed;
    struct note note;

    if (note_parse(input, &note) == OK)
        judge(input, &note, zeros);
    if (cosignature_accept(SLICE(TEXT), input, &witness, NULL, &taken) == OK)
        abort();
    if (note_key_parse_any(input, &parsed) == OK) {
        note_key_write(&parsed, &taken);
        if (!slice_equal(buffer_view(&taken), input))
            abort();
    }
    return 0;
}
