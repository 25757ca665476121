# SPDX-License-Identifier: Apache-2.0
"""Everybody who can ask: credentials of each sector, role and purpose from the control socket, and ids as each sector
sees them, so that no refusal is owed to an id that was merely wrong."""
import ctypes
import ctypes.util
import http.client
import os
import re
import socket

from canary import SOURCE
from harness import HARBOUR, Answer


def words(name):
    """A closed list of src/base/vocabulary.def, without `unknown`."""
    with open(os.path.join(SOURCE, "base", "vocabulary.def"), encoding="utf-8") as file:
        found = re.findall(r'^WORD\(%s, \w+, "(\w+)"\)' % name, file.read(), re.M)
    assert found[0] == "unknown" and len(found) > 2
    return found[1:]


class Control:
    """The control socket, as the node's own commands use it."""

    def __init__(self, node):
        self.path = os.path.join(node.directory, "control")
        self.connection = None

    def request(self, method, path, body=b"", headers=None):
        if self.connection is None:
            self.connection = http.client.HTTPConnection("localhost")
            self.connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.connection.sock.settimeout(30)
            self.connection.sock.connect(self.path)
        try:
            self.connection.request(method, path, body, headers or {})
            answer = self.connection.getresponse()
            found = Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if found.header("connection") == "close":
            self.close()
        return found

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def token(self, actor, role, sector, purpose, organization=HARBOUR, ttl=7200, training="current", person=None):
        body = ('{"actor":"%s","role":"%s","sector":"%s","purpose":"%s","organization":"%s","ttl":"%d","training":"%s"%s}'
                % (actor, role, sector, purpose, organization, ttl, training, ',"person":"%s"' % person if person else ""))
        answer = self.request("POST", "/control/token", body.encode())
        assert answer.status == 200, answer
        return answer.json()["token"]


class WireIds:
    """One AES-256 block under the sector's key (docs/formats.md), by OpenSSL."""

    def __init__(self, ring):
        self.keys = {name.split()[1]: key for name, key in ring.items() if name.startswith("sector ")}
        self.crypto = ctypes.CDLL(ctypes.util.find_library("crypto"))
        self.crypto.EVP_CIPHER_CTX_new.restype = self.crypto.EVP_aes_256_ecb.restype = ctypes.c_void_p
        self.sectors = words("sector")

    def _block(self, sector, block, encrypt):
        key = self.keys[str(1 + self.sectors.index(sector))]
        context = ctypes.c_void_p(self.crypto.EVP_CIPHER_CTX_new())
        out, length = ctypes.create_string_buffer(32), ctypes.c_int()
        cipher = ctypes.c_void_p(self.crypto.EVP_aes_256_ecb())
        assert self.crypto.EVP_CipherInit_ex(context, cipher, None, key, None, int(encrypt)) == 1
        self.crypto.EVP_CIPHER_CTX_set_padding(context, 0)
        assert self.crypto.EVP_CipherUpdate(context, out, ctypes.byref(length), block, 16) == 1
        self.crypto.EVP_CIPHER_CTX_free(context)
        return out.raw[:16]

    def wire(self, sector, inside):
        return self._block(sector, inside, True).hex()

    def inside(self, sector, wire):
        return self._block(sector, bytes.fromhex(wire), False)


class Asker:
    """Somebody with a credential, or without one: what is known of her, and her connection."""

    def __init__(self, node, name, token=None, sector="", role="", purpose="", organization=HARBOUR, training="current",
                 person=None, headers=None):
        self.name, self.token, self.sector, self.role, self.purpose = name, token, sector, role, purpose
        self.organization, self.training, self.person = organization, training, person
        self.client = node.client(token, headers=headers)
        self.closed = False  # nothing may come out, whatever the rules would say

    def __repr__(self):
        return "%s (%s %s %s)" % (self.name, self.sector, self.role, self.purpose)
