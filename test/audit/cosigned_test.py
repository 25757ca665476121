# SPDX-License-Identifier: Apache-2.0
"""hospitium-audit and witnesses: what they cosigned is verified line by line under the node's policy or one's own, and a log
that was written anew after they saw it is found although nobody remembers anything but they. Witnesses are those of
system/false_witness.py, which share no code with either program."""
import base64
import ctypes
import os
import random
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from planted_test import AUDIT, Case, settle  # noqa: E402
from false_witness import SODIUM, Witness, read_note, sha256  # noqa: E402
from harness import Node, houses, patient, wait_until  # noqa: E402

COSIGNED = "log/access.cosigned"
FLIPS = 40 if os.environ.get("HOSPITIUM_FIRE") != "all" else 10 ** 6  # bytes that are flipped, one at a time
HOUR = 3600


def size_of(path):
    """Of a checkpoint; 0 where there is none."""
    if not os.path.exists(path):
        return 0
    with open(path, encoding="utf-8") as file:
        return int(file.read().split("\n")[1])


def policy(*witnesses, enough=None, more=()):
    names = ["w%d" % i for i in range(len(witnesses))]
    lines = ["witness %s %s %s" % (name, witness.vkey, witness.url) for name, witness in zip(names, witnesses)]
    return "\n".join([*lines, *more, "group all %s %s" % (enough or len(names), " ".join(names)), "quorum all", ""])


def cosign(witness, text, seconds):
    """As Witness.cosign, at a time of one's own."""
    message = ("cosignature/v1\ntime %d\n%s" % (seconds, text)).encode()
    signature = ctypes.create_string_buffer(64)
    SODIUM.crypto_sign_detached(signature, None, message, ctypes.c_ulonglong(len(message)), witness.secret_key)
    raw = witness.identifier + seconds.to_bytes(8, "big") + signature.raw
    return "\u2014 %s %s\n" % (witness.name, base64.b64encode(raw).decode())


