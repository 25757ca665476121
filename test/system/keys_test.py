# SPDX-License-Identifier: Apache-2.0
"""Keys, from outside: what opens a root and what does not, changing keys under traffic, recovery from shares, panic."""
import os
import re
import shutil
import subprocess
import threading
import time
import unittest

from harness import BINARY, CARE_QUESTION, SANITIZED, Node, encounter, houses, patient, temperature, wait_until
from secrets_test import found_in, keys_of_ring, memory

SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"
PASSPHRASE = "four words nobody guesses"


def real_node(test, *sealing, name="kept"):
    """A node that is no demo: its root is sealed as the options say."""
    home = Node(make=False).home
    test.addCleanup(shutil.rmtree, home, True)
    directory = os.path.join(home, "node")
    node = Node(name, directory=directory, make=False)
    node.home = None
    node.log_path = os.path.join(home, "process.log")
    test.addCleanup(node.close)
    approvers = b"".join(node.command("approver", word, os.path.join(home, word + ".key")).stdout
                         for word in ("ana", "ben"))
    with open(os.path.join(home, "approvers"), "wb") as file:
        file.write(approvers)
    node.command("init", directory, "--name", name, "--pack", "belgium", "--oversight-key", "09" + 31 * "00",
                 "--approvers", os.path.join(home, "approvers"), *[word.replace("HOME", home) for word in sealing],
                 environment={"CREDENTIALS_DIRECTORY": home})
    return node, home


def write(path, content, mode="w"):
    with open(path, mode) as file:
        file.write(content)
    return path


def serve(node, *options, environment=None):
    """Starts with options of its own; the log of the process when it does not come up."""
    log = open(node.log_path, "ab")
    node.door = subprocess.Popen([BINARY, "serve", node.directory, "--listen", "127.0.0.1:0", *options],
                                 stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, stderr=log,
                                 env=dict(node.environment, **(environment or {})))
    log.close()
    line = node.door.stdout.readline().decode()
    if "Listening on" not in line:
        node.door.wait(20)
        node._forget_door()
        return node.log()
    node.port = int(line.strip().rsplit(":", 1)[1])
    return None


def public_entries(node):
    client = node.client()
    size = int(client.get("/log/public/checkpoint").text.split("\n")[1])
    return client.get("/log/public/tile/entries/000.p/%d" % size).body


