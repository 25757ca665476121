# SPDX-License-Identifier: Apache-2.0
"""A log of RFC 6962 trees that shares no code with the program under test: it signs checkpoints, makes consistency proofs,
and can be told to have two histories. Hashes by hashlib, signatures by libsodium."""
import base64
import ctypes

from false_witness import SODIUM, sha256


def root_of(leaves):
    """RFC 9162, 2.1.1"""
    if not leaves:
        return sha256()
    if len(leaves) == 1:
        return sha256(b"\0", leaves[0])
    split = split_of(len(leaves))
    return sha256(b"\1", root_of(leaves[:split]), root_of(leaves[split:]))


def split_of(count):
    """The largest power of two below it."""
    return 1 << (count - 1).bit_length() - 1


def consistency(leaves, older, whole=True):
    """RFC 9162, 2.1.4.1: from the first `older` leaves to all of them."""
    if older == len(leaves):
        return [] if whole else [root_of(leaves)]
    split = split_of(len(leaves))
    if older <= split:
        return consistency(leaves[:split], older, whole) + [root_of(leaves[split:])]
    return consistency(leaves[split:], older - split, False) + [root_of(leaves[:split])]


class Log:
    def __init__(self, origin):
        self.origin = origin
        self.public_key, self.secret_key = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
        SODIUM.crypto_sign_keypair(self.public_key, self.secret_key)
        raw = b"\1" + self.public_key.raw
        self.identifier = sha256(origin.encode(), b"\n", raw)[:4]
        self.vkey = "%s+%s+%s" % (origin, self.identifier.hex(), base64.b64encode(raw).decode())

    @staticmethod
    def leaves(size, story="a"):
        """Every story tells the first three entries alike."""
        return [b"entry %d" % i if i < 3 else b"%s %d" % (story.encode(), i) for i in range(size)]

    def sign(self, text):
        signature = ctypes.create_string_buffer(64)
        SODIUM.crypto_sign_detached(signature, None, text.encode(), ctypes.c_ulonglong(len(text.encode())), self.secret_key)
        return "%s\n\u2014 %s %s\n" % (text, self.origin,
                                       base64.b64encode(self.identifier + signature.raw).decode())

    def text(self, size, story="a"):
        return "%s\n%d\n%s\n" % (self.origin, size, base64.b64encode(root_of(self.leaves(size, story))).decode())

    def checkpoint(self, size, story="a"):
        return self.sign(self.text(size, story))

    def proof(self, older, size, story="a"):
        return consistency(self.leaves(size, story), older) if 0 < older <= size else []

    def request(self, older, size, story="a"):
        """The body of add-checkpoint."""
        return body(older, self.proof(older, size, story), self.checkpoint(size, story))


def body(older, proof, checkpoint):
    lines = "".join(base64.b64encode(each).decode() + "\n" for each in proof)
    return "old %d\n%s\n%s" % (older, lines, checkpoint)
