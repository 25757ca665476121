/* SPDX-License-Identifier: Apache-2.0 */
#include "policy.h"

#include "cosignature.h"

/* ---- reading ---- */

#define WORDS_MAX (POLICY_MEMBERS_MAX + 3)

struct reading {
    struct policy *policy;
    struct fault *fault;
    unsigned line;
    bool has_quorum;
    struct slice word[WORDS_MAX];
    size_t words;
};

static enum error bad(const struct reading *reading, enum error error, const char *what)
{
    return fault_set(reading->fault, error, "line %u: %s", reading->line, what);
}

static unsigned member_named(const struct policy *policy, struct slice name)
{
    for (unsigned i = 0; i < policy->members; i++)
        if (slice_equal(policy->member[i].name, name))
            return i;
    return POLICY_NOBODY;
}

static enum error read_vkey(const struct reading *reading, struct slice text, struct note_key *ret_key)
{
    enum error error = note_key_parse_any(text, ret_key);

    if (error == ERROR_UNSUPPORTED)
        return bad(reading, error, "a key of an algorithm that is not known");
    return error == OK ? OK : bad(reading, ERROR_SYNTAX, "this is no public key (name+id+key)");
}

/* log <vkey> [<url>] */
static enum error read_log(struct reading *reading)
{
    struct policy *policy = reading->policy;
    struct policy_log log = {.url = reading->words > 2 ? reading->word[2] : slice_of("", 0)};

    TRY(read_vkey(reading, reading->word[1], &log.key));
    for (unsigned i = 0; i < policy->logs; i++)
        if (note_key_same(&policy->log[i].key, &log.key))
            return bad(reading, ERROR_VALUE, "another log has this key already");
    if (policy->logs == POLICY_LOGS_MAX)
        return bad(reading, ERROR_TOO_LARGE, "there are more than 64 logs");
    policy->log[policy->logs++] = log;
    return OK;
}

static enum error add_member(const struct reading *reading, const struct policy_member *member)
{
    struct policy *policy = reading->policy;

    if (slice_is(member->name, "none"))
        return bad(reading, ERROR_VALUE, "`none` is taken");
    if (member_named(policy, member->name) != POLICY_NOBODY)
        return bad(reading, ERROR_VALUE, "this name is taken already");
    if (policy->members == POLICY_MEMBERS_MAX)
        return bad(reading, ERROR_TOO_LARGE, "there are more than 128 witnesses and groups");
    policy->member[policy->members++] = *member;
    return OK;
}

/* witness <name> <vkey> [<url>] */
static enum error read_witness(struct reading *reading)
{
    const struct policy *policy = reading->policy;
    struct policy_member witness = {.name = reading->word[1],
                                    .url = reading->words > 3 ? reading->word[3] : slice_of("", 0),
                                    .group = POLICY_NOBODY};

    TRY(read_vkey(reading, reading->word[2], &witness.key));
    if (witness.key.algorithm == NOTE_ED25519)
        return bad(reading, ERROR_UNSUPPORTED, "a witness has a key for cosignatures, and this is none");
    for (unsigned i = 0; i < policy->members; i++)
        if (policy->member[i].needed == 0 && note_key_same(&policy->member[i].key, &witness.key))
            return bad(reading, ERROR_VALUE, "another witness has this key already");
    return add_member(reading, &witness);
}

/* all, any, or a number of 1 to `members` as it is usually written. */
static bool read_needed(struct slice word, size_t members, unsigned *ret_needed)
{
    uint64_t number = slice_is(word, "all") ? members : 1;

    if (!slice_is(word, "all") && !slice_is(word, "any") && (word.data[0] == '0' || !slice_to_u64(word, &number)))
        return false;
    *ret_needed = (unsigned)number;
    return number <= members;
}

/* group <name> all|any|<k> <name>... */
static enum error read_group(struct reading *reading)
{
    struct policy *policy = reading->policy;
    struct policy_member group = {.name = reading->word[1], .url = slice_of("", 0), .group = POLICY_NOBODY};

