# SPDX-License-Identifier: Apache-2.0
"""`hospitium witness serve` in a temporary directory: made, started, asked over HTTP, killed and started again."""
import os
import shutil
import signal
import subprocess
import tempfile

from harness import BINARY, Client

START_SECONDS = 20


def hospitium(*arguments, check=True):
    done = subprocess.run([BINARY, *arguments], capture_output=True, timeout=60, check=False)
    if check and done.returncode != 0:
        raise AssertionError("hospitium %s: %d\n%s" % (" ".join(arguments), done.returncode, done.stderr.decode()))
    return done


class WitnessProcess:
    """`vkeys` are the logs that it knows from the beginning."""

    def __init__(self, name, *vkeys, region=False, members=None):
        self.name, self.process, self.port = name, None, None
        self.home = tempfile.mkdtemp(prefix="hospitium-witness-")
        self.directory = os.path.join(self.home, "w")
        self.log_path = os.path.join(self.home, "process.log")
        more = (["--region"] if region else []) + (["--members", str(members)] if members else [])
        hospitium("witness", "init", self.directory, "--name", name, *more)
        for vkey in vkeys:
            self.add(vkey)
        self.vkey = self.read("key").strip()

    def add(self, vkey, check=True):
        return hospitium("witness", "add", self.directory, vkey, check=check)

    def read(self, below):
        with open(os.path.join(self.directory, below), encoding="utf-8") as file:
            return file.read()

    def files(self, below):
        return sorted(os.path.join(self.directory, below, name) for name in os.listdir(os.path.join(self.directory, below)))

    @property
    def url(self):
        return "http://127.0.0.1:%d/" % self.port

    def arguments(self, port=0):
        return [BINARY, "witness", "serve", self.directory, "--listen", "127.0.0.1:%d" % port]

    def start(self, port=0):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.arguments(port), stdout=subprocess.PIPE, stderr=log)
        line = self.process.stdout.readline().decode()
        if "Listening on" not in line:
            raise AssertionError("the witness did not start: " + self.log()[-2000:])
        self.port = int(line.strip().rsplit(":", 1)[1])
        return self

    def start_refused(self):
        done = subprocess.run(self.arguments(), capture_output=True, timeout=START_SECONDS, check=False)
        return done.returncode, done.stderr.decode()

    def stop(self, how=signal.SIGTERM):
        if self.process:
            self.process.send_signal(how)
            self.process.wait(30)
            self.process.stdout.close()
        self.process = None

    def close(self):
        self.stop(signal.SIGKILL)
        shutil.rmtree(self.home, ignore_errors=True)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def ask(self, method, path, sent=None):
        client = Client(self.port)
        try:
            return client.request(method, path, sent.encode() if isinstance(sent, str) else sent)
        finally:
            client.close()

    def get(self, path):
        return self.ask("GET", path)

    def offer(self, sent):
        return self.ask("POST", "/add-checkpoint", sent)