class Sealing(unittest.TestCase):
    def setUp(self):
        if not BINARY:
            self.skipTest("HOSPITIUM_BINARY does not name the program")

    def opens_with_and_only_with(self, node, *options, environment=None):
        said = serve(node)
        self.assertIsNotNone(said, "it opened with nothing")
        self.assertIn("ould not be opened", said)
        said = serve(node, *options, environment=environment)
        self.assertIsNone(said, said)
        self.assertEqual(node.client().get("/readyz").text, "ready\n")
        node.stop()

    def test_a_credential_of_the_service_manager(self):
        home = Node(make=False).home
        self.addCleanup(shutil.rmtree, home, True)
        secret = write(os.path.join(home, "hospitium-root"), os.urandom(32), "wb")
        node, _ = real_node(self, "--root", "credential", "--secret-file", secret)
        self.opens_with_and_only_with(node, environment={"CREDENTIALS_DIRECTORY": home})
        write(secret, os.urandom(32), "wb")
        self.assertIsNotNone(serve(node, environment={"CREDENTIALS_DIRECTORY": home}))

    def test_a_share_that_lies_elsewhere(self):
        node, home = real_node(self, "--root", "share", "--share-file", "HOME/remote")
        remote = os.path.join(home, "remote")
        self.assertEqual(os.stat(remote).st_mode & 0o077, 0)
        self.opens_with_and_only_with(node, "--secret-file", remote)
        # The share of another node does not do: a seized box is shut.
        _, other = real_node(self, "--root", "share", "--share-file", "HOME/remote")
        self.assertIsNotNone(serve(node, "--secret-file", os.path.join(other, "remote")))

    def test_a_token(self):
        if not os.path.exists(SOFTHSM):
            self.skipTest("there is no SoftHSM")
        home = Node(make=False).home
        self.addCleanup(shutil.rmtree, home, True)
        os.mkdir(os.path.join(home, "tokens"))
        write(os.path.join(home, "softhsm2.conf"), "directories.tokendir = %s/tokens\nlog.level = ERROR\n" % home)
        os.environ["SOFTHSM2_CONF"] = os.path.join(home, "softhsm2.conf")
        self.addCleanup(os.environ.pop, "SOFTHSM2_CONF")
        subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", "harbour", "--so-pin", "1234", "--pin",
                        "4321"], check=True, capture_output=True)
        pin = write(os.path.join(home, "pin"), "4321\n")
        node, _ = real_node(self, "--root", "pkcs11", "--secret-file", pin, "--pkcs11-module", SOFTHSM,
                            "--pkcs11-token", "harbour", "--pkcs11-key", "hospitium")
        self.opens_with_and_only_with(node, "--secret-file", pin)
        # The module is in neither process that stays.
        self.assertIsNone(serve(node, "--secret-file", pin))
        for pid in (node.door.pid, node.safe_pid()):
            with open("/proc/%d/maps" % pid, encoding="ascii") as maps:
                self.assertNotIn("softhsm", maps.read())
        node.stop()
        # Without the token the box is shut, whoever knows the PIN.
        shutil.rmtree(os.path.join(home, "tokens"))
        os.mkdir(os.path.join(home, "tokens"))
        self.assertIsNotNone(serve(node, "--secret-file", pin))

    def test_the_door_never_holds_what_opens_the_root(self):
        node, home = real_node(self, "--secret-file", write(os.path.join("/tmp", "hospitium-%d" % os.getpid()),
                                                            PASSPHRASE + "\n"))
        self.addCleanup(os.unlink, "/tmp/hospitium-%d" % os.getpid())
        said = serve(node, "--secret-file", "/tmp/hospitium-%d" % os.getpid())
        self.assertIsNone(said, said)
        for pid in (node.door.pid, node.safe_pid()):
            try:
                held = any(PASSPHRASE.encode() in chunk for chunk in memory(pid))
            except PermissionError:
                self.skipTest("only root may read the memory of a process that is not dumpable")
            self.assertFalse(held, "the passphrase is still in memory")


