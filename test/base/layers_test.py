#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves that the walls of the house stand: a layer that includes what it may not see does not compile, and one that uses a
symbol it may not see does not link. Takes the compiler's command line of a real source of each layer from the build.

    layers_test.py BUILD-DIRECTORY
"""
import json
import os
import shlex
import subprocess
import sys
import tempfile

BUILD = sys.argv[1]
# layer, a header that it may include, headers that it must not
WALLS = [
    ("gate", "vault/vault.h", ["keys/keystore.h", "keys/root.h", "ledger/ledger.h", "rest/app.h"]),
    ("rest", "gate/gate.h", ["vault/vault.h", "vault/part.h", "keys/keystore.h", "ledger/ledger.h"]),
    ("pages", "fhir/types.h", ["gate/gate.h", "vault/vault.h", "keys/root.h", "safe/safe.h"]),
    ("fhir", "text/json.h", ["gate/gate.h", "vault/vault.h", "store/store.h", "server/server.h"]),
    ("vault", "store/store.h", ["keys/keystore.h", "safe/safe.h"]),
    ("server", "base/loop.h", ["store/store.h", "gate/gate.h"]),
    ("rules", "text/json.h", ["safe/safe.h", "store/store.h"]),
    ("base", "error.h", ["crypto/hash.h", "text/json.h"]),
    # The second program may not see what it judges.
    ("audit", "crypto/seal.h", ["ledger/ledger.h", "ledger/note.h", "safe/event.h", "rules/rule_set.h", "keys/keystore.h",
                                "vault/vault.h", "store/store.h", "text/json.h", "gate/gate.h"]),
]
passed = failed = 0


def check(holds, what):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    print("ok  " if holds else "FAIL", what)


def command_of(layer):
    for entry in json.load(open(os.path.join(BUILD, "compile_commands.json"))):
        if f"lib{layer}.a.p/" in entry["output"]:
            words = shlex.split(entry["command"])
            at = words.index("-o")
            return [w for i, w in enumerate(words) if i not in (at, at + 1, len(words) - 1)
                    and w not in ("-c", "-MD", entry["file"]) and not w.startswith(("-MQ", "-MF"))
                    and not w.endswith((".c.o", ".o.d"))], entry
    raise SystemExit(f"no source of layer {layer} in the build")


def compiles(layer, text):
    words, entry = command_of(layer)
    with tempfile.NamedTemporaryFile("w", suffix=".c", dir=os.path.join(BUILD)) as source:
        source.write(text)
        source.flush()
        # The source's own folder is part of what a quoted include sees; a file of the layer's would sit there.
        folder = os.path.dirname(os.path.join(entry["directory"], entry["file"]))
        done = subprocess.run([*words, "-iquote", folder, "-fsyntax-only", source.name], cwd=entry["directory"],
                              capture_output=True, text=True)
    return done.returncode == 0


for layer, allowed, forbidden in WALLS:
    check(compiles(layer, f'#include "{allowed}"\n'), f"{layer} may include {allowed}")
    for header in forbidden:
        check(not compiles(layer, f'#include "{header}"\n'), f"{layer} may not include {header}")

# A symbol that a layer may not see: each layer is linked by itself with undefined symbols as errors.
with tempfile.TemporaryDirectory() as folder:
    source, out = os.path.join(folder, "sneak.c"), os.path.join(folder, "sneak.so")
    archives = [os.path.join(BUILD, f"lib{name}.a") for name in ("base", "crypto", "text", "store")]
    link = ["cc", "-shared", "-fPIC", "-o", out, source, *archives, "-lsodium", "-lcrypto", "-lyyjson", "-ldl", "-lsqlite3",
            "-Wl,-z,defs"]
    for call, may in (("hash_keyed", True), ("keystore_open", False), ("ledger_append", False)):
        with open(source, "w") as text:
            text.write(f"void {call}(void *);\nvoid sneak(void);\nvoid sneak(void) {{ {call}(0); }}\n")
        done = subprocess.run(link, capture_output=True)
        check((done.returncode == 0) == may, f"the vault {'may' if may else 'may not'} link {call}")

# The second program is linked from three archives and libraries that are not the house's own.
second = os.path.join(BUILD, "hospitium-audit")
symbols = subprocess.run(["nm", "-a", second], capture_output=True, text=True).stdout
for function in ("ledger_open", "safe_open", "rule_set_load", "rules_decide", "keystore_open", "vault_open", "json_parse"):
    check(symbols and f" {function}\n" not in symbols, f"hospitium-audit holds no {function}")

print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
