/* SPDX-License-Identifier: Apache-2.0 */

/* The module hospitium-z3.so: the one place that sees Z3. It knows nothing of us but the calls it answers, and it is
 * loaded only into a worker that may die (rules/prove/solver.h). */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <z3.h>

#include "rules/z3_module.h"

struct answer {
    char *out;
    size_t capacity, length;
};

static void __attribute__((format(printf, 2, 3))) say(struct answer *answer, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(answer->out + answer->length, answer->capacity - answer->length, format, arguments);
    va_end(arguments);
    if (length > 0)
        answer->length += (size_t)length;
    if (answer->length >= answer->capacity)
        answer->length = answer->capacity - 1;
}

/* An error is a code that is looked at, and no end of the process. */
static void ignore_error(Z3_context context, Z3_error_code code)
{
    (void)context;
    (void)code;
}

static Z3_context make_context(void)
{
    Z3_config config = Z3_mk_config();
    Z3_context context = Z3_mk_context_rc(config);

    Z3_del_config(config);
    if (context)
        Z3_set_error_handler(context, ignore_error);
    return context;
}

static void set(Z3_context context, Z3_params params, const char *name, unsigned value)
{
    Z3_params_set_uint(context, params, Z3_mk_string_symbol(context, name), value);
}

/* Chosen by measuring (README.md): on our texts this takes a third of the time of Z3's default solver. */
static Z3_solver make_solver(Z3_context context, unsigned timeout_ms)
{
    Z3_solver solver = Z3_mk_simple_solver(context);

    /* Z3 keeps what has no reference only until the next call. */
    Z3_solver_inc_ref(context, solver);
    Z3_params params = Z3_mk_params(context);
    Z3_params_inc_ref(context, params);
    set(context, params, "timeout", timeout_ms);
    set(context, params, "arith.solver", 2); /* the older simplex: our arithmetic is bounds and equalities */
    set(context, params, "relevancy", 0);
    Z3_solver_set_params(context, solver, params);
    Z3_params_dec_ref(context, params);
    return solver;
}

static void tell_model(Z3_context context, Z3_solver solver, struct answer *answer)
{
    Z3_model model = Z3_solver_get_model(context, solver);

    if (!model)
        return;
    Z3_model_inc_ref(context, model);
    for (unsigned i = 0; i < Z3_model_get_num_consts(context, model); i++) {
        Z3_func_decl constant = Z3_model_get_const_decl(context, model, i);
        Z3_ast value = Z3_model_get_const_interp(context, model, constant);
        int64_t number;
        if (value && Z3_is_numeral_ast(context, value) && Z3_get_numeral_int64(context, value, &number))
            say(answer, "%s\t%lld\n", Z3_get_symbol_string(context, Z3_get_decl_name(context, constant)),
                (long long)number);
    }
    Z3_model_dec_ref(context, model);
}

static enum z3_answer check(Z3_context context, Z3_solver solver, struct answer *answer)
{
    switch (Z3_solver_check(context, solver)) {
    case Z3_L_FALSE:
        return Z3_ANSWER_UNSAT;
    case Z3_L_TRUE:
        tell_model(context, solver, answer);
        return Z3_ANSWER_SAT;
    default:
        say(answer, "%s", Z3_solver_get_reason_unknown(context, solver));
        return Z3_ANSWER_UNKNOWN;
    }
}

/* To be asked for at once: the next call forgets it. */
static enum z3_answer give_error(Z3_context context, const char *what, struct answer *answer)
{
    answer->length = 0;
    say(answer, "%s: %.300s", what, Z3_get_error_msg(context, Z3_get_error_code(context)));
    return Z3_ANSWER_UNKNOWN;
}

static enum z3_answer solve_claim(Z3_context context, Z3_ast_vector claim, unsigned timeout_ms, struct answer *answer)
{
    Z3_solver solver = make_solver(context, timeout_ms);
    enum z3_answer verdict = Z3_ANSWER_SAT;

    for (unsigned i = 0; i < Z3_ast_vector_size(context, claim) && verdict != Z3_ANSWER_UNKNOWN; i++) {
        Z3_solver_assert(context, solver, Z3_ast_vector_get(context, claim, i));
        if (Z3_get_error_code(context) != Z3_OK)
            verdict = give_error(context, "Z3 cannot take the text", answer);
    }
    if (verdict != Z3_ANSWER_UNKNOWN)
        verdict = check(context, solver, answer);
    Z3_solver_dec_ref(context, solver);
    return verdict;
}

static enum z3_answer solve_text(Z3_context context, const char *text, unsigned timeout_ms, struct answer *answer)
{
    Z3_ast_vector claim = Z3_parse_smtlib2_string(context, text, 0, NULL, NULL, 0, NULL, NULL);

    if (Z3_get_error_code(context) != Z3_OK || !claim)
        return give_error(context, "Z3 cannot read the text", answer);
    Z3_ast_vector_inc_ref(context, claim);
    enum z3_answer verdict = solve_claim(context, claim, timeout_ms, answer);
    Z3_ast_vector_dec_ref(context, claim);
    return verdict;
}

/* One context serves all texts that can be answered; making one takes as long as a small text. After any other a new
 * one is made: what is left in it nobody knows. */
static enum z3_answer solve(const char *text, unsigned timeout_ms, char *out, size_t capacity, size_t *ret_length)
{
    static Z3_context context;
    struct answer answer = {out, capacity, 0};
    enum z3_answer verdict = Z3_ANSWER_UNKNOWN;

    if (!context)
        context = make_context();
    if (context)
        verdict = solve_text(context, text, timeout_ms, &answer);
    else
        say(&answer, "Z3 makes no context");
    if (context && verdict == Z3_ANSWER_UNKNOWN) {
        Z3_del_context(context);
        context = NULL;
    }
    *ret_length = answer.length;
    return verdict;
}

static void version(char *out, size_t capacity)
{
    unsigned major, minor, build, revision;

    Z3_get_version(&major, &minor, &build, &revision);
    snprintf(out, capacity, "Z3 %u.%u.%u.%u", major, minor, build, revision);
}

static void limit_memory(unsigned megabytes)
{
    char number[16];

    snprintf(number, sizeof number, "%u", megabytes);
    Z3_global_param_set("memory_max_size", number);
}

extern const struct z3_module hospitium_z3_1;

__attribute__((visibility("default"))) const struct z3_module hospitium_z3_1 = {
    .version = version,
    .limit_memory = limit_memory,
    .solve = solve,
};
