# SPDX-License-Identifier: Apache-2.0
"""Bad days: processes killed at any moment, full disk, damaged files, a clock set back, two at once.

Each proves the same: a clear error, nothing acknowledged is lost, nothing is disclosed.
"""
import glob
import os
import random
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from harness import BINARY, CARE_QUESTION, Node, SystemTest, houses, patient, temperature, wait_until

CANARY = "Canarywoman"


class Load:
    """Some clients that write and read as fast as they can, and remember what was acknowledged."""

    def __init__(self, node, person, clients=4):
        self.node, self.person = node, person
        self.acknowledged, self.unavailable, self.surprises = [], 0, []
        self.running = True
        self.token = node.token("nurse")
        self.threads = [threading.Thread(target=self._work, args=(number,)) for number in range(clients)]
        for thread in self.threads:
            thread.start()

    def _work(self, number):
        client, count = self.node.client(self.token), 0
        while self.running:
            count += 1
            family = "Load%d-%d" % (number, count)
            # Every third is a new person, whose keys are made on the way.
            path = "/fhir/Patient" if count % 3 == 0 else "/fhir/Observation"
            body = patient(family) if count % 3 == 0 else temperature(self.person, "%d.%02d" % (count % 50, number))
            try:
                answer = client.post(path, body, Content_Type="application/fhir+json")
            except OSError:
                return  # the door is gone: what was not acknowledged may be lost
            except Exception as surprise:
                if self.running and self.node.door:
                    self.surprises.append(repr(surprise))
                return
            if answer.status == 201:
                self.acknowledged.append((path, answer.id, family if count % 3 == 0 else None))
            elif answer.status == 503:
                self.unavailable += 1
                issue = answer.json()["issue"][0]
                if not issue.get("diagnostics"):
                    self.surprises.append("503 without a hint")
                time.sleep(0.01)
            else:
                self.surprises.append(repr(answer))

    def stop(self):
        self.running = False
        for thread in self.threads:
            thread.join(30)


