/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "pkcs11.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <p11-kit/pkcs11.h>

#include "base/file.h"

#define SLOTS_MAX 64
#define LABEL_BYTES 32 /* of a token, padded with spaces */

static const char *const words[] = {[PKCS11_AES_CBC_PAD] = "aes-cbc-pad", [PKCS11_RSA_OAEP] = "rsa-oaep"};

const char *pkcs11_mechanism_word(enum pkcs11_mechanism mechanism)
{
    return words[mechanism];
}

enum error pkcs11_mechanism_named(struct slice word, enum pkcs11_mechanism *ret_mechanism)
{
    for (int m = 0; m < 2; m++)
        if (slice_is(word, words[m])) {
            *ret_mechanism = (enum pkcs11_mechanism)m;
            return OK;
        }
    return ERROR_SYNTAX;
}

/* One call, as the child carries it out and hands it back. */
struct call {
    struct slice module, token, label, pin;
    bool wraps;
    struct secret_key key;
    struct pkcs11_wrapped wrapped;
    enum error error;
    struct fault fault;
};

/* A session with the token. */
struct session {
    CK_FUNCTION_LIST *functions;
    CK_SESSION_HANDLE handle;
    struct fault *fault;
};

static enum error token_error(const struct session *session, CK_RV code, const char *what)
{
    switch (code) {
    case CKR_OK:
        return OK;
    case CKR_PIN_INCORRECT:
    case CKR_PIN_INVALID:
    case CKR_PIN_LEN_RANGE:
        return fault_set(session->fault, ERROR_SEALED, "the token refuses this PIN; it locks itself after a few");
    case CKR_PIN_LOCKED:
        return fault_set(session->fault, ERROR_SEALED, "the token is locked");
    case CKR_MECHANISM_INVALID:
    case CKR_KEY_TYPE_INCONSISTENT:
    case CKR_KEY_FUNCTION_NOT_PERMITTED:
        return fault_set(session->fault, ERROR_UNSUPPORTED, "the token's key cannot do this (0x%lx)", code);
    default:
        return fault_set(session->fault, ERROR_IO, "the token, at %s (0x%lx)", what, code);
    }
}

static enum error load_module(struct slice path, struct session *session)
{
    char name[PATH_MAX];

    snprintf(name, sizeof name, "%.*s", SLICE_PRINT(path));
    void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    CK_C_GetFunctionList get_list = NULL;
    if (handle)
        *(void **)&get_list = dlsym(handle, "C_GetFunctionList");
    if (!get_list)
        return fault_set(session->fault, ERROR_FILE_MISSING, "the PKCS#11 module %.200s cannot be loaded", name);
    TRY(token_error(session, get_list(&session->functions), "C_GetFunctionList"));
    return token_error(session, session->functions->C_Initialize(NULL), "C_Initialize");
}

static bool is_labelled(const CK_TOKEN_INFO *info, struct slice label)
{
    size_t length = LABEL_BYTES;

    while (length > 0 && (info->label[length - 1] == ' ' || info->label[length - 1] == '\0'))
        length--;
    return slice_equal(slice_of(info->label, length), label);
}

static enum error open_token(struct session *session, struct slice label, struct slice pin)
{
    CK_SLOT_ID slot[SLOTS_MAX];
    CK_ULONG slots = SLOTS_MAX;
    CK_TOKEN_INFO info;

    TRY(token_error(session, session->functions->C_GetSlotList(CK_TRUE, slot, &slots), "C_GetSlotList"));
    for (CK_ULONG i = 0; i < slots; i++) {
        if (session->functions->C_GetTokenInfo(slot[i], &info) != CKR_OK || !is_labelled(&info, label))
            continue;
        TRY(token_error(session,
                        session->functions->C_OpenSession(slot[i], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
                                                          &session->handle),
                        "C_OpenSession"));
        return token_error(
            session,
            session->functions->C_Login(session->handle, CKU_USER, (CK_UTF8CHAR_PTR)(uintptr_t)pin.data, pin.length),
            "C_Login");
    }
    return fault_set(session->fault, ERROR_FILE_MISSING, "no token is labelled %.*s", SLICE_PRINT(label));
}

