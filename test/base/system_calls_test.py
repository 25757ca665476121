#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves that of every function of the C library that the programs import somebody has asked what happens when it fails:
system_calls.txt names the file that makes it fail, or says why that does no harm.

    system_calls_test.py SOURCE-DIRECTORY PROGRAM…
"""
import os
import re
import subprocess
import sys

SOURCE, PROGRAMS = sys.argv[1], sys.argv[2:]
passed = failed = 0


def check(holds, what):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    if not holds:
        print("FAIL", what)


def plain(name):
    """open64, __read_chk, __open64_2 and the like: one function each."""
    return re.sub(r"^__", "", re.sub(r"(_chk|_2)$|64(?=$|_)", "", name))


def imported(program):
    names = subprocess.run(["nm", "-D", "--undefined-only", program], capture_output=True, text=True, check=True).stdout
    return {plain(name) for name in re.findall(r" U (\w+)@GLIBC", names)}


def contains(path, name):
    """As a word, or behind an underscore: UNLUCKY_recv, __wrap_prctl."""
    file = os.path.join(SOURCE, path)
    return os.path.exists(file) and re.search(rf"(?<![A-Za-z0-9]){name}(?!\w)", open(file).read()) is not None


table = {}
for line in open(os.path.join(SOURCE, "test/base/system_calls.txt")):
    line = line.split("#")[0].strip()
    if not line:
        continue
    names, made_to_fail, told = re.fullmatch(r"([\w ]+?) ([=-]) (\S.*)", line).groups()
    for name in names.split():
        check(name not in table, f"{name} stands in the table once")
        table[name] = told
        if made_to_fail == "=":
            check(contains(told, name), f"{told} makes {name} fail")

wanted = set.union(*(imported(program) for program in PROGRAMS))
check(len(wanted) > 100, "the programs' imports can be read")
for name in sorted(wanted - table.keys()):
    check(False, f"{name} is imported, and system_calls.txt does not say what happens when it fails")
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
