# SPDX-License-Identifier: Apache-2.0
"""A small witness of C2SP tlog-witness that shares no code with the program under test, and that can be told to lie, to
fall silent, to be slow or to go away. Hashes by hashlib, signatures by libsodium."""
import base64
import ctypes
import ctypes.util
import hashlib
import http.server
import ssl
import threading
import time

SODIUM = ctypes.CDLL(ctypes.util.find_library("sodium"))


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


# ---- notes ----

def key_of(vkey):
    """(name, key id, algorithm, public key) of a note's verifier key."""
    name, identifier, key = vkey.strip().split("+", 2)
    raw = base64.b64decode(key)
    return name, bytes.fromhex(identifier), raw[0], raw[1:]


def verifies(public_key, message, signature):
    return len(signature) == 64 and SODIUM.crypto_sign_verify_detached(
        signature, message, ctypes.c_ulonglong(len(message)), public_key) == 0


def read_note(note):
    """(text, [(name, key id, signature)])"""
    text, lines = note.rsplit("\n\n", 1)
    signatures = []
    for line in lines.strip("\n").split("\n"):
        mark, name, encoded = line.split(" ")
        assert mark == "\u2014", line
        raw = base64.b64decode(encoded)
        signatures.append((name, raw[:4], raw[4:]))
    return text + "\n", signatures


def is_signed(note, vkey):
    """By a log's key."""
    name, identifier, algorithm, public_key = key_of(vkey)
    text, signatures = read_note(note)
    return algorithm == 1 and any(verifies(public_key, text.encode(), signature) for n, i, signature in signatures
                                  if (n, i) == (name, identifier))


def is_cosigned(note, vkey):
    """By a witness's key, with cosignature/v1."""
    name, identifier, algorithm, public_key = key_of(vkey)
    text, signatures = read_note(note)
    for n, i, signature in signatures:
        if (n, i) != (name, identifier) or algorithm != 4 or len(signature) != 72:
            continue
        seconds = int.from_bytes(signature[:8], "big")
        if verifies(public_key, ("cosignature/v1\ntime %d\n" % seconds).encode() + text.encode(), signature[8:]):
            return True
    return False


def head_of(note):
    """(origin, size, root)"""
    origin, size, root = note.split("\n")[:3]
    return origin, int(size), base64.b64decode(root)


# ---- trees: RFC 9162, 2.1.4.2 ----

def is_consistent(older, newer, proof):
    (first, first_root), (second, second_root) = older, newer
    if first == 0:
        return not proof
    if first == second:
        return not proof and first_root == second_root
    if not proof:
        return False
    if first & (first - 1) == 0:
        proof = [first_root] + proof
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = proof[0]
    for each in proof[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = sha256(b"\1", each, fr), sha256(b"\1", each, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = sha256(b"\1", sr, each)
        fn, sn = fn >> 1, sn >> 1
    return fr == first_root and sr == second_root and sn == 0


# ---- the witness ----

class Witness:
    """Knows the logs whose verifier keys it was given. `behaviour`: honest, lying (a signature of nobody), silent, slow
    (by `delay` seconds). `tls`: files of a certificate and its key."""

    def __init__(self, name, *log_vkeys, tls=None):
        self.name, self.behaviour, self.delay, self.tls = name, "honest", 4, tls
        self.logs = {key_of(vkey)[0]: vkey for vkey in log_vkeys}
        self.seen = {}     # origin -> (size, root)
        self.answers = []  # statuses given
        self.asked = []    # (when, path, origin, size, status), of what was answered
        self.public_key, self.secret_key = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
        SODIUM.crypto_sign_keypair(self.public_key, self.secret_key)
        raw = b"\4" + self.public_key.raw
        self.identifier = sha256(name.encode(), b"\n", raw)[:4]
        self.vkey = "%s+%s+%s" % (name, self.identifier.hex(), base64.b64encode(raw).decode())
        self.server = None
        self.start()

    def start(self, port=0):
        witness = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                if witness.behaviour == "silent":
                    witness.released.wait(20)
                if witness.behaviour == "slow":
                    witness.released.wait(witness.delay)
                if witness.behaviour == "silent" or not witness.server:
                    self.close_connection = True
                    return
                now = time.monotonic()
                status, text = witness.answer(self.path, body)
                witness.answers.append(status)
                origin, size = head_of(body.split("\n\n", 1)[1])[:2] if self.path == "/add-checkpoint" else (None, None)
                witness.asked.append((now, self.path, origin, size, status))
                self.send_response(status)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *unused):
                pass

        self.released = threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        if self.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.tls)
            # In the thread of each connection, so that one that is refused halts nobody else.
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
            self.server.handle_error = lambda *unused: None
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self):
        return "http%s://127.0.0.1:%d/" % ("s" if self.tls else "", self.port)

    def stop(self):
        if self.server:
            self.released.set()
            self.server.shutdown()
            self.server.server_close()
        self.server = None

    def cosign(self, text):
        seconds = int(time.time())
        message = ("cosignature/v1\ntime %d\n%s" % (seconds, text)).encode()
        signature = ctypes.create_string_buffer(64)
        SODIUM.crypto_sign_detached(signature, None, message, ctypes.c_ulonglong(len(message)), self.secret_key)
        raw = signature.raw if self.behaviour != "lying" else bytes(64)
        encoded = base64.b64encode(self.identifier + seconds.to_bytes(8, "big") + raw).decode()
        return "\u2014 %s %s\n" % (self.name, encoded)

    def answer(self, path, body):
        if path != "/add-checkpoint":
            return 404, ""
        head, note = body.split("\n\n", 1)
        old, proof = int(head.split("\n")[0][4:]), [base64.b64decode(line) for line in head.split("\n")[1:]]
        origin, size, root = head_of(note)
        if origin not in self.logs:
            return 404, ""
        if not is_signed(note, self.logs[origin]):
            return 403, ""
        last = self.seen.get(origin, (0, None))
        if old > size:
            return 400, ""
        if old != last[0]:
            return 409, "%d\n" % last[0]
        if not is_consistent(last, (size, root), proof):
            return 422, ""
        self.seen[origin] = (size, root)
        return 200, self.cosign(read_note(note)[0])
