# SPDX-License-Identifier: Apache-2.0
"""hospitium-audit finds what somebody did to a node, and where: faults are planted one at a time in copies of a node with a
real story, by somebody who can write its files, and by an insider who owns its keys and writes a log anew. The untouched
node has none."""
import fcntl
import hashlib
import json
import os
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
from harness import BINARY, HILL, Node, consent, encounter, houses, patient, temperature, wait_until  # noqa: E402
import order_test  # noqa: E402 (as a module: its own tests are run elsewhere)

AUDIT = os.environ["HOSPITIUM_AUDIT"]
INSIDER = os.environ["HOSPITIUM_INSIDER"]
REASON = {"resourceType": "Parameters", "parameter": [{"name": "reason", "valueString": "unconscious, nobody with her"}]}
PLANTS = ("planted_test.py", "cosigned_test.py")  # where a fault's name stands in self.found or self.assertIn
ACCESS_JOURNAL = "log/access/journal/000000"
OLD_LOG = 1 << 62


def settle(node):
    """Waits for a safe that outlives its door by a moment and writes its last."""
    with open(os.path.join(node.directory, "log/access/lock"), "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)


def tell(node):
    """The story: records come in, are read, refused, changed, matched; glass is broken and judged; somebody is suspended;
    a person is erased."""
    nurse = node.ask("nurse")
    person = nurse.post("/fhir/Patient", patient()).id
    assert nurse.post("/fhir/Encounter", encounter(person)).status == 201
    seen = nurse.post("/fhir/Observation", json.loads(temperature(person))).id
    assert nurse.get("/fhir/Patient/" + person).status == 200
    record = nurse.get("/fhir/Patient/" + person).json()
    assert nurse.put("/fhir/Patient/" + person, dict(record, birthDate="1992")).status == 200
    assert nurse.get("/fhir/Patient?family=Hadad").status == 200
    assert nurse.get("/fhir/Patient?family=Nobody").status == 200
    assert nurse.delete("/fhir/Observation/" + seen).status == 204
    officer = node.ask("officer", sector="immigration", organization="border-office", purpose="ENFORCE")
    assert officer.get("/fhir/Patient/" + person).status == 403
    ines = node.ask("overseer", sector="oversight", organization="ombud", purpose="HOPERAT", actor="ines")
    doctor = node.ask("physician", organization=HILL, purpose="ETREAT", actor="doctor-1")
    glass = doctor.post("/fhir/Patient/%s/$break-glass" % person, REASON).json()["parameter"][0]["valueInteger"]
    assert doctor.get("/fhir/Patient/" + person).status == 200
    assert ines.post("/api/reviews/%d" % glass, {"verdict": "justified", "note": "seen the notes"}).status == 204
    assert nurse.post("/fhir/Consent", consent(person, HILL)).status == 201
    far = node.ask("physician", organization=HILL, actor="far-1")
    assert far.get("/fhir/Patient/%s/$summary" % person).status == 200
    number = ines.post("/api/suspensions", {"actor": "karla", "reason": "under investigation"}).json()["number"]
    assert node.ask("nurse", actor="karla").get("/fhir/Patient/" + person).status == 403
    assert far.get("/fhir/Patient/%s/$summary" % person).status == 200
    assert ines.request("DELETE", "/api/suspensions/%d" % number, {"reason": "cleared by inquiry"}).status == 204
    assert ines.get("/api/evidence?about=some+case").status == 200
    herself = node.ask("patient", sector="patient", organization="none", purpose="PATRQT", actor="anna", person=person)
    assert herself.get("/api/accesses").status == 200
    other = nurse.post("/fhir/Patient", patient("Abate", "Lulit", birthDate="1980")).id
    assert nurse.post("/fhir/Encounter", encounter(other)).status == 201
    gone = nurse.post("/fhir/Patient", patient("Okeke", "Ada", birthDate="1970")).id
    return gone, other


class Case(unittest.TestCase):
    """A node with a story, made once a class; each test plants its fault in a copy."""

    @classmethod
    def setUpClass(cls):
        cls.work = tempfile.mkdtemp(prefix="hospitium-planted-")
        cls.node = cls.make()
        cls.clean = cls.audit(cls.node.directory, "--events")

    @classmethod
    def tearDownClass(cls):
        cls.node.close()
        shutil.rmtree(cls.work)

    @classmethod
    def path(cls, name):
        return os.path.join(cls.work, name)

    @classmethod
    def file(cls, below):
        return os.path.join(cls.node.directory, below)

    @classmethod
    def audit(cls, directory, *more, key=True):
        """The report as JSON, with the exit code and, of --events, the printed lines."""
        arguments = [AUDIT, directory, "--json", *more]
        if key:
            arguments += ["--oversight-key", os.path.join(cls.node.directory, "demo-oversight.key")]
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
        events = "--events" in more
        told = json.loads(done.stderr if events else done.stdout)
        told["code"] = done.returncode
        told["events"] = [json.loads(line) for line in done.stdout.splitlines()] if events else []
        return told

    # ---- a copy, a fault, and what is said of it ----

    def setUp(self):
        self.copy = self.path("copy")
        shutil.copytree(self.node.directory, self.copy, ignore=shutil.ignore_patterns("control"))

    def tearDown(self):
        shutil.rmtree(self.copy)

    def below(self, name):
        return os.path.join(self.copy, name)

    def edit(self, name, at, new):
        with open(self.below(name), "r+b") as file:
            file.seek(at)
            file.write(new)

    def replace(self, name, old, new):
        with open(self.below(name), "rb") as file:
            content = file.read()
        self.assertIn(old, content)
        with open(self.below(name), "wb") as file:
            file.write(content.replace(old, new, 1))

    def sql(self, database, *statements):
        connection = sqlite3.connect(self.below(database))
        rows = None
        for statement, *values in statements:
            rows = connection.execute(statement, values).fetchall()
        connection.commit()
        connection.close()
        return rows

    def insider(self, log, *changes):
        subprocess.run([INSIDER, self.copy, log, *map(str, changes)], check=True)

    def line(self, log="access", **wanted):
        """The first line of the story, as --events prints it, whose event or name has these members."""
        for line in self.clean["events"]:
            if line["log"] == log and all(line["event"].get(k, line.get(k)) == v for k, v in wanted.items()):
                return line
        raise AssertionError("the story has no event with %s" % wanted)

    def entry(self, log="access", **wanted):
        return self.line(log, **wanted)["entry"]

    def found(self, kind, *more, key=True, **place):
        """The audit finds this kind, at this place, and ends with 1."""
        told = self.audit(self.copy, *more, key=key)
        faults = [f for f in told["faults"] if f["fault"] == kind]
        self.assertEqual(told["code"], 1, told["faults"])
        self.assertTrue(faults, "%s is not among %s" % (kind, [f["fault"] for f in told["faults"]]))
        fitting = [f for f in faults if all(f.get(name) == value for name, value in place.items())]
        self.assertTrue(fitting, "%s is elsewhere: %s" % (kind, faults))
        return told

    def signed_for(self):
        with open(self.below("log/access/checkpoint"), encoding="utf-8") as file:
            return int(file.read().split("\n")[1])

    def public(self):
        """The texts of the public log's entries, from its last bundle."""
        with open(self.below("log/public/checkpoint"), encoding="utf-8") as file:
            size = int(file.read().split("\n")[1])
        texts = []
        with open(self.below("log/public/tile/entries/000.p/%d" % size), "rb") as file:
            while head := file.read(2):
                texts.append(file.read(struct.unpack(">H", head)[0]).decode())
        return texts

    def journal(self):
        with open(self.below(ACCESS_JOURNAL), "rb") as file:
            return file.read()

    def batches(self):
        """Where each batch begins and ends, and its first entry."""
        journal, at = self.journal(), 28
        while at + 36 <= len(journal):
            _, first, _, count, size, _ = struct.unpack(">IQQIIQ", journal[at:at + 36])
            yield at, at + 36 + size + 4, first, count
            at += 36 + size + 4

    def record(self, entry):
        """Where an entry's record lies in the journal: begin, length of leaf, length of sealed."""
        journal = self.journal()
        for at, _, first, count in self.batches():
            here = at + 36
            for index in range(first, first + count):
                sealed, leaf = struct.unpack(">IH", journal[here:here + 6])
                if index == entry:
                    return here, leaf, sealed
                here += 14 + leaf + sealed
        raise AssertionError("no entry %d" % entry)


class Planted(Case):
    @classmethod
    def make(cls):
        node = Node(directory=os.path.join(cls.work, "node"))
        cls.node = node
        node.load(houses())
        node.start()
        cls.gone, cls.other = tell(node)
        running = cls.audit(node.directory)
        assert (running["code"], running["faults"]) == (0, []), running
        node.stop()
        with open(cls.path("remembered"), "wb") as out, open(cls.file("log/access/checkpoint"), "rb") as checkpoint:
            out.write(checkpoint.read())
        shutil.copy(cls.file("keys/keys.db"), cls.path("keys-before"))
        node.command("erase", node.directory, cls.gone)
        settle(node)
        return node

    # ---- the honest node ----

    def test_an_honest_node_has_no_fault_running_or_stopped(self):
        self.assertEqual((self.clean["code"], self.clean["faults"]), (0, []))
        derived = self.clean["derived"]
        for name in ("entries", "eventsOpened", "permitted", "refused", "completed", "glassBroken", "reviewsDone",
                     "suspensions", "erasures", "credentialsUsed", "versions", "postings", "persons", "destroyed",
                     "ruleSets"):
            self.assertGreater(derived[name], 0, name)
        self.assertEqual(derived["entries"], derived["eventsOpened"] + derived["padding"])
        self.assertEqual(self.audit(self.copy, key=False)["faults"], [])

    def test_nothing_of_the_node_is_touched_or_left_behind(self):
        def state(directory):
            return {p: (os.stat(p).st_mtime_ns, os.stat(p).st_size) for d, _, fs in os.walk(directory)
                    for p in (os.path.join(d, f) for f in fs)}
        before = state(self.copy)
        with tempfile.TemporaryDirectory() as scratch:
            done = subprocess.run([AUDIT, self.copy], env={**os.environ, "TMPDIR": scratch}, capture_output=True, check=False)
            self.assertEqual((done.returncode, os.listdir(scratch)), (0, []))
        self.assertEqual(state(self.copy), before)

    def test_names_come_out_with_the_key_and_never_without(self):
        actors = {line.get("actor") for line in self.clean["events"]}
        self.assertLessEqual({"doctor-1", "ines", "anna"}, actors)
        done = subprocess.run([AUDIT, self.copy, "--events"], capture_output=True, text=True, check=False)
        for name in ("doctor-1", "ines", "anna"):
            self.assertNotIn(name, done.stdout + done.stderr)

    def test_a_restored_node_is_sound_and_says_what_lies_before_it(self):
        backup, restored = self.path("backup"), self.path("restored")
        self.node.command("backup", self.copy, backup)
        self.node.command("restore", backup, restored)
        told = self.audit(restored)
        self.assertEqual(told["faults"], [])
        self.assertEqual(told["derived"]["versionsBeforeRestore"], self.clean["derived"]["versions"])
        node = Node(directory=restored, make=False).start()
        try:
            nurse = node.client(self.node.tokens[next(t for t in self.node.tokens if "nurse-1" in t)])
            nurse.post("/fhir/Patient", patient("Yusuf", "Amal"))
        finally:
            node.stop()
        told = self.audit(restored)
        self.assertEqual(told["faults"], [])
        self.assertEqual(told["derived"]["credentialsBeforeRestore"], 1)
        shutil.rmtree(restored)
        os.unlink(backup)

    def test_a_wal_that_was_left_behind_is_read_with_its_database(self):
        connection = sqlite3.connect(self.below("vault/vault.db"))
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("DELETE FROM locator")
        connection.commit()
        self.assertGreater(os.path.getsize(self.below("vault/vault.db-wal")), 0)
        self.found("LOCATOR", key=False, file="vault/vault.db")
        connection.close()

    def test_usage_and_what_cannot_be_read(self):
        for arguments, code in (([], 2), (["--colour", "red", "x"], 2), (["a", "b"], 2), ([self.work], 3),
                                ([self.copy, "--oversight-key", self.path("remembered")], 3),
                                ([self.copy, "--key", self.path("remembered")], 3),
                                ([self.copy, "--remembered", self.below("node")], 3)):
            done = subprocess.run([AUDIT, *arguments], capture_output=True, check=False)
            self.assertEqual(done.returncode, code, (arguments, done.stderr))

    # ---- who can write files ----

    def test_a_leaf_that_was_edited(self):
        entry = self.entry(action="read", role="nurse")
        begin, _, _ = self.record(entry)
        self.edit(ACCESS_JOURNAL, begin + 14 + 20, bytes([self.journal()[begin + 14 + 20] ^ 1]))
        self.found("RECORD_CHANGED", key=False, file=ACCESS_JOURNAL, entry=entry, begin=begin)

    def test_a_sealed_event_that_was_edited(self):
        entry = self.entry(action="break-glass")
        begin, leaf, sealed = self.record(entry)
        self.edit(ACCESS_JOURNAL, begin + 14 + leaf + sealed // 2, b"\0\0\0")
        self.found("SEALED_CHANGED", key=False, file=ACCESS_JOURNAL, entry=entry)

    def test_a_journal_that_was_cut(self):
        last = self.clean["derived"]["entries"] - 1
        os.truncate(self.below(ACCESS_JOURNAL), self.record(last - 3)[0] + 9)
        self.found("CHECKPOINT_SHORT", key=False, file="log/access/checkpoint", entry=last + 1)
        self.found("CUT_OFF", key=False, file=ACCESS_JOURNAL, entry=last - 3)

    def test_batches_in_another_order(self):
        journal = self.journal()
        (one, end, _, _), (_, further, _, _) = list(self.batches())[:2]
        self.edit(ACCESS_JOURNAL, 0, journal[:one] + journal[end:further] + journal[one:end] + journal[further:])
        self.found("ENTRIES_MISSING", key=False, file=ACCESS_JOURNAL, begin=28)
        self.found("BATCH_PLACE", key=False, file=ACCESS_JOURNAL, entry=0)

    def test_a_batch_that_was_dated_back(self):
        at, _, first, _ = [batch for batch in self.batches() if batch[3]][-1]  # zeros follow
        head = self.journal()[at:at + 28]
        head = head[:12] + struct.pack(">Q", struct.unpack(">Q", head[12:20])[0] - 3600 * 10 ** 9) + head[20:]
        self.edit(ACCESS_JOURNAL, at, head + hashlib.sha256(head).digest()[:8])
        self.found("TIME_BACK", key=False, file=ACCESS_JOURNAL, begin=at, entry=first)

    def test_heads_and_ends_of_batches_that_were_edited(self):
        at, end, first, count = list(self.batches())[3]
        kept = self.journal()
        self.edit(ACCESS_JOURNAL, at + 9, b"\xff")
        self.found("BATCH_HEAD", key=False, begin=at, end=end, entry=first)
        self.edit(ACCESS_JOURNAL, 0, kept)
        self.edit(ACCESS_JOURNAL, end - 2, b"\xff")
        self.found("BATCH_TAIL", key=False, begin=end - 4, end=end, entry=first + count - 1)
        self.edit(ACCESS_JOURNAL, 0, kept)
        self.edit(ACCESS_JOURNAL, 9, b"\xff")
        self.found("SEGMENT_HEAD", key=False, file=ACCESS_JOURNAL, begin=0)
        os.rename(self.below(ACCESS_JOURNAL), self.below("log/access/journal/000001"))
        self.found("SEGMENT_MISSING", key=False, file=ACCESS_JOURNAL, entry=0)

    def test_what_is_derived_and_missing(self):
        size = self.signed_for()
        os.unlink(self.below("log/access/tile/0/000.p/%d" % size))
        self.found("TILE_MISSING", key=False, file="log/access/tile/0/000.p/%d" % size)
        os.unlink(self.below("log/access/tile/entries/000.p/%d" % size))
        self.found("BUNDLE_MISSING", key=False, file="log/access/tile/entries/000.p/%d" % size)
        os.unlink(self.below("log/public/checkpoint"))
        self.found("CHECKPOINT_MISSING", key=False, file="log/public/checkpoint")
        os.unlink(self.below("log/public.vkey"))
        self.found("KEY_MISSING", key=False, file="log/public.vkey")

    def test_a_log_with_the_checkpoint_of_another_history(self):
        with open(self.below("log/access/checkpoint"), "rb") as file:
            signed = file.read()
        entry = self.entry(action="read", role="nurse")
        self.insider("access", "event", entry, "nurse", "nurse")
        with open(self.below("log/access/checkpoint"), "wb") as file:
            file.write(signed)
        self.found("CHECKPOINT_OTHER", key=False, file="log/access/checkpoint")

    def test_tiles_that_were_swapped(self):
        size = self.signed_for()
        tile = "log/access/tile/0/000.p/%d" % size
        with open(self.below(tile), "rb") as file:
            hashes = file.read()
        self.edit(tile, 0, hashes[32:64] + hashes[:32])
        self.found("TILE_CHANGED", key=False, file=tile, entry=0, begin=0, end=32)
        bundle = "log/access/tile/entries/000.p/%d" % size
        self.edit(bundle, 40, b"\0")
        self.found("BUNDLE_CHANGED", key=False, file=bundle, entry=0)

    def test_a_tile_of_nobody(self):
        open(self.below("log/access/tile/0/001"), "wb").close()
        self.found("FILE_STRANGE", key=False, file="log/access/tile/0/001")

    def test_a_checkpoint_that_somebody_else_signed(self):
        other = os.path.join(self.work, "other")
        self.node.command("init", other, "--name", "north", "--demo")
        shutil.copy(os.path.join(other, "log/access/checkpoint"), self.below("log/access/checkpoint"))
        self.found("CHECKPOINT_SIGNED", key=False, file="log/access/checkpoint")
        shutil.copy(os.path.join(other, "log/access.vkey"), self.below("log/access.vkey"))
        self.found("KEY_OTHER", "--key", self.file("log/access.vkey"), key=False, file="log/access.vkey")
        shutil.copy(self.file("log/access.vkey"), self.below("log/access.vkey"))
        self.found("REMEMBERED_KEY", "--remembered", os.path.join(other, "log/access/checkpoint"), key=False)
        shutil.rmtree(other)

    def test_a_version_without_an_entry(self):
        row, = self.sql("vault/vault.db", ("SELECT max(rowid) FROM version WHERE leaf > 0",))[0]
        self.sql("vault/vault.db", ("UPDATE version SET leaf = 999999 WHERE rowid = ?", row))
        self.found("VERSION_NO_ENTRY", key=False, file="vault/vault.db", table="version", row=row, entry=999999)
        self.sql("vault/vault.db", ("UPDATE version SET leaf = ? WHERE rowid = ?", OLD_LOG, row))
        self.found("VERSION_NO_ENTRY", key=False, file="vault/vault.db")

    def test_a_version_that_names_another_entry(self):
        (row, leaf), = self.sql("vault/vault.db", ("SELECT rowid, leaf FROM version WHERE type = 'Encounter' AND leaf > 0"
                                                   " LIMIT 1",))
        self.sql("vault/vault.db", ("UPDATE version SET leaf = ? WHERE rowid = ?", self.entry(action="read"), row))
        told = self.found("VERSION_NOT_PERMITTED", table="version", row=row)
        self.assertIn(("VERSION_COUNT", leaf), [(f["fault"], f.get("entry")) for f in told["faults"]])

    def test_a_version_passed_off_as_another_resource(self):
        (row,), = self.sql("vault/vault.db", ("SELECT rowid FROM version WHERE type = 'Encounter' AND leaf > 0 LIMIT 1",))
        self.sql("vault/vault.db", ("UPDATE locator SET type = 'Condition' WHERE id = (SELECT id FROM version WHERE rowid = ?)",
                                    row), ("UPDATE version SET type = 'Condition' WHERE rowid = ?", row))
        self.found("VERSION_RESOURCE", table="version", row=row)

    def test_a_part_in_a_drawer_that_was_not_opened(self):
        (row, body), = self.sql("vault/vault.db", ("SELECT rowid, body FROM version WHERE type = 'Encounter' AND leaf > 0"
                                                   " LIMIT 1",))
        part = bytes([6]) + struct.pack(">QI", 1, 40) + bytes(40)
        self.sql("vault/vault.db", ("UPDATE version SET body = ? WHERE rowid = ?", body + part, row))
        self.found("VERSION_DRAWER", table="version", row=row)

    def test_a_version_that_was_moved_to_another_person(self):
        (row, whose), = self.sql("vault/vault.db", ("SELECT rowid, person FROM version WHERE type = 'Encounter' AND leaf > 0"
                                                    " LIMIT 1",))
        (other,), = self.sql("vault/vault.db", ("SELECT person FROM version WHERE person <> ? AND type = 'Patient' AND"
                                                " leaf > 0 LIMIT 1", whose))
        self.sql("vault/vault.db", ("UPDATE version SET person = ? WHERE rowid = ?", other, row),
                 ("UPDATE locator SET person = ? WHERE id = (SELECT id FROM version WHERE rowid = ?)", other, row))
        self.found("VERSION_PERSON", table="version", row=row)

    def test_an_older_body_in_place_of_a_newer(self):
        (row,), = self.sql("vault/vault.db", ("SELECT rowid FROM version WHERE version = 2 AND type = 'Patient'",))
        self.sql("vault/vault.db", ("UPDATE version SET body = (SELECT w.body FROM version AS w WHERE w.id = version.id AND"
                                    " w.version = 1) WHERE rowid = ?", row))
        self.found("VERSION_BODY", key=False, table="version", row=row)

    def test_an_older_version_shown_as_the_present(self):
        self.sql("vault/vault.db", ("DELETE FROM version WHERE version = 2 AND type = 'Patient'",))
        self.found("VERSION_ORDER", key=False, file="vault/vault.db")
        self.found("VERSION_COUNT", entry=self.entry(action="write", type="Patient", replaces=True))

    def test_a_search_token_that_points_nowhere(self):
        self.sql("vault/vault.db", ("INSERT INTO posting VALUES (randomblob(16), 'Patient', randomblob(16), randomblob(16))",))
        self.found("POSTING", key=False, table="posting")

    def test_facts_of_yesterday(self):
        (person, sealed), = self.sql("vault/vault.db", ("SELECT person, sealed FROM facts LIMIT 1",))
        older = bytes([1]) + struct.pack(">Q", struct.unpack(">Q", sealed[1:9])[0] + 7) + sealed[9:]
        self.sql("vault/vault.db", ("UPDATE facts SET sealed = ? WHERE person = ?", older, person))
        self.found("FACTS_OLD", key=False, table="facts")

    def test_a_plain_column_for_nationality(self):
        self.sql("vault/vault.db", ("ALTER TABLE locator ADD COLUMN homeNationality TEXT",))
        self.found("FORBIDDEN_WORD", key=False, file="vault/vault.db", table="locator", row=3)

    def test_a_status_in_a_plain_resource(self):
        (row, body), = self.sql("vault/vault.db", ("SELECT rowid, body FROM version WHERE person = zeroblob(16) LIMIT 1",))
        body = dict(json.loads(body), extension=[{"url": "http://example.org/residence-permit", "valueString": "none"}])
        self.sql("vault/vault.db", ("UPDATE version SET body = ? WHERE rowid = ?", json.dumps(body).encode(), row))
        self.found("FORBIDDEN_WORD", key=False, table="version", row=row)

    def test_another_database_with_a_status(self):
        self.sql("log/more.db", ("CREATE TABLE visits (id INTEGER, visa TEXT)",))
        self.found("FORBIDDEN_WORD", key=False, file="log/more.db", table="visits", row=1)

    def test_a_database_that_would_run_something(self):
        self.sql("vault/vault.db", ("CREATE VIEW everything AS SELECT * FROM version",))
        self.found("DATABASE", key=False, file="vault/vault.db")

    def test_a_rule_set_that_was_edited(self):
        name = "rules/joint-standard.rules.json"
        with open(self.below(name), encoding="utf-8") as file:
            text = file.read()
        with open(self.below(name), "w", encoding="utf-8") as file:
            file.write(text.replace("must", "need", 1) if "must" in text else text + " ")
        self.found("RULES_CHANGED", key=False, file=name)

    def test_a_proof_record_that_is_another(self):
        shutil.copy(self.below("rules/belgium.proof.json"), self.below("rules/joint-standard.proof.json"))
        self.found("RULES_PROOF", key=False, file="rules/joint-standard.proof.json")

    def test_a_rule_set_that_is_no_file(self):
        name = "rules/joint-standard.rules.json"
        os.rename(self.below(name), self.path("rules"))
        os.symlink(self.path("rules"), self.below(name))
        self.found("RULES_UNREADABLE", key=False, file=name)

    def test_rules_that_are_no_longer_kept(self):
        with open(self.below("rules/belgium.rules.json"), "rb") as file:
            gone = hashlib.sha256(file.read()).hexdigest()
        os.unlink(self.below("rules/archive/%s.rules.json" % gone))
        self.assertEqual(self.audit(self.copy)["faults"], [])  # it is active, so it is kept there
        for suffix in (".rules.json", ".dmn", ".pack.json", ".proof.json"):
            os.unlink(self.below("rules/belgium" + suffix))
        self.found("RULES_NOT_KEPT", key=False, file="log/public/journal", detail=gone[:16])

    def test_a_destroyed_person_who_is_back(self):
        self.sql("keys/keys.db", ("ATTACH ? AS old", self.path("keys-before")),
                 ("INSERT INTO person_key SELECT * FROM old.person_key WHERE person NOT IN (SELECT person FROM person_key)",))
        self.found("PERSON_BACK", file="keys/keys.db", table="person_key", entry=self.entry(action="erase"))

    def test_a_person_without_keys_and_a_row_without_its_form(self):
        self.sql("keys/keys.db", ("UPDATE person_key SET wrapped = x'01' WHERE person = (SELECT min(person) FROM person_key)",))
        self.found("KEY_ROW", key=False, table="person_key", row=1)
        self.sql("keys/keys.db", ("DELETE FROM person_key",))
        self.found("PERSON_NO_KEYS", key=False, file="vault/vault.db")

    def test_an_older_key_store(self):
        shutil.copy(self.path("keys-before"), self.below("keys/keys.db"))
        self.found("DESTROYED_LOST", key=False, table="destroyed")

    def test_a_look_that_her_list_hides(self):
        entry = self.entry(action="break-glass")
        self.sql("log/index.db", ("DELETE FROM person_entry WHERE leaf = ?", entry))
        self.found("INDEX_LACKS", entry=entry)

    def test_an_hour_that_oversight_cannot_open(self):
        self.sql("keys/keys.db", ("UPDATE hour_key SET to_oversight = randomblob(80)",))
        self.found("HOUR_KEY", table="hour_key")

    # ---- an insider, who owns the keys ----

    def test_a_log_that_was_written_anew_differs_from_what_was_remembered(self):
        entry = self.entry(action="read", role="nurse")
        self.insider("access", "event", entry, "nurse", "nurse")  # the same text, sealed anew
        self.assertEqual(self.audit(self.copy)["faults"], [])  # nobody who remembers nothing can see it
        self.found("REMEMBERED_OTHER", "--remembered", self.path("remembered"), file="log/access/journal")

    def test_a_log_that_lost_its_end_is_shorter_than_what_was_remembered(self):
        last = self.clean["derived"]["entries"] - 1
        self.insider("access", *(w for n in range(last, last - 12, -1) for w in ("drop", n)))
        self.found("REMEMBERED_SHORT", "--remembered", self.path("remembered"), file="log/access/journal")

    def test_entries_that_were_let_go_as_declared(self):
        self.insider("access", "letgo")
        self.assertFalse(os.path.exists(self.below(ACCESS_JOURNAL)))
        told = self.audit(self.copy)
        self.assertEqual((told["code"], told["faults"]), (0, []))
        derived = told["derived"]
        self.assertGreater(derived["letGo"], 10)
        self.assertGreater(derived["versionsLetGo"], 0)
        self.assertEqual(derived["letGo"] + derived["entries"], self.clean["derived"]["entries"] + 512)

    def test_entries_that_were_let_go_otherwise_than_declared(self):
        self.insider("access", "letgomore")
        self.found("LET_GO_OTHER", key=False, file="log/access/journal")

    def test_a_segment_that_was_let_go_without_a_word(self):
        self.insider("access", "letgo")
        kept = sorted(os.listdir(self.below("log/access/journal")))
        os.unlink(self.below("log/access/journal/" + kept[0]))
        self.found("ENTRIES_MISSING", key=False, file="log/access/journal/" + kept[1])

    def test_a_look_with_another_row(self):
        entry = self.entry(action="read", role="nurse", decision="permit")
        row = self.line(action="read", role="nurse", decision="permit")["event"]["row"]
        self.insider("access", "event", entry, '"row":"%s"' % row, '"row":"D-10"')
        self.found("ACCESS_CELLS", entry=entry)

    def test_a_look_with_a_row_that_is_none(self):
        entry = self.entry(action="search", role="nurse", decision="permit")
        self.insider("access", "event", entry, '"row":"D-', '"row":"X-')
        self.found("ACCESS_ROW", entry=entry)

    def test_a_look_with_another_outcome_than_its_row(self):
        entry = self.entry(outcome="FULL", action="read", decision="permit")
        self.insider("access", "event", entry, '"outcome":"FULL"', '"outcome":"EXISTENCE"')
        self.found("ACCESS_OUTCOME", entry=entry)

    def test_a_look_without_a_purpose(self):
        entry = self.entry(action="read", purpose="TREAT", decision="permit")
        self.insider("access", "event", entry, '"purpose":"TREAT"', '"purpose":"unknown"')
        self.found("ACCESS_PURPOSE", entry=entry)

    def test_a_look_under_rules_that_were_never_active(self):
        line = self.line(action="read", decision="permit")
        self.insider("access", "event", line["entry"], line["event"]["rules"], "ab" * 32)
        self.found("ACCESS_RULES", entry=line["entry"])

    def test_a_refusal_that_opened_something(self):
        entry = self.entry(decision="deny")
        self.insider("access", "event", entry, '"opened":[]', '"opened":["identity"]')
        self.found("REFUSED_OPENED", entry=entry)

    def test_a_name_that_was_exchanged(self):
        entry = self.entry(actor="doctor-1")
        self.insider("access", "beside", entry, "doctor-1", "doctor-2")
        self.found("EVENT_LOOKER", entry=entry)

    def test_a_look_that_was_dated_back(self):
        line = self.line(action="read", role="nurse")
        self.insider("access", "event", line["entry"], line["event"]["time"][:10], "2020-02-29")
        self.found("EVENT_TIME", entry=line["entry"])

    def test_glass_without_a_reason(self):
        entry = self.entry(action="break-glass")
        self.insider("access", "event", entry, '"reason":"unconscious, nobody with her"', '"reason":""')
        self.found("GLASS_REASON", entry=entry)

    def test_glass_that_owes_nothing(self):
        line = self.line(action="break-glass")
        self.insider("access", "event", line["entry"], line["event"]["obligations"], "log")
        self.found("GLASS_OBLIGATIONS", entry=line["entry"])

    def test_a_look_that_nobody_judged_for_weeks(self):
        line = self.line(action="break-glass")
        self.insider("access", "event", line["entry"], line["event"]["time"][:10], "2025-01-01", "drop",
                     self.entry(action="review"))
        self.found("REVIEW_OVERDUE", entry=line["entry"])

    def test_overdue_reviews_that_were_invented(self):
        number = self.entry("public", kind="suspended")
        self.insider("public", "text", number, "\"suspended\"", "\"review.overdue\",\"count\":7")
        self.found("OVERDUE_COUNT", file="log/public/journal")

    def test_an_event_with_a_member_that_no_format_names(self):
        entry = self.entry(action="read", role="nurse")
        self.insider("access", "event", entry, '"kind":"access"', '"kind":"access","note":"x"')
        self.found("EVENT_SHAPE", entry=entry)

    def test_a_suspension_by_somebody_who_is_not_oversight(self):
        entry = self.entry(action="suspend")
        self.insider("access", "event", entry, '"sector":"oversight"', '"sector":"health"')
        self.found("OVERSIGHT_SECTOR", entry=entry)

    def test_a_completion_of_nothing(self):
        line = self.line(kind="completed")
        self.insider("access", "event", line["entry"], '"entry":%d' % line["event"]["accesses"][0]["entry"], '"entry":999')
        self.found("COMPLETION", entry=line["entry"])

    def test_a_review_by_the_looker_herself(self):
        entry = self.entry(action="review")
        self.insider("access", "actor", entry, "doctor-1")
        self.found("REVIEW_OWN", entry=entry)

    def test_a_review_of_nothing(self):
        entry = self.entry(action="review")
        glass = self.entry(action="break-glass")
        self.insider("access", "event", entry, '"number":%d' % glass, '"number":0')
        self.found("REVIEW_STRANGE", entry=entry)

    def test_somebody_suspended_who_looked(self):
        suspended = self.entry(action="suspend")
        look = next(l["entry"] for l in self.clean["events"] if l.get("actor") == "far-1" and l["entry"] > suspended)
        self.insider("access", "actor", look, "karla")
        self.found("SUSPENDED_ACTED", entry=look)

    def test_a_suspension_that_was_taken_out(self):
        self.insider("access", "drop", self.entry(action="suspend"))
        self.found("SUSPENSIONS_COUNT", file="log/public/journal")

    def test_a_lift_that_had_to_be_asked_for_twice_is_one(self):
        self.insider("access", "repeat", self.entry(action="lift"), 1)
        self.assertNotIn("SUSPENSIONS_COUNT", [f["fault"] for f in self.audit(self.copy)["faults"]])

    def test_an_entry_that_was_taken_out(self):
        self.insider("access", "drop", self.entry(action="read", role="officer"))
        told = self.audit(self.copy)
        self.assertEqual(told["code"], 1)  # every later version and completion names an entry that is another now
        self.assertIn("VERSION_NOT_PERMITTED", [f["fault"] for f in told["faults"]])

    def test_a_credential_that_the_public_log_does_not_count(self):
        number = self.entry("public", kind="credential.issued", role="physician")
        self.insider("public", "drop", number)
        self.found("CREDENTIAL_UNTOLD", file="log/access/journal")

    def test_an_erasure_that_the_public_log_does_not_tell(self):
        self.insider("public", "drop", self.entry("public", kind="keys.destroyed"))
        self.found("DESTROYED_UNTOLD", key=False, table="destroyed", row=1)
        self.found("ERASURES_COUNT", file="log/public/journal")

    def test_an_erasure_that_is_told_twice_is_one_and_hides_no_other(self):
        number = self.entry("public", kind="keys.destroyed")
        self.insider("public", "repeat", number, 2)
        told = self.audit(self.copy)
        self.assertEqual((told["faults"], told["derived"]["destroyedToldAgain"]), ([], 2))
        self.node.command("erase", self.copy, self.other)
        self.assertEqual(self.audit(self.copy)["faults"], [])
        numbers = [n for n, text in enumerate(self.public()) if '"keys.destroyed"' in text]
        self.insider("public", "drop", numbers[-1])
        self.found("DESTROYED_UNTOLD", key=False, table="destroyed")
        self.found("ERASURES_COUNT", file="log/public/journal")

    def test_an_erasure_that_was_asked_for_twice_is_no_fault(self):
        self.node.command("erase", self.copy, self.gone)
        self.assertEqual(self.audit(self.copy)["faults"], [])

    def test_an_event_in_place_of_which_another_was_committed_to(self):
        entry = self.entry(action="read", role="nurse")
        self.insider("access", "swap", entry)
        self.found("EVENT_SEALED", entry=entry)

    def test_an_entry_of_no_kind(self):
        entry = self.entry(action="read", role="nurse")
        self.insider("access", "plain", entry, '{"kind":"whisper"}')
        self.found("LEAF_UNKNOWN", key=False, entry=entry)

    def test_a_log_that_begins_with_a_checkpoint_that_nobody_signed(self):
        with open(self.below("log/public/checkpoint"), encoding="utf-8") as file:
            signed = file.read()
        self.insider("public", "plain", 0, signed.replace("\n", "\n1", 1))
        self.found("OLD_CHECKPOINT", key=False, file="log/public/journal/000000", entry=0)

    def test_a_change_of_key_that_the_old_key_did_not_sign(self):
        with open(self.below("log/access.vkey"), encoding="ascii") as file:
            vkey = file.read().strip()
        entry = self.entry("public", kind="suspended")
        self.insider("public", "plain", entry, json.dumps({"kind": "log.key", "old": vkey, "new": vkey,
                                                           "signature": "A" * 86 + "=="}))
        self.found("KEY_SUCCESSION", key=False, file="log/public/journal", entry=entry)

    def test_more_than_is_remembered(self):
        entry = self.entry("public", kind="suspended")
        self.insider("public", "plain", entry, json.dumps({"kind": "log.key", "old": "a", "new": "b", "signature": ""}),
                     "repeat", entry, 300)
        self.found("TOO_MANY", key=False, file="log", detail="changes of keys")

    def test_a_public_entry_of_no_kind(self):
        self.insider("public", "text", 0, "rules.activated", "rules.whispered")
        self.found("PUBLIC_SHAPE", key=False, entry=0)


def orders_told():
    """The story of the orders, told with the helpers of their own system test."""

    class Told(order_test.Orders):
        def runTest(self):
            raise AssertionError("only for its story")

        def wire_of(self, order):
            done = self.order("match", self.node.directory, order, "--token", self.counsel.token)
            return json.loads(done.stdout)[0]["person"]

        def tell_story(self):
            self.open_route()
            order = self.intake().json()["order"]
            done = self.release(order)
            assert done.returncode == 0, done.stderr
            assert self.officer.get("/api/orders/" + order).json()["person"]
            second = self.intake(name="Nobody Atall").json()["order"]
            assert self.counsel.post("/api/orders/%s/refuse" % second, {"reason": "not a serious crime"}).status == 204
            self.order("tell", self.node.directory, order, "--token", self.counsel.token, "--reason", "the case is closed")
            assert wait_until(lambda: [l for l in self.herself.get("/api/accesses").json() if l["action"] == "told"])
            assert self.intake(name="Third One").status == 200
            self.write("counts", self.order("counts", self.node.directory, "--period", "2020-Q1").stdout)
            self.order("close", self.node.directory)
            self.node.stop()

    told = Told("runTest")
    told.setUp()
    told.tell_story()
    return told


class Ordered(Case):
    """The same of lawful orders: one released, read and told, one refused, one that lapses with its law."""

    @classmethod
    def make(cls):
        cls.told = orders_told()
        return cls.told.node

    @classmethod
    def tearDownClass(cls):
        cls.told.doCleanups()
        shutil.rmtree(cls.work)

    def setUp(self):
        super().setUp()
        self.counts = self.told.path("counts")

    def test_honest_orders_have_no_fault(self):
        told = self.audit(self.copy, "--counts", self.counts)
        self.assertEqual((told["code"], told["faults"]), (0, []))
        derived = told["derived"]
        self.assertEqual([derived[n] for n in ("orders", "ordersReleased", "ordersRefused", "ordersLapsed", "ordersTold")],
                         [3, 1, 1, 1, 1])
        self.assertGreaterEqual(derived["orderLooks"], 2)

    def test_an_order_that_was_released_with_one_signature(self):
        entry = self.entry(kind="order", action="release")
        self.insider("access", "beside", entry, "\u2014 health ", "\u2014 nobody ")
        self.found("ORDER_RELEASE", entry=entry)

    def test_an_order_that_the_public_log_does_not_commit_to(self):
        line = self.line(kind="order", action="intake")
        self.insider("public", "text", self.entry("public", kind="commitment", commitment=line["event"]["commitment"]),
                     line["event"]["commitment"], "00" * 32)
        self.found("ORDER_COMMITMENT", entry=line["entry"])

    def test_an_order_without_a_route(self):
        self.insider("public", "drop", self.entry("public", route="open"))
        self.found("ORDER_ROUTE", entry=self.entry(kind="order", action="intake"))

    def test_a_look_before_the_release(self):
        look = self.entry(kind="access", action="read", role="officer", decision="permit")
        release = self.entry(kind="order", action="release")
        self.insider("access", "move", look, release)
        self.found("ORDER_LOOK", entry=release)

    def test_an_order_that_was_decided_twice(self):
        refused, released = self.line(kind="order", action="refuse"), self.line(kind="order", action="release")
        self.insider("access", "event", refused["entry"], refused["event"]["order"], released["event"]["order"])
        self.found("ORDER_DECIDED", entry=refused["entry"])

    def test_a_person_who_was_not_told(self):
        intake, told = self.line(kind="order", action="intake"), self.entry(kind="order", action="told")
        self.insider("access", "drop", told, "drop", self.entry(kind="order", action="tell"),
                     "event", intake["entry"], intake["event"]["told"], "2020-01-01T00:00:00Z")
        self.found("ORDER_TOLD", entry=intake["entry"])

    def test_other_keys_and_another_law(self):
        with open(self.told.path("stranger.vkey"), "rb") as stranger, open(self.told.path("health.vkey"), "rb") as health:
            self.replace("order.keys", health.read().strip(), stranger.read().strip())
        self.found("ORDER_KEYS", file="order.keys")

    def test_a_law_that_was_changed(self):
        shutil.copy(self.told.path("law"), self.below("order.law"))
        self.assertEqual(self.audit(self.copy)["faults"], [])
        self.replace("order.law", b"lawenforcement", b"immigration")
        self.found("ORDER_LAW", file="order.law")

    def test_counts_that_are_not_what_was_signed_or_is(self):
        with open(self.counts, "rb") as file:
            note = file.read()
        wrong = self.below("counts")
        with open(wrong, "wb") as file:
            file.write(note.replace(b"asked 0", b"asked 1"))
        self.found("ORDER_COUNTS", "--counts", wrong, file=wrong)


class Real(unittest.TestCase):
    """A node that is not a demo: two approvers a credential, and oversight's key as openssl wrote it."""

    def setUp(self):
        self.work = tempfile.mkdtemp(prefix="hospitium-real-")
        self.addCleanup(shutil.rmtree, self.work)
        self.node = self.path("node")
        self.write("secret", "a passphrase that is long enough\n")
        subprocess.run(["openssl", "genpkey", "-algorithm", "x25519", "-out", self.path("ines.pem")], check=True)
        public = subprocess.run(["openssl", "pkey", "-in", self.path("ines.pem"), "-pubout", "-outform", "DER"],
                                capture_output=True, check=True).stdout[-32:]
        keys = [self.run_("approver", name, self.path(name + ".key")) for name in ("ana", "ben", "eve")]
        self.write("approvers", "".join(keys[:2]))
        self.write("strangers", "".join(keys[1:]))
        self.run_("init", self.node, "--name", "real", "--passphrase-file", self.path("secret"), "--oversight-key",
                  public.hex(), "--approvers", self.path("approvers"))
        self.run_("token", self.node, "--actor", "nurse-1", "--role", "nurse", "--sector", "health", "--organization",
                  "north-clinic", "--purpose", "TREAT", "--request", self.path("request"))
        for name in ("ana", "ben"):
            self.run_("approve", self.path("request"), "--key", self.path(name + ".key"))
        token = self.run_("token", self.node, "--approved", self.path("request")).strip()
        subprocess.run([BINARY, "export", self.node, "--token", token, "--person", "0" * 32], env=self.environment(),
                       capture_output=True, check=False)  # refused, and written down

    def path(self, name):
        return os.path.join(self.work, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="ascii") as file:
            file.write(text)

    def environment(self):
        self.write("hospitium-passphrase", "a passphrase that is long enough\n")
        return {**os.environ, "CREDENTIALS_DIRECTORY": self.work}

    def run_(self, *arguments):
        return subprocess.run([BINARY, *arguments], capture_output=True, text=True, env=self.environment(),
                              check=True).stdout

    def faults(self, *more):
        done = subprocess.run([AUDIT, self.node, "--json", "--oversight-key", self.path("ines.pem"), *more],
                              capture_output=True, text=True, check=False)
        told = json.loads(done.stdout)
        self.assertEqual(done.returncode, 1 if told["faults"] else 0)
        return [f["fault"] for f in told["faults"]], told

    def test_approvals_approvers_and_changes_of_keys(self):
        faults, told = self.faults()
        self.assertEqual((faults, told["derived"]["credentialsUsed"], told["derived"]["refused"]), ([], 1, 1))
        first = self.path("first.vkey")
        shutil.copy(os.path.join(self.node, "log/access.vkey"), first)
        shutil.copy(os.path.join(self.node, "log/access/checkpoint"), self.path("remembered"))
        self.run_("key", "rotate", self.node, "access")
        faults, told = self.faults("--key", first, "--remembered", self.path("remembered"))
        self.assertEqual((faults, told["derived"]["keyChanges"] >= 1), ([], True))
        shutil.copy(self.path("strangers"), os.path.join(self.node, "approvers"))
        self.assertIn("APPROVERS_OTHER", self.faults()[0])
        connection = sqlite3.connect(os.path.join(self.node, "log/index.db"))
        connection.execute("DELETE FROM revoked")
        connection.commit()
        connection.close()
        self.assertIn("CREDENTIAL_UNAPPROVED", self.faults()[0])


class EveryFault(unittest.TestCase):
    def test_each_fault_that_the_auditor_knows_is_planted_and_no_other_is(self):
        here = os.path.dirname(os.path.abspath(__file__))
        with open(os.path.join(here, "../../src/audit/findings.def"), encoding="utf-8") as file:
            known = set(re.findall(r"^FINDING\((\w+),", file.read(), re.M))
        planted = set()
        for name in PLANTS:
            with open(os.path.join(here, name), encoding="utf-8") as file:
                planted |= set(re.findall(r'(?:self\.found|self\.assertIn)\(\(?"([A-Z_]+)"', file.read()))
        self.assertGreater(len(known), 90)
        self.assertEqual((sorted(known - planted), sorted(planted - known)), ([], []))


if __name__ == "__main__":
    unittest.main()
