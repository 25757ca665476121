/* SPDX-License-Identifier: Apache-2.0 */

/* Deciding one access: who asks, what is known of each person, what the rules say of each drawer, and which keys that
 * opens. Everything here is preparation: the batch makes the entry durable before a byte of it is answered (batch.c).
 * */

#include "facts.h"
#include "state.h"
#include "text/utf8.h"
#include "token.h"

#define GLASS_SECONDS 3600
#define REGISTRATION_SECONDS (24 * 3600)

static int64_t now_s(const struct safe *safe)
{
    return safe->now_ns / 1000000000;
}

/* A token for one purpose needs no word; a token for several must be told which. */
static enum error choose_purpose(struct request *request)
{
    uint32_t allowed = request->credential.purposes;
    enum purpose asked = request->access.purpose;

    if (asked == PURPOSE_UNKNOWN && __builtin_popcount(allowed) == 1)
        asked = (enum purpose)__builtin_ctz(allowed);
    request->purpose = asked;
    return asked != PURPOSE_UNKNOWN && (allowed & 1u << asked) ? OK : ERROR_PURPOSE;
}

static enum error authenticate(struct safe *safe, struct request *request)
{
    bool revoked = false;

    TRY(token_open_again(safe->tokens, &safe->keys->token, request->access.token, now_s(safe), request->credential_room,
                         &request->credential));
    TRY(person_index_revoked(safe->index, &request->credential.id, &revoked));
    return revoked ? ERROR_UNAUTHENTICATED : OK;
}

/* One person of an access, as the safe itself sees her. */
struct target {
    bool known; /* has keys */
    bool facts_current;
    bool facts_own; /* the safe's own copy, which the vault may not hold yet */
    struct keystore_person keys;
    struct facts facts;
    struct secret_key key[DRAWER_COUNT];
};

/* Every field but the facts behind the count, which are many. */
static void target_reset(struct target *target)
{
    target->known = target->facts_current = target->facts_own = false;
    target->keys = (struct keystore_person){0};
    target->facts.version = 0;
    target->facts.count = 0;
    memset(target->key, 0, sizeof target->key);
}

/* Of the two blocks that are taken (confirm.c) the older may hold a permission that she has withdrawn since, and a door
 * that lies would show it: so it counts without its permissions. What she denied and who cares for her stay, so that a
 * crash locks no record. */
static enum error load_target(struct safe *safe, const struct request *request, const struct access_target *asked,
                              struct target *target)
{
    unsigned drawers = request->access.action == ACTION_ERASE ? 0 : request->access.drawers;
    enum error found = keystore_person(safe->keystore, &asked->person, drawers, &target->keys, target->key);

    if (found != OK && found != ERROR_NOT_FOUND)
        return found;
    target->known = found == OK;
    if (!target->known)
        return OK;
    struct slice newest = unconfirmed_block(safe, &asked->person, target->keys.facts_version);
    TRY(facts_open(&safe->keys->facts, &asked->person, newest.data ? newest : asked->facts, &target->facts));
    /* Several changes can be under way at once, and any can fail in the vault: what it holds is the version that it is
     * known to hold, or one that was made since. */
    target->facts_own = newest.data != NULL;
    target->facts_current = target->facts.version >= target->keys.facts_confirmed &&
                            target->facts.version <= target->keys.facts_version;
    if (target->facts.version != target->keys.facts_version)
        facts_drop_permissions(&target->facts);
    return OK;
}

