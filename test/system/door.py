# SPDX-License-Identifier: Apache-2.0
"""A door of the test's own: it starts a real safe as the door does and speaks its protocol (src/safe/protocol.h), truly or
not. Words and numbers come from the source's tables; bytes are written here anew."""
import os
import re
import socket
import struct
import subprocess

from askers import words
from canary import DRAWERS, SOURCE
from harness import BINARY

OUTCOMES = ("NONE", "EXISTENCE", "SUMMARY", "FULL")
FACTS = {"relation": 1, "consent": 2, "glass": 3}
VALUES = {"relation": ("unknown", "open_encounter", "past", "none"), "consent": ("unknown", "permit", "deny", "none")}
EVERY_DRAWER = (1 << len(DRAWERS)) - 1
GLASS, WHOLE, HIDE, REPLACES = 1, 2, 4, 8
CREDENTIAL_ID = 16


def _table(name, pattern):
    with open(os.path.join(SOURCE, name), encoding="utf-8") as file:
        return re.findall(pattern, file.read(), re.M)


ERRORS = ["OK"] + _table("base/errors.def", r"^ERROR\((\w+),")
KINDS = {name: number for number, name in enumerate(_table("safe/protocol.h", r"^    PROTOCOL_([A-Z_]+)(?: = 1)?, *(?:/\*|$)"), 1)}
assert KINDS["HELLO"] == 1 and KINDS["ACCESS"] == 2 and KINDS["COMPLETE"] == 3 and "EVIDENCE" in KINDS


def number(name, word):
    return 0 if word == "unknown" else 1 + words(name).index(word)


SECTOR, ROLE, PURPOSE, ACTION = ({w: i for i, w in enumerate(["unknown"] + words(name))}
                                 for name in ("sector", "role", "purpose", "action"))
TRAINING = {"unknown": 0, "current": 1, "lapsed": 2}


def text(value):
    return struct.pack(">I", len(value)) + value


def asker(token, request=0x9c41f0e2b7a3d518):
    return text(token) + struct.pack(">Q", request)


def credential(actor, role, sector, purposes, organization, person=bytes(16), training="current", seconds=3600):
    mask = sum(1 << PURPOSE[p] for p in purposes)
    return (bytes(16) + bytes([ROLE[role], SECTOR[sector], TRAINING[training]]) + organization + person +
            struct.pack(">IQQ", mask, 0, seconds) + text(actor.encode()))


def change(kind, value, organization, source, target=0, expires=0):
    named = VALUES[kind].index(value) if kind in VALUES else value
    return struct.pack(">HBB", target, FACTS[kind], named) + organization + source + struct.pack(">Q", expires)


def access(token, targets, action="read", drawers=EVERY_DRAWER, needed="FULL", purpose="unknown", request=0, flags=0,
           kind=b"Patient", resource=bytes(16), resources=0, reason=b"", changes=(), order=bytes(16)):
    """`targets` is [(person, fact block, fresh)]."""
    out = [text(token), struct.pack(">Q", request), bytes([PURPOSE[purpose], ACTION[action], drawers, OUTCOMES.index(needed),
                                                           flags]), text(kind), resource, struct.pack(">I", resources),
           text(reason), order, struct.pack(">H", len(targets))]
    out += [person + text(facts) + bytes([fresh]) for person, facts, fresh in targets]
    return b"".join(out + [struct.pack(">H", len(changes))] + list(changes))


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        assert self.at + size <= len(self.data), "the safe's answer is short"
        self.at += size
        return self.data[self.at - size:self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "big")

    def text(self):
        return self.take(self.number(4))


class Grant:
    """What the safe said to one access: of each target the drawers opened, their keys, and the new fact block."""

    def __init__(self, error, payload):
        self.error, self.leaf, self.keys, self.outcomes, self.facts = error, None, [], [], []
        if not payload:
            return
        reader = Reader(payload)
        self.leaf = reader.number(8)
        reader.take(8)
        self.row, _ = reader.text(), reader.text()
        self.review = reader.number(1)
        for _ in range(reader.number(2)):
            mask = reader.number(1)
            self.outcomes.append([OUTCOMES[o] for o in reader.take(len(DRAWERS))])
            self.keys.append({name: reader.take(32) for d, name in enumerate(DRAWERS) if mask >> d & 1})
            self.facts.append(reader.text())
            reader.take(1)
        assert reader.at == len(payload)

    @property
    def opened(self):
        """Drawers of the first target whose key came."""
        return {name for keys in self.keys[:1] for name, key in keys.items() if any(key)}


class Door:
    """A safe of one's own, as `src/safe/spawn.c` starts it: socket 3, secret 4."""

    def __init__(self, directory, environment=None):
        self.directory, self.environment = directory, environment
        self.process = self.line = None
        self.start()

    def start(self):
        self.line, other = socket.socketpair()
        nothing = os.open(os.devnull, os.O_RDONLY)
        high = [os.dup2(fd, 200 + i) for i, fd in enumerate((other.fileno(), nothing))]

        def numbers():
            os.dup2(200, 3)
            os.dup2(201, 4)

        self.log = open(os.path.join(os.path.dirname(self.directory), "safe.log"), "ab")
        self.process = subprocess.Popen([BINARY, "safe", self.directory], pass_fds=(3, 4, 200, 201), preexec_fn=numbers,
                                        stderr=self.log, stdout=self.log, env=self.environment)
        for fd in high + [nothing]:
            os.close(fd)
        other.close()
        self.line.settimeout(20)

    def _receive(self, size):
        came = b""
        while len(came) < size:
            more = self.line.recv(size - len(came))
            if not more:
                return None
            came += more
        return came

    def exchange(self, message):
        """Raw bytes behind a true length, and the answer; None when the safe hung up."""
        try:
            self.line.sendall(struct.pack(">I", len(message)) + message)
            head = self._receive(4)
            return self._receive(struct.unpack(">I", head)[0]) if head else None
        except (BrokenPipeError, ConnectionResetError):
            return None

    def batch(self, items):
        """[(kind, payload)] -> [(error, payload)]; None when the safe hung up."""
        message = struct.pack(">H", len(items)) + b"".join(bytes([KINDS.get(k, k)]) + text(p) for k, p in items)
        answer = self.exchange(message)
        if answer is None:
            return None
        reader = Reader(answer)
        assert reader.number(2) == len(items)
        return [(ERRORS[reader.number(2)], reader.text()) for _ in items]

    def ask(self, kind, payload=b""):
        return self.batch([(kind, payload)])[0]

    def access(self, *arguments, **more):
        return Grant(*self.ask("ACCESS", access(*arguments, **more)))

    def token(self, *arguments, **more):
        error, token = self.ask("ISSUE", credential(*arguments, **more))
        assert error == "OK", error
        return token

    def alive(self):
        return self.process.poll() is None

    def end(self):
        """Hangs up; the safe's exit code."""
        self.line.close()
        code = self.process.wait(20)
        self.log.close()
        return code
