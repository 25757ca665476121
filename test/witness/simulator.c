/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator.h"

#include <stdio.h>
#include <string.h>

#include "ledger/policy.h"

#define SIZES 11 /* 0 to 10 entries */
#define CLIENTS 2
#define MESSAGES 24
#define LINE_MAX 256
#define NOTE_MAX 2048
#define HOUR_NS ((int64_t)3600 * 1000000000)
#define START_NS ((int64_t)500000 * HOUR_NS)
#define HOURS 6 /* so far do clocks differ: few times are few different signatures */

/* ---- what all worlds share ---- */

static struct logbook log_book;
static struct arena *arena;
static struct slice notes[LOGBOOK_BRANCHES][SIZES];           /* signed by the log */
static struct slice texts[LOGBOOK_BRANCHES][SIZES];           /* of these */
static struct slice requests[LOGBOOK_BRANCHES][SIZES][SIZES]; /* from a size to another */
static struct hash roots[LOGBOOK_BRANCHES][SIZES];
static struct secret_key seeds[SIMULATOR_WITNESSES_MAX];
static struct note_key keys[SIMULATOR_WITNESSES_MAX];
static char names[SIMULATOR_WITNESSES_MAX][32];
static const struct policy *policies[SIMULATOR_WITNESSES_MAX + 1][SIMULATOR_WITNESSES_MAX + 1]; /* n, k */

uint64_t simulator_random(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

static void prepare_story(unsigned branch)
{
    for (unsigned size = 0; size < SIZES; size++) {
        CLEANUP_BUFFER struct buffer note = buffer_new(NOTE_MAX);
        struct note parsed;

        roots[branch][size] = logbook_head(&log_book, branch, size).root;
        logbook_sign(&log_book, branch, size, &note);
        notes[branch][size] = arena_copy(arena, buffer_view(&note));
        assert_int_equal(OK, note_parse(notes[branch][size], &parsed));
        texts[branch][size] = parsed.text;
        for (unsigned older = 0; older <= size; older++) {
            CLEANUP_BUFFER struct buffer request = buffer_new(REQUEST_BYTES_MAX);
            logbook_request(&log_book, branch, older, size, &request);
            requests[branch][older][size] = arena_copy(arena, buffer_view(&request));
        }
    }
}

static void prepare_policy(unsigned witnesses, unsigned needed)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(POLICY_BYTES_MAX);
    struct fault fault;

    buffer_string(&text, "log ");
    note_key_write(&log_book.key, &text);
    for (unsigned i = 0; i < witnesses; i++) {
        buffer_format(&text, "\nwitness w%u ", i);
        note_key_write(&keys[i], &text);
    }
    buffer_format(&text, "\ngroup g %u", needed);
    for (unsigned i = 0; i < witnesses; i++)
        buffer_format(&text, " w%u", i);
    buffer_string(&text, "\nquorum g\n");
    assert_int_equal(OK,
                     policy_parse(arena_copy(arena, buffer_view(&text)), arena, &policies[witnesses][needed], &fault));
}

void simulator_prepare(void)
{
    uint8_t public_key[SIGN_PUBLIC_BYTES];

    arena = arena_new(64u << 20);
    logbook_make(&log_book, "log.example", 1);
    for (unsigned branch = 0; branch < LOGBOOK_BRANCHES; branch++)
        prepare_story(branch);
    for (unsigned i = 0; i < SIMULATOR_WITNESSES_MAX; i++) {
        memset(seeds[i].byte, (int)(10 + i), sizeof seeds[i].byte);
        sign_public(&seeds[i], public_key);
        snprintf(names[i], sizeof names[i], "witness.example/%u", i);
        keys[i] = cosignature_key_make(slice_from_string(names[i]), public_key);
    }
    for (unsigned n = 1; n <= SIMULATOR_WITNESSES_MAX; n++)
        for (unsigned k = 1; k <= n; k++)
            prepare_policy(n, k);
}

void simulator_clean(void)
{
    arena_free(arena);
}

/* ---- one world ---- */

enum to { NOBODY, TO_WITNESS, TO_LOG, TO_CLIENT };

struct message {
    enum to to;
    unsigned who;                 /* witness or client; of what goes to the log, the witness that answered */
    unsigned branch, older, size; /* of a request, and of the answer to it */
    enum witness_answer answer;
    size_t length;
    char bytes[NOTE_MAX]; /* an answer's body, or a note */
};

