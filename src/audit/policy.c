/* SPDX-License-Identifier: Apache-2.0 */
#include "policy.h"

#include <string.h>

/* ---- words ---- */

/* The next word of a line, which ends at a space or a tab; empty at the end. */
static struct slice take_word(struct slice *line)
{
    size_t begin = 0, end;

    while (begin < line->length && (line->data[begin] == ' ' || line->data[begin] == '\t'))
        begin++;
    for (end = begin; end < line->length && line->data[end] != ' ' && line->data[end] != '\t';)
        end++;
    struct slice word = slice_of(line->data + begin, end - begin);
    *line = slice_from(*line, end);
    return word;
}

static bool is_printable(struct slice line)
{
    for (size_t i = 0; i < line.length; i++)
        if (((unsigned char)line.data[i] < ' ' && line.data[i] != '\t') || line.data[i] == 0x7F)
            return false;
    return true;
}

/* At most a URL is left, and then nothing. */
static bool url_is_last(struct slice *line)
{
    take_word(line);
    return take_word(line).length == 0;
}

/* ---- lines ---- */

static unsigned find(const struct policy *policy, struct slice name)
{
    for (unsigned i = 0; i < policy->members; i++)
        if (slice_equal(policy->member[i].name, name))
            return i;
    return POLICY_NONE;
}

/* A place for a member of this name; NULL where the name is taken or there is no more room. */
static struct policy_member *add(struct policy *policy, struct slice name)
{
    if (name.length == 0 || slice_is(name, "none") || find(policy, name) != POLICY_NONE ||
        policy->members == POLICY_MEMBERS)
        return NULL;
    struct policy_member *member = &policy->member[policy->members++];
    *member = (struct policy_member){.name = name, .within = POLICY_NONE};
    return member;
}

static bool has_key(const struct policy *policy, const struct cosigner *cosigner)
{
    for (unsigned i = 0; i < policy->members; i++)
        if (policy->member[i].is_witness &&
            memcmp(policy->member[i].cosigner.key.key, cosigner->key.key, sizeof cosigner->key.key) == 0)
            return true;
    return false;
}

static bool read_log(struct policy *policy, struct slice line)
{
    struct slice text = take_word(&line);
    struct cosigner by_ml_dsa;
    struct vkey key;

    (void)policy;
    return (vkey_read(text, &key) || (cosigner_read(text, &by_ml_dsa) && !by_ml_dsa.reads)) && url_is_last(&line);
}

static bool read_witness(struct policy *policy, struct slice line)
{
    struct slice name = take_word(&line);
    struct cosigner cosigner;

    if (!cosigner_read(take_word(&line), &cosigner) || !url_is_last(&line) || has_key(policy, &cosigner))
        return false;
    struct policy_member *member = add(policy, name);
    if (!member)
        return false;
    member->is_witness = true;
    member->cosigner = cosigner;
    return true;
}

/* all, any, or a number without noughts in front. */
static bool read_needed(struct slice word, unsigned size, unsigned *ret_needed)
{
    uint64_t number = slice_is(word, "any") ? 1 : size;

    if (!slice_is(word, "any") && !slice_is(word, "all") &&
        (word.length == 0 || word.data[0] == '0' || !slice_to_u64(word, &number)))
        return false;
    *ret_needed = number <= size ? (unsigned)number : 0;
    return *ret_needed > 0;
}

static bool read_group(struct policy *policy, struct slice line)
{
    unsigned own = policy->members, size = 0;
    struct slice name = take_word(&line), needed = take_word(&line);

    for (struct slice word; (word = take_word(&line)).length > 0; size++) {
        unsigned number = find(policy, word);
        if (number == POLICY_NONE || policy->member[number].within != POLICY_NONE)
            return false;
        policy->member[number].within = own;
    }
    struct policy_member *group = add(policy, name);
    if (!group)
        return false;
    return read_needed(needed, size, &group->needed);
}

static bool read_quorum(struct policy *policy, struct slice line)
{
    struct slice name = take_word(&line);

    policy->quorum = find(policy, name);
    return take_word(&line).length == 0 && (policy->quorum != POLICY_NONE || slice_is(name, "none"));
}

static const struct {
    const char *word;
    bool (*read)(struct policy *policy, struct slice line);
} kinds[] = {{"log", read_log}, {"witness", read_witness}, {"group", read_group}, {"quorum", read_quorum}};

static bool read_line(struct policy *policy, struct slice line, bool *has_quorum)
{
    if (!is_printable(line))
        return false;
    struct slice word = take_word(&line);
    if (word.length == 0 || word.data[0] == '#')
        return true;
    bool quorum = slice_is(word, "quorum");
    if (quorum && *has_quorum)
        return false;
    *has_quorum |= quorum;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (slice_is(word, kinds[i].word))
            return kinds[i].read(policy, line);
    return false;
}

bool policy_read(struct slice text, struct policy *ret_policy, unsigned *ret_line)
{
    bool has_quorum = false;

    *ret_policy = (struct policy){.quorum = POLICY_NONE};
    *ret_line = 0;
    /* Cut short, the last word may be the beginning of another. */
    if (text.length == 0 || text.length > POLICY_MAX || text.data[text.length - 1] != '\n')
        return false;
    while (text.length > 0) {
        ++*ret_line;
        if (!read_line(ret_policy, slice_cut(&text, '\n'), &has_quorum))
            return false;
    }
    *ret_line = 0;
    return has_quorum;
}

/* ---- judging ---- */

/* Members stand before their group, so each group has been counted when its turn comes. */
bool policy_enough(const struct policy *policy, const bool cosigned[POLICY_MEMBERS])
{
    unsigned count[POLICY_MEMBERS] = {0};
    bool enough = policy->quorum == POLICY_NONE;

    for (unsigned i = 0; i < policy->members; i++) {
        const struct policy_member *member = &policy->member[i];
        bool holds = member->is_witness ? cosigned[i] : count[i] >= member->needed;
        if (holds && member->within != POLICY_NONE)
            count[member->within]++;
        if (i == policy->quorum)
            enough = holds;
    }
    return enough;
}