class Killed(SystemTest):
    @classmethod
    def setUpClass(cls):
        pass  # a node for each test

    def setUp(self):
        if not BINARY:
            self.skipTest("HOSPITIUM_BINARY does not name the program")
        self.node = Node()
        self.addCleanup(self.node.close)
        self.node.load(houses())
        self.node.start()
        self.nurse = self.node.ask("nurse")
        self.person = self.nurse.post("/fhir/Patient", patient(CANARY)).id

    def assert_nothing_lost(self, load):
        """Each acknowledged write is there, in a node whose log and vault are sound."""
        self.assertEqual(load.surprises, [])
        self.assertGreater(len(load.acknowledged), 20, "too little load to prove anything")
        nurse = self.node.client(self.node.token("nurse"))
        for path, resource, family in load.acknowledged:
            read = nurse.get("%s/%s" % (path, resource))
            self.assertEqual(read.status, 200, "acknowledged and lost: %s %r" % (path, read))
            if family:
                self.assertEqual(read.json()["name"][0]["family"], family)
        self.assertIn(b"Sound", self.node.command("check", self.node.directory).stdout)
        self.node.stop()
        self.node.command("log", "verify", self.node.directory)

    def test_a_killed_safe_comes_back_and_nothing_acknowledged_is_lost(self):
        # The safe is killed at random moments while four clients write. Meanwhile advice on care is always given.
        chance = random.Random(20261)
        load = Load(self.node, self.person)
        adviser, advised = self.node.client(), 0
        killed = []
        for _ in range(5):
            time.sleep(0.1 + chance.random() * 0.3)
            pid = wait_until(self.node.safe_pid)
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)
            until = time.monotonic() + 0.3
            while time.monotonic() < until:
                answer = adviser.request("POST", "/api/care", CARE_QUESTION)
                self.assertEqual(answer.status, 200, answer)
                advised += 1
            self.assertTrue(wait_until(lambda: adviser.get("/readyz").status == 200), self.node.log()[-1000:])
        time.sleep(0.2)
        load.stop()
        self.assertEqual(len(set(killed)), 5)
        self.assertGreater(load.unavailable, 0, "nobody noticed that the safe was away")
        self.assertGreater(advised, 20)
        self.assert_nothing_lost(load)

    def test_her_list_is_whole_after_the_safe_was_killed(self):
        # The index of who looked is written behind the log; what a kill takes from it is put back from the log.
        hers = self.node.ask("patient", sector="patient", organization="none", purpose="PATRQT", person=self.person)
        before = len(hers.get("/api/accesses").json())
        for _ in range(7):
            self.assertEqual(self.nurse.get("/fhir/Patient/" + self.person).status, 200)
        os.kill(self.node.safe_pid(), signal.SIGKILL)
        self.assertTrue(wait_until(lambda: hers.get("/readyz").status == 503 or hers.get("/readyz").status == 200))
        self.assertTrue(wait_until(lambda: hers.get("/api/accesses").status == 200), self.node.log()[-1000:])
        looks = [line for line in hers.get("/api/accesses").json() if line["role"] == "nurse"]
        self.assertGreaterEqual(len(looks), 7)
        self.assertGreaterEqual(len(hers.get("/api/accesses").json()), min(before + 8, 200))

    def test_without_a_safe_requests_say_so_at_once(self):
        # The safe is stopped for good by making its program unable to open the root: the door goes on without it.
        root = os.path.join(self.node.directory, "keys", "root")
        os.rename(root, root + ".away")
        os.kill(self.node.safe_pid(), signal.SIGKILL)
        begun = time.monotonic()
        self.assertTrue(wait_until(lambda: self.nurse.get("/fhir/Patient/" + self.person).status == 503))
        answer = self.nurse.get("/fhir/Patient/" + self.person)
        issue = self.assert_outcome(answer, 503, "transient")
        self.assertIn("advice on care still works", issue["diagnostics"])
        self.assertLess(time.monotonic() - begun, 3)
        self.assertNotIn(CANARY, answer.text)
        self.assertEqual(self.nurse.get("/readyz").status, 503)
        for page in ("/", "/care", "/livez", "/fhir/metadata"):
            self.assertEqual(self.nurse.get(page).status, 200, page)
        self.assertEqual(self.nurse.post("/api/care", CARE_QUESTION).status, 200)

    def test_a_killed_door_is_started_again_and_nothing_acknowledged_is_lost(self):
        # The whole service dies as by a power cut of its processes, three times, and is started again at once.
        chance = random.Random(20262)
        everything = []
        for _ in range(3):
            load = Load(self.node, self.person)
            time.sleep(0.3 + chance.random() * 0.3)
            door = self.node.door
            load.running = False
            door.kill()
            load.stop()
            self.node.kill_door()
            everything += load.acknowledged
            self.assertEqual(load.surprises, [])
            self.node.start()
        load.acknowledged = everything
        self.assert_nothing_lost(load)

    def test_a_stop_finishes_what_it_has_begun(self):
        load = Load(self.node, self.person)
        time.sleep(0.3)
        self.node.door.send_signal(signal.SIGTERM)
        load.running = False
        self.assertEqual(self.node.door.wait(30), 0)
        load.stop()
        self.node.kill_door()
        self.node.start()
        self.assert_nothing_lost(load)


