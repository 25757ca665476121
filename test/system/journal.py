# SPDX-License-Identifier: Apache-2.0
"""The access log as it lies on the disk, opened with the oversight body's private key and nothing of the node's.

Written from docs/formats.md alone; the ciphers are libsodium's. What a test believes about who was permitted what, it
reads here: neither the node's own list nor its tools are asked.
"""
import ctypes
import ctypes.util
import glob
import hashlib
import json
import os
import sqlite3
import struct

SEGMENT_HEAD, BATCH_HEAD, RECORD_HEAD, BATCH_TAIL = 28, 36, 14, 4
BATCH_MARK, BATCH_END = 0xB17C4EAD, 0xE5D1BA7C
NONCE, OVERHEAD, BOX_OVERHEAD = 16, 40, 48

sodium = ctypes.CDLL(ctypes.util.find_library("sodium"))


def unseal(key, bound, sealed):
    """nonce(24) and XChaCha20-Poly1305; None when it does not open."""
    message = ctypes.create_string_buffer(max(len(sealed), 1))
    rest = sealed[24:]
    opened = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
        message, None, None, rest, ctypes.c_ulonglong(len(rest)), bound, ctypes.c_ulonglong(len(bound)), sealed[:24], key)
    return message.raw[:len(sealed) - OVERHEAD] if opened == 0 else None


def commitment(nonce, value):
    """What an event says of an id or a name."""
    return hashlib.blake2b(value, key=nonce, digest_size=32).hexdigest()[:32]


class Entry:
    """One opened entry: its index, the event, who looked, and the nonce that tests a guess at a person."""

    def __init__(self, index, plain):
        self.index, self.nonce = index, plain[:NONCE]
        length = struct.unpack_from(">I", plain, NONCE)[0]
        self.event = json.loads(plain[NONCE + 4:NONCE + 4 + length])
        beside = plain[NONCE + 4 + length:].rstrip(b" ")
        self.looker = json.loads(beside) if beside else {}

    def place_of(self, person):
        """Her place among the event's persons, by the id inside; None when she is not one of them."""
        named = self.event.get("persons", [])
        known = commitment(self.nonce, person)
        return named.index(known) if known in named else None

    def opened_of(self, person):
        """The drawers that this entry says were opened of this person."""
        place = self.place_of(person)
        if place is None or self.event.get("decision") != "permit":
            return set()
        each = self.event.get("openedOf")
        return set(self.event["opened"]) if each is None else {drawer for drawer in each if place in each[drawer]}


class Journal:
    """Reads on from where it stopped, so that it can be asked after each answer."""

    def __init__(self, directory):
        self.directory = directory
        with open(os.path.join(directory, "demo-oversight.key"), encoding="ascii") as file:
            self.private = bytes.fromhex(file.read().strip())
        self.public = ctypes.create_string_buffer(32)
        sodium.crypto_scalarmult_base(self.public, self.private)
        self.hours = {}
        self.segment, self.offset = None, 0
        self.entries = []

    def hour_key(self, hour):
        if hour not in self.hours:
            store = sqlite3.connect("file:%s?mode=ro" % os.path.join(self.directory, "keys", "keys.db"), uri=True)
            row = store.execute("SELECT to_oversight FROM hour_key WHERE hour = ?", (hour,)).fetchone()
            store.close()
            assert row, "an entry of an hour that has no key on the disk"
            bound = ctypes.create_string_buffer(len(row[0]) - BOX_OVERHEAD)
            opened = sodium.crypto_box_seal_open(bound, row[0], ctypes.c_ulonglong(len(row[0])), self.public, self.private)
            assert opened == 0, "the sealed box of an hour does not open: the test no longer knows the format"
            self.hours[hour] = bound.raw[:32]
        return self.hours[hour]

    def open(self, index, sealed):
        """An Entry, or None for what is not an event (the checkpoint of an old log, padding)."""
        if len(sealed) < 5 + OVERHEAD or sealed[0] != 1:
            return None
        hour = sealed[1:5]
        plain = unseal(self.hour_key(int.from_bytes(hour, "big")), b"event\x01" + hour, sealed[5:])
        assert plain is not None, "entry %d does not open" % index
        return Entry(index, plain)

    def _batch(self, data, at):
        """Entries of the whole batch at `at` and the offset behind it; None when none ends here yet."""
        if len(data) < at + BATCH_HEAD:
            return None
        mark, first, _, count, size = struct.unpack_from(">IQQII", data, at)
        end = at + BATCH_HEAD + size + BATCH_TAIL
        if mark != BATCH_MARK or len(data) < end or data[end - 4:end] != BATCH_END.to_bytes(4, "big"):
            return None
        at += BATCH_HEAD
        for index in range(first, first + count):
            sealed_length, leaf_length = struct.unpack_from(">IH", data, at)
            at += RECORD_HEAD
            leaf, sealed = data[at:at + leaf_length], data[at + leaf_length:at + leaf_length + sealed_length]
            assert leaf[0] != 1 or leaf[33:65] == hashlib.sha256(sealed).digest(), "entry %d is not what its leaf says" % index
            entry = self.open(index, sealed)
            if entry:
                self.entries.append(entry)
            at += leaf_length + sealed_length
        return end

    def read(self):
        """Takes in what has come; all entries so far."""
        for path in sorted(glob.glob(os.path.join(self.directory, "log", "access", "journal", "*"))):
            if self.segment and path < self.segment:
                continue
            if path != self.segment:
                self.segment, self.offset = path, SEGMENT_HEAD
            with open(path, "rb") as file:
                file.seek(self.offset)
                data = file.read()
            at = 0
            while True:
                behind = self._batch(data, at)
                if behind is None:
                    break
                at = behind
            self.offset += at
        return self.entries