struct actor {
    enum simulator_kind kind;
    struct witness *witness;
    struct world world;
    struct buffer disk, cache; /* what survives a crash; what was said to be kept */
    struct witness_offer offer;
    struct message offered; /* the request of the offer, when `has_offer` */
    bool has_offer;
    uint64_t *random;
};

struct believed {
    unsigned branch, size;
};

struct world_of {
    const struct simulator_plan *plan;
    uint64_t random;
    struct simulator_outcome *outcome;
    struct actor actor[SIMULATOR_WITNESSES_MAX];
    uint64_t told[SIMULATOR_WITNESSES_MAX];                 /* what the log thinks each remembers */
    uint64_t size[2];                                       /* how far it has come with each story */
    uint64_t sides;                                         /* which story it means for which honest witness */
    char line[2][SIZES][SIMULATOR_WITNESSES_MAX][LINE_MAX]; /* cosignatures that it has, of each story */
    struct believed believed[CLIENTS][2 * SIZES];
    unsigned beliefs[CLIENTS];
    struct message message[MESSAGES];
};

static uint64_t draw(struct world_of *world, uint64_t below)
{
    return simulator_random(&world->random) % below;
}

static void tell(struct world_of *world, uint64_t what)
{
    uint64_t state = world->outcome->transcript ^ what;

    world->outcome->transcript = simulator_random(&state);
}

static void tell_bytes(struct world_of *world, struct slice bytes)
{
    uint64_t hash = 0xCBF29CE484222325;

    for (size_t i = 0; i < bytes.length; i++)
        hash = (hash ^ (uint8_t)bytes.data[i]) * 0x100000001B3;
    tell(world, hash);
}

/* The network: a full one loses what was to come. */
static struct message *post(struct world_of *world, enum to to, unsigned who)
{
    for (unsigned i = 0; i < MESSAGES; i++) {
        if (world->message[i].to != NOBODY)
            continue;
        world->message[i].to = to;
        world->message[i].who = who;
        world->message[i].length = 0;
        return &world->message[i];
    }
    return NULL;
}

/* ---- witnesses ---- */

static enum error keep(void *context, struct slice origin, struct slice state)
{
    struct actor *actor = context;

    buffer_clear(&actor->cache);
    buffer_slice(&actor->cache, state);
    if (actor->kind == FORGETS || (actor->kind == ROLLS_BACK && simulator_random(actor->random) % 3 != 0))
        return OK;
    buffer_clear(&actor->disk);
    buffer_slice(&actor->disk, state);
    return OK;
}

static void start(struct world_of *world, unsigned number)
{
    struct actor *actor = &world->actor[number];
    const struct witness_settings settings = {.name = slice_from_string(names[number]),
                                              .seed = &seeds[number],
                                              .world = &actor->world,
                                              .context = actor,
                                              .keep = keep};

    assert_int_equal(OK, witness_new(&settings, &actor->witness));
    assert_int_equal(OK, witness_know(actor->witness, &log_book.key));
    if (actor->disk.length > 0)
        assert_int_equal(OK, witness_recall(actor->witness, buffer_view(&actor->disk)));
}

static void crash(struct world_of *world, unsigned number)
{
    struct actor *actor = &world->actor[number];

    witness_free(actor->witness);
    actor->has_offer = false; /* nobody gets an answer */
    world->outcome->crashes++;
    start(world, number);
}

static void answer(struct world_of *world, unsigned number, const struct message *request, enum witness_answer how,
                   struct slice body)
{
    struct message *message = post(world, TO_LOG, number);

    tell(world, how);
    tell_bytes(world, body);
    world->outcome->cosignatures += how == WITNESS_COSIGNED;
    world->outcome->refusals += how != WITNESS_COSIGNED;
    if (!message)
        return;
    message->answer = how;
    message->branch = request->branch;
    message->size = request->size;
    message->length = body.length;
    if (body.length > 0)
        memcpy(message->bytes, body.data, body.length);
}

static void cosign_offer(struct world_of *world, unsigned number)
{
    struct actor *actor = &world->actor[number];
    CLEANUP_BUFFER struct buffer body = buffer_new(LINE_MAX);

    if (!actor->has_offer)
        return;
    actor->has_offer = false;
    enum witness_answer how = witness_cosign(actor->witness, &actor->offer, &body);
    answer(world, number, &actor->offered, how, buffer_view(&body));
}

static void lie(struct world_of *world, unsigned number, const struct message *request)
{
    struct actor *actor = &world->actor[number];
    CLEANUP_BUFFER struct buffer body = buffer_new(LINE_MAX);

    assert_int_equal(OK, cosignature_make(texts[request->branch][request->size], slice_from_string(names[number]),
                                          &seeds[number], (uint64_t)world_now_s(&actor->world), &body));
    answer(world, number, request, WITNESS_COSIGNED, buffer_view(&body));
}

