# SPDX-License-Identifier: Apache-2.0
"""Secrets stay where they belong: keys in the safe's memory alone, and what was typed about status nowhere at all."""
import ctypes
import ctypes.util
import hashlib
import os
import re
import sqlite3
import time
import unittest

from harness import BINARY, CARE_QUESTION, Node, SystemTest, encounter, houses, patient, temperature

KEY_BYTES, OVERHEAD, DRAWERS = 32, 40, 7
WRAPPED = KEY_BYTES + OVERHEAD
STATUS_WORDS = ("undocumented", "asylum_applicant")


def derive(parent, use, number=0):
    """As src/crypto/seal.c states it: keyed BLAKE2b of the use and a number."""
    return hashlib.blake2b(use.encode() + b"\0" + number.to_bytes(8, "big"), key=parent, digest_size=KEY_BYTES).digest()


def unseal(key, bound, sealed):
    """XChaCha20-Poly1305 by libsodium itself, so that no line of the program under test is trusted."""
    sodium = ctypes.CDLL(ctypes.util.find_library("sodium"))
    message = ctypes.create_string_buffer(len(sealed))
    nonce, rest = sealed[:24], sealed[24:]
    opened = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
        message, None, None, rest, ctypes.c_ulonglong(len(rest)), bound, ctypes.c_ulonglong(len(bound)), nonce, key)
    assert opened == 0, "a wrapped key does not open: the test no longer knows the format"
    return message.raw[:len(sealed) - OVERHEAD]


def root_of(node):
    with open(os.path.join(node.directory, "keys", "root"), encoding="ascii") as file:
        _, kind, _, key = file.read().split("\n")[:4]
    assert kind == "plain"
    return bytes.fromhex(key)


RING_USES = {1: "persons", 2: "years", 3: "destroyed", 4: "facts", 5: "token", 6: "index", 7: "approvers", 8: "activated",
             9: "sign access log", 10: "sign public log", 11: "posting", 12: "further", 64: "sector"}


def keys_of_ring(node):
    """Every key of the ring, as docs/formats.md says it lies there."""
    with open(os.path.join(node.directory, "keys", "ring"), encoding="ascii") as file:
        first, line = file.read().split("\n")[:2]
    assert first == "hospitium-ring 1"
    body = unseal(derive(root_of(node), "ring"), b"ring 1", bytes.fromhex(line))
    keys = {}
    for at in range(5, len(body), 75):
        name = RING_USES[body[at]] + (" %d" % body[at + 1] if body[at] == 64 else "")
        keys[name] = body[at + 11:at + 43]
    assert len(keys) == body[4]
    return keys


def person_keys(node, persons_key):
    """Each person's own key and those of her drawers, from the key store's file."""
    own, drawers = [], []
    store = sqlite3.connect("file:%s?mode=ro" % os.path.join(node.directory, "keys", "keys.db"), uri=True)
    for person, wrapped in store.execute("SELECT person, wrapped FROM person_key"):
        assert wrapped[0] == 1, "the row has another format: the test no longer knows it"
        row = wrapped[1:]
        own.append(unseal(persons_key, person + b"\0", row[:WRAPPED]))
        for drawer in range(1, DRAWERS + 1):
            drawers.append(unseal(own[-1], person + bytes([drawer]), row[WRAPPED * drawer:WRAPPED * (drawer + 1)]))
    store.close()
    return own, drawers


def memory(pid):
    """All that a process has mapped and that can be read: more than a core dump would hold."""
    read = 0
    with open("/proc/%d/maps" % pid, encoding="ascii") as maps, open("/proc/%d/mem" % pid, "rb", 0) as mem:
        for line in maps:
            bounds, mode = line.split()[:2]
            begin, end = (int(word, 16) for word in bounds.split("-"))
            if mode[0] != "r" or "[vvar" in line or "[vsyscall" in line:
                continue
            if end - begin > 1 << 32:
                continue  # a sanitizer's shadow, which holds marks and no data
            try:
                mem.seek(begin)
                chunk = mem.read(end - begin)
            except (OSError, ValueError, OverflowError):
                continue
            read += len(chunk)
            yield chunk
    assert read > 1 << 20, "hardly any memory could be read"


