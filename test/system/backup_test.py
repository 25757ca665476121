# SPDX-License-Identifier: Apache-2.0
"""Backup, restore and erasure: what was confirmed comes back, what was erased does not."""
import os
import sqlite3
import threading
import unittest

from harness import BINARY, Node, encounter, houses, patient, temperature


class Backup(unittest.TestCase):
    def setUp(self):
        if not BINARY:
            self.skipTest("HOSPITIUM_BINARY does not name the program")
        self.node = Node()
        self.addCleanup(self.node.close)
        self.node.load(houses())
        self.node.start()
        self.nurse = self.node.ask("nurse")
        self.stays, self.goes = (self.nurse.post("/fhir/Patient", patient(name)).id for name in ("Stays", "Goes"))
        for person in (self.stays, self.goes):
            self.nurse.post("/fhir/Encounter", encounter(person))
            self.nurse.post("/fhir/Observation", temperature(person, "36.60"), Content_Type="application/fhir+json")
        self.file = os.path.join(self.node.home, "backup")

    def erase(self):
        """She has her record erased herself."""
        her = self.node.ask("patient", sector="patient", organization="none", purpose="PATRQT", person=self.goes)
        answer = her.delete("/api/persons/" + her.get("/api/me").json()["patient"])
        self.assertEqual(answer.status, 204, answer)

    def restored(self, *options):
        place = os.path.join(self.node.home, "restored")
        self.node.command("restore", self.file, place, *options)
        node = Node(directory=place, make=False)
        node.log_path = os.path.join(self.node.home, "restored.log")
        self.addCleanup(node.close)
        return node

    def assert_open(self, node, person, family):
        nurse = node.client(self.node.token("nurse"))
        self.assertEqual(nurse.get("/fhir/Patient/" + person).json()["name"][0]["family"], family)
        self.assertIn('"value":36.60', nurse.get("/fhir/Observation?patient=" + person).text)

    def assert_shut(self, node, person):
        nurse = node.client(self.node.token("nurse"))
        for path in ("/fhir/Patient/" + person, "/fhir/Observation?patient=" + person, "/fhir/Patient/%s/_history" % person,
                     "/fhir/Patient/%s/$summary" % person):
            answer = nurse.get(path)
            self.assertIn(answer.status, (403, 404), (path, answer))
            self.assertNotIn("Goes", answer.text)

    def test_a_restored_node_has_what_was_there_and_a_new_log_that_begins_with_the_old_checkpoint(self):
        self.node.command("backup", self.node.directory, self.file)
        self.nurse.post("/fhir/Patient", patient("Later"))
        node = self.restored()
        node.start()
        self.assert_open(node, self.stays, "Stays")
        self.assert_open(node, self.goes, "Goes")
        self.assertEqual(self.nurse.get("/fhir/Patient/" + self.stays).status, 200, "the old node was disturbed")
        # The first leaf of the new public log is the old log's signed checkpoint, for everybody to see.
        checkpoint = self.node.client().get("/log/public/checkpoint").text
        bundle = node.client().get("/log/public/tile/entries/000.p/%d" % int(node.client().get(
            "/log/public/checkpoint").text.split("\n")[1]))
        self.assertEqual(bundle.status, 200, bundle)
        length = int.from_bytes(bundle.body[:2], "big")
        first = bundle.body[2:2 + length].decode()
        self.assertEqual(first.split("\n")[0], checkpoint.split("\n")[0])
        self.assertIn("\u2014 ", first)
        node.stop()
        node.command("log", "verify", node.directory)

    def test_a_restored_node_that_is_checked_is_sound(self):
        self.node.command("backup", self.node.directory, self.file)
        node = self.restored()
        said = node.command("check", node.directory, check=False)
        self.assertEqual(said.returncode, 0, said.stdout + said.stderr)

    def test_who_was_erased_since_the_backup_is_erased_in_what_is_restored(self):
        self.node.command("backup", self.node.directory, self.file)
        self.erase()
        self.node.stop()
        node = self.restored("--destroyed-by", self.node.directory)
        node.start()
        self.assert_open(node, self.stays, "Stays")
        self.assert_shut(node, self.goes)

    def test_without_the_destructions_the_erased_would_come_back(self):
        # Shows that the test above is no accident, and why `restore` has the option.
        self.node.command("backup", self.node.directory, self.file)
        self.erase()
        self.node.stop()
        node = self.restored()
        node.start()
        self.assert_open(node, self.goes, "Goes")

    def test_an_erased_person_is_unreadable_and_the_node_is_sound(self):
        self.erase()
        self.assert_shut(self.node, self.goes)
        self.assert_open(self.node, self.stays, "Stays")
        self.assertIn(b"Sound", self.node.command("check", self.node.directory).stdout)
        # A commitment to it, and no name, is public.
        size = int(self.node.client().get("/log/public/checkpoint").text.split("\n")[1])
        entries = self.node.client().get("/log/public/tile/entries/000.p/%d" % size).body
        self.assertIn(b"keys.destroyed", entries)
        self.assertNotIn(self.goes.encode(), entries)
        self.node.stop()
        self.node.command("log", "verify", self.node.directory)

    def test_an_erasure_by_whoever_runs_the_machine_is_reviewed_by_somebody_else(self):
        self.assertIn(b"Erased", self.node.command("erase", self.node.directory, self.goes).stdout)
        self.assert_shut(self.node, self.goes)
        overseer = self.node.ask("overseer", sector="oversight", organization="ombud", purpose="HOPERAT")
        reviews = overseer.get("/api/reviews")
        self.assertEqual(reviews.status, 200, reviews)
        self.assertIn("erase", reviews.text)
        self.assertNotIn(self.goes, reviews.text)

    def test_the_keys_of_the_erased_are_in_no_byte_of_the_key_store(self):
        # The wrapped keys, as they were before, are searched in the database file and in its write-ahead log.
        def wrapped():
            store = sqlite3.connect("file:%s?mode=ro" % os.path.join(keys, "keys.db"), uri=True)
            rows = dict(store.execute("SELECT person, wrapped FROM person_key"))
            store.close()
            return rows

        def holding(secret):
            names = []
            for name in os.listdir(keys):
                with open(os.path.join(keys, name), "rb") as file:
                    text = file.read()
                if any(secret[at:at + 64] in text for at in range(0, len(secret) - 64, 64)):
                    names.append(name)
            return names

        keys = os.path.join(self.node.directory, "keys")
        before = wrapped()
        self.erase()
        self.node.stop()
        gone = set(before) - set(wrapped())
        self.assertEqual((len(before), len(gone)), (2, 1))
        for person, row in before.items():
            self.assertEqual(holding(row), [] if person in gone else ["keys.db"])

    def test_a_damaged_backup_is_refused_before_anything_is_unpacked(self):
        self.node.command("backup", self.node.directory, self.file)
        with open(self.file, "rb") as file:
            good = file.read()
        place = os.path.join(self.node.home, "restored")
        middle = len(good) // 2
        for bad in (good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1:], good[:-1], good[:100], b"",
                    good + b"x", b"x" + good[1:]):
            with open(self.file, "wb") as file:
                file.write(bad)
            done = self.node.command("restore", self.file, place, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertRegex(done.stderr.decode(), r"(?s)[A-Z].*\.\s.*Hint: ")
            self.assertFalse(os.path.exists(os.path.join(place, "node")), "a damaged backup made a node")
            if os.path.isdir(place):
                self.assertEqual(os.listdir(place), [], "a refused restore left files behind")
                os.rmdir(place)

    def test_a_backup_overwrites_nothing(self):
        self.node.command("backup", self.node.directory, self.file)
        for arguments in (["backup", self.node.directory, self.file], ["restore", self.file, self.node.directory]):
            done = self.node.command(*arguments, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(b"It is there already.", done.stderr)

    def test_a_backup_is_for_its_owner_alone(self):
        self.node.command("backup", self.node.directory, self.file)
        self.assertEqual(os.stat(self.file).st_mode & 0o077, 0)

    def test_a_backup_under_writes_is_whole(self):
        # Records that are written while it is made are in it or not, never by half.

        stop, stored = threading.Event(), []

        def write():
            client = self.node.client(self.node.token("nurse"))
            while not stop.is_set():
                stored.append(client.post("/fhir/Patient", patient("During%d" % len(stored))).id)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            while len(stored) < 20:
                pass
            self.node.command("backup", self.node.directory, self.file)
            known = len(stored)
        finally:
            stop.set()
            writer.join()
        node = self.restored()
        node.start()
        nurse = node.client(self.node.token("nurse"))
        answers = [nurse.get("/fhir/Patient/" + person).status for person in stored]
        self.assertEqual(answers[:20], [200] * 20)
        self.assertLessEqual(set(answers), {200, 403, 404})
        self.assertEqual(answers, sorted(answers), "a later one is there and an earlier one is not")
        self.assertGreater(known, 19)
        self.assertEqual(node.command("check", node.directory, "--json").stdout, b'{"sound":true}\n')


if __name__ == "__main__":
    unittest.main()
