/* SPDX-License-Identifier: Apache-2.0 */

/* Which keys a log had, as far as they name one another, and what they signed: the checkpoint, the checkpoint that a
 * restored log begins with, and what was remembered outside. A key is believed when it is the log's own or leads to it
 * by signed changes; whoever remembers one (--key) learns whether it is among them. */

#include "audit.h"
#include "files.h"

struct known {
    struct vkey key[KEYS_MAX];
    size_t count;
};

static bool is_known(const struct known *known, const struct vkey *key)
{
    for (size_t i = 0; i < known->count; i++)
        if (known->key[i].id == key->id && memcmp(known->key[i].key, key->key, sizeof key->key) == 0)
            return true;
    return false;
}

static bool add_before(struct known *known, const struct succession *succession, struct slice origin)
{
    struct vkey old, new;

    if (!succession->holds || !vkey_read(succession->old, &old) || !vkey_read(succession->new, &new) ||
        !slice_equal(new.name, origin) || !is_known(known, &new) || is_known(known, &old) || known->count == KEYS_MAX)
        return false;
    known->key[known->count++] = old;
    return true;
}

/* Backwards from the present key, as long as something is added. */
static void follow(struct audit *audit, const struct log *log, struct known *known)
{
    bool more = log->has_vkey;

    *known = (struct known){.count = log->has_vkey};
    known->key[0] = log->vkey;
    while (more) {
        more = false;
        for (size_t i = 0; i < audit->told.successions.count; i++)
            more |= add_before(known, list_at(&audit->told.successions, i), log->origin);
    }
}

static bool signed_by_known(const struct known *known, struct slice note)
{
    for (size_t i = 0; i < known->count; i++)
        if (note_signed(note, &known->key[i]))
            return true;
    return false;
}

static void judge_successions(struct audit *audit, const struct log *log, const struct known *known)
{
    for (size_t i = 0; i < audit->told.successions.count; i++) {
        const struct succession *succession = list_at(&audit->told.successions, i);
        struct vkey new;
        if (!vkey_read(succession->new, &new) || !slice_equal(new.name, log->origin))
            continue;
        if (succession->holds && is_known(known, &new))
            audit->report.count[COUNT_SUCCESSIONS]++;
        else
            report_add(&audit->report, FINDING_KEY_SUCCESSION, PLACE_ENTRY("log/public/journal", succession->entry),
                       NULL);
    }
}

static void judge_notes(struct audit *audit, const struct log *log, const struct known *known)
{
    char file[64];

    snprintf(file, sizeof file, "log/%s/checkpoint", log->name);
    if (log->has_checkpoint && !signed_by_known(known, log->checkpoint.note))
        report_add(&audit->report, FINDING_CHECKPOINT_SIGNED, PLACE_FILE(file), NULL);
    snprintf(file, sizeof file, "log/%s.cosigned", log->name);
    if (log->has_cosigned && !signed_by_known(known, log->cosigned.note))
        report_add(&audit->report, FINDING_COSIGNED_NOTE, PLACE_FILE(file), "not signed by the log's key");
    snprintf(file, sizeof file, "log/%s/checkpoint", log->name);
    for (size_t i = 0; i < log->remembered_count; i++)
        if (!signed_by_known(known, log->remembered[i].note))
            report_add(&audit->report, FINDING_REMEMBERED_KEY, PLACE_FILE(file), NULL);
    snprintf(file, sizeof file, "log/%s/journal/000000", log->name);
    if (log->first.length > 0 && !signed_by_known(known, log->first))
        report_add(&audit->report, FINDING_OLD_CHECKPOINT, PLACE_ENTRY(file, 0), NULL);
}

static void judge_log(struct audit *audit, const struct log *log)
{
    struct known known;
    char file[64];

    follow(audit, log, &known);
    judge_successions(audit, log, &known);
    judge_notes(audit, log, &known);
    snprintf(file, sizeof file, "log/%s.vkey", log->name);
    for (size_t i = 0; i < audit->keys_remembered; i++) {
        struct vkey key = audit->remembered_key[i];
        if (slice_equal(key.name, log->origin) && !is_known(&known, &key))
            report_add(&audit->report, FINDING_KEY_OTHER, PLACE_FILE(file), NULL);
    }
}

void signing_judge(struct audit *audit)
{
    judge_log(audit, &audit->access);
    judge_log(audit, &audit->public);
}

/* The file that says who may approve, against what the public log began with. */
void approvers_judge(struct audit *audit)
{
    struct slice text = slice_of("", 0);
    size_t lines = 0;
    bool fits = true;
    enum error error = file_take(audit->arena, audit->directory, "approvers", NOTE_MAX, &text);

    if (!audit->told.has_approvers && (audit->told.restored || error == ERROR_FILE_MISSING))
        return;
    while (text.length > 0) {
        struct slice line = slice_cut(&text, '\n');
        struct vkey key;
        char hex[16];
        if (line.length == 0)
            continue;
        fits = fits && vkey_read(line, &key) && lines < audit->told.approvers.count;
        if (fits)
            vkey_short(&key, hex);
        fits = fits && memcmp(hex, list_at(&audit->told.approvers, lines), sizeof hex) == 0;
        lines++;
    }
    if (!fits || lines != audit->told.approvers.count)
        report_add(&audit->report, FINDING_APPROVERS_OTHER, PLACE_FILE("approvers"), NULL);
}
