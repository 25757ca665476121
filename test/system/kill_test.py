# SPDX-License-Identifier: Apache-2.0
"""Either process is killed, or stopped and let go again, at random points of traffic. What was confirmed is there afterwards,
nobody was told anything that is not in the log, every version has its entry, the log verifies, and advice on urgent care
goes on whenever the door lives.

HOSPITIUM_SEED names the points, HOSPITIUM_KILLS their number (36; with HOSPITIUM_FIRE=all 600).
"""
import http.client
import os
import random
import re
import signal
import threading
import time
import unittest

from harness import BINARY, CARE_QUESTION, HARBOUR, Node, encounter, houses, patient, wait_until
from journal import Journal
from secrets_test import keys_of_ring
from askers import WireIds

ALL = os.environ.get("HOSPITIUM_FIRE") == "all"
SEED = int(os.environ.get("HOSPITIUM_SEED", "4711"))
KILLS = int(os.environ.get("HOSPITIUM_KILLS", "600" if ALL else "36"))
WORKERS = 3
WORD = re.compile(r"kw[0-9]{6}")
GONE = (OSError, http.client.HTTPException)


def note(person, word):
    return {"resourceType": "Observation", "status": "final", "code": {"text": "told"}, "note": [{"text": word}],
            "subject": {"reference": "Patient/" + person}}