static enum error find_key(struct session *session, CK_OBJECT_CLASS class, struct slice label,
                           CK_OBJECT_HANDLE *ret_key)
{
    CK_ATTRIBUTE wanted[] = {{CKA_CLASS, &class, sizeof class},
                             {CKA_LABEL, (void *)(uintptr_t)label.data, label.length}};
    CK_ULONG found = 0;

    TRY(token_error(session, session->functions->C_FindObjectsInit(session->handle, wanted, 2), "C_FindObjectsInit"));
    CK_RV code = session->functions->C_FindObjects(session->handle, ret_key, 1, &found);
    session->functions->C_FindObjectsFinal(session->handle);
    TRY(token_error(session, code, "C_FindObjects"));
    return found == 1 ? OK : ERROR_NOT_FOUND;
}

/* An AES key that the token made itself and never gives away. */
static enum error make_key(struct session *session, struct slice label, CK_OBJECT_HANDLE *ret_key)
{
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_ULONG bytes = SECRET_KEY_BYTES;
    CK_MECHANISM mechanism = {CKM_AES_KEY_GEN, NULL, 0};
    CK_ATTRIBUTE made[] = {
        {CKA_LABEL, (void *)(uintptr_t)label.data, label.length},
        {CKA_TOKEN, &yes, sizeof yes},
        {CKA_PRIVATE, &yes, sizeof yes},
        {CKA_SENSITIVE, &yes, sizeof yes},
        {CKA_EXTRACTABLE, &no, sizeof no},
        {CKA_ENCRYPT, &yes, sizeof yes},
        {CKA_DECRYPT, &yes, sizeof yes},
        {CKA_VALUE_LEN, &bytes, sizeof bytes},
    };

    return token_error(
        session,
        session->functions->C_GenerateKey(session->handle, &mechanism, made, sizeof made / sizeof *made, ret_key),
        "C_GenerateKey");
}

static CK_MECHANISM mechanism_of(struct pkcs11_wrapped *wrapped)
{
    static CK_RSA_PKCS_OAEP_PARAMS oaep = {CKM_SHA_1, CKG_MGF1_SHA1, CKZ_DATA_SPECIFIED, NULL, 0};

    if (wrapped->mechanism == PKCS11_RSA_OAEP)
        return (CK_MECHANISM){CKM_RSA_PKCS_OAEP, &oaep, sizeof oaep};
    return (CK_MECHANISM){CKM_AES_CBC_PAD, wrapped->iv, sizeof wrapped->iv};
}

static enum error key_to_wrap(struct session *session, struct call *call, CK_OBJECT_HANDLE *ret_key)
{
    enum error error = find_key(session, CKO_SECRET_KEY, call->label, ret_key);

    if (error != ERROR_NOT_FOUND)
        return error;
    error = find_key(session, CKO_PUBLIC_KEY, call->label, ret_key);
    if (error == ERROR_NOT_FOUND)
        return make_key(session, call->label, ret_key);
    call->wrapped.mechanism = PKCS11_RSA_OAEP;
    return error;
}

static enum error wrap(struct session *session, struct call *call)
{
    CK_ULONG length = sizeof call->wrapped.bytes;
    CK_OBJECT_HANDLE key;

    TRY(key_to_wrap(session, call, &key));
    CK_MECHANISM mechanism = mechanism_of(&call->wrapped);
    TRY(token_error(session, session->functions->C_EncryptInit(session->handle, &mechanism, key), "C_EncryptInit"));
    TRY(token_error(session,
                    session->functions->C_Encrypt(session->handle, call->key.byte, sizeof call->key.byte,
                                                  call->wrapped.bytes, &length),
                    "C_Encrypt"));
    call->wrapped.length = length;
    return OK;
}