class Running(unittest.TestCase):
    """A demo node with a record in it, served."""

    def setUp(self):
        if not BINARY:
            self.skipTest("HOSPITIUM_BINARY does not name the program")
        self.node = Node()
        self.addCleanup(self.node.close)
        self.node.load(houses())
        self.node.start()
        self.nurse = self.node.ask("nurse")
        self.person = self.nurse.post("/fhir/Patient", patient()).id
        self.nurse.post("/fhir/Encounter", encounter(self.person))
        self.nurse.post("/fhir/Observation", temperature(self.person), Content_Type="application/fhir+json")

    def keys(self, name="root"):
        with open(os.path.join(self.node.directory, "keys", name), "rb") as file:
            return file.read()

    def assert_whole(self):
        """Records open, the node is sound, the logs are as they were written."""
        self.assertIn("37.80", self.node.ask("nurse").get("/fhir/Observation?patient=" + self.person).text)
        self.assertIn(b"Sound", self.node.command("check", self.node.directory).stdout)
        self.node.command("log", "verify", self.node.directory)

    def test_a_new_root_under_traffic(self):
        stop, failed, done = threading.Event(), [], []

        def work():
            client = self.node.client(self.node.token("nurse"))
            while not stop.is_set():
                created = client.post("/fhir/Patient", patient("Traffic%d" % len(done)))
                read = client.get("/fhir/Observation?patient=" + self.person)
                done.append(created.status)
                if created.status != 201 or read.status != 200 or "37.80" not in read.text:
                    failed.append((created, read))

        before = self.keys()
        old_root = os.path.join(self.node.home, "old-root")
        os.link(os.path.join(self.node.directory, "keys", "root"), old_root)
        worker = threading.Thread(target=work)
        worker.start()
        try:
            wait_until(lambda: len(done) > 20)
            self.node.command("key", "rotate", self.node.directory, "root")
            reached = len(done)
            wait_until(lambda: len(done) > reached + 20)
            wait_until(lambda: "safe.rewrapped" in self.node.log())
        finally:
            stop.set()
            worker.join()
        self.assertEqual(failed, [])
        # A token of before is taken after one change; a second one ends it.
        self.node.command("key", "rotate", self.node.directory, "root")
        self.assertEqual(self.node.client(self.node.token("nurse")).get("/fhir/Patient/" + self.person).status, 401)
        self.node.tokens.clear()
        self.assertNotEqual(self.keys(), before)
        with open(old_root, "rb") as file:
            self.assertEqual(file.read(), bytes(len(before)), "the old root's bytes are still in its file")
        self.assertEqual(public_entries(self.node).count(b'"kind":"root.changed"'), 2)
        self.assert_whole()
        self.node.stop()
        self.node.start()
        self.assert_whole()
        # Whoever kept the old root's file has nothing by it.
        self.node.stop()
        write(os.path.join(self.node.directory, "keys", "root"), before, "wb")
        code, said = self.node.start_refused()
        self.assertNotEqual(code, 0)
        self.assertIn("not this root's", said)

    def test_tokens_and_ids_outlive_a_change_of_the_root(self):
        listed = self.nurse.get("/fhir/Patient/" + self.person).json()["id"]
        self.node.command("key", "rotate", self.node.directory, "root")
        self.node.stop()
        self.node.start()
        again = self.node.client(self.node.token("nurse")).get("/fhir/Patient/" + self.person)
        self.assertEqual(again.json()["id"], listed)

    def test_a_log_names_its_new_key(self):
        log = os.path.join(self.node.directory, "log")
        for name in ("access", "public"):
            old = shutil.copy(os.path.join(log, name + ".vkey"), os.path.join(self.node.home, name + ".old"))
            self.node.command("key", "rotate", self.node.directory, name)
            new = self.node.command("key", "successor", os.path.join(log, name + ".keys"), "--key", old).stdout
            with open(os.path.join(log, name + ".vkey"), "rb") as file:
                self.assertEqual(file.read(), new)
            self.assertNotEqual(new, open(old, "rb").read())
            self.node.client().get("/log/%s/checkpoint" % name)
            checkpoint = self.node.client().get("/log/%s/checkpoint" % name).text
            self.assertEqual(checkpoint.count("\u2014 "), 2, "not signed by both")
            # The entry is in the public log, where a stranger finds it.
            self.assertIn(new.strip(), public_entries(self.node))
            refused = self.node.command("key", "rotate", self.node.directory, name, check=False)
            self.assertNotEqual(refused.returncode, 0, "the first key would sign no more, and nobody was told in time")
        self.assert_whole()
        self.node.stop()
        self.node.start()
        self.assert_whole()
        # One who remembers a checkpoint with the old key verifies the log with it still.
        forged = re.sub(rb'"signature":"....', b'"signature":"AAAA', open(os.path.join(log, "access.keys"), "rb").read())
        done = self.node.command("key", "successor", write(os.path.join(self.node.home, "forged"), forged, "wb"),
                                 "--key", os.path.join(self.node.home, "access.old"), check=False)
        self.assertEqual(done.returncode, 1)

    def test_a_root_that_was_destroyed_comes_back_from_shares(self):
        out = os.path.join(self.node.home, "shares")
        self.node.command("key", "split", self.node.directory, "--of", "5", "--need", "3", "--out", out)
        shares = [os.path.join(out, "share-%d" % i) for i in range(1, 6)]
        running = self.node.command("key", "recover", self.node.directory, *shares, check=False)
        self.assertIn(b"Another command is using", running.stderr)
        self.node.stop()
        os.unlink(os.path.join(self.node.directory, "keys", "root"))
        code, _ = self.node.start_refused()
        self.assertNotEqual(code, 0)

        secret = write(os.path.join(self.node.home, "secret"), PASSPHRASE)
        recover = ["key", "recover", self.node.directory]
        few = self.node.command(*recover, *shares[:2], "--secret-file", secret, check=False)
        self.assertNotEqual(few.returncode, 0)
        self.assertIn(b"2 shares of the 3 that are needed", few.stderr)
        with open(shares[3], encoding="ascii") as file:
            line = file.read()
        broken = write(os.path.join(self.node.home, "broken"), line[:60] + ("0" if line[60] != "0" else "1") + line[61:])
        typed = self.node.command(*recover, shares[0], shares[1], broken, "--secret-file", secret, check=False)
        self.assertIn(b"a character is wrong", typed.stderr)
        self.assertFalse(os.path.exists(os.path.join(self.node.directory, "keys", "root")))

        self.node.command(*recover, shares[4], shares[0], shares[2], "--secret-file", secret)
        self.assertIsNone(serve(self.node, "--secret-file", secret))
        self.assert_whole()

    def test_a_house_that_burnt_down_stands_again_on_another_machine(self):
        """A backup and shares typed from paper are all that is left: neither the directory nor what sealed its root."""
        home, out = self.node.home, os.path.join(self.node.home, "shares")
        self.node.command("key", "split", self.node.directory, "--of", "5", "--need", "3", "--out", out)
        self.node.command("backup", self.node.directory, os.path.join(home, "kept.hospitium"))
        foreign = Node("stranger")
        self.addCleanup(foreign.close)
        foreign.command("key", "split", foreign.directory, "--of", "5", "--need", "3", "--out", os.path.join(home, "others"))
        self.node.stop()
        shutil.rmtree(self.node.directory)

        def typed(number, change=lambda text: text, folder=out):
            """As somebody types it from paper: in capitals, broken into lines."""
            text = open(os.path.join(folder, "share-%d" % number), encoding="ascii").read().upper().strip()
            name = os.path.join(home, "typed-%d-%d" % (number, len(os.listdir(home))))
            return write(name, change(text.replace(" ", "\n  ")) + "\n")

        there = os.path.join(home, "elsewhere")
        secret = write(os.path.join(home, "secret"), "another four words\n")
        restore = ["restore", os.path.join(home, "kept.hospitium"), there, "--secret-file", secret]
        slip = typed(2, lambda text: text[:-3] + ("0" if text[-3] != "0" else "1") + text[-2:])
        for shares, said in (
                ([typed(1), typed(2)], "2 shares of the 3 that are needed"),
                ([typed(1), typed(2), typed(1)], "share 1 is given twice"),
                ([typed(1), typed(2), typed(3, folder=os.path.join(home, "others"))], "share 3 in place 3 is of another set"),
                ([typed(1), typed(3), slip], "a character is wrong"),
                ([typed(n, folder=os.path.join(home, "others")) for n in (1, 2, 3)], "another node's root"),
                ([secret, typed(1), typed(2)], "is no share")):
            done = self.node.command(*restore, *shares, check=False)
            self.assertNotEqual(done.returncode, 0, said)
            self.assertIn(said.encode(), done.stderr)
            self.assertFalse(os.path.exists(there), "half a node is left")

        self.node.command(*restore, typed(5), typed(2), typed(4))
        again = Node(directory=there, make=False)
        again.log_path = there + ".log"
        self.addCleanup(again.close)
        self.assertIsNotNone(serve(again), "it opens without the new passphrase")
        self.assertIsNone(serve(again, "--secret-file", secret))
        nurse = again.client(again.token("nurse"))
        self.assertIn("37.80", nurse.get("/fhir/Observation?patient=" + self.person).text)
        self.assertIn(b"Sound", again.command("check", there).stdout)

    def test_shares_are_rehearsed_without_a_change(self):
        out = os.path.join(self.node.home, "shares")
        self.node.command("key", "split", self.node.directory, "--of", "4", "--need", "2", "--out", out)
        shares = [os.path.join(out, "share-%d" % i) for i in range(1, 5)]
        self.node.stop()
        before = self.keys(), self.keys("ring")
        said = self.node.command("key", "rehearse", self.node.directory, shares[3], shares[1]).stdout
        self.assertIn(b"give the root key", said)
        few = self.node.command("key", "rehearse", self.node.directory, shares[3], check=False)
        self.assertIn(b"1 shares of the 2 that are needed", few.stderr)
        self.assertEqual((self.keys(), self.keys("ring")), before)
        self.node.start()
        self.node.command("key", "rotate", self.node.directory, "root")
        self.node.stop()
        stale = self.node.command("key", "rehearse", self.node.directory, shares[3], shares[1], check=False)
        self.assertIn(b"before the last change", stale.stderr)

    def test_shares_of_before_a_change_open_nothing(self):
        out = os.path.join(self.node.home, "shares")
        self.node.command("key", "split", self.node.directory, "--of", "2", "--need", "2", "--out", out)
        self.node.command("key", "rotate", self.node.directory, "root")
        self.node.stop()
        kept = self.keys()
        done = self.node.command("key", "recover", self.node.directory, out + "/share-1", out + "/share-2",
                                 "--secret-file", write(os.path.join(self.node.home, "secret"), PASSPHRASE), check=False)
        self.assertIn(b"before the last change", done.stderr)
        self.assertEqual(self.keys(), kept)

    def test_a_backup_of_before_a_change_and_of_after_it_both_open(self):
        files = [os.path.join(self.node.home, name) for name in ("before", "after")]
        self.node.command("backup", self.node.directory, files[0])
        self.node.command("key", "rotate", self.node.directory, "root")
        self.node.command("backup", self.node.directory, files[1])
        self.node.stop()
        for number, file in enumerate(files):
            place = os.path.join(self.node.home, "restored%d" % number)
            self.node.command("restore", file, place, "--destroyed-by", self.node.directory)
            restored = Node(directory=place, make=False)
            restored.log_path = place + ".log"
            self.addCleanup(restored.close)
            restored.start()
            nurse = restored.client(restored.token("nurse"))
            self.assertIn("37.80", nurse.get("/fhir/Observation?patient=" + self.person).text)

    def test_panic_wipes_every_key_and_advice_goes_on(self):
        ring = keys_of_ring(self.node)
        try:
            self.assertTrue(found_in(self.node.safe_pid(), ring))
            session = {name: key for name, key in ring.items() if name in ("posting", "sector 1")}
            self.assertEqual(found_in(self.node.door.pid, session), set(session))
        except PermissionError:
            self.skipTest("only root may read the memory of a process that is not dumpable")
        told = public_entries(self.node)
        self.node.command("panic", self.node.directory)
        self.assertIsNone(wait_until(lambda: None if self.node.safe_pid() else True) and self.node.safe_pid())
        self.assertEqual(found_in(self.node.door.pid, ring), set(), "the door still holds a key")
        token = self.node.tokens[next(iter(self.node.tokens))].encode()
        self.assertEqual(self.node.client(token.decode()).get("/fhir/Patient/" + self.person).status, 503)
        shut = self.node.ask("nurse").get("/fhir/Patient/" + self.person)
        self.assertEqual(shut.status, 503, shut)
        self.assertIn("was shut", shut.text)
        advice = self.node.client().post("/api/care", CARE_QUESTION, Content_Type="application/json")
        self.assertEqual(advice.status, 200, advice)
        # It does not come back by itself, nor for a command, nor for who starts it without meaning to.
        time.sleep(1)
        self.assertIsNone(self.node.safe_pid())
        self.node.stop()
        self.assertNotEqual(self.node.start_refused()[0], 0)
        self.assertNotEqual(self.node.command("check", self.node.directory, check=False).returncode, 0)
        self.assertIsNone(serve(self.node, "--unlock"))
        self.assertIn(b'"kind":"node.shut"', public_entries(self.node)[len(told):])
        self.assert_whole()
        self.node.stop()
        self.node.start()

    def test_the_safe_lives_in_its_box(self):
        # It did all of the above in it; here is what the kernel says of it.
        with open("/proc/%d/status" % self.node.safe_pid(), encoding="ascii") as file:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        self.assertEqual(status["NoNewPrivs"], "1")
        self.assertEqual(status["Seccomp"], "0" if SANITIZED else "2")
        self.assertEqual(status["Threads"], "1")
        with open("/proc/%d/limits" % self.node.safe_pid(), encoding="ascii") as file:
            self.assertRegex(file.read(), r"Max core file size +0 +0 ")
        try:
            here, there = (os.readlink("/proc/%d/ns/net" % pid) for pid in (self.node.door.pid, self.node.safe_pid()))
        except PermissionError:
            return
        if os.geteuid() == 0:
            self.assertNotEqual(here, there)


if __name__ == "__main__":
    unittest.main()
