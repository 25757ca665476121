# SPDX-License-Identifier: Apache-2.0
"""A real node in a temporary directory: made, served, asked over HTTP and torn down again.

What every system test stands on. The program under test is named by HOSPITIUM_BINARY; nothing of it is imported, so a
test sees only what a client, an administrator or a thief of the disk would see.
"""
import hashlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

BINARY = os.environ.get("HOSPITIUM_BINARY", "")
HARBOUR, HILL = "harbour-clinic", "hill-clinic"
ORGANIZATION_SYSTEM = "urn:hospitium:organization"
START_SECONDS = 20


def organization_id(short_name):
    """The id by which tokens and records name a house."""
    return hashlib.sha256(b"organization:" + short_name.encode()).hexdigest()[:32]


SANITIZED = "HOSPITIUM_SANITIZED" in os.environ  # keeps what was freed, and the safe has no filter of calls
plain_memory = unittest.skipIf(SANITIZED, "a program built with sanitizers keeps what was freed")


def sanitizers_are_silent(said, of):
    """Where the program was built with sanitizers: what they say of it is a failure, whatever the program answered."""
    for line in said.splitlines():
        if "Sanitizer" in line or ": runtime error: " in line:
            raise AssertionError("%s: %s\n%s" % (of, line, said[said.index(line):][:6000]))