/* Checked now; cosigned at once or some time later, with others in between. */
static void witness_gets(struct world_of *world, unsigned number, const struct message *request)
{
    struct actor *actor = &world->actor[number];
    struct slice bytes = requests[request->branch][request->older][request->size];
    CLEANUP_BUFFER struct buffer body = buffer_new(LINE_MAX);
    struct witness_offer offer;

    if (actor->kind == SIGNS_ANYTHING) {
        lie(world, number, request);
        return;
    }
    enum witness_answer how = witness_consider(actor->witness, bytes, &offer, &body);
    if (how != WITNESS_COSIGNED) {
        answer(world, number, request, how, buffer_view(&body));
        return;
    }
    if (!actor->has_offer && draw(world, 3) == 0) {
        actor->offer = offer;
        actor->offered = *request;
        actor->has_offer = true;
        return;
    }
    how = witness_cosign(actor->witness, &offer, &body);
    answer(world, number, request, how, buffer_view(&body));
}

/* ---- the log ---- */

static unsigned story(unsigned branch)
{
    return branch == 0 ? 0 : 1;
}

/* Is it worth asking? A log knows its accomplices, and shows an honest witness one story only, most of the time. */
static bool is_wanted(struct world_of *world, unsigned number, unsigned tale)
{
    bool is_side = (world->sides >> number & 1) == tale || world->actor[number].kind != HONEST ||
                   world->plan->branch == 0 || draw(world, 8) == 0;

    return is_side && (world->line[tale][world->size[tale]][number][0] == '\0' || draw(world, 8) == 0);
}

/* Shows a witness one of its stories as far as it has come, or now and then any part of it. */
static void log_asks(struct world_of *world)
{
    unsigned branch = draw(world, 2) ? world->plan->branch : 0, number = 0;

    for (unsigned i = 0; i < 6; i++) {
        number = (unsigned)draw(world, world->plan->witnesses);
        if (is_wanted(world, number, story(branch)))
            break;
    }
    uint64_t older = draw(world, 8) == 0 ? draw(world, SIZES) : world->told[number];
    uint64_t size = draw(world, 8) == 0 ? draw(world, SIZES) : world->size[story(branch)];
    struct message *message = post(world, TO_WITNESS, number);
    if (!message)
        return;
    message->branch = branch;
    message->size = (unsigned)size;
    message->older = (unsigned)(older > size ? size : older);
}

static void log_grows(struct world_of *world)
{
    uint64_t *size = &world->size[draw(world, 2)];

    *size += *size + 1 < SIZES;
}

static void log_gets(struct world_of *world, const struct message *message)
{
    uint64_t size;

    if (message->answer == WITNESS_COSIGNED) {
        char *line = world->line[story(message->branch)][message->size][message->who];
        snprintf(line, LINE_MAX, "%.*s", (int)message->length, message->bytes);
        world->told[message->who] = message->size;
    }
    if (message->answer == WITNESS_STALE &&
        slice_to_u64(slice_of(message->bytes, message->length - 1), &size)) /* without its newline */
        world->told[message->who] = size;
}

/* A checkpoint with what cosignatures there are, to one of the clients. */
static void log_publishes(struct world_of *world)
{
    unsigned branch = draw(world, 2) ? world->plan->branch : 0, size = 0, best = 0;
    struct message *message = post(world, TO_CLIENT, (unsigned)draw(world, CLIENTS));

    if (!message)
        return;
    for (unsigned i = 1; i < SIZES; i++) {
        unsigned lines = 0;
        for (unsigned w = 0; w < world->plan->witnesses; w++)
            lines += world->line[story(branch)][i][w][0] != '\0';
        if (lines > best || (lines == best && draw(world, 2)))
            best = lines, size = i;
    }
    struct slice note = notes[branch][size];
    size_t length = note.length;
    memcpy(message->bytes, note.data, length);
    for (unsigned w = 0; w < world->plan->witnesses; w++) {
        const char *line = world->line[story(branch)][size][w];
        memcpy(message->bytes + length, line, strlen(line));
        length += strlen(line);
    }
    message->length = length;
}

/* ---- clients ---- */

static bool agree(const struct believed *a, const struct believed *b)
{
    unsigned size = a->size < b->size ? a->size : b->size;

    return hash_equal(&roots[a->branch][size], &roots[b->branch][size]);
}