static struct decider_facts facts_for(const struct safe *safe, const struct request *request,
                                      const struct target *target, const struct id *person)
{
    const struct credential *credential = &request->credential;
    struct decider_facts facts = {
        .sector = credential->sector,
        .role = credential->role,
        .purpose = request->purpose,
        .training = credential->training,
        .action = request->access.action,
        .order = ORDER_NONE,
        .self = !id_is_zero(&credential->person) && id_equal(&credential->person, person) ? SELF_YES : SELF_NO,
        .relation = RELATION_NONE,
        .consent = CONSENT_NONE,
        .break_glass = BREAK_GLASS_NO,
    };

    if (!target || !target->known)
        return facts;
    if (!target->facts_current) { /* an old block was brought back: nothing in it counts */
        facts.relation = RELATION_UNKNOWN;
        facts.consent = CONSENT_UNKNOWN;
        facts.break_glass = BREAK_GLASS_UNKNOWN;
        return facts;
    }
    facts.relation = facts_relation(&target->facts, &credential->organization, now_s(safe));
    facts.consent = facts_consent(&target->facts, &credential->organization, now_s(safe));
    facts.break_glass = facts_break_glass(&target->facts, &credential->id, now_s(safe));
    if (request->access.open_glass)
        facts.break_glass = BREAK_GLASS_ACTIVE;
    if (request->glass_is_shut)
        facts.break_glass = BREAK_GLASS_NO;
    return facts;
}

static void keep_most_generous(struct request *request, const struct decider_facts *facts,
                               const struct decision *decision)
{
    if (!request->decision.row.data || decision->outcome > request->decision.outcome) {
        request->decision = *decision;
        request->basis = decider_basis(facts);
    }
    request->decision.obligations |= decision->obligations;
}

/* Who writes something new need not read what is there; who replaces or deletes it must, or a denial that closes
 * reading would leave deleting open. */
static struct decision decide_drawer(struct safe *safe, const struct request *request, struct decider_facts facts)
{
    struct decision write = decider_decide(safe->decider, &facts);

    if (!request->access.replaces || facts.action != ACTION_WRITE)
        return write;
    facts.action = ACTION_READ;
    struct decision read = decider_decide(safe->decider, &facts);
    return read.outcome < write.outcome ? read : write;
}

/* Decides each drawer that was asked for; hands out the keys of those whose outcome suffices. That somebody is here is
 * told in words: a key would tell all. */
static void decide_drawers(struct safe *safe, struct request *request, const struct target *target,
                           struct decider_facts facts, struct grant_target *grant)
{
    for (unsigned d = 0; d < DRAWER_COUNT; d++) { /* same, with <=: protocol.c lets no other drawer through */
        if (!(request->access.drawers & 1u << d))
            continue;
        facts.drawer = (enum drawer)d;
        facts.order = order_fact(request, facts.drawer);
        struct decision decision = decide_drawer(safe, request, facts);
        grant->outcome[d] = (uint8_t)decision.outcome;
        keep_most_generous(request, &facts, &decision);
        if (decision.outcome < OUTCOME_SUMMARY || decision.outcome < request->access.needed || !target->known)
            continue;
        grant->drawers |= 1u << d;
        grant->obligations |= decision.obligations; /* of what opens: what stays shut binds nobody at the gate */
        grant->key[d] = target->key[d];
    }
    request->opened |= grant->drawers;
}

/* The reason that a refused asker is told is the one for a person of whom nothing is known: else a refusal would tell
 * whether she is known here. The entry has the true one. */
static void decide_uninformed(struct safe *safe, struct request *request)
{
    static const struct id nobody;
    struct decider_facts facts = facts_for(safe, request, NULL, &nobody);

    facts.drawer = (enum drawer)__builtin_ctz(request->access.drawers ? request->access.drawers : 1);
    request->uninformed = decider_decide(safe->decider, &facts);
}

/* Could this asker be permitted anything of anybody, in the best of cases? If not, the answer is no, whoever is or is
 * not found: a search by somebody behind the firewall is refused and not answered with an empty list. */
static bool is_hopeless(struct safe *safe, struct request *request)
{
    static const struct id nobody;
    struct decider_facts best = facts_for(safe, request, NULL, &nobody);

    best.relation = RELATION_OPEN_ENCOUNTER;
    best.consent = CONSENT_PERMIT;
    best.break_glass = BREAK_GLASS_ACTIVE;
    best.self = SELF_YES;
    for (unsigned d = 0; d < DRAWER_COUNT; d++) { /* same, with <=: protocol.c lets no other drawer through */
        best.drawer = (enum drawer)d;
        if (request->access.drawers & 1u << d && decider_decide(safe->decider, &best).outcome != OUTCOME_NONE)
            return false;
    }
    return true;
}

