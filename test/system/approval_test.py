# SPDX-License-Identifier: Apache-2.0
"""Proves that outside a demo nobody issues a credential alone: two different approvers sign, once, in time, for this node;
and that approvers cannot be appointed by writing a file, and that a credential can be withdrawn."""
import os
import shutil
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["HOSPITIUM_BINARY"]


class Approval(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = tempfile.mkdtemp(prefix="hospitium-approval-")
        cls.env = {**os.environ, "CREDENTIALS_DIRECTORY": cls.work}
        with open(cls.path("hospitium-passphrase"), "w") as out:
            out.write("a passphrase that is long enough\n")
        keys = [cls.run_("approver", name, cls.path(name + ".key")).stdout for name in ("anna", "ben", "eve")]
        with open(cls.path("approvers"), "w") as out:
            out.write("".join(keys[:2]))
        with open(cls.path("same"), "w") as out:
            out.write(keys[0] * 2)
        cls.node = cls.path("node")
        made = cls.init(cls.node, "approvers")
        assert made.returncode == 0, made.stderr

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.work)

    @classmethod
    def path(cls, name):
        return os.path.join(cls.work, name)

    @classmethod
    def run_(cls, *arguments):
        return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, env=cls.env)

    @classmethod
    def init(cls, node, approvers):
        return cls.run_("init", node, "--name", "real", "--pack", "belgium", "--passphrase-file",
                        cls.path("hospitium-passphrase"), "--oversight-key", "09" * 32, "--approvers", cls.path(approvers))

    WANTED = ("--actor", "nurse-1", "--role", "nurse", "--sector", "health", "--organization", "north-clinic", "--purpose",
              "TREAT")

    def request(self, name, *signers):
        self.assertEqual(self.run_("token", self.node, *self.WANTED, "--request", self.path(name)).returncode, 0)
        for signer in signers:
            done = self.run_("approve", self.path(name), "--key", self.path(signer + ".key"))
            self.assertEqual(done.returncode, 0, done.stderr)
        return self.path(name)

    def redeem(self, path):
        return self.run_("token", self.node, "--approved", path)

    def test_two_approvers_issue_a_credential_once(self):
        path = self.request("two", "anna", "ben")
        done = self.redeem(path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(done.stdout.startswith("hsp1_"))
        again = self.redeem(path)
        self.assertNotEqual(again.returncode, 0)
        self.assertIn("used already", again.stderr)

    def test_one_approver_is_not_enough(self):
        for signers in ((), ("anna",), ("anna", "anna"), ("anna", "eve")):
            done = self.redeem(self.request("few" + "-".join(signers), *signers))
            self.assertNotEqual(done.returncode, 0, signers)
            self.assertNotIn("hsp1_", done.stdout)

    def test_what_was_signed_cannot_be_changed(self):
        path = self.request("changed", "anna", "ben")
        with open(path) as file:
            text = file.read()
        with open(path, "w") as file:
            file.write(text.replace("role nurse", "role physician"))
        self.assertNotEqual(self.redeem(path).returncode, 0)

    def test_without_a_request_nothing_is_issued(self):
        done = self.run_("token", self.node, *self.WANTED)
        self.assertEqual(done.returncode, 1)
        self.assertIn("two persons", done.stderr)

    def test_two_lines_of_one_key_are_one_approver(self):
        done = self.init(self.path("other"), "same")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("different", done.stderr)

    def test_approvers_cannot_be_appointed_by_writing_a_file(self):
        copy = self.path("copy")
        shutil.copytree(self.node, copy)
        with open(os.path.join(copy, "approvers"), "a") as file:
            file.write(self.run_("approver", "mallory", self.path("mallory.key")).stdout)
        done = self.run_("check", copy)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("approvers was changed", done.stderr)

    def test_a_withdrawn_credential_is_refused(self):
        token = self.redeem(self.request("withdrawn", "anna", "ben")).stdout.strip()
        answer = self.run_("export", self.node, "--token", token, "--person", "0" * 32)
        self.assertIn("rules do not permit", answer.stderr)  # known, but without a relation
        self.assertEqual(self.run_("revoke", self.node, token).returncode, 0)
        answer = self.run_("export", self.node, "--token", token, "--person", "0" * 32)
        self.assertNotIn("rules do not permit", answer.stderr)
        self.assertNotEqual(answer.returncode, 0)


if __name__ == "__main__":
    unittest.main()
