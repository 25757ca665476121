#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Proves that a line of the process log cannot carry a person's text: what is not a number, a truth value or a literal of
# the source does not compile. Arguments: the source's root, the include path of base, the compiler.
set -u
root=$1
include=$2
shift 2
directory=$(mktemp -d) || exit 99
trap 'rm -rf "$directory"' EXIT
failed=0

# try ACCEPTED|REFUSED EXPRESSION: compiles a call that logs the expression.
try() {
    cat > "$directory/line.c" <<SOURCE
#include "base/log.h"
#include "base/slice.h"
#include "base/id.h"
void line(int number, struct personal name, struct slice text, char *letters, const char *word, struct id id, void *any);
void line(int number, struct personal name, struct slice text, char *letters, const char *word, struct id id, void *any)
{
    (void)number, (void)name, (void)text, (void)letters, (void)word, (void)id, (void)any;
    LOG(INFO, "tested", $2);
}
SOURCE
    if "$compiler" $options -std=gnu17 -D_GNU_SOURCE -I"$root/src" "$include" -fsyntax-only "$directory/line.c" \
        2> "$directory/said"; then said=ACCEPTED; else said=REFUSED; fi
    if [ "$said" != "$1" ]; then
        echo "$2: $said, must be $1"
        sed 's/^/    /' "$directory/said"
        failed=1
    fi
}

compiler=$1
shift
options="$*"

try ACCEPTED 'FIELD("number", number)'
try ACCEPTED 'FIELD("truth", (bool)(number > 0))'
try ACCEPTED 'FIELD("word", LABEL("literal"))'
try ACCEPTED 'FIELD_ERROR(ERROR_IO), FIELD("number", 3ull)'
try REFUSED 'FIELD("name", name)'
try REFUSED 'FIELD("name", name.text)'
try REFUSED 'FIELD("text", text)'
try REFUSED 'FIELD("text", text.data)'
try REFUSED 'FIELD("letters", letters)'
try REFUSED 'FIELD("word", word)'
try REFUSED 'FIELD("word", "a literal without LABEL")'
try REFUSED 'FIELD("word", LABEL(word))'
try REFUSED 'FIELD("word", LABEL(letters))'
try REFUSED 'FIELD(word, number)'
try REFUSED 'FIELD("id", id)'
try REFUSED 'FIELD("any", any)'
exit $failed