static enum error reseal_facts(struct safe *safe, struct request *request, const struct id *person,
                               struct target *target, struct grant_target *grant)
{
    CLEANUP_BUFFER struct buffer block = buffer_new(UINT16_MAX);
    uint64_t held = target->facts_current && !target->facts_own ? target->facts.version : target->keys.facts_confirmed;

    target->facts.version = target->keys.facts_version + 1;
    facts_seal(&safe->keys->facts, safe->world, person, &target->facts, &block);
    TRY(buffer_check(&block));
    grant->facts = arena_copy(safe->arena, buffer_view(&block));
    if (!grant->facts.data)
        return ERROR_MEMORY;
    unconfirmed_add(safe, request, person, target->facts.version, grant->facts);
    struct keystore_person keys = {
        .facts_version = target->facts.version,
        .facts_confirmed = held}; /* what the vault has, even if it never stores what was made since */
    request->changes_keys = true;
    return keystore_set_facts(safe->keystore, person, &keys);
}

/* Which drawer a record that states such a fact lies in: only who may write there may state it. A door that asks for a
 * write of her address cannot say beside it that she consented. */
static unsigned drawers_that_state(enum fact_kind kind)
{
    return kind == FACT_CONSENT ? 1u << DRAWER_AUDIT : 1u << DRAWER_CLINICAL | 1u << DRAWER_SENSITIVE;
}

/* An encounter that nobody closes must not open a record for ever, whatever the door says of its end. */
static struct fact_change bounded(const struct safe *safe, struct fact_change change)
{
    int64_t latest = now_s(safe) + RELATION_SECONDS_MAX;
    bool endless = change.expires_s == 0 || change.expires_s > latest; /* same, with >=: it becomes what it is */

    if (change.kind == FACT_RELATION && change.value == RELATION_OPEN_ENCOUNTER && endless)
        change.expires_s = latest;
    return change;
}

/* Whoever registers a person is caring for her at that moment: a relation of a day, until an Encounter says more. */
static struct fact_change registration(const struct safe *safe, const struct request *request)
{
    return (struct fact_change){.kind = FACT_RELATION,
                                .value = RELATION_OPEN_ENCOUNTER,
                                .organization = request->credential.organization,
                                .source = request->credential.organization,
                                .expires_s = now_s(safe) + REGISTRATION_SECONDS};
}

static struct fact_change broken_glass(const struct safe *safe, const struct request *request)
{
    return (struct fact_change){.kind = FACT_BREAK_GLASS,
                                .value = BREAK_GLASS_ACTIVE,
                                .organization = request->credential.id,
                                .source = request->credential.id,
                                .expires_s = now_s(safe) + GLASS_SECONDS};
}

/* What follows from the access itself, whatever its record states. */
static size_t own_changes(const struct safe *safe, const struct request *request, size_t number,
                          struct fact_change into[2])
{
    size_t count = 0;

    if (request->access.target[number].fresh && request->credential.sector == SECTOR_HEALTH)
        into[count++] = registration(safe, request);
    if (request->access.open_glass)
        into[count++] = broken_glass(safe, request);
    return count;
}

static enum error change_facts(struct safe *safe, struct request *request, size_t number, struct target *target,
                               struct grant_target *grant)
{
    const struct access *access = &request->access;
    struct fact_change own[2] = {0};
    size_t owns = own_changes(safe, request, number, own);
    bool changed = owns > 0;

    for (size_t i = 0; i < owns; i++)
        TRY(facts_change(&target->facts, &own[i], now_s(safe)));
    for (size_t i = 0; i < access->changes; i++) {
        if (access->change[i].target != number || access->change[i].kind == FACT_BREAK_GLASS)
            continue;
        if (!(grant->drawers & drawers_that_state(access->change[i].kind)))
            return ERROR_REFUSED;
        struct fact_change change = bounded(safe, access->change[i]);
        TRY(facts_change(&target->facts, &change, now_s(safe)));
        changed = true;
    }
    return changed ? reseal_facts(safe, request, &access->target[number].person, target, grant) : OK;
}