    if (!read_needed(reading->word[2], reading->words - 3, &group.needed))
        return bad(reading, ERROR_VALUE, "a group needs `all`, `any`, or a number from 1 to the number of its members");
    for (size_t i = 3; i < reading->words; i++) {
        unsigned member = member_named(policy, reading->word[i]);
        if (member == POLICY_NOBODY)
            return bad(reading, ERROR_VALUE, "a member is not defined above");
        if (policy->member[member].group != POLICY_NOBODY)
            return bad(reading, ERROR_VALUE, "a member is in a group already");
        policy->member[member].group = policy->members;
    }
    return add_member(reading, &group);
}

/* quorum <name>|none */
static enum error read_quorum(struct reading *reading)
{
    struct policy *policy = reading->policy;

    if (reading->has_quorum)
        return bad(reading, ERROR_VALUE, "there is a quorum already");
    reading->has_quorum = true;
    policy->quorum = member_named(policy, reading->word[1]);
    if (policy->quorum == POLICY_NOBODY && !slice_is(reading->word[1], "none"))
        return bad(reading, ERROR_VALUE, "the quorum is not defined above");
    return OK;
}

static const struct {
    const char *word;
    size_t least, most; /* words on the line */
    enum error (*read)(struct reading *reading);
    const char *usage;
} lines[] = {
    {"log", 2, 3, read_log, "it should be: log <vkey> [<url>]"},
    {"witness", 3, 4, read_witness, "it should be: witness <name> <vkey> [<url>]"},
    {"group", 4, WORDS_MAX, read_group, "it should be: group <name> all|any|<k> <name>..."},
    {"quorum", 2, 2, read_quorum, "it should be: quorum <name>|none"},
};

/* Cuts the line at spaces and tabs. */
static enum error cut_words(struct reading *reading, struct slice line)
{
    reading->words = 0;
    for (size_t i = 0; i < line.length;) {
        size_t begin = i;
        while (i < line.length && line.data[i] != ' ' && line.data[i] != '\t')
            i++;
        if (i > begin && reading->words == WORDS_MAX)
            return bad(reading, ERROR_TOO_LARGE, "there are too many words");
        if (i > begin)
            reading->word[reading->words++] = slice_of(line.data + begin, i - begin);
        else
            i++;
    }
    return OK;
}

static enum error read_line(struct reading *reading, struct slice line)
{
    for (size_t i = 0; i < line.length; i++)
        if (((uint8_t)line.data[i] < ' ' && line.data[i] != '\t') || line.data[i] == 0x7F)
            return bad(reading, ERROR_SYNTAX, "there is a control character");
    TRY(cut_words(reading, line));
    if (reading->words == 0 || reading->word[0].data[0] == '#')
        return OK;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        if (!slice_is(reading->word[0], lines[i].word))
            continue;
        if (reading->words < lines[i].least || reading->words > lines[i].most)
            return bad(reading, ERROR_SYNTAX, lines[i].usage);
        return lines[i].read(reading);
    }
    return bad(reading, ERROR_SYNTAX, "a line begins with log, witness, group, quorum or #");
}

enum error policy_parse(struct slice text, struct arena *arena, const struct policy **ret_policy, struct fault *fault)
{
    struct policy *policy = arena_alloc(arena, sizeof *policy);
    struct reading *reading = arena_alloc(arena, sizeof *reading);

    if (!policy || !reading)
        return ERROR_MEMORY;
    if (text.length > POLICY_BYTES_MAX)
        return fault_set(fault, ERROR_TOO_LARGE, "a policy has at most %d bytes", POLICY_BYTES_MAX);
    *reading = (struct reading){.policy = policy, .fault = fault};
    for (struct slice rest = text; rest.length > 0;) {
        reading->line++;
        /* Cut short, `quorum both` may say `quorum b`. */
        if (slice_find(rest, '\n') == rest.length)
            return bad(reading, ERROR_SYNTAX, "the last line does not end in a newline");
        TRY(read_line(reading, slice_cut(&rest, '\n')));
    }
    if (!reading->has_quorum)
        return fault_set(fault, ERROR_SYNTAX, "there is no quorum line");
    *ret_policy = policy;
    return OK;
}

