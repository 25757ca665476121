# SPDX-License-Identifier: Apache-2.0
"""Runs the system tests: all of them, the files named (`fhir_test.py`), or the tests whose name holds a word named.

    HOSPITIUM_BINARY=build/hospitium test/system/run.py [fhir_test.py] [a_word_of_a_test's_name]
"""
import os
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SKIPPED_ALL = 77  # meson's code for a test that could not run


def tests_of(suite):
    for part in suite:
        if isinstance(part, unittest.TestSuite):
            yield from tests_of(part)
        else:
            yield part


class Lines(unittest.TextTestResult):
    """One line a test, with how long it took: a slow test is a fault too."""

    def startTest(self, test):
        self.begun = time.monotonic()
        super().startTest(test)

    def getDescription(self, test):
        return "%-78s" % test.id().split(".", 2)[-1].replace(".test_", ": ")

    def stopTest(self, test):
        self.stream.writeln("    %.1f s" % (time.monotonic() - self.begun))
        super().stopTest(test)


def main(words):
    sys.dont_write_bytecode = True  # the tests leave nothing in the source tree
    os.chdir(HERE)
    sys.path.insert(0, HERE)
    files = [os.path.basename(word) for word in words if word.endswith(".py")]
    names = [word for word in words if not word.endswith(".py")]
    found = unittest.TestSuite()
    for file in files or sorted(name for name in os.listdir(HERE) if name.endswith("_test.py")):
        for test in tests_of(unittest.defaultTestLoader.loadTestsFromName(file[:-3])):
            if not names or any(name in test.id() for name in names):
                found.addTest(test)
    count = found.countTestCases()
    result = unittest.TextTestRunner(sys.stdout, verbosity=2, resultclass=Lines).run(found)
    failed = len(result.failures) + len(result.errors)
    for _, why in result.skipped:
        print("skipped: " + why)
    print("%d passed, %d failed%s" % (result.testsRun - failed - len(result.skipped), failed,
                                      ", %d skipped" % len(result.skipped) if result.skipped else ""))
    if failed or count == 0:
        return 1
    return SKIPPED_ALL if len(result.skipped) == count or result.testsRun == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