static void believe(struct world_of *world, unsigned client, const struct believed *news)
{
    unsigned *count = &world->beliefs[client];

    for (unsigned i = 0; i < *count; i++)
        if (world->believed[client][i].branch == news->branch && world->believed[client][i].size == news->size)
            return;
    world->believed[client][(*count)++] = *news;
    world->outcome->believed++;
    for (unsigned c = 0; c < CLIENTS; c++)
        for (unsigned i = 0; i < world->beliefs[c]; i++)
            world->outcome->split |= !agree(&world->believed[c][i], news);
}

static void client_gets(struct world_of *world, unsigned client, const struct message *message)
{
    const struct policy *policy = policies[world->plan->witnesses][world->plan->needed];
    struct slice note = slice_of(message->bytes, message->length);
    struct policy_verdict verdict;

    enum error error = policy_check(policy, NULL, note, &verdict);
    tell(world, error);
    if (error != OK)
        return;
    unsigned size = (unsigned)verdict.checkpoint.head.size;
    bool first = hash_equal(&verdict.checkpoint.head.root, &roots[0][size]);
    const struct believed news = {first ? 0 : world->plan->branch, size};
    believe(world, client, &news);
    struct message *on = draw(world, 2) ? post(world, TO_CLIENT, 1 - client) : NULL;
    if (on) {
        on->length = message->length;
        memcpy(on->bytes, message->bytes, message->length);
    }
}

/* ---- what happens ---- */

static void deliver(struct world_of *world)
{
    struct message *message = &world->message[draw(world, MESSAGES)];

    for (unsigned i = 0; i < MESSAGES && message->to == NOBODY; i++)
        message = &world->message[(size_t)(message - world->message + 1) % MESSAGES];
    if (message->to == NOBODY)
        return;
    struct message copy = *message;
    uint64_t fate = draw(world, 10);
    if (fate != 1) /* else it comes once more */
        message->to = NOBODY;
    tell(world, (uint64_t)copy.to << 8 | copy.who);
    if (fate == 0)
        return; /* lost */
    if (copy.to == TO_WITNESS)
        witness_gets(world, copy.who, &copy);
    else if (copy.to == TO_LOG)
        log_gets(world, &copy);
    else
        client_gets(world, copy.who, &copy);
}

/* Somewhere within a few hours of the start, earlier or later than before. */
static void jump(struct world_of *world, unsigned number)
{
    struct actor *actor = &world->actor[number];
    int64_t wanted_ns = START_NS + (int64_t)draw(world, HOURS) * HOUR_NS;

    world_advance(&actor->world, wanted_ns - actor->world.now_ns(&actor->world));
}

static void step(struct world_of *world)
{
    unsigned number = (unsigned)draw(world, world->plan->witnesses);

    uint64_t what = draw(world, 32);

    if (what < 2)
        crash(world, number);
    else if (what < 4)
        jump(world, number);
    else if (what < 6)
        cosign_offer(world, number);
    else if (what < 9)
        log_publishes(world);
    else if (what < 10)
        log_grows(world);
    else if (what < 18)
        log_asks(world);
    else
        deliver(world);
}

void simulator_run(uint64_t seed, const struct simulator_plan *plan, struct simulator_outcome *ret_outcome)
{
    static struct world_of world;

    *ret_outcome = (struct simulator_outcome){.transcript = seed};
    world.plan = plan;
    world.random = seed;
    world.outcome = ret_outcome;
    memset(world.told, 0, sizeof world.told);
    world.sides = simulator_random(&world.random);
    world.size[0] = 1 + draw(&world, SIZES - 1);
    world.size[1] = 1 + draw(&world, SIZES - 1);
    memset(world.line, 0, sizeof world.line);
    memset(world.beliefs, 0, sizeof world.beliefs);
    for (unsigned i = 0; i < MESSAGES; i++)
        world.message[i].to = NOBODY;
    for (unsigned i = 0; i < plan->witnesses; i++) {
        world.actor[i] = (struct actor){.kind = plan->kind[i],
                                        .world = world_driven(seed, START_NS),
                                        .disk = buffer_new(STATE_BYTES_MAX),
                                        .cache = buffer_new(STATE_BYTES_MAX),
                                        .random = &world.random};
        start(&world, i);
    }
    for (unsigned i = 0; i < plan->steps; i++)
        step(&world);
    for (unsigned i = 0; i < plan->witnesses; i++) {
        witness_free(world.actor[i].witness);
        buffer_free(&world.actor[i].disk);
        buffer_free(&world.actor[i].cache);
    }
}
