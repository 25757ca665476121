# SPDX-License-Identifier: Apache-2.0
"""A node with witnesses: what strangers are shown of its logs carries their cosignatures within seconds, and no witness,
dead, slow or lying, holds up care or gets anything believed."""
import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
import unittest
import urllib.error
import urllib.request
from types import SimpleNamespace

from false_witness import Witness, head_of, is_cosigned, is_signed
from harness import BINARY, Node, patient, wait_until

WITHIN_SECONDS = 10


def setting(node, *lines):
    with open(os.path.join(node.directory, "settings"), "a", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def vkey(node, log):
    with open(os.path.join(node.directory, "log", log + ".vkey"), encoding="utf-8") as file:
        return file.read().strip()


def write_policy(node, witnesses, quorum):
    """`quorum` of them all are enough."""
    names = ["w%d" % i for i in range(len(witnesses))]
    lines = ["witness %s %s %s" % (name, witness.vkey, witness.url) for name, witness in zip(names, witnesses)]
    lines += ["group enough %d %s" % (quorum, " ".join(names)), "quorum enough"]
    with open(os.path.join(node.directory, "witnesses"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def courier_of(node):
    """Its process, or None."""
    try:
        with open("/proc/%d/task/%d/children" % (node.door.pid, node.door.pid), encoding="ascii") as file:
            for pid in map(int, file.read().split()):
                with open("/proc/%d/cmdline" % pid, "rb") as name:
                    if name.read().startswith(b"hospitium-courier"):
                        return pid
    except FileNotFoundError:
        return None
    return None


class Authority:
    """A certificate authority of the test's own, by openssl."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self._openssl("req", "-x509", *self._KEY, "-days", "2", "-subj", "/CN=" + name, "-keyout", self.path("key"),
                      "-out", self.path("pem"))

    _KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")

    def path(self, ending):
        return os.path.join(self.folder, self.name + "." + ending)

    @staticmethod
    def _openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)

    def certificate(self, name, subject="IP:127.0.0.1", days="2"):
        """(certificate, key), of files; with days before today it has run out."""
        file = os.path.join(self.folder, name)
        self._openssl("req", *self._KEY, "-subj", "/CN=" + name, "-keyout", file + ".key", "-out", file + ".csr")
        with open(file + ".ext", "w", encoding="ascii") as ext:
            ext.write("subjectAltName=%s\n" % subject)
        self._openssl("x509", "-req", "-in", file + ".csr", "-CA", self.path("pem"), "-CAkey", self.path("key"),
                      "-CAcreateserial", "-days", days, "-extfile", file + ".ext", "-out", file + ".pem")
        return file + ".pem", file + ".key"


class Bench(unittest.TestCase):
    """A node, and what is asked of it."""

    settings = ("log.tick = 1", "witness.interval = 1")

    def setUp(self):
        if not BINARY:
            self.skipTest("HOSPITIUM_BINARY does not name the program")
        self.node = Node()
        self.addCleanup(self.node.close)
        setting(self.node, *self.settings)
        self.keys = {log: vkey(self.node, log) for log in ("access", "public")}

    def witness(self, name, **more):
        witness = Witness(name, *self.keys.values(), **more)
        self.addCleanup(witness.stop)
        return witness

    @contextlib.contextmanager
    def stranger(self):
        client = self.node.client()
        yield client
        client.close()

    def checkpoint(self, log="access"):
        with self.stranger() as client:
            return client.get("/log/%s/checkpoint" % log).text

    def size(self, log="access"):
        return head_of(self.checkpoint(log))[1]

    def look(self):
        """A write and its entry."""
        answer = self.node.ask("nurse").post("/fhir/Patient", patient(), Content_Type="application/fhir+json")
        self.assertEqual(answer.status, 201, answer)

    def cosigned_by(self, witnesses, log="access", beyond=0):
        def look():
            note = self.checkpoint(log)
            return head_of(note)[1] > beyond and all(is_cosigned(note, w.vkey) for w in witnesses) and note
        return wait_until(look, WITHIN_SECONDS)

    def metric(self, name):
        with self.stranger() as client:
            found = re.search(r"^hospitium_%s (\d+)$" % name, client.get("/metrics").text, re.M)
        return int(found[1]) if found else None

    def put(self, name, text):
        """A file of the node's owner, at once as a whole."""
        path = os.path.join(self.node.directory, name)
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(path + ".new", path)

    def read(self, name):
        with open(os.path.join(self.node.directory, name), encoding="utf-8") as file:
            return file.read()


class Witnessed(Bench):
    def test_an_access_is_in_a_cosigned_checkpoint_within_ten_seconds(self):
        witnesses = [self.witness("one.example"), self.witness("two.example")]
        write_policy(self.node, witnesses, 2)
        self.node.start()
        size = self.size()
        self.look()
        for log in ("access", "public"):
            note = self.cosigned_by(witnesses, log, size if log == "access" else 0)
            self.assertTrue(note, "not cosigned: " + self.node.log()[-1500:])
            self.assertTrue(is_signed(note, self.keys[log]))
        self.assertEqual((self.metric("witnesses"), self.metric("forks")), (2, 0))
        self.assertLess(self.metric("access_cosigned_age_seconds"), WITHIN_SECONDS)
        self.assertTrue(wait_until(lambda: self.metric("witnesses_behind") == 0))
        # A node that starts anew shows at once what was cosigned last, if that is still what there is to show.
        self.node.stop()
        with open(os.path.join(self.node.directory, "log", "access.cosigned"), encoding="utf-8") as file:
            self.assertTrue(all(is_cosigned(file.read(), w.vkey) for w in witnesses[:1]))

    def test_a_dead_witness_stops_neither_care_nor_checkpoints(self):
        witnesses = [self.witness("one.example"), self.witness("two.example")]
        write_policy(self.node, witnesses, 2)
        self.node.start()
        self.assertTrue(self.cosigned_by(witnesses))
        witnesses[1].stop()
        self.look()
        size = self.size()
        wait_until(lambda: self.size() > size, 5)
        self.look()
        # Too few are left for the policy, so for a minute strangers see what was enough; the one goes on cosigning.
        seen = witnesses[0].seen[self.checkpoint().split("\n")[0]][0]
        self.assertTrue(wait_until(lambda: witnesses[0].seen[self.checkpoint().split("\n")[0]][0] > seen + 4))
        self.assertTrue(wait_until(lambda: "courier.witness_silent" in self.node.log()))

    def test_a_silent_witness_does_not_keep_the_others_waiting(self):
        witnesses = [self.witness("silent.example"), self.witness("one.example"), self.witness("two.example")]
        witnesses[0].behaviour = "silent"
        write_policy(self.node, witnesses, 2)
        self.node.start()
        self.look()
        self.assertTrue(self.cosigned_by(witnesses[1:]), self.node.log()[-1500:])

    def test_a_slow_witness_counts_and_keeps_nobody_waiting(self):
        slow, quick = self.witness("slow.example"), self.witness("quick.example")
        slow.behaviour, slow.delay = "slow", 4
        write_policy(self.node, [slow, quick], 2)
        self.node.start()
        origin = self.checkpoint().split("\n")[0]
        times = lambda w: [now for now, _, of, _, status in w.asked if of == origin and status == 200]
        self.assertTrue(wait_until(lambda: len(times(slow)) >= 3, 30), self.node.log()[-1500:])
        begin, end = times(slow)[0], times(slow)[-1]
        asked = [now for now in times(quick) if begin <= now <= end]
        self.assertGreaterEqual(len(asked), 5)  # once a round, not once whenever the other is done
        self.assertLess(max(later - now for now, later in zip(asked, asked[1:])), 3)
        size = self.size()
        self.look()
        # Rounds begin and end while the slow one thinks; what it says late makes two.
        self.assertTrue(self.cosigned_by([slow, quick], beyond=size))

    def test_no_witness_is_asked_more_often_than_the_setting_says_and_all_are_asked_for_the_same(self):
        setting(self.node, "witness.interval = 3")
        witnesses = [self.witness("one.example"), self.witness("two.example")]
        write_policy(self.node, witnesses, 2)
        self.node.start()
        origin = self.checkpoint().split("\n")[0]
        rounds = lambda w: [(now, size) for now, _, of, size, status in w.asked if of == origin and status == 200]
        self.assertTrue(wait_until(lambda: all(len(rounds(w)) >= 5 for w in witnesses), 30))
        for w in witnesses:
            gaps = [later[0] - now[0] for now, later in zip(rounds(w), rounds(w)[1:])]
            self.assertGreater(min(gaps), 2.9, gaps)  # the log has grown three times meanwhile
        first, second = ([size for _, size in rounds(w)][:5] for w in witnesses)
        self.assertEqual(first, second)

    # ---- what the owner changes while the node runs ----

    def test_another_policy_is_in_force_without_a_new_start_and_a_broken_one_is_an_alarm(self):
        first, second = self.witness("one.example"), self.witness("two.example")
        write_policy(self.node, [first], 1)
        self.node.start()
        self.assertTrue(self.cosigned_by([first]))
        courier = courier_of(self.node)
        write_policy(self.node, [second], 1)
        note = self.cosigned_by([second])
        self.assertTrue(note, self.node.log()[-1500:])
        self.assertNotIn(first.name, note)
        good = self.read("witnesses")
        asked = len(first.asked)
        self.put("witnesses", good.replace("quorum enough", "quorum nobody"))
        self.assertTrue(wait_until(lambda: self.metric("witness_files_refused") == 1))
        self.assertIn('"event":"safe.witness_file_refused","file":"witnesses"', self.node.log())
        self.assertTrue(self.cosigned_by([second], beyond=self.size()))  # the last good one
        self.put("witnesses", good)
        self.assertTrue(wait_until(lambda: self.metric("witness_files_refused") == 0))
        self.assertEqual(len(first.asked), asked)
        self.assertEqual(courier_of(self.node), courier)
        self.look()

    def test_a_node_comes_to_have_witnesses_and_a_region_while_it_runs(self):
        witness, region = self.witness("one.example"), self.witness("region.example")
        self.node.start()
        self.assertIsNone(courier_of(self.node))
        write_policy(self.node, [witness], 1)
        self.assertTrue(self.cosigned_by([witness]), self.node.log()[-1500:])
        self.put("region", region.url + "\n")
        counts = lambda: [path for _, path, _, _, _ in region.asked if path == "/add-order-counts"]
        self.assertTrue(wait_until(counts))
        self.put("region", "ftp://region.example/\n")
        self.assertTrue(wait_until(lambda: self.metric("witness_files_refused") == 1))
        self.assertIn('"event":"safe.witness_file_refused","file":"region"', self.node.log())

    # ---- https ----

    def test_only_certificates_of_the_owners_authority_for_the_right_name_and_in_time_are_trusted(self):
        if not shutil.which("openssl"):
            self.skipTest("there is no openssl")
        authority, stranger = Authority(self.node.home, "authority"), Authority(self.node.home, "stranger")
        good = self.witness("good.example", tls=authority.certificate("good"))
        bad = [self.witness("wrong-name.example", tls=authority.certificate("wrong", "DNS:other.example")),
               self.witness("expired.example", tls=authority.certificate("expired", days="-1")),
               self.witness("unknown.example", tls=stranger.certificate("unknown"))]
        write_policy(self.node, bad + [good], 1)
        shutil.copy(authority.path("pem"), os.path.join(self.node.directory, "witnesses.pem"))
        self.node.start()
        note = self.cosigned_by([good])
        self.assertTrue(note, self.node.log()[-1500:])
        for number, witness in enumerate(bad, 1):
            said = '"event":"courier.certificate_not_trusted","witness":%d,' % number
            self.assertTrue(wait_until(lambda: said in self.node.log()), witness.name)
            self.assertNotIn(witness.name, note)
        self.assertNotIn('"event":"courier.certificate_not_trusted","witness":4', self.node.log())
        self.assertEqual([w.asked for w in bad], [[], [], []])  # not a byte of it reached them
        self.look()
        # The other authority instead: what was good is not, and what was unknown is.
        self.put("witnesses.pem", self.read("../stranger.pem"))
        note = self.cosigned_by([bad[2]], beyond=self.size())
        self.assertTrue(note, self.node.log()[-1500:])
        self.assertTrue(wait_until(lambda: '"event":"courier.certificate_not_trusted","witness":4' in self.node.log()))
        self.assertTrue(wait_until(lambda: not is_cosigned(self.checkpoint(), good.vkey)))
        # Without a file of the owner's nobody here is trusted: these authorities are not the system's.
        os.unlink(os.path.join(self.node.directory, "witnesses.pem"))
        taken = lambda: self.node.log().count('"event":"safe.witness_file_taken","file":"witnesses.pem"')
        self.assertTrue(wait_until(lambda: taken() == 3))
        refused = self.node.log().count("courier.certificate_not_trusted")
        self.assertTrue(wait_until(lambda: self.node.log().count("courier.certificate_not_trusted") > refused))
        self.look()
        self.assertEqual(self.metric("forks"), 0)

    def test_a_wrong_cosignature_is_ignored(self):
        liar, honest = self.witness("liar.example"), self.witness("honest.example")
        liar.behaviour = "lying"
        write_policy(self.node, [liar, honest], 1)
        self.node.start()
        note = self.cosigned_by([honest])
        self.assertTrue(note)
        self.assertNotIn("liar.example", note)
        self.assertTrue(wait_until(lambda: "courier.wrong_cosignature" in self.node.log()))
        self.assertEqual(self.metric("witnesses_behind"), 1)

    def test_a_node_put_back_from_an_older_copy_of_its_log_is_caught(self):
        witness = self.witness("one.example")
        write_policy(self.node, [witness], 1)
        self.node.start()
        self.look()
        self.assertTrue(self.cosigned_by([witness]))
        self.node.stop()
        log, copy = os.path.join(self.node.directory, "log"), self.node.home + "/older"
        shutil.copytree(log, copy)
        self.node.start()
        self.look()
        size = self.size()
        self.assertTrue(self.cosigned_by([witness], beyond=size + 6))
        self.node.stop()
        shutil.rmtree(log)
        shutil.copytree(copy, log)
        self.node.start()
        told = lambda: [word for word in ("courier.witness_saw_more", "courier.fork") if word in self.node.log()]
        self.assertTrue(wait_until(told, WITHIN_SECONDS))
        self.assertTrue(wait_until(lambda: self.metric("forks") > 0))
        self.look()  # care goes on

    def test_a_killed_courier_is_started_again_and_ends_with_the_node(self):
        witness = self.witness("one.example")
        write_policy(self.node, [witness], 1)
        self.node.start()
        first = wait_until(lambda: courier_of(self.node))
        os.kill(first, signal.SIGKILL)
        second = wait_until(lambda: courier_of(self.node) not in (None, first) and courier_of(self.node))
        self.assertTrue(second)
        self.assertTrue(self.cosigned_by([witness], beyond=self.size()))
        self.node.kill_door()
        self.assertTrue(wait_until(lambda: not os.path.exists("/proc/%d" % second)))

    def real_witness(self, name, *nodes, options=()):
        """`hospitium witness` itself, or a skipped test where the program has none."""
        program = os.environ.get("HOSPITIUM_WITNESS", BINARY)
        folder = os.path.join(self.node.home, name)
        helped = subprocess.run([program, "help", "witness"], capture_output=True, check=False)
        if not helped.stdout.startswith(b"hospitium witness"):
            self.skipTest("this program has no witness")
        made = subprocess.run([program, "witness", "init", folder, "--name", name, *options], check=True,
                              capture_output=True)
        for node in nodes:
            for log in ("access", "public"):
                subprocess.run([program, "witness", "add", folder, vkey(node, log)], check=True, capture_output=True)
        process = subprocess.Popen([program, "witness", "serve", folder, "--listen", "127.0.0.1:0"],
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait, 30)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        line = process.stdout.readline().decode()
        self.assertIn("http://", line)
        return SimpleNamespace(process=process, vkey=made.stdout.decode().split("\n")[0],
                               url=line.strip().rsplit(" ", 1)[1] + "/")

    def test_two_witnesses_of_our_own_kind(self):
        first, second = self.real_witness("one.example", self.node), self.real_witness("two.example", self.node)
        write_policy(self.node, [first, second], 2)
        self.node.start()
        size = self.size()
        self.look()
        note = self.cosigned_by([first, second], beyond=size)
        self.assertTrue(note, self.node.log()[-1500:])
        self.assertTrue(self.cosigned_by([first, second], "public"))
        second.process.kill()
        self.look()
        self.assertTrue(wait_until(lambda: "courier.witness_silent" in self.node.log()))
        self.assertEqual(self.metric("forks"), 0)

    def test_two_safes_have_both_their_logs_in_one_regions_log(self):
        other = Node("south")
        self.addCleanup(other.close)
        setting(other, "log.tick = 1")
        region = self.real_witness("region.example", self.node, other, options=("--region",))
        for node in (self.node, other):
            write_policy(node, [region], 1)
            with open(os.path.join(node.directory, "region"), "w", encoding="ascii") as file:
                file.write(region.url + "\n")
            node.start()

        def origins():
            """Of the checkpoints that are leaves of the region's log."""
            size = int(urllib.request.urlopen(region.url + "checkpoint").read().decode().split("\n")[1])
            found = set()
            for tile in range((size + 255) // 256):
                width = min(256, size - 256 * tile)
                path = "tile/entries/%03d" % tile + (".p/%d" % width if width < 256 else "")
                try:
                    bundle = urllib.request.urlopen(region.url + path).read()
                except urllib.error.HTTPError:
                    return found  # it has grown meanwhile
                while bundle:
                    length = int.from_bytes(bundle[:2], "big")
                    found.add(bundle[2:2 + length].decode().split("\n")[0])
                    bundle = bundle[2 + length:]
            return found

        expected = {"%s/%s" % (name, log) for name in ("north", "south") for log in ("access", "public")}
        self.assertTrue(wait_until(lambda: expected <= origins(), WITHIN_SECONDS), origins())
        # The counts of orders of both have been handed in, and were taken.
        self.assertNotIn("courier.region_refused", self.node.log() + other.log())
        for word in ("courier.no_counts", "courier.region_silent"):
            self.assertNotIn(word, self.node.log() + other.log())

    def test_our_own_witness_catches_a_log_put_back(self):
        witness = self.real_witness("one.example", self.node)
        write_policy(self.node, [witness], 1)
        self.node.start()
        self.look()
        self.assertTrue(self.cosigned_by([witness]), self.node.log()[-1500:])
        self.node.stop()
        log, copy = os.path.join(self.node.directory, "log"), self.node.home + "/older"
        shutil.copytree(log, copy)
        self.node.start()
        self.assertTrue(self.cosigned_by([witness], beyond=self.size() + 6))
        self.node.stop()
        shutil.rmtree(log)
        shutil.copytree(copy, log)
        self.node.start()
        self.assertTrue(wait_until(lambda: self.metric("forks") > 0, WITHIN_SECONDS))
        self.look()

    def test_a_node_without_witnesses_has_no_courier(self):
        self.node.start()
        self.assertIsNone(courier_of(self.node))
        self.assertEqual(self.metric("witnesses"), 0)
        self.assertIsNone(self.metric("access_cosigned_age_seconds"))


class AsItComes(Bench):
    """With the settings that a node has when nobody changes any."""

    settings = ()

    def test_an_access_is_cosigned_within_ten_seconds_at_whatever_time_it_comes(self):
        witnesses = [self.witness("one.example"), self.witness("two.example")]
        silent = self.witness("silent.example")
        silent.behaviour = "silent"
        write_policy(self.node, [silent] + witnesses, 2)
        self.node.start()
        self.assertTrue(self.cosigned_by(witnesses))
        for number in range(4):
            time.sleep(1.3 * number)  # another moment between two ticks each time
            size = self.size()
            self.look()
            begin = time.monotonic()
            self.assertTrue(self.cosigned_by(witnesses, beyond=size), self.node.log()[-1500:])
            self.assertLess(time.monotonic() - begin, WITHIN_SECONDS)


if __name__ == "__main__":
    unittest.main()
