# SPDX-License-Identifier: Apache-2.0
"""Immigration status has no place in the house: no table, column, element, code, parameter, setting, route, message between the
processes, member of an event or of a kept structure is named for it. What sounds like it and is not is excused below, one by one,
in a sentence; an excuse that nothing needs any more fails too.
"""
import glob
import json
import os
import re
import shutil
import sqlite3
import subprocess
import unittest

from canary import SOURCE, structs
from harness import BINARY, Node, houses

WORDS = re.compile(r"citizen|national|permit|visa|passport|residen|domicil|asylum|refugee|detention|detain|incarcerat|"
                   r"deport|expuls|immigra|migrant|migration_?status|stateless|undocumented|(?<![a-z])alien|birth_?place|"
                   r"place_?of_?birth|birth_?country|country_?of|legal_?status|home_?country", re.I)

# place: what it is called there, and why it may be. Patterns are whole names.
EXCUSED = {
    "database": {},
    "element": {
        r"Consent_provision\.type code permit": "Whether she permits or denies: a Consent's own word.",
    },
    "search parameter": {}, "setting": {}, "route": {}, "event member": {},
    "kept member": {},
    "vocabulary": {
        r"consent permit": "What she says in a Consent.",
    },
    "error": {}, "public log": {}, "drawer": {}, "protocol": {},
}


def read(*names):
    with open(os.path.join(SOURCE, *names), encoding="utf-8") as file:
        return file.read()


def without_comments(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


class Schema(unittest.TestCase):
    """Every name is held against the words; what is left must be excused, and every excuse must be needed."""

    def hold(self, place, names, least):
        names = list(names)
        self.assertGreaterEqual(len(names), least, "the test does not find the names of every %s any more" % place)
        named, needed = [], set()
        for name in names:
            if not WORDS.search(name):
                continue
            excuse = next((e for e in EXCUSED[place] if re.fullmatch(e, name)), None)
            needed.add(excuse)
            if excuse is None:
                named.append(name)
        self.assertEqual(named, [], "a %s is named for what must not be kept" % place)
        self.assertEqual(set(EXCUSED[place]) - needed, set(), "excused, and not there any more")

    def test_the_words_are_found(self):
        for name in ("patient.citizenship", "residencePermit", "visa_number", "asylum", "countryOfBirth", "birthPlace",
                     "detained_since", "deportation", "nationalId", "passport"):
            self.assertTrue(WORDS.search(name), name)
        for name in ("birthDate", "status", "organization", "country", "address"):
            self.assertFalse(WORDS.search(name), name)

    @unittest.skipUnless(BINARY, "HOSPITIUM_BINARY does not name the program")
    def test_no_table_column_or_index(self):
        names = []
        with Node() as node:
            node.load(houses())
            for path in node.files():
                if not path.endswith(".db"):
                    continue
                database = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
                for kind, table, sql in database.execute("SELECT type, name, sql FROM sqlite_master").fetchall():
                    names.append("%s %s" % (os.path.basename(path), table))
                    if kind in ("table", "view"):
                        names += ["%s.%s" % (table, row[1]) for row in database.execute('PRAGMA table_info("%s")' % table)]
                    names += re.findall(r"'[^']*'", sql or "")  # words that a table is limited to
                database.close()
            self.hold("database", names, 40)
            self.hold("setting", re.findall(r"^#?\s*([\w.]+)\s*=", node.command("config", "print").stdout.decode(), re.M), 3)

    def test_no_element_or_code_of_a_record(self):
        names = []
        for struct, elements in structs().items():
            names.append(struct)
            for element in elements:
                names.append("%s.%s" % (struct, element["name"]))
                names += ["%s.%s code %s" % (struct, element["name"], code) for code in element["codes"]]
        self.hold("element", names, 3000)

    def test_no_search_parameter_route_error_word_or_drawer(self):
        searches = without_comments(read("fhir", "searches.def"))
        self.hold("search parameter", re.findall(r'"([^"]*)"', searches), 300)
        routes = without_comments(read("rest", "routes.def"))
        self.hold("route", re.findall(r'ROUTE\(\w+, "([^"]*)", (?:\w+)', routes), 40)
        self.hold("error", re.findall(r"^ERROR\((\w+),", read("base", "errors.def"), re.M), 40)
        words = re.findall(r'^WORD\((\w+), \w+, "(\w+)"\)', read("base", "vocabulary.def"), re.M)
        # A sector is who asks: immigration control as an asker is what the firewall is about.
        self.hold("vocabulary", ["%s %s" % word for word in words if word != ("sector", "immigration")], 60)
        self.hold("drawer", re.findall(r'"([^"]*)"', without_comments(read("gate", "drawers.def"))), 100)

    def test_no_message_between_the_processes_and_no_member_of_an_event(self):
        self.hold("protocol", re.findall(r"\bPROTOCOL_(\w+)", read("safe", "protocol.h")), 20)
        written = []
        for path in glob.glob(os.path.join(SOURCE, "safe", "*.c")) + glob.glob(os.path.join(SOURCE, "ledger", "*.c")):
            with open(path, encoding="utf-8") as file:
                text = file.read()
            written += re.findall(r'json_(?:key|member_\w+)\(&?\w+(?:->\w+)?, "(\w+)"', text)
            written += re.findall(r'member_\w+\(&?\w+, "(\w+)"', text)
        self.hold("event member", written, 40)
        kinds = []
        for path in glob.glob(os.path.join(SOURCE, "**", "*.c"), recursive=True):
            with open(path, encoding="utf-8") as file:
                kinds += re.findall(r'"kind\\?",? ?\\?"([\w.]+)', file.read())
        self.hold("public log", kinds, 4)

    def test_no_member_of_a_structure_that_is_kept(self):
        if not shutil.which("ctags"):
            self.skipTest("ctags is not installed")
        files = [path for layer in ("safe", "vault", "gate", "care", "keys", "ledger", "identity")
                 for path in glob.glob(os.path.join(SOURCE, layer, "*.[ch]"))]
        said = subprocess.run(["ctags", "--output-format=json", "--kinds-C=ms", "--fields=+s", "-f", "-", *files],
                              capture_output=True, check=True).stdout.decode()
        members = []
        for line in said.splitlines():
            tag = json.loads(line)
            if tag["kind"] in ("member", "struct"):
                members.append("%s.%s" % (tag.get("scope", "struct").split("::")[-1], tag["name"]))
        self.hold("kept member", members, 700)


if __name__ == "__main__":
    unittest.main()