class Answer:
    """One HTTP answer."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode("utf-8")

    def json(self):
        # Decimals stay as they were written: 37.80 is not 37.8.
        return json.loads(self.body, parse_float=str)

    def header(self, name):
        return self.headers.get(name.lower(), "")

    @property
    def id(self):
        """Of what a write stored, from its Location."""
        return self.header("location").split("/fhir/")[1].split("/")[1]

    @property
    def version(self):
        return int(self.header("etag").strip('W/"'))

    def __repr__(self):
        return "%d %s" % (self.status, self.body[:600].decode("utf-8", "replace"))


class Client:
    """One asker on one keep-alive connection; a connection that the server closed is opened again."""

    def __init__(self, port, token=None, headers=None, timeout=20):
        self.port, self.token, self.timeout = port, token, timeout
        self.headers = headers or {}
        self.connection = None

    def request(self, method, path, body=None, headers=None):
        sent = dict(self.headers)
        if self.token:
            sent["Authorization"] = "Bearer " + self.token
        if isinstance(body, (dict, list)):
            body = json.dumps(body, ensure_ascii=False).encode()
            sent.setdefault("Content-Type", "application/fhir+json")
        sent.update(headers or {})
        for attempt in (1, 2):
            fresh = self.connection is None
            if fresh:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
            try:
                self.connection.request(method, path, body, sent)
                answer = self.connection.getresponse()
                return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self.close()
                if fresh or attempt == 2 or method != "GET":
                    raise
        raise AssertionError("not reached")

    def get(self, path, **headers):
        return self.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def post(self, path, body, **headers):
        return self.request("POST", path, body, {k.replace("_", "-"): v for k, v in headers.items()})

    def put(self, path, body, **headers):
        return self.request("PUT", path, body, {k.replace("_", "-"): v for k, v in headers.items()})

    def patch(self, path, body, **headers):
        return self.request("PATCH", path, body, {"Content-Type": "application/json-patch+json", **{
            k.replace("_", "-"): v for k, v in headers.items()}})

    def delete(self, path, **headers):
        return self.request("DELETE", path, None, {k.replace("_", "-"): v for k, v in headers.items()})

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


class Node:
    """A demo node below a directory of its own."""

    def __init__(self, name="north", directory=None, environment=None, make=True, pack="belgium"):
        self.home = None if directory else tempfile.mkdtemp(prefix="hospitium-test-")
        self.directory = directory or os.path.join(self.home, "node")
        self.environment = dict(os.environ, **(environment or {}))
        self.door = None
        self.port = None
        self.log_path = (self.home or os.path.dirname(self.directory)) + "/process-%s.log" % name
        self.tokens = {}
        self.clients = []
        if make:
            self.command("init", self.directory, "--name", name, "--pack", pack, "--demo")

    # ---- commands ----

    def command(self, *arguments, check=True, timeout=60, environment=None):
        done = subprocess.run([BINARY, *arguments], capture_output=True, timeout=timeout,
                              env=dict(self.environment, **(environment or {})), check=False)
        sanitizers_are_silent(done.stderr.decode("utf-8", "replace"), "hospitium " + arguments[0])
        if check and done.returncode != 0:
            raise AssertionError("hospitium %s: %d\n%s%s" % (arguments[0], done.returncode, done.stdout.decode(),
                                                             done.stderr.decode()))
        return done

    def token(self, role, sector="health", organization=HARBOUR, purpose="TREAT", actor=None, person=None, ttl="1h",
              training=None):
        arguments = ["token", self.directory, "--actor", actor or role + "-1", "--role", role, "--sector", sector,
                     "--organization", organization, "--purpose", purpose, "--ttl", ttl]
        if person:
            arguments += ["--person", person]
        if training:
            arguments += ["--training", training]
        key = tuple(arguments)
        if key not in self.tokens:
            self.tokens[key] = self.command(*arguments).stdout.decode().strip()
        return self.tokens[key]

    def load(self, *bundles):
        """Imports bundles (dictionaries)."""
        paths = []
        with tempfile.TemporaryDirectory() as folder:
            for number, bundle in enumerate(bundles):
                paths.append(os.path.join(folder, "%d.json" % number))
                with open(paths[-1], "w", encoding="utf-8") as file:
                    json.dump(bundle, file)
            return json.loads(self.command("import", self.directory, *paths, "--json").stdout)

    # ---- the running node ----

    def start(self, environment=None):
        """Serves on a free port; returns once it says that it listens."""
        log = open(self.log_path, "ab")
        self.door = subprocess.Popen([BINARY, "serve", self.directory, "--listen", "127.0.0.1:0"],
                                     stdout=subprocess.PIPE, stderr=log,
                                     env=dict(self.environment, **(environment or {})))
        log.close()
        line = self.door.stdout.readline().decode()
        if "Listening on" not in line:
            self.door.wait(START_SECONDS)
            raise AssertionError("the node did not start: " + self.log()[-2000:])
        self.port = int(line.strip().rsplit(":", 1)[1])
        return self

    def start_refused(self, environment=None):
        """Serves a node that must not start: its exit code and what it said."""
        done = self.command("serve", self.directory, "--listen", "127.0.0.1:0", check=False, timeout=START_SECONDS,
                            environment=environment)
        return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")

    def stop(self):
        self._close_clients()
        if self.door and self.door.poll() is None:
            self.door.send_signal(signal.SIGTERM)
            self.door.wait(30)
        self._forget_door()

    def kill_door(self):
        self.door.kill()
        self.door.wait(30)
        self._forget_door()

    def _close_clients(self):
        for client in self.clients:
            client.close()
        self.clients = []

    def _forget_door(self):
        self._close_clients()
        if self.door:
            self.door.stdout.close()
        self.door = None

    def safe_pid(self):
        """The safe is the one child of the door; None while there is none."""
        try:
            with open("/proc/%d/task/%d/children" % (self.door.pid, self.door.pid), encoding="ascii") as file:
                for pid in map(int, file.read().split()):
                    with open("/proc/%d/stat" % pid, encoding="ascii") as stat:
                        if stat.read().rsplit(")", 1)[1].split()[0] != "Z":
                            return pid
        except FileNotFoundError:
            return None
        return None

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def client(self, token=None, **more):
        client = Client(self.port, token, **more)
        self.clients.append(client)
        return client

    def ask(self, role, **credential):
        """A client with a token of that role."""
        return self.client(self.token(role, **credential))

    def close(self):
        self.stop()
        said = self.log() if os.path.exists(self.log_path) else ""
        if self.home:
            shutil.rmtree(self.home, ignore_errors=True)
        sanitizers_are_silent(said, "the node")

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def files(self):
        """Every file below the node's directory."""
        for folder, _, names in os.walk(self.directory):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.isfile(path):
                    yield path


def wait_until(true, seconds=10, step=0.02):
    """Waits for a condition; what it gave last."""
    end = time.monotonic() + seconds
    while True:
        given = true()
        if given or time.monotonic() > end:
            return given
        time.sleep(step)


