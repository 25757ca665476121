# SPDX-License-Identifier: Apache-2.0
"""The door is taken over: a door of the test's own asks a real safe for everything, with true and forged credentials, true
and old and invented facts, whole and broken messages. No key comes out but what the joint standard, read here a second
time (disclosure.py), permits; all of it, refusals too, stands in the log that is read raw from the disk; the safe goes on.

HOSPITIUM_FIRE=all goes through the whole product of the vocabulary; without it a sample (HOSPITIUM_SEED).
"""
import itertools
import os
import random
import struct
import unittest

from askers import words
from canary import DRAWERS
from disclosure import outcome
from door import ERRORS, EVERY_DRAWER, GLASS, HIDE, KINDS, OUTCOMES, REPLACES, WHOLE, Door, Grant, access, asker, change, credential, text
from harness import BINARY, HARBOUR, HILL, Node, organization_id
from journal import Journal
from secrets_test import keys_of_ring, person_keys

ALL = os.environ.get("HOSPITIUM_FIRE") == "all"
SEED = int(os.environ.get("HOSPITIUM_SEED", "4711"))
BATCH = 500
RELATIONS, CONSENTS = ("open_encounter", "past", "none"), ("permit", "deny", "none")
HOUSE = bytes.fromhex(organization_id(HARBOUR))
OTHER = bytes.fromhex(organization_id(HILL))
REGISTRY = bytes.fromhex(organization_id("registry"))
AT_LEAST = {"NONE": 0, "EXISTENCE": 1, "SUMMARY": 2, "FULL": 3}