/* What a permitted action does to the key store. */
static enum error carry_out(struct safe *safe, struct request *request, size_t number, struct target *target,
                            struct grant_target *grant)
{
    if (request->access.action == ACTION_ERASE)
        return destroyed_person(safe, request, &request->access.target[number].person, grant);
    if (request->access.action == ACTION_WRITE || request->access.open_glass)
        return change_facts(safe, request, number, target, grant);
    return OK;
}

static bool any_permitted(const struct request *request, const struct grant_target *grant)
{
    for (unsigned d = 0; d < DRAWER_COUNT; d++)
        if (grant->outcome[d] >= request->access.needed && grant->outcome[d] != OUTCOME_NONE)
            return true; /* what was not asked for has the outcome NONE */
    return false;
}

static bool all_permitted(const struct request *request, const struct grant_target *grant)
{
    return (request->access.drawers & ~grant->drawers) == 0;
}

static enum error register_person(struct safe *safe, struct request *request, const struct access_target *asked,
                                  struct target *target)
{
    TRY(keystore_add_person(safe->keystore, &asked->person));
    request->changes_keys = true;
    return load_target(safe, request, asked, target);
}

/* The node's own commands bring new persons in. The key to write is the key to read, and the door can have a system's
 * credential whenever it likes: so that opens nobody who was here before. */
static bool is_import_of_somebody_known(const struct request *request, const struct access_target *asked)
{
    return request->credential.role == ROLE_SYSTEM && request->access.action == ACTION_WRITE && !asked->fresh;
}

static enum error prepare_target(struct safe *safe, struct request *request, size_t number, struct target *match_for)
{
    const struct access_target *asked = &request->access.target[number];
    struct grant_target *grant = &request->grant.target[number];
    LEFT_UNSET struct target target;

    target_reset(&target);
    TRY(load_target(safe, request, asked, &target));
    struct decider_facts facts = facts_for(safe, request, match_for ? match_for : &target, &asked->person);
    request->broken_glass |= facts.break_glass == BREAK_GLASS_ACTIVE && request->purpose == PURPOSE_ETREAT;
    if (asked->fresh && request->access.action == ACTION_WRITE) {
        facts.action = ACTION_REGISTER;
        /* Decide before making keys: a refused registration leaves none behind. */
        static const struct target nobody;
        struct grant_target would = {0};
        decide_drawers(safe, request, &nobody, facts, &would);
        if (!any_permitted(request, &would))
            return ERROR_REFUSED;
        TRY(register_person(safe, request, asked, &target));
    }
    decide_drawers(safe, request, &target, facts, grant);
    secret_wipe(target.key, sizeof target.key);
    if (is_import_of_somebody_known(request, asked))
        return ERROR_REFUSED;
    if (!any_permitted(request, grant) || (request->access.all_or_nothing && !all_permitted(request, grant)))
        return ERROR_REFUSED;
    if (!target.known && request->access.action != ACTION_ERASE)
        return ERROR_NOT_FOUND;
    return carry_out(safe, request, number, &target, grant);
}

/* A match is permitted by the care relation with the person matched for: the first target. */
static enum error prepare_match(struct safe *safe, struct request *request)
{
    LEFT_UNSET struct target subject;

    if (request->access.targets == 0)
        return ERROR_VALUE;
    target_reset(&subject);
    TRY(load_target(safe, request, &request->access.target[0], &subject)); /* same: she is loaded again as a target */
    for (size_t i = 0; i < request->access.targets; i++)
        TRY(prepare_target(safe, request, i, &subject));
    return OK;
}

/* Of nobody yet: candidates of an order's person, whom no care relation ties to anybody. With none, too, the rules say
 * whether it may be asked. */
static enum error prepare_order_match(struct safe *safe, struct request *request)
{
    static const struct target nobody;
    static const struct id nobody_id;
    struct grant_target would = {0};

    decide_drawers(safe, request, &nobody, facts_for(safe, request, NULL, &nobody_id), &would);
    if (!any_permitted(request, &would))
        return ERROR_REFUSED;
    for (size_t i = 0; i < request->access.targets; i++)
        TRY(prepare_target(safe, request, i, NULL));
    return OK;
}