def raw_exchange(port, chunks, timeout=5, pause=0.0):
    """Sends bytes as they are and returns all that comes back until the server closes or falls silent."""
    with socket.create_connection(("127.0.0.1", port), timeout) as connection:
        for chunk in chunks:
            try:
                connection.sendall(chunk)
            except (BrokenPipeError, ConnectionResetError):
                break
            time.sleep(pause)
        came = b""
        try:
            while True:
                more = connection.recv(65536)
                if not more:
                    return came
                came += more
        except (TimeoutError, ConnectionResetError):
            return came


# ---- records ----

def transaction(*resources):
    return {"resourceType": "Bundle", "type": "transaction",
            "entry": [{"resource": r, "fullUrl": r.pop("fullUrl", "urn:x:%d" % i),
                       "request": {"method": "POST", "url": r["resourceType"]}} for i, r in enumerate(resources)]}


def houses():
    """The two houses of the tests, as a bundle to import."""
    return transaction(*({"resourceType": "Organization", "name": name,
                          "identifier": [{"system": ORGANIZATION_SYSTEM, "value": name}]} for name in (HARBOUR, HILL)))


def patient(family="Hadad", given="Samirah", **more):
    return {"resourceType": "Patient", "name": [{"family": family, "given": [given]}], "gender": "female",
            "birthDate": "1991", **more}


def encounter(person, organization=HARBOUR, status="in-progress", **more):
    return {"resourceType": "Encounter", "status": status, "class": {"code": "AMB"},
            "subject": {"reference": "Patient/" + person},
            "serviceProvider": {"reference": "Organization/" + organization_id(organization)}, **more}


def temperature(person, value="37.80", **more):
    """As text, because Python's floats would lose the zero."""
    record = {"resourceType": "Observation", "status": "final",
              "code": {"coding": [{"system": "http://loinc.org", "code": "8310-5"}]},
              "subject": {"reference": "Patient/" + person}, "valueQuantity": {"value": "VALUE", "unit": "Cel"}, **more}
    return json.dumps(record).replace('"VALUE"', value).encode()


def consent(person, organization, kind="permit", status="active"):
    return {"resourceType": "Consent", "status": status, "scope": {"coding": [{"code": "patient-privacy"}]},
            "category": [{"coding": [{"code": "59284-0"}]}], "patient": {"reference": "Patient/" + person},
            "provision": {"type": kind, "actor": [
                {"role": {"coding": [{"code": "PRCP"}]},
                 "reference": {"reference": "Organization/" + organization_id(organization)}}]}}


CARE_QUESTION = {"service": "child", "urgency": "urgent", "age_years": "4"}


class SystemTest(unittest.TestCase):
    """A class of tests that shares one running node with the two houses in it."""

    node = None

    @classmethod
    def setUpClass(cls):
        if not BINARY:
            raise unittest.SkipTest("HOSPITIUM_BINARY does not name the program")
        cls.node = Node()
        cls.node.load(houses())
        cls.node.start()

    @classmethod
    def tearDownClass(cls):
        if cls.node:
            cls.node.close()

    def stored(self, client, record, kind=None):
        """Creates a record and gives its id."""
        kind = kind or record["resourceType"]
        answer = client.post("/fhir/" + kind, record, Content_Type="application/fhir+json")
        self.assertEqual(answer.status, 201, answer)
        return answer.id

    def assert_outcome(self, answer, status, code=None):
        """An error of /fhir: a status, an OperationOutcome with a sentence and a hint."""
        self.assertEqual(answer.status, status, answer)
        outcome = answer.json()
        self.assertEqual(outcome["resourceType"], "OperationOutcome")
        issue = outcome["issue"][0]
        self.assertEqual(issue["severity"], "error")
        self.assertRegex(issue["details"]["text"], r"^[A-Z].*\.$")
        self.assertTrue(issue.get("diagnostics"), "an error without a hint")
        if code:
            self.assertEqual(issue["code"], code)
        return issue

    def assert_problem(self, answer, status, code):
        """An error of /api: problem details with a sentence, a hint and the registry's name."""
        self.assertEqual(answer.status, status, answer)
        problem = answer.json()
        self.assertEqual((problem["status"], problem["code"]), (status, code))
        self.assertRegex(problem["title"], r"^[A-Z].*\.$")
        self.assertTrue(problem["hint"])
        return problem