class FullDisk(unittest.TestCase):
    """A node on a small file system of its own, filled to the last byte."""

    def setUp(self):
        if not BINARY:
            self.skipTest("HOSPITIUM_BINARY does not name the program")
        self.place = tempfile.mkdtemp(prefix="hospitium-full-")
        self.addCleanup(shutil.rmtree, self.place, True)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", self.place], capture_output=True,
                                 check=False)
        if mounted.returncode != 0:
            self.skipTest("a small file system can be mounted by root alone")
        self.addCleanup(subprocess.run, ["umount", "-l", self.place], check=False)
        # The process log lies elsewhere: the disk that is full is the node's.
        self.node = Node(directory=os.path.join(self.place, "node"))
        self.node.log_path = tempfile.mktemp(prefix="hospitium-log-")
        self.addCleanup(lambda: os.path.exists(self.node.log_path) and os.unlink(self.node.log_path))
        self.addCleanup(self.node.close)
        self.node.load(houses())
        self.node.start()
        self.nurse = self.node.ask("nurse")
        self.doctor = self.node.ask("physician", purpose="ETREAT")
        self.person = self.nurse.post("/fhir/Patient", patient(CANARY)).id
        self.patient = self.node.ask("patient", sector="patient", organization="none", purpose="PATRQT",
                                     person=self.person)

    def fill(self):
        with open(os.path.join(self.place, "filler"), "ab", buffering=0) as filler:
            for size in (1 << 20, 4096, 512, 1):
                try:
                    while True:
                        filler.write(b"\0" * size)
                except OSError:
                    pass

    def write_until_refused(self):
        """Writes go on as long as there is room in what was set aside before; then they must be refused."""
        for count in range(30000):
            answer = self.nurse.post("/fhir/Observation", temperature(self.person, "%d.0" % (count % 50)),
                                     Content_Type="application/fhir+json")
            if answer.status != 201:
                return answer, count
        self.fail("30,000 writes on a full disk")

    def test_on_a_full_disk_writes_are_refused_emergencies_are_served_and_logged_and_all_returns(self):
        stored = self.nurse.post("/fhir/Observation", temperature(self.person, "36.60"),
                                 Content_Type="application/fhir+json").id
        self.fill()
        answer, _ = self.write_until_refused()
        self.assertEqual(answer.status, 507, answer)
        issue = answer.json()["issue"][0]
        self.assertIn("disk is full", issue["details"]["text"])
        self.assertIn("emergency reads go on", issue["diagnostics"])

        # An emergency read is answered, and it is on her list afterwards. (She was registered in the same house.)
        read = self.doctor.get("/fhir/Patient/" + self.person)
        self.assertEqual(read.status, 200, read)
        self.assertEqual(read.json()["name"][0]["family"], CANARY)
        self.assertEqual(self.doctor.get("/fhir/Observation/" + stored).status, 200)
        self.assertEqual(self.nurse.post("/api/care", CARE_QUESTION).status, 200)
        self.assertEqual(self.nurse.get("/livez").status, 200)

        os.unlink(os.path.join(self.place, "filler"))
        self.assertTrue(wait_until(lambda: self.nurse.post(
            "/fhir/Observation", temperature(self.person, "38.00"),
            Content_Type="application/fhir+json").status == 201), "writes do not come back after space was freed")
        self.assertEqual(self.nurse.get("/fhir/Observation/" + stored).status, 200)
        listed = self.patient.get("/api/accesses")
        self.assertEqual(listed.status, 200, listed)
        emergencies = [line for line in listed.json() if line["purpose"] == "ETREAT"]
        self.assertEqual([(line["role"], line["permitted"]) for line in emergencies],
                         [("physician", True)] * 2, listed)
        self.assertIn(b"Sound", self.node.command("check", self.node.directory).stdout)
        self.node.stop()
        self.node.command("log", "verify", self.node.directory)