def found_in(pid, named):
    """Which of the named secrets are in the memory of a process, whole or in either half."""
    found = set()
    for chunk in memory(pid):
        for name, secret in named.items():
            if secret in chunk or secret[:16] in chunk or secret[16:] in chunk:
                found.add(name)
    return found


class Memory(SystemTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        nurse = cls.node.ask("nurse")
        cls.persons = [nurse.post("/fhir/Patient", patient("Memory%d" % i)).id for i in range(5)]
        for person in cls.persons:
            nurse.post("/fhir/Observation", temperature(person, "36.6"), Content_Type="application/fhir+json")
            assert nurse.get("/fhir/Observation?patient=" + person).json()["total"] == 1
        time.sleep(1.5)  # the idle work of the safe is done too
        cls.root = root_of(cls.node)
        cls.ring = keys_of_ring(cls.node)
        cls.own, cls.drawers = person_keys(cls.node, cls.ring["persons"])
        try:
            next(memory(cls.node.safe_pid()))
        except PermissionError:
            cls.tearDownClass()
            raise unittest.SkipTest("only root may read the memory of a process that is not dumpable")

    def held(self):
        """Keys that the safe holds as long as it runs."""
        uses = ("persons", "years", "destroyed", "facts", "token", "index", "sign access log", "sign public log")
        return {use: self.ring[use] for use in uses}

    def test_the_search_finds_what_is_there(self):
        # Else the next tests prove nothing: the same search finds the ring's keys in the safe, and the token that the
        # door remembers in the door.
        self.assertEqual(found_in(self.node.safe_pid(), self.held()), set(self.held()))
        self.assertEqual(len(self.own), len(self.persons))
        session = {"posting": self.ring["posting"], "sector": self.ring["sector 1"]}
        self.assertEqual(found_in(self.node.door.pid, session), set(session))

    def test_the_door_holds_neither_root_nor_any_key_of_the_safe(self):
        self.assertEqual(found_in(self.node.door.pid, dict(self.held(), root=self.root)), set())

    def test_the_door_holds_no_person_key(self):
        self.assertEqual(found_in(self.node.door.pid, {"person %d" % i: key for i, key in enumerate(self.own)}), set())

    def test_the_door_wipes_what_a_grant_opened(self):
        self.assertEqual(found_in(self.node.door.pid, {"drawer %d" % i: k for i, k in enumerate(self.drawers)}), set())

    def test_the_safe_does_not_keep_root_or_person_keys_for_longer_than_it_needs(self):
        named = {"person %d" % i: key for i, key in enumerate(self.own)}
        self.assertEqual(found_in(self.node.safe_pid(), dict(named, root=self.root)), set())

    def test_the_door_has_no_file_of_keys_open(self):
        opened = [os.readlink("/proc/%d/fd/%s" % (self.node.door.pid, fd))
                  for fd in os.listdir("/proc/%d/fd" % self.node.door.pid)]
        self.assertFalse([path for path in opened if "/keys/" in path or "/log/" in path], opened)


class Typed(unittest.TestCase):
    """What a person says about herself at the desk is nowhere afterwards."""

    def setUp(self):
        if not BINARY:
            self.skipTest("HOSPITIUM_BINARY does not name the program")

    def visit(self, status):
        """The same visit, but for the status that is typed: a node, its files and its backup, as they are at the end."""
        node = Node(environment={"HOSPITIUM_TWIN": "9:1780000000"})
        self.addCleanup(node.close)
        node.load(houses())
        node.start()
        nurse = node.ask("nurse")
        person = nurse.post("/fhir/Patient", patient("Visit")).id
        asked = dict(CARE_QUESTION, status=status)
        self.assertEqual(node.client().request("POST", "/api/care", asked, {
            "Content-Type": "application/json"}).status, 200)
        form = "&".join("%s=%s" % pair for pair in (("whom", "child"), ("service", "child"), ("urgency", "urgent"),
                                                    ("age", "4"), ("status", status)))
        answer = node.client().request("POST", "/care/answer", form,
                                       {"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(answer.status, 200, answer)
        fields = re.findall(r'<input type="?hidden"?[^>]*name="?([\w-]+)"?[^>]*value="?([^">]*)"?', answer.text)
        slip = node.client().request("POST", "/care/slip", "&".join("%s=%s" % pair for pair in fields),
                                     {"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(slip.status, 200, slip)
        self.assertNotIn(status, slip.text)
        for word in ("wrong-" + status, status + "%zz"):
            node.client().request("POST", "/care/answer", "status=" + word,
                                  {"Content-Type": "application/x-www-form-urlencoded"})
        node.client().get("/care?status=" + status)
        self.assertEqual(nurse.post("/fhir/Encounter", encounter(person)).status, 201)
        backup = os.path.join(node.home, "backup")
        node.command("backup", node.directory, backup)
        node.stop()
        kept = {"process log": re.sub(r"127\.0\.0\.1:\d+", "", re.sub(r'"time":"[^"]*"', "", node.log())).encode()}
        for path in list(node.files()) + [backup]:
            with open(path, "rb") as file:
                kept[os.path.relpath(path, node.home)] = file.read()
        return kept

    def test_two_visits_that_differ_in_status_alone_leave_the_same_bytes(self):
        # Same clock, same randomness: every file, the process log and the backup are equal to the byte.
        one, other = (self.visit(status) for status in STATUS_WORDS)
        self.assertEqual(set(one), set(other))
        self.assertGreater(len(one), 10)
        self.assertEqual([name for name in one if one[name] != other[name]], [])

    def test_a_status_that_was_typed_is_in_no_file(self):
        kept = self.visit(STATUS_WORDS[0])
        # The rule sets name the words of the vocabulary; they are as they were before anybody came.
        holding = [name for name, text in kept.items() if STATUS_WORDS[0].encode() in text]
        self.assertEqual([name for name in holding if "/rules/" not in name and name != "backup"], [])
        self.assertEqual(kept["backup"].count(STATUS_WORDS[0].encode()),
                         sum(kept[name].count(STATUS_WORDS[0].encode()) for name in holding if "/rules/" in name))
        # And the search can find: the word is in the rule sets.
        self.assertTrue([name for name in holding if "/rules/" in name])

    def test_what_a_record_says_is_in_no_file_in_the_clear(self):
        with Node() as node:
            node.load(houses())
            node.start()
            nurse = node.ask("nurse", actor="canarynurse")
            canaries = ("Canaryfamily", "Canarystreet", "canarynote", "1919-09-19")
            person = nurse.post("/fhir/Patient", patient("Canaryfamily", birthDate="1919-09-19", address=[
                {"line": ["Canarystreet"]}])).id
            nurse.post("/fhir/Observation", temperature(person, "36.6", note=[{"text": "canarynote"}]),
                       Content_Type="application/fhir+json")
            self.assertIn("canarynote", nurse.get("/fhir/Observation?patient=" + person).text)
            backup = os.path.join(node.home, "backup")
            node.command("backup", node.directory, backup)
            # While it runs, with everything in the write-ahead logs, and after it has stopped.
            for moment in ("running", "stopped"):
                if moment == "stopped":
                    node.stop()
                for path in list(node.files()) + [backup, node.log_path]:
                    with open(path, "rb") as file:
                        text = file.read()
                    for word in canaries + ("canarynurse",):
                        self.assertNotIn(word.encode(), text, "%s in %s" % (word, path))


if __name__ == "__main__":
    unittest.main()
