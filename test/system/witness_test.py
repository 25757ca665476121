# SPDX-License-Identifier: Apache-2.0
"""Witnesses as strangers run them: `hospitium witness` over HTTP against logs that share no code with it, real nodes with
real witnesses, and a region whose log has the checkpoints of two houses."""
import base64
import hashlib
import os
import re
import shutil
import signal
import threading
import unittest

import litewitness
from false_witness import head_of, is_cosigned, is_signed
from harness import BINARY, Client, Node, patient, wait_until
from outside_log import Log, body
from witness_process import WitnessProcess, hospitium
from witnessed_test import setting, vkey, write_policy

ORIGIN = "clinic.example/access"
PATIENCE = 30  # seconds, of a busy machine; how soon it should be is witnessed_test's matter
HASH_LINE = base64.b64encode(bytes(32)).decode() + "\n"


class WithWitnesses(unittest.TestCase):
    def setUp(self):
        if not BINARY:
            self.skipTest("HOSPITIUM_BINARY does not name the program")

    def witness(self, name, *vkeys, **more):
        witness = WitnessProcess(name, *vkeys, **more)
        self.addCleanup(witness.close)
        return witness.start()


class Protocol(WithWitnesses):
    def setUp(self):
        super().setUp()
        self.log = Log(ORIGIN)
        self.one = self.witness("one.example/w", self.log.vkey)

    def assert_cosigned(self, answer, text):
        self.assertEqual(answer.status, 200, answer)
        self.assertTrue(is_cosigned(text + "\n" + answer.text, self.one.vkey), answer)

    def grow(self, older, size, story="a"):
        self.assert_cosigned(self.one.offer(self.log.request(older, size, story)), self.log.text(size, story))

    def test_a_log_that_only_grows_is_cosigned(self):
        for older, size in ((0, 0), (0, 1), (1, 1), (1, 4), (4, 7), (7, 8), (8, 40)):
            self.grow(older, size)

    def test_every_fault_has_its_status(self):
        self.grow(0, 5)
        log, stranger, impostor = self.log, Log("nobody.example/log"), Log(ORIGIN)
        five_else = log.sign(log.text(5).replace(log.text(5).split("\n")[2], base64.b64encode(bytes(32)).decode()))
        table = [
            (400, log.request(9, 7)),                                        # older than itself
            (403, impostor.request(5, 7)),                                   # the right name, another's key
            (403, log.request(5, 7).replace("\n7\n", "\n8\n")),              # text and signature do not belong together
            (404, stranger.request(5, 7)),
            (409, log.request(0, 7)),
            (409, log.request(3, 7)),
            (409, log.request(6, 7)),
            (409, log.request(3, 4)),                                        # back
            (422, body(5, [], log.checkpoint(7))),                           # no proof
            (422, body(5, log.proof(5, 7)[:-1], log.checkpoint(7))),
            (422, body(5, log.proof(5, 7) + [bytes(32)], log.checkpoint(7))),
            (422, log.request(5, 7, "b")),                                   # another story, rightly proved
            (422, body(5, [], five_else)),                                   # the same size, another root
            (422, body(5, log.proof(3, 5), log.checkpoint(5))),              # nothing is to be proved, so nothing may
        ]
        for status, sent in table:
            answer = self.one.offer(sent)
            self.assertEqual(answer.status, status, sent + "\n" + answer.text)
            if status == 409:
                self.assertEqual((answer.header("content-type"), answer.text), ("text/x.tlog.size", "5\n"))
            else:
                self.assertRegex(answer.text, r"\A[A-Z].*\.\nHint: [A-Z].*\.\n\Z")
        self.grow(5, 7)  # none of them moved anything

    def test_bad_bodies_are_400_and_change_nothing(self):
        good = self.log.request(3, 7)
        self.grow(0, 3)
        for sent in ("", "\n", "old 3", "old 3\n", "old 3\n\n", "old\n" + good[6:], "old 03" + good[5:], "old -3" + good[5:],
                     "old 3\r" + good[5:], "Old" + good[3:], "old 18446744073709551616" + good[5:], good[6:], good[:-1],
                     good.replace("\n\n", "\n", 1), "old 3\nAAAA\n" + good[6:], "old 3\n" + 64 * HASH_LINE + good[6:],
                     good.replace("\n7\n", "\n07\n"), good.replace("\n7\n", "\nseven\n"), good + good, "\0" + good,
                     good.replace("\u2014", "-"), "\udcff".encode("utf-8", "surrogateescape"), good.encode("utf-16")):
            answer = self.one.offer(sent)
            self.assertEqual(answer.status, 400, repr(sent) + "\n" + answer.text)
            self.assertNotIn(ORIGIN, answer.text)
        for at in range(0, len(good) - 1, 7):
            self.assertIn(self.one.offer(good[:at]).status, (400, 403), good[:at])
        self.grow(3, 7)

    def test_what_is_too_large_or_not_an_address_is_refused(self):
        self.assertEqual(self.one.offer("old 0\n" + "A" * 200000).status, 413)
        for method, path, status in (("GET", "/add-checkpoint", 405), ("PUT", "/add-checkpoint", 405), ("POST", "/", 405),
                                     ("GET", "/add-checkpoint/", 404), ("GET", "/state", 404), ("GET", "/../keys/root", 400),
                                     ("POST", "/add-order-counts", 404), ("GET", "/checkpoint", 404),
                                     ("GET", "/%s/checkpoint" % ("0" * 64), 404), ("GET", "/x/checkpoint", 404)):
            self.assertEqual(self.one.ask(method, path).status, status, path)
        self.assertEqual(self.one.get("/livez").text, "alive\n")
        self.assertEqual(self.one.get("/key").text.strip(), self.one.vkey)

    def test_a_session_that_another_witness_published_goes_the_same_way(self):
        self.one.add(litewitness.VKEY)
        wait_until(lambda: self.one.offer(litewitness.SESSION[0][0]).status == 200)
        for sent, status, begins in litewitness.SESSION[1:]:
            answer = self.one.offer(sent)
            self.assertEqual(answer.status, status, sent)
            self.assertTrue(answer.text.startswith(begins), answer)
        size_5 = litewitness.request(5, [], 5)
        self.assertTrue(is_cosigned(size_5.split("\n\n", 1)[1] + self.one.offer(size_5).text, self.one.vkey))

    def test_a_log_is_known_when_it_was_added_to_a_running_witness(self):
        late = Log("late.example/log")
        self.assertEqual(self.one.offer(late.request(0, 2)).status, 404)
        self.one.add(late.vkey)
        self.assertTrue(wait_until(lambda: self.one.offer(late.request(0, 2)).status == 200))
        again = self.one.add(late.vkey, check=False)
        self.assertNotEqual(again.returncode, 0)
        self.assertIn(late.origin, hospitium("witness", "list", self.one.directory).stdout.decode())

    def test_strangers_can_ask_what_was_cosigned(self):
        path = "/%s/checkpoint" % hashlib.sha256(ORIGIN.encode()).hexdigest()
        self.assertEqual(self.one.get(path).status, 404)
        self.grow(0, 9)
        note = self.one.get(path).text
        self.assertEqual(head_of(note)[:2], (ORIGIN, 9))
        self.assertTrue(is_signed(note, self.log.vkey) and is_cosigned(note, self.one.vkey))
        self.assertIn('answers_total{answer="cosigned"} 1\n', self.one.get("/metrics").text)

    def test_the_proof_that_a_log_showed_two_stories_is_kept(self):
        self.grow(0, 5)
        self.assertEqual(self.one.offer(self.log.request(5, 5, "b")).status, 422)
        evidence, = self.one.files("evidence")
        with open(evidence, encoding="utf-8") as file:
            text = file.read()
        for story in "ab":
            self.assertIn(self.log.checkpoint(5, story), text)
        self.assertIn("hospitium_witness_splits_total 1\n", self.one.get("/metrics").text)

    def race(self, *bodies):
        """All at once, each on a connection that is open already: what each was answered."""
        answers, gate, clients = {}, threading.Barrier(len(bodies)), [Client(self.one.port) for _ in bodies]

        def ask(number):
            clients[number].get("/livez")
            gate.wait(20)
            answers[number] = clients[number].request("POST", "/add-checkpoint", bodies[number].encode())

        threads = [threading.Thread(target=ask, args=(i,)) for i in range(len(bodies))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        for client in clients:
            client.close()
        return [answers[number] for number in range(len(bodies))]

    def test_of_requests_that_race_one_is_cosigned(self):
        self.grow(0, 3)
        size = 3
        for _ in range(15):
            answers = self.race(self.log.request(size, size + 2), self.log.request(size, size + 5))
            self.assertEqual(sorted(answer.status for answer in answers), [200, 409])
            won = 0 if answers[0].status == 200 else 1
            older, size = size, size + (2, 5)[won]
            self.assertEqual(answers[1 - won].text, "%d\n" % size)
            self.assert_cosigned(answers[won], self.log.text(size))
            self.assertGreater(size, older)

    def test_two_stories_that_race_are_never_both_cosigned(self):
        self.grow(0, 3)
        answers = self.race(*[self.log.request(3, 8, story) for story in "abababab"])
        won = {story for story, answer in zip("abababab", answers) if answer.status == 200}
        self.assertEqual(len(won), 1)
        self.assertEqual({answer.status for answer in answers} - {200}, {409})


class Remembering(WithWitnesses):
    def setUp(self):
        super().setUp()
        self.log = Log(ORIGIN)
        self.one = self.witness("one.example/w", self.log.vkey)

    def test_a_restarted_witness_knows_what_it_vouched_for(self):
        self.assertEqual(self.one.offer(self.log.request(0, 6)).status, 200)
        for how in (signal.SIGTERM, signal.SIGKILL):
            self.one.stop(how)
            self.one.start()
            self.assertEqual(self.one.offer(self.log.request(0, 8, "b")).text, "6\n")
            self.assertEqual(self.one.offer(self.log.request(6, 8, "b")).status, 422)
        self.assertEqual(self.one.offer(self.log.request(6, 8)).status, 200)

    def test_a_witness_that_is_killed_has_kept_all_that_it_said(self):
        said = 0
        for _ in range(6):
            last = [said]

            def offer_on():
                try:
                    while True:
                        if self.one.offer(self.log.request(last[0], last[0] + 1)).status == 200:
                            last[0] += 1
                except (OSError, ConnectionError, AssertionError):
                    pass  # killed
                except Exception as error:  # the half of an answer
                    if "http" not in type(error).__module__:
                        raise

            asking = threading.Thread(target=offer_on)
            asking.start()
            wait_until(lambda: last[0] >= said + 3)
            self.one.stop(signal.SIGKILL)
            asking.join(30)
            self.one.start()
            # It may have kept one more than it came to say, and never one less.
            self.assertIn(int(self.one.offer(self.log.request(last[0] + 7, last[0] + 7)).text), (last[0], last[0] + 1))
            said = int(self.one.offer(self.log.request(last[0] + 7, last[0] + 7)).text)

    def test_it_does_not_start_with_a_memory_that_is_damaged_or_gone(self):
        self.assertEqual(self.one.offer(self.log.request(0, 6)).status, 200)
        self.one.stop()
        state, = self.one.files("state")
        with open(state, "rb") as file:
            whole = file.read()
        flipped = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:] for at in range(0, len(whole), len(whole) // 8)]
        for damaged in [b"", whole[:-1], whole[:40], whole + whole, None] + flipped:
            os.remove(state)
            if damaged is not None:
                with open(state, "wb") as file:
                    file.write(damaged)
            status, said = self.one.start_refused()
            self.assertNotEqual(status, 0)
            self.assertIn("missing or damaged", said)
            if damaged is None:
                open(state, "wb").close()
        with open(state, "wb") as file:
            file.write(whole)
        self.one.start()
        self.assertEqual(self.one.offer(self.log.request(6, 8)).status, 200)

    def test_two_processes_cannot_be_one_witness(self):
        status, said = self.one.start_refused()
        self.assertNotEqual(status, 0)
        self.assertIn("Another command is using this directory.", said)


class WithNodes(WithWitnesses):
    def node(self, name):
        node = Node(name)
        self.addCleanup(node.close)
        setting(node, "log.tick = 1")
        return node

    @staticmethod
    def keys(node):
        return [vkey(node, log) for log in ("access", "public")]

    @staticmethod
    def fetch(node, path):
        client = Client(node.port)
        try:
            return client.get(path)
        finally:
            client.close()

    def look(self, node):
        """A write and its entry."""
        answer = node.ask("nurse").post("/fhir/Patient", patient(), Content_Type="application/fhir+json")
        self.assertEqual(answer.status, 201, answer)

    def cosigned_by(self, node, witnesses, log="access", beyond=0):
        def look():
            note = self.fetch(node, "/log/%s/checkpoint" % log).text
            return head_of(note)[1] > beyond and all(is_cosigned(note, w.vkey) for w in witnesses) and note
        note = wait_until(look, PATIENCE)
        self.assertTrue(note, "not cosigned: " + node.log()[-1500:])
        return note

    def keep(self, node, name, text):
        path = os.path.join(node.home, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def verify(self, node, proof, *more):
        return hospitium("verify", self.keep(node, "proof", proof), "--key",
                         os.path.join(node.directory, "log", "public.vkey"), *more, check=False)


class Witnessed(WithNodes):
    def setUp(self):
        super().setUp()
        self.north = self.node("north")
        self.witnesses = [self.witness(name, *self.keys(self.north)) for name in ("ombud.example/w", "city.example/w")]
        write_policy(self.north, self.witnesses, 2)
        self.policy = os.path.join(self.north.directory, "witnesses")
        self.north.start()

    def test_a_checkpoint_of_two_witnesses_satisfies_the_policy_and_a_lonely_one_does_not(self):
        self.look(self.north)
        self.cosigned_by(self.north, self.witnesses)
        self.cosigned_by(self.north, self.witnesses, "public")
        proof = self.fetch(self.north, "/log/public/proof/0").text
        done = self.verify(self.north, proof, "--policy", self.policy)
        self.assertEqual(done.returncode, 0, done.stderr)
        said = done.stdout.decode()
        self.assertTrue(said.startswith("This is entry 0 of the log north/public:\n"), said)
        self.assertEqual(len(re.findall(r"^Witness (w0|w1) saw this log at 20\S+Z\.$", said, re.M)), 2, said)
        lonely = "\n".join(line for line in proof.split("\n") if not line.startswith("\u2014 city.example"))
        done = self.verify(self.north, lonely, "--policy", self.policy)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("1 of its witnesses have", done.stderr.decode())

    def test_a_killed_witness_stops_neither_care_nor_checkpoints_and_catches_up(self):
        ombud, city = self.witnesses
        self.cosigned_by(self.north, self.witnesses)
        port = city.port
        city.stop(signal.SIGKILL)
        path = "/%s/checkpoint" % hashlib.sha256(b"north/access").hexdigest()
        seen = head_of(ombud.get(path).text)[1]
        self.look(self.north)
        self.assertTrue(wait_until(lambda: head_of(ombud.get(path).text)[1] > seen + 2, PATIENCE))
        self.look(self.north)
        city.start(port)
        self.cosigned_by(self.north, self.witnesses, beyond=seen)

    def test_a_node_put_back_from_an_older_copy_of_its_log_is_caught(self):
        self.cosigned_by(self.north, self.witnesses)
        self.north.stop()
        log, copy = os.path.join(self.north.directory, "log"), self.north.home + "/older"
        shutil.copytree(log, copy)
        self.north.start()
        self.look(self.north)
        size = head_of(self.fetch(self.north, "/log/access/checkpoint").text)[1]
        self.cosigned_by(self.north, self.witnesses, beyond=size + 6)
        self.north.stop()
        shutil.rmtree(log)
        shutil.copytree(copy, log)
        self.north.start()
        told = lambda: "courier.witness_saw_more" in self.north.log() or "courier.fork" in self.north.log()
        self.assertTrue(wait_until(told, PATIENCE), self.north.log()[-1500:])
        self.assertTrue(wait_until(lambda: re.search(r"^hospitium_forks [1-9]", self.fetch(self.north, "/metrics").text, re.M),
                                   PATIENCE))
        self.look(self.north)  # care goes on


def entries_of(region):
    """All entries of a region's log, as strangers read them: an entry bundle of C2SP tlog-tiles."""
    size = head_of(region.get("/checkpoint").text)[1]
    if size == 0:
        return []
    raw, found = region.get("/tile/entries/000.p/%d" % size).body, []
    while raw:
        length = int.from_bytes(raw[:2], "big")
        found.append(raw[2:2 + length].decode())
        raw = raw[2 + length:]
    return found


class Region(WithNodes):
    def setUp(self):
        super().setUp()
        self.nodes = [self.node("north"), self.node("south")]
        self.region = self.witness("region.example", *self.keys(self.nodes[0]), *self.keys(self.nodes[1]), region=True)
        for node in self.nodes:
            write_policy(node, [self.region], 1)
            node.start()

    def of_region(self, node, log):
        return self.region.get("/proof/" + hashlib.sha256(("%s/%s" % (node, log)).encode()).hexdigest())

    def test_the_checkpoints_of_two_houses_are_leaves_of_one_log(self):
        for node in self.nodes:
            self.look(node)
            self.cosigned_by(node, [self.region])
            self.cosigned_by(node, [self.region], "public")
        keys = {key.split("+")[0]: key for node in self.nodes for key in self.keys(node)}
        origins = lambda: {head_of(entry)[0] for entry in entries_of(self.region)}
        self.assertTrue(wait_until(lambda: origins() == set(keys), PATIENCE), origins())
        self.assertTrue(all(is_signed(entry, keys[head_of(entry)[0]]) for entry in entries_of(self.region)))
        self.assertTrue(is_signed(self.region.get("/checkpoint").text, self.region.get("/log-key").text))
        self.region.stop(signal.SIGKILL)
        before = self.region.port
        self.region.start(before)  # and still there
        self.assertTrue(set(keys) <= origins())

    def test_an_entry_of_a_house_is_proved_to_the_checkpoint_of_the_region(self):
        north, south = self.nodes
        self.cosigned_by(north, [self.region], "public")
        self.cosigned_by(south, [self.region], "public")
        proof = self.fetch(north, "/log/public/proof/0").text
        with_region = lambda name: ("--region", self.keep(north, "region", wait_until(
            lambda: self.of_region(name, "public").status == 200 and self.of_region(name, "public").text)), "--region-key",
                                    os.path.join(self.region.directory, "log.key"))
        done = self.verify(north, proof, *with_region("north"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout.decode(), r"(?s)\AThis is entry 0 of the log north/public:.*"
                                               r"\nIts checkpoint is entry \d+ of the log region\.example/log\.\n\Z")
        done = self.verify(north, proof, *with_region("south"))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("another checkpoint", done.stderr.decode())

    def counts(self, log, asked, period="2020-Q4"):
        """A statement of a house that another program runs."""
        return log.sign("hospitium order counts 1\nnode %s\nperiod %s\nasked %d\nreleased 0\nrefused %d\nlapsed 0\ntold 0\n"
                        % (log.origin.split("/")[0], period, asked, asked))

    def sums(self):
        return [entry for entry in entries_of(self.region) if '"order.counts"' in entry]

    def test_counts_of_orders_are_published_as_sums_of_three_houses_and_not_before(self):
        east, west = Log("east/public"), Log("west/public")
        for log in (east, west):
            self.region.add(log.vkey)
        statement = self.nodes[0].command("order", "counts", self.nodes[0].directory, "--period", "2020-Q4").stdout.decode()
        give = lambda note: self.region.ask("POST", "/add-order-counts", note)
        self.assertEqual(give(statement).text, "Taken.\n")
        self.assertTrue(wait_until(lambda: give(self.counts(east, 2)).status == 200))
        self.assertEqual(give(self.counts(east, 3)).status, 200)  # a better number takes the place of the first
        for note, status in ((self.counts(Log("east/public"), 1), 403), (self.counts(Log("nobody/public"), 1), 404),
                             (statement.replace("asked 0", "asked 1"), 403), (self.counts(west, 1, "2999-Q1"), 422),
                             (self.counts(west, 1, "2020"), 400), ("asked 1\n", 400), (east.checkpoint(3), 400)):
            self.assertEqual(give(note).status, status, note)
        waiting = lambda: self.region.get("/metrics").text.split("hospitium_witness_statements_waiting ")[-1][0]
        self.assertEqual(waiting(), "2")
        entries = len(entries_of(self.region))
        self.assertTrue(wait_until(lambda: len(entries_of(self.region)) > entries + 2, PATIENCE))  # two seconds of tending
        self.assertEqual(self.sums(), [])
        port = self.region.port
        self.region.stop(signal.SIGKILL)
        self.region.start(port)
        self.assertEqual(waiting(), "2")
        self.assertTrue(wait_until(lambda: give(self.counts(west, 4)).status == 200))
        sums = wait_until(self.sums, PATIENCE)
        self.assertEqual(len(sums), 1)
        self.assertRegex(sums[0], r'\A{"kind":"order.counts","period":"20\d\d-Q[1-4]","members":3,"asked":7,"released":0,'
                                  r'"refused":7,"lapsed":0,"told":0}\Z')
        self.assertEqual((waiting(), give(self.counts(west, 5)).status), ("0", 422))  # that quarter is over for good


if __name__ == "__main__":
    unittest.main()