class Damaged(unittest.TestCase):
    """Files of a stopped node are changed; what was a good node is copied for each damage."""

    @classmethod
    def setUpClass(cls):
        if not BINARY:
            raise unittest.SkipTest("HOSPITIUM_BINARY does not name the program")
        cls.good = Node()
        cls.good.load(houses())
        cls.good.start()
        nurse = cls.good.ask("nurse")
        cls.person = nurse.post("/fhir/Patient", patient(CANARY)).id
        cls.records = [nurse.post("/fhir/Observation", temperature(cls.person, "36.%02d" % i),
                                  Content_Type="application/fhir+json").id for i in range(60)]
        cls.token = cls.good.token("nurse")
        cls.good.stop()

    @classmethod
    def tearDownClass(cls):
        cls.good.close()

    def setUp(self):
        place = tempfile.mkdtemp(prefix="hospitium-damaged-")
        self.addCleanup(shutil.rmtree, place, True)
        shutil.copytree(self.good.directory, os.path.join(place, "node"))
        self.node = Node(directory=os.path.join(place, "node"), make=False)
        self.addCleanup(self.node.close)

    def path(self, below):
        return os.path.join(self.node.directory, below)

    def flip(self, below, offset, length=1):
        with open(self.path(below), "r+b") as file:
            file.seek(offset)
            old = file.read(length)
            file.seek(offset)
            file.write(bytes(byte ^ 0x5A for byte in old))

    def refused(self, environment=None):
        code, said = self.node.start_refused(environment)
        self.assertNotEqual(code, 0)
        self.assertLess(code, 100, "it crashed: " + said)  # a signal would be negative
        self.assertGreaterEqual(code, 0, "it crashed: " + said)
        self.assertNotIn(CANARY, said)
        return said

    def walk_damaged(self):
        """Reads everything of a node with a damaged page: each answer is right or a clear error."""
        nurse, statuses = self.node.client(self.token), set()
        for path in ["/fhir/Patient/" + self.person, "/fhir/Observation?_count=200&patient=" + self.person] + [
                "/fhir/Observation/" + record for record in self.records]:
            answer = nurse.get(path)
            statuses.add(answer.status)
            if answer.status != 200:
                issue = answer.json()["issue"][0]
                self.assertTrue(issue["details"]["text"] and issue["diagnostics"], answer)
                self.assertNotIn(CANARY, answer.text)
        self.assertEqual(nurse.get("/livez").status, 200)
        return statuses

    def try_page(self, database, page):
        """One page of a database is damaged: what happened, as a word. No crash in any case."""
        shutil.copy(os.path.join(self.good.directory, database), self.path(database))
        self.flip(database, page * 4096 + 8, 4000)
        try:
            self.node.start()
        except AssertionError as refusal:
            self.assertRegex(str(refusal), r"damaged|cannot be read|could not be opened|[Hh]int")
            return "refused to start"
        try:
            statuses = self.walk_damaged()
            self.assertIsNone(self.node.door.poll(), "the door has died")
            self.assertLessEqual(statuses, {200, 403, 404, 500}, statuses)
            checked = self.node.command("check", self.node.directory, check=False)
            self.assertIn(checked.returncode, (0, 1, 3))
            if statuses != {200}:
                self.assertNotEqual(checked.returncode, 0, "reads fail and `check` finds nothing: page %d" % page)
            self.assertNotIn(CANARY.encode(), checked.stdout + checked.stderr)
            return "reads failed" if statuses != {200} else "unnoticed" if checked.returncode == 0 else "found"
        finally:
            self.node.stop()

    def damage_pages(self, database):
        pages = os.path.getsize(os.path.join(self.good.directory, database)) // 4096
        happened = {page: self.try_page(database, page) for page in range(1, pages)}
        # At least one page holds what the reads need, else nothing was proved.
        self.assertTrue(set(happened.values()) - {"unnoticed"}, happened)

    def test_a_damaged_page_of_the_vault_is_a_clear_error(self):
        self.damage_pages("vault/vault.db")

    def test_a_damaged_page_of_the_key_store_is_a_clear_error(self):
        self.damage_pages("keys/keys.db")

    def test_a_damaged_first_page_is_a_clear_error(self):
        for database in ("vault/vault.db", "keys/keys.db", "log/index.db"):
            with self.subTest(database=database):
                self.flip(database, 0, 64)
                self.assertRegex(self.refused(), "damaged|cannot be read|[Hh]int")
                shutil.copy(os.path.join(self.good.directory, database), self.path(database))

    def test_a_rule_set_that_was_changed_after_its_proof_is_not_served(self):
        # A word of a citation, which changes no decision, and a digit somewhere in the compiled tables.
        for file in glob.glob(self.path("rules/*.rules.json")):
            with open(file, encoding="utf-8") as rules:
                text = rules.read()
            for changed in (text.replace("care", "cure", 1), text[::-1].replace("1", "2", 1)[::-1]):
                self.assertNotEqual(text, changed)
                with open(file, "w", encoding="utf-8") as rules:
                    rules.write(changed)
                self.assertRegex(self.refused(), "proof|rules")
            with open(file, "w", encoding="utf-8") as rules:
                rules.write(text)
        self.node.start().stop()  # put back, it starts: the tests above failed for the change alone

    def test_a_proof_record_that_was_changed_is_not_taken(self):
        for file in glob.glob(self.path("rules/*.proof.json")):
            with open(file, encoding="utf-8") as record:
                text = record.read()
            digest = re.search(r'"([0-9a-f]{64})"', text).group(1)
            with open(file, "w", encoding="utf-8") as record:
                record.write(text.replace(digest, digest[::-1]))
            self.assertRegex(self.refused(), "proof|prove")
            with open(file, "w", encoding="utf-8") as record:
                record.write(text)

    def test_a_rule_set_without_a_proof_record_is_not_served(self):
        for file in glob.glob(self.path("rules/*.proof.json")):
            os.rename(file, file + ".away")
            self.assertRegex(self.refused(), "proof|prove")
            os.rename(file + ".away", file)

    def test_an_edited_byte_of_the_log_is_found_and_named(self):
        # Every region of each file of the access log: file, offset and entry are told, and the exit code is 1.
        journal = self.path("log/access/journal/000000")
        length = os.path.getsize(journal)
        with open(journal, "rb") as file:
            end = len(file.read().rstrip(b"\0"))  # behind it lies room that was written ahead
        self.assertEqual(self.node.command("log", "verify", self.node.directory).returncode, 0)
        for offset in random.Random(7).sample(range(40, end), 12) + [length - 1]:
            self.flip("log/access/journal/000000", offset)
            done = self.node.command("log", "verify", self.node.directory, check=False)
            said = done.stdout.decode()
            self.assertEqual(done.returncode, 1, said + done.stderr.decode())
            named = re.search(r"log/access/journal/000000: bytes (\d+) to (\d+), entry (\d+): ", said)
            self.assertTrue(named, said)
            self.assertTrue(int(named.group(1)) <= offset <= int(named.group(2)), (offset, said))
            self.flip("log/access/journal/000000", offset)
        self.assertEqual(self.node.command("log", "verify", self.node.directory).returncode, 0)

    def test_a_log_that_was_cut_or_blanked_is_found(self):
        # The last entries are cut off, or overwritten with zeros as if there never had been any.
        journal = self.path("log/access/journal/000000")
        with open(journal, "rb") as file:
            whole = file.read()
        end = len(whole.rstrip(b"\0"))
        for less in (whole[:end - 100], whole[:end - 5000], whole[:end - 100] + bytes(len(whole) - end + 100),
                     whole[:end - 5000] + bytes(len(whole) - end + 5000)):
            with open(journal, "wb") as file:
                file.write(less)
            done = self.node.command("log", "verify", self.node.directory, check=False)
            self.assertEqual(done.returncode, 1, done.stdout)

    def test_two_on_one_directory_are_told(self):
        self.node.start()
        said = self.refused()
        self.assertIn("Another command is using this directory.", said)
        self.assertIn("Hint", said)
        done = self.node.command("rules", "deactivate", self.node.directory, "belgium", check=False)
        self.assertIn(b"Another command is using this directory.", done.stderr)
        # The first goes on as if nothing had been.
        self.assertEqual(self.node.client(self.token).get("/fhir/Patient/" + self.person).status, 200)