/* ---- judging ---- */

/* Members stand before their groups, so one walk counts each group before it is asked for. */
bool policy_quorum(const struct policy *policy, const bool cosigned[POLICY_MEMBERS_MAX])
{
    unsigned count[POLICY_MEMBERS_MAX] = {0};

    if (policy->quorum == POLICY_NOBODY)
        return true;
    for (unsigned i = 0;; i++) {
        const struct policy_member *member = &policy->member[i];
        bool witnessed = member->needed == 0 ? cosigned[i] : count[i] >= member->needed;
        if (i == policy->quorum)
            return witnessed;
        if (witnessed && member->group != POLICY_NOBODY)
            count[member->group]++;
    }
}

/* One of its keys must have signed; a signature that does not hold condemns the note. ERROR_UNSUPPORTED when only keys
 * that cannot be read have. */
static enum error check_log(const struct note *note, struct slice origin, const struct policy_log *log, unsigned logs)
{
    enum error found = ERROR_SIGNATURE;
    uint64_t time_s;

    for (unsigned i = 0; i < logs; i++) {
        if (!slice_equal(log[i].key.name, origin) || !note_is_signed(note, &log[i].key))
            continue;
        enum error error = note_verify_any(note, &log[i].key, &time_s);
        if (error == ERROR_SIGNATURE)
            return error;
        found = found == OK ? OK : error;
    }
    return found;
}

/* Fills the verdict; `with_unread` has also those who signed by an algorithm that is not read here. */
static enum error check_witnesses(const struct policy *policy, const struct note *note, struct policy_verdict *verdict,
                                  bool with_unread[POLICY_MEMBERS_MAX])
{
    for (unsigned i = 0; i < policy->members; i++) {
        const struct policy_member *member = &policy->member[i];
        with_unread[i] = member->needed == 0 && note_is_signed(note, &member->key);
        if (!with_unread[i])
            continue;
        enum error error = note_verify_any(note, &member->key, &verdict->time_s[i]);
        verdict->unread = verdict->unread || error == ERROR_UNSUPPORTED;
        if (error == ERROR_UNSUPPORTED)
            continue;
        TRY(error);
        verdict->cosigned[i] = true;
        verdict->witnesses++;
    }
    return OK;
}

enum error policy_check(const struct policy *policy, const struct note_key *log, struct slice note_bytes,
                        struct policy_verdict *ret_verdict)
{
    const struct policy_log only = {.key = log ? *log : (struct note_key){.name = slice_of("", 0)}};
    bool with_unread[POLICY_MEMBERS_MAX] = {false};
    struct note note;

    *ret_verdict = (struct policy_verdict){.checkpoint.origin = slice_of("", 0)};
    TRY(note_parse(note_bytes, &note));
    TRY(checkpoint_parse_foreign(note.text, &ret_verdict->checkpoint));
    TRY(check_log(&note, ret_verdict->checkpoint.origin, log ? &only : policy->log, log ? 1 : policy->logs));
    TRY(check_witnesses(policy, &note, ret_verdict, with_unread));
    if (policy_quorum(policy, ret_verdict->cosigned))
        return OK;
    return policy_quorum(policy, with_unread) ? ERROR_UNSUPPORTED : ERROR_QUORUM;
}

enum error policy_open_proof(const struct policy *policy, const struct note_key *log, struct slice text,
                             struct arena *arena, struct policy_verdict *ret_verdict, struct proof_shown *ret_shown)
{
    struct proof proof;

    *ret_verdict = (struct policy_verdict){.checkpoint.origin = slice_of("", 0)};
    TRY(proof_parse(text, &proof));
    TRY(policy_check(policy, log, proof.checkpoint, ret_verdict));
    return proof_show(&proof, &ret_verdict->checkpoint.head, arena, ret_shown);
}