/* A search across persons shows those that may be seen, and a single one who may not is no more than nobody;
 * everything else is granted as a whole or not at all. */
static enum error prepare_targets(struct safe *safe, struct request *request)
{
    bool may_hide = request->access.hide_refused && request->access.action == ACTION_SEARCH;

    if (request->access.action == ACTION_MATCH && !id_is_zero(&request->access.order))
        return prepare_order_match(safe, request);
    if (request->access.action == ACTION_MATCH)
        return prepare_match(safe, request);
    for (size_t i = 0; i < request->access.targets; i++) {
        enum error error = prepare_target(safe, request, i, NULL);
        bool hidden = error == ERROR_REFUSED || error == ERROR_NOT_FOUND;
        if (error != OK && !(may_hide && hidden))
            return error;
    }
    return request->access.action == ACTION_SEARCH && is_hopeless(safe, request) ? ERROR_REFUSED : OK;
}

/* A reason is for whoever reviews: words, and not a key held down. At least six letters, four of them different, and
 * two words where the script has spaces between words. That it is text was seen to by access_read. */
#define REASON_LETTERS 6
#define REASON_DIFFERENT 4

static bool is_letter(uint32_t code)
{
    return code >= 0x80 || (code >= '0' && code <= '9') || ((code | 0x20) >= 'a' && (code | 0x20) <= 'z');
}

static bool reason_suffices(struct slice reason)
{
    uint32_t different[REASON_DIFFERENT], code;
    unsigned letters = 0, kinds = 0, words = 0;
    bool inside = false, ascii = true;

    while (utf8_next(&reason, &code)) {
        bool letter = is_letter(code), known = false;
        words += letter && !inside;
        inside = letter;
        letters += letter;
        ascii = ascii && code < 0x80;
        for (unsigned i = 0; i < kinds; i++)
            known = known || different[i] == code;
        if (letter && !known && kinds < REASON_DIFFERENT)
            different[kinds++] = code;
    }
    return letters >= REASON_LETTERS && kinds >= REASON_DIFFERENT && (words >= 2 || !ascii);
}

/* Glass opens for an emergency alone: who asks for another purpose does not pay for the question. */
static enum error ask_whether_shut(struct safe *safe, struct request *request)
{
    uint8_t actor[ID_BYTES];

    entry_actor(safe, request->credential.actor, actor);
    return reviews_glass_is_shut(safe->reviews, actor, now_s(safe), &request->glass_is_shut);
}

static enum error decide(struct safe *safe, struct request *request)
{
    request->grant.target = arena_array(safe->arena, request->access.targets, sizeof *request->grant.target);
    if (!request->grant.target)
        return ERROR_MEMORY;
    request->grant.targets = request->access.targets;
    TRY(choose_purpose(request));
    decide_uninformed(safe, request);
    /* Registering is what a write of somebody new becomes. As such it would open, of somebody who is known, all that
     * whoever receives people may write of a stranger. */
    if (request->access.action == ACTION_REGISTER)
        return ERROR_REFUSED;
    TRY(order_use(safe, request));
    if (request->access.open_glass && !reason_suffices(request->access.reason))
        return ERROR_REASON;
    if (request->purpose == PURPOSE_ETREAT)
        TRY(ask_whether_shut(safe, request));
    enum error error = prepare_targets(safe, request);
    return request->access.open_glass && error == ERROR_REFUSED && request->glass_is_shut ? ERROR_GLASS_SHUT : error;
}

static void forget_keys(struct request *request)
{
    for (size_t i = 0; i < request->grant.targets; i++) {
        secret_wipe(request->grant.target[i].key, sizeof request->grant.target[i].key);
        request->grant.target[i].drawers = 0;
        request->grant.target[i].obligations = 0;
        request->grant.target[i].facts = slice_of("", 0); /* a sealed block is as good as a key later */
    }
    request->opened = 0;
}

/* What was prepared for a request that gets nothing: neither handed out nor made durable. */
static void take_back(struct safe *safe, struct request *request, size_t mark)
{
    forget_keys(request);
    keystore_take_back(safe->keystore, mark);
    unconfirmed_drop(safe, request);
}