class ClockSetBack(unittest.TestCase):
    NOON = 1780000000

    def setUp(self):
        if not BINARY:
            self.skipTest("HOSPITIUM_BINARY does not name the program")
        self.node = Node(environment={"HOSPITIUM_TWIN": "7:%d" % self.NOON})
        self.addCleanup(self.node.close)
        self.node.load(houses())
        self.node.start()
        nurse = self.node.ask("nurse")
        self.person = nurse.post("/fhir/Patient", patient(CANARY)).id
        self.doctor_token = self.node.token("physician", purpose="ETREAT")
        self.node.stop()

    def at(self, seconds):
        # Another seed: what was drawn before must not be drawn again.
        return {"HOSPITIUM_TWIN": "8:%d" % (self.NOON + seconds)}

    def test_a_clock_that_is_days_behind_stops_the_start(self):
        code, said = self.node.start_refused(self.at(-3 * 86400))
        self.assertEqual(code, 3, said)
        self.assertIn("The clock is behind the last entry of the log.", said)
        self.assertIn("Hint", said)

    def test_a_clock_that_is_an_hour_behind_serves_emergencies_alone(self):
        self.node.start(self.at(-3600))
        answer = self.node.client(self.node.token("nurse")).get("/fhir/Patient/" + self.person)
        self.assertEqual(answer.status, 503, answer)
        issue = answer.json()["issue"][0]
        self.assertIn("clock is behind", issue["details"]["text"])
        self.assertIn("clock", issue["diagnostics"])
        self.assertEqual(self.node.client(self.doctor_token).get("/fhir/Patient/" + self.person).status, 200)
        self.node.stop()
        self.node.command("log", "verify", self.node.directory)

    def test_a_clock_that_is_right_again_serves_all(self):
        self.node.start(self.at(60))
        answer = self.node.client(self.node.token("nurse")).get("/fhir/Patient/" + self.person)
        self.assertEqual(answer.status, 200, answer)


if __name__ == "__main__":
    unittest.main()