class Traffic:
    """Clients that write and read until they are told to stop. What was confirmed to them, and what they were told."""

    def __init__(self, node, people):
        self.node, self.people = node, people
        self.stop, self.lock = threading.Event(), threading.Lock()
        self.confirmed, self.told, self.odd = {}, [], []
        self.numbers = iter(range(1, 999999))
        self.threads = [threading.Thread(target=self.work, args=(i,)) for i in range(WORKERS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *unused):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def work(self, worker):
        chance, client, port = random.Random(SEED * 100 + worker), None, None
        while not self.stop.is_set():
            if client is None or port != self.node.port:
                port = self.node.port
                client = self.node.client(self.people["token"])
                client.timeout = 30
            try:
                self.step(client, chance)
            except GONE:
                client.close()
                time.sleep(0.005)  # the door is away

    def step(self, client, chance):
        name, person = chance.choice(self.people["persons"])
        if chance.random() < 0.6:
            with self.lock:
                word = "kw%06d" % next(self.numbers)
            answer = client.post("/fhir/Observation", note(person, word))
            if answer.status == 201:
                with self.lock:
                    self.confirmed[answer.id] = (person, word)
        else:
            answer = client.get("/fhir/Observation?patient=%s&_count=20&_sort=-_lastUpdated" % person)
            words = set(WORD.findall(answer.text))
            if words:
                with self.lock:
                    self.told.append((answer.header("x-request-id"), name, len(words)))
        if answer.status not in (200, 201, 408, 503):
            self.odd.append(repr(answer))


class Kills(unittest.TestCase):
    def setUp(self):
        if not BINARY:
            self.skipTest("HOSPITIUM_BINARY does not name the program")
        self.node = Node()
        self.addCleanup(self.node.close)
        self.node.load(houses())
        self.node.start()
        self.journal = Journal(self.node.directory)
        wires = WireIds(keys_of_ring(self.node))
        nurse = self.node.ask("nurse")
        self.people = {"token": self.node.token("nurse"), "persons": []}
        self.inside = {}
        for i in range(4):
            wire = nurse.post("/fhir/Patient", patient("Kill%d" % i)).id
            self.assertEqual(nurse.post("/fhir/Encounter", encounter(wire)).status, 201)
            self.people["persons"].append((str(i), wire))
            self.inside[str(i)] = wires.inside("health", wire)

    def advice_goes_on(self):
        began = time.monotonic()
        answer = self.node.client().post("/api/care", CARE_QUESTION, Content_Type="application/json")
        self.assertEqual((answer.status, answer.json()["mayRefuse"]), (200, "no"))
        self.assertLess(time.monotonic() - began, 10, "advice waited for the safe")

    # ---- what is done to them ----

    def kill_safe(self):
        pid = wait_until(self.node.safe_pid)
        os.kill(pid, signal.SIGKILL)
        self.advice_goes_on()

    def kill_door(self):
        door = self.node.door
        door.kill()
        door.wait(30)
        door.stdout.close()
        # The safe sees that the line is gone, and ends by itself; the lock is free when it has.
        self.node.door = None
        self.node.start()

    def hold_safe(self):
        pid = wait_until(self.node.safe_pid)
        os.kill(pid, signal.SIGSTOP)
        try:
            self.advice_goes_on()
            time.sleep(self.random.uniform(0, 0.05))
        finally:
            os.kill(pid, self.random.choice((signal.SIGCONT, signal.SIGKILL)))

    def hold_door(self):
        self.node.door.send_signal(signal.SIGSTOP)
        time.sleep(self.random.uniform(0, 0.05))
        self.node.door.send_signal(signal.SIGCONT)
        self.advice_goes_on()

    def kill_both(self):
        pid = wait_until(self.node.safe_pid)
        os.kill(pid, signal.SIGSTOP)
        os.kill(pid, signal.SIGKILL)
        self.kill_door()

    # ---- what must hold ----

    def assert_told_is_logged(self, told):
        opened = {}
        for entry in self.journal.read():
            if "request" in entry.event:
                opened.setdefault(entry.event["request"], []).append(entry)
        for number, name, words in told:
            self.assertTrue(any("clinical" in e.opened_of(self.inside[name]) for e in opened.get(number, [])),
                            "%d words of %s came out without an entry" % (words, name))

    def assert_confirmed_is_there(self, confirmed):
        client = self.node.client(self.people["token"])
        for id_, (person, word) in confirmed.items():
            answer = wait_until(lambda: (lambda a: a if a.status != 503 else None)(client.get("/fhir/Observation/" + id_)))
            self.assertTrue(answer and answer.status == 200, "%s was confirmed and is lost: %s" % (word, answer))
            self.assertIn(word, answer.text)

    def test_killed_at_random_points_nothing_confirmed_is_lost_and_nothing_is_told_unlogged(self):
        self.random = random.Random(SEED)
        deeds = (self.kill_safe, self.kill_door, self.hold_safe, self.hold_door, self.kill_both)
        done = {deed.__name__: 0 for deed in deeds}
        with Traffic(self.node, self.people) as traffic:
            checked = 0
            while sum(done.values()) < KILLS:
                time.sleep(self.random.uniform(0.01, 0.12))
                deed = self.random.choice(deeds)
                deed()
                done[deed.__name__] += 1
                with traffic.lock:
                    told, checked = traffic.told[checked:], len(traffic.told)
                self.assert_told_is_logged(told)
            self.assertIsNotNone(wait_until(self.node.safe_pid))
            before = len(traffic.confirmed)  # and it goes on afterwards
            self.assertTrue(wait_until(lambda: len(traffic.confirmed) > before + 5))
        self.assertEqual(traffic.odd, [])
        self.assertGreater(len(traffic.confirmed), KILLS)
        self.assertGreater(len(traffic.told), KILLS)
        self.assert_told_is_logged(traffic.told)
        self.assert_confirmed_is_there(traffic.confirmed)
        # Both checks can fail.
        with self.assertRaises(AssertionError):
            self.assert_told_is_logged([("0" * 16, "0", 1)])
        id_, (person, _) = next(iter(traffic.confirmed.items()))
        with self.assertRaises(AssertionError):
            self.assert_confirmed_is_there({id_: (person, "kw999999")})
        said = self.node.command("check", self.node.directory).stdout
        self.assertIn(b"Sound", said)
        self.node.stop()
        self.node.command("log", "verify", self.node.directory)
        print("\n%d confirmed, %d answers told, after %s" % (len(traffic.confirmed), len(traffic.told), done), end=" ")


if __name__ == "__main__":
    unittest.main()