class Cosigned(Case):
    """A node that two witnesses have cosigned, both wanted."""

    @classmethod
    def make(cls):
        node = Node(directory=os.path.join(cls.work, "node"))
        cls.node = node
        node.load(houses())
        keys = []
        for log in ("access", "public"):
            with open(cls.file("log/%s.vkey" % log), encoding="ascii") as file:
                keys.append(file.read().strip())
        cls.witnesses = [Witness(name, *keys) for name in ("one.example", "two.example")]
        cls.stranger = Witness("three.example", *keys)
        with open(cls.file("witnesses"), "w", encoding="ascii") as file:
            file.write(policy(*cls.witnesses))
        with open(cls.file("settings"), "a", encoding="ascii") as file:
            file.write("log.tick = 1\n")
        node.start()
        node.ask("nurse").post("/fhir/Patient", patient())
        written = size_of(cls.file("log/access/checkpoint"))  # of the tick before
        assert wait_until(lambda: size_of(cls.file(COSIGNED)) > written and os.path.exists(cls.file("log/public.cosigned")))
        running = cls.audit(node.directory)
        assert (running["code"], running["faults"]) == (0, []), running
        assert running["derived"]["logsWitnessed"] == 2, running
        node.stop()
        settle(node)
        return node

    @classmethod
    def tearDownClass(cls):
        for witness in (*cls.witnesses, cls.stranger):
            witness.stop()
        super().tearDownClass()

    def read(self, below=COSIGNED):
        with open(self.below(below), encoding="utf-8") as file:
            return file.read()

    def write(self, text, below=COSIGNED):
        with open(self.below(below), "w", encoding="utf-8", newline="") as file:
            file.write(text)

    def parts(self, below=COSIGNED):
        """The checkpoint with its own line, and the lines of witnesses, by name: they stand as they came."""
        text, lines = self.read(below).rsplit("\n\n", 1)
        own, *cosignatures = lines.splitlines(keepends=True)
        return text + "\n\n" + own, sorted(cosignatures)

    # ---- as it is ----

    def test_what_two_witnesses_cosigned_holds(self):
        derived = self.clean["derived"]
        self.assertEqual((self.clean["code"], self.clean["faults"]), (0, []))
        self.assertEqual([derived[n] for n in ("cosignatures", "logsWitnessed", "logsNotWitnessed")], [4, 2, 0])

    def test_a_node_without_witnesses_is_told_of_and_no_fault(self):
        os.unlink(self.below("witnesses"))
        told = self.audit(self.copy)
        self.assertEqual((told["faults"], told["derived"]["logsNotWitnessed"]), ([], 2))
        done = subprocess.run([AUDIT, self.copy], capture_output=True, text=True, check=False)
        self.assertIn("2  logs without such a checkpoint", done.stdout)

    def test_what_was_never_cosigned_is_told_of_and_no_fault(self):
        os.unlink(self.below(COSIGNED))
        told = self.audit(self.copy)
        self.assertEqual((told["faults"], told["derived"]["logsNotWitnessed"]), ([], 1))

    def test_a_policy_of_ones_own_counts_in_place_of_the_nodes(self):
        os.unlink(self.below("witnesses"))
        self.write(policy(self.witnesses[0], self.stranger, enough=1), "own")
        told = self.audit(self.copy, "--policy", self.below("own"))
        self.assertEqual((told["faults"], told["derived"]["cosignatures"], told["derived"]["logsWitnessed"]), ([], 2, 2))
        self.found("QUORUM", "--policy", self.policy_file(policy(*self.witnesses, self.stranger)), key=False, file=COSIGNED)

    def policy_file(self, text):
        self.write(text, "own")
        return self.below("own")

    def test_remembered_checkpoints_are_heard_too(self):
        kept = self.path("kept")
        with open(kept, "w", encoding="utf-8") as file:
            file.write(self.read())
        told = self.audit(self.copy, "--remembered", kept)
        self.assertEqual((told["faults"], told["derived"]["cosignatures"]), ([], 6))
        checkpoint, lines = self.parts()
        with open(kept, "w", encoding="utf-8") as file:
            file.write(checkpoint + self.parts("log/public.cosigned")[1][0] + lines[1])
        self.found("COSIGNATURE", "--remembered", kept, key=False, detail="witness 1 of the policy")

    def test_a_witness_of_another_algorithm_is_known_and_not_counted(self):
        raw = b"\6" + bytes(1312)
        identifier = sha256(b"later.example\n", raw)[:4]
        later = "witness w2 later.example+%s+%s" % (identifier.hex(), base64.b64encode(raw).decode())
        self.write(policy(*self.witnesses).replace("quorum all", later + "\ngroup both all all w2\nquorum both"), "witnesses")
        self.found("QUORUM", key=False, file=COSIGNED)
        for log in ("access", "public"):
            note = self.read("log/%s.cosigned" % log)
            raw = identifier + int(time.time()).to_bytes(8, "big") + bytes(2420)
            self.write(note + "\u2014 later.example %s\n" % base64.b64encode(raw).decode(), "log/%s.cosigned" % log)
        told = self.audit(self.copy)
        self.assertEqual((told["faults"], told["derived"]["cosignaturesNotRead"], told["derived"]["logsNotWitnessed"]),
                         ([], 2, 2))

    # ---- faults ----

    def test_a_cosignature_of_another_checkpoint(self):
        checkpoint, lines = self.parts()
        self.write(checkpoint + self.parts("log/public.cosigned")[1][0] + lines[1])
        self.found("COSIGNATURE", key=False, file=COSIGNED, detail="witness 1 of the policy")
        self.found("QUORUM", key=False, file=COSIGNED)

    def test_every_byte_that_is_flipped_is_found(self):
        with open(self.below(COSIGNED), "rb") as file:
            note = file.read()
        seed = int(os.environ.get("HOSPITIUM_SEED", "1"))
        places = range(len(note)) if FLIPS >= len(note) else random.Random(seed).sample(range(len(note)), FLIPS)
        for at in places:
            self.edit(COSIGNED, at, bytes([note[at] ^ 1]))
            faults = [f["fault"] for f in self.audit(self.copy, key=False)["faults"]]
            self.assertTrue({"COSIGNATURE", "COSIGNED_NOTE", "QUORUM"} & set(faults), (at, note[at], faults))
            self.edit(COSIGNED, at, note[at:at + 1])

    def test_too_few_cosignatures(self):
        checkpoint, lines = self.parts()
        self.write(checkpoint + lines[0])
        told = self.found("QUORUM", key=False, file=COSIGNED)
        self.assertEqual(told["derived"]["logsWitnessed"], 1)
        self.write(checkpoint + lines[0] + lines[0])  # one witness twice is one
        self.found("QUORUM", key=False, file=COSIGNED)

    def test_a_policy_that_wants_more_than_cosigned(self):
        self.write(policy(*self.witnesses, self.stranger), "witnesses")
        self.found("QUORUM", key=False, file=COSIGNED)

    def test_cosignatures_of_a_time_that_cannot_be(self):
        checkpoint, lines = self.parts()
        text = read_note(self.read())[0]
        now = int(time.time())
        for seconds in (1, now - 2 * HOUR, now + 2 * HOUR):
            self.write(checkpoint + cosign(self.witnesses[0], text, seconds) + lines[1])
            self.found("COSIGNATURE_TIME", key=False, file=COSIGNED, detail="witness 1 of the policy, at %d" % seconds)
        self.write(checkpoint + cosign(self.witnesses[0], text, 0) + lines[1])  # says no time, and so nothing
        self.found("COSIGNATURE", key=False, file=COSIGNED)
        self.write(checkpoint + cosign(self.witnesses[0], text, now) + lines[1])
        self.assertEqual(self.audit(self.copy)["faults"], [])

    def test_a_log_that_was_written_anew_after_witnesses_saw_it(self):
        self.insider("access", "event", self.entry(action="write"), "nurse", "nurse")  # the same text, sealed anew
        self.found("COSIGNED_OTHER", key=False, file=COSIGNED)

    def test_a_log_that_was_put_back_from_before_witnesses_saw_it(self):
        last = self.clean["derived"]["entries"] - 1
        self.insider("access", *(w for n in range(last, last - 8, -1) for w in ("drop", n)))
        self.found("COSIGNED_OTHER", key=False, file=COSIGNED)

    def test_a_cosigned_checkpoint_of_another_log_or_of_nobody(self):
        checkpoint, lines = self.parts()
        self.write(self.read("log/public.cosigned"))
        self.found("COSIGNED_NOTE", key=False, file=COSIGNED, detail="it cannot be read")
        text = checkpoint.rsplit("\n\n", 1)[0] + "\n\n"
        self.write(text + "".join(lines))  # witnesses alone
        self.found("COSIGNED_NOTE", key=False, file=COSIGNED, detail="not signed by the log's key")
        for wrong in ("", checkpoint[:-1], checkpoint + "a line of nobody\n", checkpoint + "\n".join(lines),
                      checkpoint + "\u2014 one.example AAAA\n", "x" * 70000):
            self.write(wrong)
            self.found("COSIGNED_NOTE", key=False, file=COSIGNED, detail="it cannot be read")

    def test_a_file_of_witnesses_that_is_no_policy(self):
        good, one = policy(*self.witnesses), self.witnesses[0].vkey
        for line, wrong in ((0, ""), (4, good[:-1] + " more\n"), (0, good[:-1]), (0, good.replace("quorum all\n", "")),
                            (5, good + "quorum none\n"), (2, good.replace("witness w1", "witness w0")),
                            (1, good.replace("witness w0", "witness none")), (1, good.replace("w0 ", "w0 x", 1)),
                            (3, "witness a %s\n# twice\nwitness b %s\nquorum a\n" % (one, one)),
                            (3, good.replace("group all 2", "group all 3")), (3, good.replace("group all 2", "group all 02")),
                            (3, good.replace("group all 2 w0", "group all 2 w9")), (3, good.replace("w0 w1", "w0 w0")),
                            (1, "whatness a\n"), (1, "# \x01\nquorum none\n"), (1, "log x\nquorum none\n")):
            self.write(wrong, "witnesses")
            place = {"row": line} if line else {}
            self.found("WITNESSES_FILE", key=False, file="witnesses", **place)
            done = subprocess.run([AUDIT, self.copy, "--policy", self.below("witnesses")], capture_output=True, check=False)
            self.assertEqual(done.returncode, 3, wrong)
        self.write("# nobody is needed\n\n \tquorum\tnone\n", "witnesses")
        told = self.audit(self.copy)
        self.assertEqual((told["faults"], told["derived"]["logsWitnessed"]), ([], 2))


if __name__ == "__main__":
    unittest.main()
