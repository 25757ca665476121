# SPDX-License-Identifier: Apache-2.0
"""The term of the access log from outside: it is declared, and when it is over old entries and their keys are gone, which
the node, its commands, the second verifier and the person's own page all say."""
import os
import shutil
import subprocess
import tempfile
import unittest

from harness import BINARY, Node, patient

YEAR = 8766 * 3600
LONG_AGO, NOW = 1_300_000_000, 1_300_000_000 + 13 * YEAR
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
TERM = 10


class Term(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not BINARY:
            raise unittest.SkipTest("HOSPITIUM_BINARY does not name the program")
        cls.node = Node(environment={"HOSPITIUM_TWIN": "1:%d" % LONG_AGO})
        cls.addClassCleanup(cls.node.close)
        with open(os.path.join(cls.node.directory, "settings"), "a", encoding="utf-8") as file:
            file.write("log.retention_years = %d\nlog.segment_mib = 1\nlog.pad = 256\n" % TERM)
        # The machine's clock stands still while a node runs, and is set on between two runs; each has other randomness.
        cls.at(2, LONG_AGO)
        cls.node.start()
        nurse = cls.node.ask("nurse")
        answer = nurse.post("/fhir/Patient", patient(), Content_Type="application/fhir+json")
        cls.person = answer.id
        for _ in range(1300):
            nurse.get("/fhir/Patient/" + cls.person)
        cls.node.stop()
        cls.at(3, NOW)
        cls.node.start()
        for _ in range(5):
            cls.node.ask("nurse").get("/fhir/Patient/" + cls.person)
        cls.said = cls.node.command("log", "prune", cls.node.directory).stdout.decode()

    @classmethod
    def at(cls, seed, seconds):
        cls.node.environment["HOSPITIUM_TWIN"] = "%d:%d" % (seed, seconds)
        cls.node.tokens = {}

    def retention(self):
        return self.node.client().get("/log/access/retention").json()

    def test_the_command_and_the_node_say_what_is_gone(self):
        retention = self.retention()
        self.assertGreater(retention["minimum"], 500)
        self.assertEqual(retention["years"], TERM)
        self.assertTrue(LONG_AGO < retention["keptSince"] <= NOW)
        self.assertIn("begins with entry %d." % retention["minimum"], self.said)
        proof = self.node.client().get("/log/public/proof/%d" % retention["declaration"]).text
        self.assertIn("c2sp.org/tlog-proof@v1", proof)

    def test_her_list_shows_what_is_kept_and_says_that_more_was_there(self):
        her = self.node.ask("patient", sector="patient", organization="none", purpose="PATRQT", person=self.person)
        lines = her.get("/api/accesses").json()
        self.assertTrue(lines)
        self.assertTrue(all(line["time"].startswith("2024") for line in lines), lines[:1])
        page = self.node.client()
        text = page.get("/access", Authorization="Bearer " + her.token).text
        self.assertIn('class="term"', text)

    def test_both_verifiers_accept_it_with_the_declaration_and_not_without(self):
        self.node.stop()
        try:
            verified = self.node.command("log", "verify", self.node.directory).stdout.decode()
            minimum = int(verified.split("Entries before ")[1].split()[0])
            self.assertGreater(minimum, 500)
            with tempfile.TemporaryDirectory() as folder:
                copy = os.path.join(folder, "node")
                shutil.copytree(self.node.directory, copy, ignore=lambda d, names: [n for n in names if n == "control"])
                os.unlink(os.path.join(copy, "log", "access.pruned"))
                done = self.node.command("log", "verify", copy, check=False)
                self.assertEqual(done.returncode, 1)
                self.assertIn("missing", done.stdout.decode())
        finally:
            self.node.start()

    def test_the_second_verifier_wants_the_declaration_too(self):
        if not shutil.which("go"):
            self.skipTest("there is no Go here")
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, "verify-log")
            built = subprocess.run([os.path.join(SOURCE, "tools", "verify-log", "build"), program], capture_output=True)
            if built.returncode != 0:
                self.skipTest("verify-log cannot be built here")
            proof = os.path.join(folder, "declaration.proof")
            with open(proof, "w", encoding="utf-8") as file:
                file.write(self.node.client().get("/log/public/proof/%d" % self.retention()["declaration"]).text)
            log = os.path.join(self.node.directory, "log")
            keys = ["@" + os.path.join(log, name + ".vkey") for name in ("access", "public")]
            plain = subprocess.run([program, "dir", os.path.join(log, "access"), keys[0]], capture_output=True, text=True)
            self.assertEqual(plain.returncode, 1, plain.stdout + plain.stderr)
            told = subprocess.run([program, "dir", os.path.join(log, "access"), keys[0], proof, keys[1]],
                                  capture_output=True, text=True)
            self.assertEqual(told.returncode, 0, told.stdout + told.stderr)
            self.assertIn("are gone, as was declared", told.stdout)


if __name__ == "__main__":
    unittest.main()