static enum error unwrap(struct session *session, struct call *call)
{
    CK_OBJECT_CLASS class = call->wrapped.mechanism == PKCS11_RSA_OAEP ? CKO_PRIVATE_KEY : CKO_SECRET_KEY;
    CK_MECHANISM mechanism = mechanism_of(&call->wrapped);
    uint8_t plain[PKCS11_WRAPPED_MAX];
    CK_ULONG length = sizeof plain;
    CK_OBJECT_HANDLE key;

    if (find_key(session, class, call->label, &key) != OK)
        return fault_set(session->fault, ERROR_NOT_FOUND, "no key on the token is labelled %.*s",
                         SLICE_PRINT(call->label));
    TRY(token_error(session, session->functions->C_DecryptInit(session->handle, &mechanism, key), "C_DecryptInit"));
    CK_RV code = session->functions->C_Decrypt(session->handle, call->wrapped.bytes, call->wrapped.length, plain,
                                               &length);
    if (code == CKR_OK && length == sizeof call->key.byte)
        memcpy(call->key.byte, plain, sizeof call->key.byte);
    secret_wipe(plain, sizeof plain);
    return code == CKR_OK && length == sizeof call->key.byte
               ? OK
               : fault_set(session->fault, ERROR_SEALED, "the key on the token is not the one that wrapped (0x%lx)",
                           code);
}

/* In the child. */
static void carry_out(struct call *call)
{
    struct session session = {.fault = &call->fault};

    call->error = load_module(call->module, &session);
    if (call->error == OK)
        call->error = open_token(&session, call->token, call->pin);
    if (call->error == OK)
        call->error = call->wraps ? wrap(&session, call) : unwrap(&session, call);
    if (session.functions)
        session.functions->C_Finalize(NULL);
}

static enum error read_back(int pipe_end, struct call *ret)
{
    size_t length = 0;

    while (length < sizeof *ret) {
        ssize_t got = read(pipe_end, (char *)ret + length, sizeof *ret - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return ERROR_TIMEOUT; /* the child was ended by its alarm, or by the module */
        length += (size_t)got;
    }
    return OK;
}

/* Asks in a process of its own; `call` is filled in by it. */
static enum error ask(struct call *call, struct fault *fault)
{
    int pair[2];

    if (pipe2(pair, O_CLOEXEC) < 0) /* cover: only when the system fails */
        return ERROR_IO;
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_DUMPABLE, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        alarm(PKCS11_SECONDS);
        carry_out(call);
        _exit(file_write_all(pair[1], call, sizeof *call) == OK ? 0 : 3);
    }
    close(pair[1]);
    enum error error = child < 0 ? ERROR_IO : read_back(pair[0], call);
    close(pair[0]);
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
        continue;
    if (error != OK)
        return fault_set(fault, error, "the token gave no answer");
    return call->error == OK ? OK : fault_set(fault, call->error, "%s", call->fault.detail);
}

enum error pkcs11_wrap(struct slice module, struct slice token, struct slice label, struct slice pin,
                       const struct secret_key *key, struct world *world, struct pkcs11_wrapped *ret_wrapped,
                       struct fault *fault)
{
    struct call call = {.module = module, .token = token, .label = label, .pin = pin, .wraps = true, .key = *key};

    world->random(world, call.wrapped.iv, sizeof call.wrapped.iv);
    enum error error = ask(&call, fault);
    if (error == OK)
        *ret_wrapped = call.wrapped;
    secret_wipe(&call, sizeof call);
    return error;
}

enum error pkcs11_unwrap(struct slice module, struct slice token, struct slice label, struct slice pin,
                         const struct pkcs11_wrapped *wrapped, struct secret_key *ret_key, struct fault *fault)
{
    struct call call = {.module = module, .token = token, .label = label, .pin = pin, .wrapped = *wrapped};
    enum error error = ask(&call, fault);

    if (error == OK)
        *ret_key = call.key;
    secret_wipe(&call, sizeof call);
    return error;
}
