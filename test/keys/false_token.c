/* SPDX-License-Identifier: Apache-2.0 */

/* A PKCS#11 module in the place of a vendor's, whose calls fail as the environment says: FALSE_TOKEN is the name of a
 * call, "=", and a code in hexadecimal, "die", "none" (no object is found) or "short" (less is given back than was
 * asked for). Its one token is labelled "node", its one key hides nothing. */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <p11-kit/pkcs11.h>

#define EXPORTED __attribute__((visibility("default")))

/* What is to go wrong in this call; NULL: nothing. */
static const char *trouble(const char *call)
{
    const char *said = getenv("FALSE_TOKEN");
    size_t length = strlen(call);

    return said && strncmp(said, call, length) == 0 && said[length] == '=' ? said + length + 1 : NULL;
}

static CK_RV code_of(const char *call)
{
    const char *what = trouble(call);

    if (what && strcmp(what, "die") == 0)
        _exit(1);
    return what && strncmp(what, "0x", 2) == 0 ? strtoul(what, NULL, 16) : CKR_OK;
}

static CK_RV initialize(void *arguments)
{
    (void)arguments;
    return code_of("C_Initialize");
}

static CK_RV finalize(void *reserved)
{
    (void)reserved;
    return CKR_OK;
}

static CK_RV get_slots(CK_BBOOL present, CK_SLOT_ID *slot, CK_ULONG *count)
{
    (void)present;
    slot[0] = 3;
    slot[1] = 4;
    *count = 2;
    return code_of("C_GetSlotList");
}

/* The first slot's token is somebody else's. */
static CK_RV get_token(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
    const char *label = slot == 4 ? "node" : "nodes";

    memset(info->label, slot == 4 ? ' ' : '\0', sizeof info->label);
    memcpy(info->label, label, strlen(label));
    return code_of("C_GetTokenInfo");
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify,
                          CK_SESSION_HANDLE *session)
{
    (void)flags;
    (void)application;
    (void)notify;
    *session = slot;
    return code_of("C_OpenSession");
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG length)
{
    (void)session;
    (void)user;
    (void)pin;
    (void)length;
    return code_of("C_Login");
}

static CK_RV find_begin(CK_SESSION_HANDLE session, CK_ATTRIBUTE *wanted, CK_ULONG count)
{
    (void)session;
    (void)wanted;
    (void)count;
    return code_of("C_FindObjectsInit");
}

static CK_RV find(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *object, CK_ULONG most, CK_ULONG *count)
{
    (void)session;
    (void)most;
    *object = 9;
    *count = trouble("C_FindObjects") ? 0 : 1;
    return code_of("C_FindObjects");
}

static CK_RV find_end(CK_SESSION_HANDLE session)
{
    (void)session;
    return CKR_OK;
}

static CK_RV generate(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *made, CK_ULONG count,
                      CK_OBJECT_HANDLE *key)
{
    (void)session;
    (void)mechanism;
    (void)made;
    (void)count;
    *key = 9;
    return code_of("C_GenerateKey");
}

static CK_RV begin_encrypt(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    (void)session;
    (void)mechanism;
    (void)key;
    return code_of("C_EncryptInit");
}

static CK_RV encrypt(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_length, CK_BYTE *out, CK_ULONG *length)
{
    (void)session;
    memcpy(out, in, in_length);
    *length = in_length;
    return code_of("C_Encrypt");
}

static CK_RV begin_decrypt(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    (void)session;
    (void)mechanism;
    (void)key;
    return code_of("C_DecryptInit");
}

static CK_RV decrypt(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_length, CK_BYTE *out, CK_ULONG *length)
{
    (void)session;
    memcpy(out, in, in_length);
    *length = trouble("C_Decrypt") ? in_length - 1 : in_length;
    return code_of("C_Decrypt");
}

EXPORTED CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list)
{
    static CK_FUNCTION_LIST functions = {
        .C_Initialize = initialize,
        .C_Finalize = finalize,
        .C_GetSlotList = get_slots,
        .C_GetTokenInfo = get_token,
        .C_OpenSession = open_session,
        .C_Login = login,
        .C_FindObjectsInit = find_begin,
        .C_FindObjects = find,
        .C_FindObjectsFinal = find_end,
        .C_GenerateKey = generate,
        .C_EncryptInit = begin_encrypt,
        .C_Encrypt = encrypt,
        .C_DecryptInit = begin_decrypt,
        .C_Decrypt = decrypt,
    };

    *list = &functions;
    return code_of("C_GetFunctionList");
}