class LyingDoor(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not BINARY:
            raise unittest.SkipTest("HOSPITIUM_BINARY does not name the program")

    def setUp(self):
        self.node = Node()
        self.addCleanup(self.node.close)
        self.random = random.Random(SEED)
        self.door = Door(self.node.directory)
        self.addCleanup(self._end)
        self.journal = Journal(self.node.directory)
        self.importer = self.door.token("registry-1", "administrator", "health", ["HOPERAT"], REGISTRY)
        self.nurse = self.door.token("nurse-1", "nurse", "health", ["TREAT"], HOUSE)
        self.next_request = 1

    def _end(self):
        if self.door.process.poll() is None:
            self.door.end()
        self.door.line.close()

    def number(self):
        self.next_request += 1
        return self.next_request

    # ---- persons ----

    def person(self):
        return self.random.randbytes(16)

    def registered(self, relation="none", consent="none", house=HOUSE, confirm=True):
        """Somebody whose facts are these, stated as an import states them: her id and her block."""
        person, source = self.person(), self.random.randbytes(16)
        stated = [change("relation", relation, house, source)] if relation != "none" else []
        stated += [change("consent", consent, house, source)] if consent != "none" else []
        grant = self.door.access(self.importer, [(person, b"", True)], "write", changes=stated, request=self.number())
        self.assertEqual(grant.error, "OK")
        if confirm:
            self.complete(grant)
        return person, grant.facts[0]

    def complete(self, grant, error="OK"):
        self.assertEqual(self.door.ask("COMPLETE", struct.pack(">QHI", grant.leaf, ERRORS.index(error), 1))[0], "OK")

    def herself(self, person):
        return self.door.token("herself", "patient", "patient", ["PATRQT"], bytes.fromhex(organization_id("none")), person)

    # ---- what must hold ----

    def true_keys(self):
        """Every drawer's key of everybody, from the key store itself."""
        return person_keys(self.node, keys_of_ring(self.node)["persons"])[1]

    def assert_logged(self, grants):
        """Each of [(request, person, grant)] has an entry that says exactly what was opened of her."""
        by_request = {int(e.event["request"], 16): e for e in self.journal.read() if "request" in e.event}
        for request, person, grant in grants:
            entry = by_request.get(request)
            self.assertIsNotNone(entry, "an access that is not in the log: %s" % grant.error)
            self.assertEqual(entry.index, grant.leaf)
            self.assertIsNotNone(entry.place_of(person))
            self.assertEqual(entry.opened_of(person), grant.opened)
            # A search that found nobody who may be seen is answered, and its entry says what it was.
            if entry.event["action"] != "search":
                self.assertEqual(entry.event["decision"] == "permit", grant.error == "OK")
        del self.journal.entries[:]  # the whole product would not fit in memory

    def assert_sound(self):
        self.assertTrue(self.door.alive())
        self.assertEqual(self.door.end(), 0)
        for command in ("log", "verify"), ("check",):
            done = self.node.command(*command, self.node.directory, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    # ---- the product of the vocabulary ----

    def cases(self):
        """(sector, role, purpose, training, action, needed, relation, consent, flags, self)"""
        product = [words("sector"), words("role"), words("purpose"), ["current", "lapsed"],
                   ["unknown"] + [a for a in words("action") if a != "erase"], OUTCOMES, RELATIONS + ("unknown",), CONSENTS,
                   (0, WHOLE, HIDE, REPLACES), ("no", "yes")]
        if ALL:
            product[8], product[5] = (0,), ("EXISTENCE", "FULL")
            yield from itertools.product(*product)
            return
        for _ in range(9000):
            yield tuple(self.random.choice(values) for values in product)
        # A sample of the product is mostly refused: as many again from where the rules open something.
        product[:3] = [["health"], ["physician", "nurse", "receptionist", "mediator", "billing", "administrator"],
                       ["TREAT", "ETREAT", "CAREMGT", "HPAYMT", "HOPERAT"]]
        for _ in range(6000):
            yield tuple(self.random.choice(values) for values in product)

    def expected(self, case):
        """Drawers of which the rules give the key, and whether all that was asked for is given."""
        sector, role, purpose, training, action, needed, relation, consent, flags, self_ = case
        given = set()
        for drawer in DRAWERS:
            facts = (drawer, relation, "unknown" if relation == "unknown" else consent,
                     "unknown" if relation == "unknown" else "no", self_, training)
            if action == "register":
                break  # of somebody who is known there is nothing to register
            best = AT_LEAST[outcome(sector, role, purpose, action, *facts)]
            if flags & REPLACES and action == "write":
                best = min(best, AT_LEAST[outcome(sector, role, purpose, "read", *facts)])
            if best >= max(1 if action == "match" else 2, AT_LEAST[needed]):  # a match has to compare
                given.add(drawer)
        exact = action != "match" and role != "system"
        return (set() if flags & WHOLE and given != set(DRAWERS) else given), exact

    def test_no_key_comes_out_but_what_the_rules_permit(self):
        people = {(r, c): self.registered(r, c) for r in RELATIONS for c in CONSENTS}
        old = {}
        for consent in CONSENTS:  # a block that is two versions old: everything in it is unknown
            person, block = self.registered("open_encounter", consent)
            facts = block
            for _ in range(2):
                grant = self.door.access(self.herself(person), [(person, facts, False)], "write", 1 << 6, changes=[
                    change("consent", consent, OTHER, self.random.randbytes(16))])
                facts = grant.facts[0]
                self.complete(grant)
            people["unknown", consent] = old[consent] = (person, block)
        tokens, asked, opened, refused = {}, 0, 0, 0
        for cases in self.in_batches(self.cases()):
            wanted = sorted({(s, r, p, t, people[rel, c][0] if me == "yes" else bytes(16))
                             for s, r, p, t, _, _, rel, c, _, me in cases} - set(tokens))
            for some in self.in_batches(wanted):
                for key, (error, token) in zip(some, self.door.batch([("ISSUE", credential(
                        "asker", r, s, [p], HOUSE, me, t)) for s, r, p, t, me in some])):
                    self.assertEqual(error, "OK")
                    tokens[key] = token
            items, numbers = [], []
            for s, r, p, t, action, needed, rel, c, flags, me in cases:
                person, block = people[rel, c]
                numbers.append(self.number())
                items.append(("ACCESS", access(tokens[s, r, p, t, person if me == "yes" else bytes(16)],
                                               [(person, block, False)], action, needed=needed, flags=flags,
                                               request=numbers[-1])))
            answers = self.door.batch(items)
            self.assertIsNotNone(answers)
            grants = [(n, people[case[6], case[7]][0], Grant(*answer)) for n, case, answer in zip(numbers, cases, answers)]
            for case, (_, _, grant) in zip(cases, grants):
                may, exact = self.expected(case)
                self.assertLessEqual(grant.opened, may, "%s: a key that the rules do not give" % (case,))
                if exact:
                    self.assertEqual(grant.opened, may, "%s: %s" % (case, grant.error))
                asked, opened, refused = asked + 1, opened + bool(grant.opened), refused + (grant.error == "REFUSED")
            self.assert_logged(grants)
        self.assertGreater(opened, 100)
        self.assertGreater(refused, 500)
        print("\n%d accesses, %d opened something, each as the rules say and with its entry" % (asked, opened), end=" ")
        self.assert_sound()

    def in_batches(self, items):
        items = iter(items)
        while some := list(itertools.islice(items, BATCH)):
            yield some

    # ---- facts ----

    def test_facts_of_others_old_ones_and_invented_ones_open_nothing(self):
        anna, block = self.registered("open_encounter")
        bela, other = self.registered("none")
        read = lambda person, facts, token=self.nurse: self.door.access(token, [(person, facts, False)], request=self.number())
        self.assertIn("clinical", read(anna, block).opened)
        for wrong in (block[:-1], block + b"x", block[:9], bytes([2]) + block[1:], bytes(len(block)), b"\x01" + bytes(8)):
            self.assertEqual(read(anna, wrong).opened, set())
        self.assertEqual(read(bela, block).opened, set(), "another's facts")
        for _ in range(300):  # one bit
            place = self.random.randrange(len(block) * 8)
            flipped = bytearray(block)
            flipped[place // 8] ^= 1 << place % 8
            self.assertEqual(read(anna, bytes(flipped)).opened, set())
        self.assertEqual(read(bela, other).opened, set())
        self.assert_sound()

    def test_a_withdrawn_permission_stays_withdrawn_whatever_the_door_says_of_it(self):
        clinic = self.door.token("doctor-1", "physician", "health", ["TREAT"], HOUSE)
        for lie in ("OK", "DISK_FULL", None, "hang up"):
            person, permitted = self.registered("none", "permit")
            herself, source = self.herself(person), self.random.randbytes(16)
            ask = lambda: self.door.access(clinic, [(person, permitted, False)], needed="SUMMARY", request=self.number())
            self.assertIn("clinical", ask().opened)
            grant = self.door.access(herself, [(person, permitted, False)], "write", 1 << 6, request=self.number(),
                                     changes=[change("consent", "deny", HOUSE, source)])
            self.assertEqual(grant.error, "OK")
            if lie == "hang up":
                self.assertEqual(self.door.end(), 0)
                self.door.start()
            elif lie:
                self.complete(grant, lie)
            self.assertEqual(ask().opened, set(), "brought back after the door said %s" % lie)
            # Nor by a change that builds on the old block.
            again = self.door.access(herself, [(person, permitted, False)], "write", 1 << 6, changes=[
                change("consent", "permit", OTHER, self.random.randbytes(16))])
            if again.facts and again.facts[0]:
                self.complete(again)
                permitted = again.facts[0]
                self.assertEqual(ask().opened, set())
        self.assert_sound()

    def test_who_may_write_an_address_cannot_state_consent_or_care_beside_it(self):
        desk = self.door.token("desk-1", "receptionist", "health", ["TREAT"], HOUSE)
        socialworker = self.door.token("social-1", "socialworker", "social", ["CAREMGT"], HOUSE)
        elsewhere = self.door.token("doctor-9", "physician", "health", ["TREAT"], OTHER)
        for token, drawers in ((desk, 1 << 1), (socialworker, 1 << 4), (desk, 3)):
            for kind, value in (("consent", "permit"), ("relation", "open_encounter")):
                person, block = self.registered("open_encounter")
                honest = self.door.access(token, [(person, block, False)], "write", drawers, request=self.number())
                self.assertEqual(honest.error, "OK")
                grant = self.door.access(token, [(person, block, False)], "write", drawers, request=self.number(),
                                         changes=[change(kind, value, OTHER, self.random.randbytes(16))])
                self.assertEqual((grant.error, grant.opened), ("REFUSED", set()))
                for facts in [block] + [f for f in grant.facts if f]:
                    self.assertEqual(self.door.access(elsewhere, [(person, facts, False)]).opened, set())
        self.assert_sound()

    def test_broken_glass_is_no_fact_that_a_door_can_state(self):
        breaker = self.door.token("doctor-1", "physician", "health", ["ETREAT"], OTHER)
        own = self.door.ask("CREDENTIAL", breaker)[1][:16]
        person, block = self.registered("open_encounter")
        for token in (self.nurse, self.importer, self.herself(person)):
            grant = self.door.access(token, [(person, block, False)], "write", 1 << 6, changes=[
                change("glass", 1, own, own, expires=1 << 40)])
            block = (grant.facts and grant.facts[0]) or block
            self.assertEqual(self.door.access(breaker, [(person, block, False)]).opened, set())
        for reason in (b"", b"xxxxxxxxxx", b"now\xff\xfe please"):
            self.assertEqual(self.door.access(breaker, [(person, block, False)], flags=GLASS, reason=reason).opened, set())
        # With a reason it opens, and is written down as what it is.
        request = self.number()
        opened = self.door.access(breaker, [(person, block, False)], drawers=0b1101, flags=GLASS, request=request,
                                  reason=b"unconscious, nobody with her")
        self.assertEqual(opened.opened, {"identity", "clinical", "sensitive"})
        entry = next(e for e in self.journal.read() if e.event.get("request") == "%016x" % request)
        self.assertTrue(entry.event["breakGlass"] and entry.looker["review"])
        self.assert_sound()

    # ---- credentials ----

    def test_forged_and_flipped_and_withdrawn_tokens_open_nothing(self):
        person, block = self.registered("open_encounter")
        keys = self.true_keys()
        items = []
        for bit in (range(len(self.nurse) * 8) if ALL else self.random.sample(range(len(self.nurse) * 8), 700)):
            flipped = bytearray(self.nurse)
            flipped[bit // 8] ^= 1 << bit % 8
            items.append(("ACCESS", access(bytes(flipped), [(person, block, False)], request=self.number())))
        for token in (b"", b"hsp1_", b"hsp1_" + b"A" * 300, self.nurse[:-4], self.nurse + b"AAAA", self.nurse.lower()):
            items.append(("ACCESS", access(token, [(person, block, False)])))
        before = len(self.journal.read())
        for some in self.in_batches(items):
            for error, payload in self.door.batch(some):
                self.assertNotEqual(error, "OK")
                self.assertFalse([k for k in keys if k in payload])
        # Whoever is not known leaves no entry: strangers must not fill the log.
        self.assertEqual(len(self.journal.read()), before)
        for purpose in ("ETREAT", "HOPERAT", "PATRQT", "ENFORCE"):
            self.assertEqual(self.door.access(self.nurse, [(person, block, False)], purpose=purpose).opened, set())
        self.assertIn("clinical", self.door.access(self.nurse, [(person, block, False)]).opened)
        self.assertEqual(self.door.ask("REVOKE", self.nurse)[0], "OK")
        self.assertEqual(self.door.access(self.nurse, [(person, block, False)]).opened, set())
        self.assertEqual(self.door.end(), 0)
        self.door.start()
        self.assertEqual(self.door.access(self.nurse, [(person, block, False)]).opened, set())
        self.assert_sound()

    def test_a_systems_credential_opens_nobody_who_was_here_before(self):
        person, block = self.registered("open_encounter", "permit")
        keys = self.true_keys()
        asked = credential("import", "physician", "health", ["TREAT", "ETREAT"], HOUSE, person, seconds=1 << 40)
        error, system = self.door.ask("ISSUE_SYSTEM", asked)
        self.assertEqual(error, "OK")
        for action in ["unknown"] + words("action"):
            for flags in (0, WHOLE, HIDE, GLASS, REPLACES):
                for needed in OUTCOMES:
                    if action == "erase":
                        continue
                    for fresh in (False, True):
                        error, payload = self.door.ask("ACCESS", access(system, [(person, block, fresh)], action, flags=flags,
                                                                        needed=needed, reason=b"an import of old records"))
                        self.assertFalse([k for k in keys if k in payload], (action, flags, needed, fresh))
        # A new person comes in, and her keys to write her with.
        new = self.door.access(system, [(self.person(), b"", True)], "write", flags=WHOLE)
        self.assertEqual((new.error, new.opened), ("OK", set(DRAWERS)))
        # It may destroy (rule D-91), which gives no key, and is reviewed.
        request = self.number()
        error, payload = self.door.ask("ACCESS", access(system, [(person, block, False)], "erase", request=request))
        self.assertEqual(error, "OK")
        self.assertFalse([k for k in keys if k in payload])
        entry = next(e for e in self.journal.read() if e.event.get("request") == "%016x" % request)
        self.assertIn("review", entry.event["obligations"])
        self.assertEqual(self.door.access(self.nurse, [(person, block, False)]).opened, set())
        self.assert_sound()

    def test_what_oversight_does_is_done_by_oversight_alone(self):
        person, block = self.registered("open_encounter")
        breaker = self.door.token("doctor-1", "physician", "health", ["ETREAT"], OTHER)
        entry = self.door.access(breaker, [(person, block, False)], drawers=0b1101, flags=GLASS,
                                 reason=b"unconscious, nobody with her").leaf
        deeds = {"SUSPEND": lambda t: asker(t) + b"\x01" + text(b"nurse-1") + text(b"because I can"),
                 "LIFT": lambda t: asker(t) + struct.pack(">Q", 1) + text(b"because I can"),
                 "REVIEW_DONE": lambda t: asker(t) + struct.pack(">QB", entry, 1) + text(b"all is well"),
                 "EVIDENCE": lambda t: asker(t) + text(b"curious") + bytes(28), "REVIEWS": asker, "SUSPENSIONS": asker}
        others = [self.door.token("x", role, sector, [purpose], HOUSE) for sector in words("sector") if sector != "oversight"
                  for role in ("overseer", "physician", "administrator", "officer") for purpose in ("HOPERAT", "HLEGAL")]
        for token in others + [b"", self.nurse[:-1], self.door.ask("ISSUE_SYSTEM", credential(
                "x", "overseer", "oversight", ["HOPERAT"], HOUSE))[1]]:
            for kind, payload in deeds.items():
                error, answer = self.door.ask(kind, payload(token))
                self.assertIn(error, ("REFUSED", "UNAUTHENTICATED", "SYNTAX"), kind)
                self.assertEqual(answer, b"", kind)
        self.assertIn("clinical", self.door.access(self.nurse, [(person, block, False)]).opened)
        own = self.door.token("doctor-1", "overseer", "oversight", ["HOPERAT"], REGISTRY)
        self.assertEqual(self.door.ask("REVIEW_DONE", deeds["REVIEW_DONE"](own))[0], "OWN_LOOK")
        self.assert_sound()

    # ---- what the door may read of the log ----

    def test_the_log_tells_the_door_nothing_of_anybody(self):
        person, block = self.registered("open_encounter")
        secret = b"a reason that names somebody"
        breaker = self.door.token("doctor-1", "physician", "health", ["ETREAT"], OTHER)
        leaf = self.door.access(breaker, [(person, block, False)], drawers=0b1101, flags=GLASS, reason=secret).leaf
        self.door.access(self.nurse, [(person, block, False)])
        told = b""
        for index in list(range(40)) + [1 << 20, 1 << 40, 1 << 63, (1 << 64) - 1]:
            for kind in ("CHECK", "PUBLIC_PROOF"):
                told += self.door.ask(kind, struct.pack(">Q", index))[1]
            for log in (0, 1, 2, 255):
                for level in (0, 1, 63, 254, 255):
                    answer = self.door.ask("TILE", struct.pack(">BBQH", log, level, index, 256 if index < 2 else index & 0xFFFF))
                    if (log, level) == (0, 255):
                        self.assertEqual(answer[1], b"", "an entry bundle of the access log left the safe")
                    told += answer[1]
        for other in (self.nurse, breaker, self.herself(self.registered()[0])):
            payload = access(other, [(person, block, False)], drawers=1 << 6)
            for index in (leaf, 0, 1):
                for kind in ("EVENTS", "PROOF"):
                    told += self.door.ask(kind, struct.pack(">Q", index) + payload)[1]
        for word in (secret, b"doctor-1", b"nurse-1", b"break-glass", person):
            self.assertNotIn(word, told)
        self.assertIn(secret, self.door.ask("EVENTS", bytes(8) + access(self.herself(person), [(person, block, False)],
                                                                        drawers=1 << 6))[1])
        self.assert_sound()

    # ---- completions, batches, bytes ----

    def test_completions_that_lie_change_no_fact_of_anybody(self):
        person, block = self.registered("open_encounter", confirm=False)
        for leaf in [0, 1, 2, 3, 1 << 40, (1 << 64) - 1] + [self.random.randrange(64) for _ in range(100)]:
            self.door.ask("COMPLETE", struct.pack(">QHI", leaf, self.random.randrange(len(ERRORS)), 0xFFFFFFFF))
        self.assertIn("clinical", self.door.access(self.nurse, [(person, block, False)]).opened)
        for payload in (b"", bytes(13), bytes(15), struct.pack(">QHI", 0, 0xFFFF, 0)):
            self.assertEqual(self.door.ask("COMPLETE", payload)[0], "SYNTAX")
        self.assert_sound()

    def test_a_thousand_small_messages_and_a_second_hello(self):
        first = self.door.ask("HELLO")
        self.assertEqual(self.door.ask("HELLO", b"again"), first)
        keys = self.true_keys() + [k for n, k in keys_of_ring(self.node).items() if n != "posting" and "sector" not in n]
        self.assertFalse([k for k in keys if k in first[1]])
        for _ in range(2000):
            kind = self.random.choice(("HELLO", "CHECKPOINT", "OVERSIGHT_COUNTS", "CREDENTIAL", 0, 99, 200, 255))
            answer = self.door.ask(kind, self.random.choice((b"", b"\0", b"\1", b"\2")))
            self.assertFalse([k for k in keys if k in answer[1]])
        self.assertTrue(self.door.alive())
        self.assertEqual(self.door.ask("HELLO"), first)
        self.assert_sound()

    def test_broken_payloads_are_refused_and_the_safe_goes_on(self):
        person, block = self.registered("open_encounter")
        keys = self.true_keys()
        good = {"ACCESS": access(self.nurse, [(person, block, False)], reason=b"x y", changes=[
                    change("consent", "permit", HOUSE, bytes(16))], action="write"),
                "ISSUE": credential("a", "officer", "immigration", ["ENFORCE"], HOUSE),
                "EVENTS": bytes(8) + access(self.nurse, [(person, block, False)]), "SUSPEND": asker(self.nurse) + b"\x01" + text(b"a") +
                text(b"a reason"), "EVIDENCE": asker(self.nurse) + text(b"about"), "ISSUE_APPROVED": b"hospitium credential request 1\n",
                "TILE": struct.pack(">BBQH", 0, 0, 0, 1), "PROOF": bytes(8) + access(self.nurse, [(person, block, False)])}
        for round_ in range(4000 if ALL else 1500):
            kind = self.random.choice(list(good))
            payload = bytearray(good[kind])
            for _ in range(self.random.randrange(1, 4)):
                place = self.random.randrange(len(payload))
                how = self.random.randrange(4)
                if how == 0:
                    payload[place] ^= 1 << self.random.randrange(8)
                elif how == 1:
                    del payload[place:]
                    payload += b"\0" * (not payload)
                elif how == 2:
                    payload[place:place] = self.random.randbytes(self.random.randrange(1, 40))
                else:
                    payload[place:place + 4] = self.random.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"))
            answers = self.door.batch([(kind, bytes(payload))])
            self.assertIsNotNone(answers, "the safe hung up at %s %s" % (kind, payload.hex()))
            if kind not in ("ACCESS", "EVENTS", "PROOF") or answers[0][0] != "OK":
                self.assertFalse([k for k in keys if k in answers[0][1]])
        self.assert_sound()

    def test_lengths_and_counts_that_lie_end_the_line_and_nothing_else(self):
        person, block = self.registered("open_encounter")
        keys = self.true_keys()
        payload = access(self.nurse, [(person, block, False)])
        item = bytes([KINDS["ACCESS"]]) + text(payload)
        broken = [b"", b"\0", struct.pack(">H", 0), struct.pack(">H", 2) + item, struct.pack(">H", 0xFFFF) + item,
                  struct.pack(">H", 1) + item + b"x", struct.pack(">H", 1) + item[:-1], struct.pack(">H", 1025) + item * 1025,
                  struct.pack(">H", 1) + bytes([2]) + struct.pack(">I", 0xFFFFFFFF) + payload]
        broken += [struct.pack(">H", 1) + item[:self.random.randrange(len(item))] for _ in range(6)]
        for message in broken:
            answer = self.door.exchange(message)
            if answer is not None:
                self.assertFalse([k for k in keys if k in answer])
            code = self.door.end()
            self.assertGreaterEqual(code, 0, "the safe crashed at %s" % message[:40].hex())
            self.door.start()
            self.assertIn("clinical", self.door.access(self.nurse, [(person, block, False)]).opened)
        for raw in (struct.pack(">I", 0xFFFFFFFF), struct.pack(">I", 17 << 20), b"\0\0", struct.pack(">I", 100) + b"half"):
            self.door.line.sendall(raw)
            code = self.door.end()
            self.assertGreaterEqual(code, 0)
            self.door.start()
        self.assert_sound()


if __name__ == "__main__":
    unittest.main()
