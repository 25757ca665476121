/* SPDX-License-Identifier: Apache-2.0 */

/* The module hospitium-icu.so: the one place that sees ICU. It knows nothing of us but the call it answers. */

#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

#include "text/translit_module.h"

/* Four UTF-16 units for each of at most 4096 bytes, which translit.h allows. */
#define UNITS_MAX (4 * 4096 + 64)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* a transliterator has a state */
static UTransliterator *transliterator;
static UChar units[UNITS_MAX];

static UTransliterator *open_transliterator(void)
{
    static const UChar ID[] = u"NFKC; Any-Latin; Latin-ASCII; Lower()";
    UErrorCode error = U_ZERO_ERROR;
    UTransliterator *opened = utrans_openU(ID, -1, UTRANS_FORWARD, NULL, 0, NULL, &error);

    return U_SUCCESS(error) ? opened : NULL;
}

static enum translit_result result_of(UErrorCode error)
{
    if (U_SUCCESS(error))
        return TRANSLIT_DONE;
    return error == U_BUFFER_OVERFLOW_ERROR ? TRANSLIT_NO_ROOM : TRANSLIT_FAILED;
}

static enum translit_result transliterate(const char *text, size_t length, char *out, size_t capacity,
                                          size_t *ret_length)
{
    UErrorCode error = U_ZERO_ERROR;
    int32_t count = 0, limit, written = 0;

    u_strFromUTF8(units, UNITS_MAX, &count, text, (int32_t)length, &error);
    limit = count;
    utrans_transUChars(transliterator, units, &count, UNITS_MAX, 0, &limit, &error);
    u_strToUTF8(out, (int32_t)capacity, &written, units, limit, &error);
    *ret_length = (size_t)written;
    return result_of(error);
}

/* Names are personal: they do not stay in our buffer. */
__attribute__((visibility("default"))) translit_module_call hospitium_transliterate_1;

enum translit_result hospitium_transliterate_1(const char *text, size_t length, char *out, size_t capacity,
                                               size_t *ret_length)
{
    enum translit_result result = TRANSLIT_FAILED;

    if (length > UNITS_MAX || capacity > INT32_MAX)
        return TRANSLIT_NO_ROOM;
    pthread_mutex_lock(&lock);
    if (!transliterator)
        transliterator = open_transliterator();
    if (transliterator)
        result = transliterate(text, length, out, capacity, ret_length);
    explicit_bzero(units, sizeof units);
    pthread_mutex_unlock(&lock);
    return result;
}