static enum error write_entry(struct safe *safe, struct request *request)
{
    CLEANUP_BUFFER struct buffer obligations = buffer_new(256);
    CLEANUP_BUFFER struct buffer looker = buffer_new(EVENT_BYTES_MAX);
    uint8_t nonce[EVENT_NONCE_BYTES], looker_nonce[EVENT_NONCE_BYTES];

    safe->world->random(safe->world, looker_nonce, sizeof looker_nonce);
    request->token = arena_array(safe->arena, request->access.targets, sizeof *request->token);
    request->told = arena_array(safe->arena, request->access.targets, sizeof *request->told);
    if (!request->token || !request->told)
        return ERROR_MEMORY;
    for (size_t i = 0; i < request->access.targets; i++)
        person_index_token(safe->index, &request->access.target[i].person, request->token[i]);
    entry_owes(safe, request);
    struct event_looker beside = {.credential = &request->credential,
                                  .nonce = looker_nonce,
                                  .token = (const uint8_t(*)[ID_BYTES])request->token,
                                  .told = request->told,
                                  .tokens = request->access.targets,
                                  .review_kind = request->look.kind,
                                  /* same, is true: no order has the id of noughts, and nothing is kept of it */
                                  .order = request->use.until_s ? &request->access.order : NULL,
                                  .until_s = request->use.until_s};
    memcpy(beside.review_subject.byte, request->look.subject, ID_BYTES);
    event_write_looker(&beside, &looker);
    decider_obligations_write(request->decision.obligations, &obligations);
    TRY(buffer_check(&looker));
    struct event_access event = {
        .time_ns = safe->now_ns,
        .credential = &request->credential,
        .purpose = request->purpose,
        .access = &request->access,
        .drawers = request->opened,
        .each = request->grant.target,
        .outcome = request->decision.outcome,
        .row = request->decision.row,
        .citation = request->decision.citation,
        .basis = request->basis,
        .rules = slice_of(safe->rules_hash, sizeof safe->rules_hash),
        .obligations = buffer_view(&obligations),
        .looker_nonce = looker_nonce,
        .break_glass = request->broken_glass && request->error == OK,
        /* A search that showed nothing of anybody answers with an empty list; the entry says what it was. */
        .error = request->error == OK && request->opened == 0 && request->access.targets > 0 &&
                         request->access.action == ACTION_SEARCH
                     ? ERROR_REFUSED
                     : request->error,
    };
    TRY(entry_begin(safe, request, nonce));
    event_write_access(&event, nonce, &request->plain);
    return entry_seal(safe, request, buffer_view(&looker));
}

/* Whoever is suspended is known, so what she tries is written down; what she tries it on is not even looked at. */
static void refuse_suspended(struct request *request)
{
    request->error = ERROR_SUSPENDED;
    request->purpose = request->access.purpose;
    request->decision = (struct decision){.outcome = OUTCOME_NONE,
                                          .obligations = OBLIGATION_LOG,
                                          .row = SLICE("suspended by oversight"),
                                          .citation = SLICE("")};
    request->uninformed = request->decision;
}

void access_prepare(struct safe *safe, struct request *request)
{
    request->error = access_read(safe->arena, request->payload, &request->access);
    if (request->error != OK)
        return;
    request->error = authenticate(safe, request);
    if (request->error != OK)
        return; /* nobody is known to have asked: an entry would let strangers fill the log */
    request->emergency = request->credential.purposes & 1u << PURPOSE_ETREAT &&
                         request->access.purpose == PURPOSE_ETREAT && request->access.action == ACTION_READ;
    if (safe->clock_behind && !request->emergency) {
        request->error = ERROR_CLOCK;
        return;
    }
    size_t mark = keystore_mark(safe->keystore);
    if (suspensions_hold(&safe->suspensions, &request->credential))
        refuse_suspended(request);
    else
        request->error = decide(safe, request);
    if (request->error != OK)
        take_back(safe, request, mark);
    enum error written = write_entry(safe, request);
    if (written != OK) {
        take_back(safe, request, mark);
        request->error = written;
    }
}
