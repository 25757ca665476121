# SPDX-License-Identifier: Apache-2.0
"""Immigration status and its proxies: taken out of whatever comes in by any way; nowhere in files, logs, backups or the memory of
either process after a question was answered; the same stores to the byte whatever the status was; nothing of an entitlement
decision linked to anybody.
"""
import json
import os
import random
import re
import shutil
import ssl
import subprocess
import http.client
import unittest
import urllib.parse

from askers import words
from disclosure import outcome
from harness import BINARY, Node, SystemTest, encounter, houses, patient, plain_memory, transaction
from journal import Journal
from secrets_test import memory

LANGUAGES = ("en", "fr", "ar")
PRAPARE, SNOMED, ICD, TYPES = ("http://loinc.org", "http://snomed.info/sct", "http://hl7.org/fhir/sid/icd-10",
                               "http://terminology.hl7.org/CodeSystem/v2-0203")
HL7 = "http://hl7.org/fhir/StructureDefinition/patient-"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


def coded(system, code):
    return {"coding": [{"system": system, "code": code}]}


def telling(word):
    """A patient who tells by many ways what must not be kept; `word` stands in each."""
    return patient("Told", extension=[
        {"url": HL7 + "nationality", "extension": [{"url": "code", "valueCodeableConcept": {"text": word}}]},
        {"url": HL7 + "citizenship", "extension": [{"url": "code", "valueCodeableConcept": {"text": word}}]},
        {"url": HL7 + "birthPlace", "valueAddress": {"country": word}},
        {"url": "https://example.org/Extension-ResidencePermit", "valueString": word},
        {"url": "https://example.org/detention-centre", "valueString": word}], identifier=[
        {"system": "http://hl7.org/fhir/sid/passport-SYR", "value": word},
        {"type": coded(TYPES, "PRC"), "value": word}, {"type": {"text": "Asylum seeker number"}, "value": word}])


def answers(person, word):
    """Records that say nothing else."""
    subject = {"subject": {"reference": person}}
    return [{"resourceType": "Observation", "status": "final", "code": coded(PRAPARE, "93027-1"), "valueString": word, **subject},
            {"resourceType": "Observation", "status": "final", "code": coded(PRAPARE, "93028-9"), "valueString": word, **subject},
            {"resourceType": "Condition", "code": {**coded(SNOMED, "390790000"), "text": word}, **subject},
            {"resourceType": "Condition", "code": {**coded(ICD, "Z65.1"), "text": word}, **subject}]


def form_of(word_):
    """A questionnaire of which two items are kept out."""
    return {"resourceType": "QuestionnaireResponse", "status": "completed", "item": [{"linkId": "/93025-5", "item": [
        {"linkId": "/93025-5/93027-1", "answer": [{"valueString": word_}]},
        {"linkId": "/93025-5/93035-4", "answer": [{"valueString": word_}]},
        {"linkId": "/93025-5/71802-3", "answer": [{"valueString": "kept"}]}]}]}


class Taken(SystemTest):
    """What tells status is taken out, or refused, by every way in."""

    WORD = "tellingword"

    def assert_nothing(self, client, person):
        for kind in ("Patient/", "Observation?patient=", "Condition?patient=", "QuestionnaireResponse?patient="):
            found = client.get("/fhir/" + kind + person)
            self.assertEqual(found.status, 200, (kind, found))
            self.assertNotIn(self.WORD, found.text)

    def test_an_import_counts_it_by_kind(self):
        bundle = transaction({**telling(self.WORD), "fullUrl": "urn:x:p"}, *answers("urn:x:p", self.WORD),
                             {**form_of(self.WORD), "subject": {"reference": "urn:x:p"}})
        said = self.node.load(bundle)
        self.assertEqual({k: n for k, n in said["stripped"].items() if n}, {
            "nationality": 1, "citizenship": 1, "place of birth": 1, "document of status": 3, "immigration status": 5,
            "detention": 3}, said)
        self.assertEqual((said["persons"], said["dropped"]), (1, 4))

    def test_create_update_patch_and_bundles_take_it_out_or_refuse_it(self):
        nurse = self.node.ask("nurse")
        person = self.stored(nurse, telling(self.WORD))
        self.assertEqual(nurse.post("/fhir/Encounter", encounter(person)).status, 201)
        self.assert_nothing(nurse, person)
        for record in answers("Patient/" + person, self.WORD):  # nothing is left of these
            self.assert_outcome(nurse.post("/fhir/" + record["resourceType"], record), 422)
        stored = self.stored(nurse, {**form_of(self.WORD), "subject": {"reference": "Patient/" + person}})
        self.assertIn("kept", nurse.get("/fhir/QuestionnaireResponse/" + stored).text)
        whole = nurse.get("/fhir/Patient/" + person).json()
        self.assertEqual(nurse.put("/fhir/Patient/" + person, {**whole, **{k: v for k, v in telling(self.WORD).items()
                                                                        if k in ("extension", "identifier")}}).status, 200)
        self.assert_nothing(nurse, person)
        patch = [{"op": "add", "path": "/" + k, "value": telling(self.WORD)[k]} for k in ("extension", "identifier")]
        self.assertEqual(nurse.patch("/fhir/Patient/" + person, patch).status, 200)
        self.assert_nothing(nurse, person)
        for kind in ("batch", "transaction"):
            entries = [{"resource": r, "request": {"method": "POST", "url": r["resourceType"]}}
                       for r in answers("Patient/" + person, self.WORD)]
            self.assertLess(nurse.post("/fhir", {"resourceType": "Bundle", "type": kind, "entry": entries}).status, 500)
        self.assert_nothing(nurse, person)
        for path in self.node.files():
            with open(path, "rb") as file:
                self.assertNotIn(self.WORD.encode(), file.read(), path)


# ---- taint ----

class Salt:
    """The same question in bytes that nobody else ever sent: they can be looked for."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def space(self):
        return "".join(self.random.choice(" \t\n\r") for _ in range(24))

    def json(self, facts):
        return ("{" + ",".join("%s%s%s:%s%s" % (self.space(), json.dumps(k), self.space(), self.space(), json.dumps(v))
                               for k, v in facts.items()) + "}").encode()

    def form(self, facts):
        def letter(c):
            return "%%%02x" % ord(c) if self.random.random() < 0.5 else "%%%02X" % ord(c) if self.random.random() < 0.3 else c
        return "&".join("%s=%s" % (k, "".join(map(letter, v))) for k, v in facts.items()).encode()


def needles_of(text, width=20, step=10):
    return {text[at:at + width] for at in range(0, max(1, len(text) - width), step)}


def found_of(chunks, needles):
    found = set()
    for chunk in chunks:
        found |= {n for n in needles - found if n in chunk}
    return found


FACTS = {"service": "primary", "urgency": "deferrable", "means": "below_threshold", "certificate": "no", "pregnant": "no"}
API = dict(FACTS, age_years="34")
PAGE = dict(FACTS, whom="self", age="34")


def slip_form(page):
    found = re.search(r'<form[^>]*action="/care/slip"[^>]*>.*?</form>', page, re.S)
    return dict(re.findall(r'name="([a-z_]+)" value="([^"]*)"', found.group(0))) if found else {}


class Taint(unittest.TestCase):
    STATUS, NEUTRAL = "undocumented", "citizen_resident"

    def setUp(self):
        if not BINARY:
            self.skipTest("HOSPITIUM_BINARY does not name the program")

    def node(self, **more):
        node = Node(**more)
        self.addCleanup(node.close)
        node.load(houses())
        return node

    def told(self, node, status):
        """Every answer to this status, by API and in every language of the pages, with its slip."""
        came = [node.client().request("POST", "/api/care", json.dumps(dict(API, status=status)).encode(), JSON).body]
        for language in LANGUAGES:
            answer = node.client().request("POST", "/care/answer", urllib.parse.urlencode(dict(PAGE, status=status)),
                                           dict(FORM, **{"Accept-Language": language}))
            self.assertEqual(answer.status, 200, answer)
            came.append(answer.body)
        return came

    def answers_needles(self):
        """Pieces of the answers that are there because of the status: they stand in no answer to the other one."""
        node = self.node().start()
        one, other = self.told(node, self.STATUS), b"".join(self.told(node, self.NEUTRAL))
        pieces = {p for body in one for p in needles_of(body, 28, 7) if p not in other}
        self.assertGreater(len(pieces), 20)
        node.stop()
        return pieces

    def ask_all(self, node, salt, connect):
        """The salted questions, by API and pages, with slips, wrong forms and half a request; the raw bytes sent."""
        sent = set()
        connection = connect()

        def post(path, body, headers):
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()

        body = salt.json(dict(API, status=self.STATUS))
        sent |= needles_of(body)
        self.assertEqual(post("/api/care", body, JSON)[0], 200)
        for language in LANGUAGES:
            body = salt.form(dict(PAGE, status=self.STATUS))
            sent |= needles_of(body)
            status, page = post("/care/answer", body, dict(FORM, **{"Accept-Language": language}))
            self.assertEqual(status, 200)
            slip = slip_form(page.decode())
            if slip:
                body = salt.form(slip)
                self.assertEqual(post("/care/slip", body, dict(FORM, **{"Accept-Language": language}))[0], 200)
        for wrong in (salt.form(dict(PAGE, status=self.STATUS, age="x34")), salt.form({"status": self.STATUS, "zz": "1"})):
            sent |= needles_of(wrong)
            post("/care/answer", wrong, FORM)
        wrong = salt.json(dict(API, status=self.STATUS, colour="red"))
        sent |= needles_of(wrong)
        post("/api/care", wrong, JSON)
        body = salt.json(dict(API, status=self.STATUS))  # once more: nothing else has had its memory since
        sent |= needles_of(body)
        self.assertEqual(post("/api/care", body, JSON)[0], 200)
        return sent, connection  # kept open: its buffers are searched too

    def assert_nowhere(self, node, needles, pids):
        for name, pid in pids.items():
            found = found_of(memory(pid), needles)
            self.assertEqual(found, set(), "in the memory of the %s" % name)
        backup = os.path.join(node.home, "backup")
        node.command("backup", node.directory, backup)
        for path in list(node.files()) + [backup, node.log_path]:
            with open(path, "rb") as file:
                self.assertEqual(found_of([file.read()], needles), set(), path)
        for entry in Journal(node.directory).read():
            text = json.dumps([entry.event, entry.looker]).encode()
            self.assertEqual(found_of([text], needles), set())

    def taint(self, node, connect):
        pids = {"door": node.door.pid, "safe": node.safe_pid()}
        pieces = self.answers_needles()
        nurse = node.ask("nurse")
        person = nurse.post("/fhir/Patient", patient("Visit")).id
        try:
            before = {p for pid in pids.values() for p in found_of(memory(pid), pieces)}
        except PermissionError:
            self.skipTest("only root may read the memory of a process that is not dumpable")
        pieces -= before  # texts of the law and of the pages, which every node has in its memory
        self.assertGreater(len(pieces), 8)
        sent, connection = self.ask_all(node, Salt(os.urandom(8)), connect)
        self.addCleanup(connection.close)
        self.assertEqual(nurse.post("/fhir/Encounter", encounter(person)).status, 201)
        self.assert_nowhere(node, sent | pieces, pids)
        return sent

    @plain_memory
    def test_what_was_asked_and_answered_is_nowhere_afterwards(self):
        node = self.node()
        node.start()
        self.taint(node, lambda: http.client.HTTPConnection("127.0.0.1", node.port, timeout=20))
        node.command("panic", node.directory)
        node.stop()

    @plain_memory
    def test_the_search_finds_a_question_that_is_under_way(self):
        node = self.node()
        node.start()
        body = Salt(1).json(dict(API, status=self.STATUS))
        connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=20)
        connection.putrequest("POST", "/api/care")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(len(body) + 1))
        connection.endheaders(body)  # all but the last byte
        try:
            found = set()
            for _ in range(50):
                found = found_of(memory(node.door.pid), needles_of(body))
                if found:
                    break
            self.assertTrue(found)
        except PermissionError:
            self.skipTest("only root may read the memory of a process that is not dumpable")
        # Given up, it is gone.
        connection.close()
        for _ in range(100):
            found = found_of(memory(node.door.pid), needles_of(body))
            if not found:
                break
        self.assertEqual(found, set())

    @plain_memory
    def test_nor_over_tls(self):
        if not shutil.which("openssl"):
            self.skipTest("there is no openssl to make a certificate with")
        node = self.node()
        files = [os.path.join(node.home, name) for name in ("key.pem", "cert.pem")]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                        files[0], "-out", files[1], "-subj", "/CN=localhost", "-days", "2"], check=True, capture_output=True)
        log = open(node.log_path, "ab")
        node.door = subprocess.Popen([BINARY, "serve", node.directory, "--listen", "127.0.0.1:0", "--tls-cert", files[1],
                                      "--tls-key", files[0]], stdout=subprocess.PIPE, stderr=log, env=node.environment)
        log.close()
        node.port = int(node.door.stdout.readline().decode().strip().rsplit(":", 1)[1])
        context = ssl.create_default_context(cafile=files[1])
        context.check_hostname = False
        connect = lambda: http.client.HTTPSConnection("127.0.0.1", node.port, timeout=20, context=context)
        pieces = self.answers_needles()
        pids = {"door": node.door.pid, "safe": node.safe_pid()}
        try:
            pieces -= {p for pid in pids.values() for p in found_of(memory(pid), pieces)}
        except PermissionError:
            self.skipTest("only root may read the memory of a process that is not dumpable")
        sent, connection = self.ask_all(node, Salt(os.urandom(8)), connect)
        self.addCleanup(connection.close)
        self.assert_nowhere(node, sent | pieces, pids)


# ---- twins ----

class Twins(unittest.TestCase):
    """The same story on two nodes with one clock and one randomness, but for the status, for what it decides, and for what is told
    of it in records."""

    PACK = "england"
    FACTS = {"urgency": "deferrable", "age_years": "34", "habitual_residence": "no", "surcharge": "no", "supported": "no",
             "looked_after": "no", "setting": "hospital", "pregnant": "no"}

    def setUp(self):
        if not BINARY:
            self.skipTest("HOSPITIUM_BINARY does not name the program")

    def apart(self):
        """A question to which two statuses get different charges: [(facts, status, other)]."""
        node = Node(pack=self.PACK)
        self.addCleanup(node.close)
        node.load(houses())
        client = node.start().client()
        for service in ("hospital_elective", "primary", "mental_health"):
            facts = dict(self.FACTS, service=service)
            seen = {}
            for status in ("undocumented", "citizen_resident", "asylum_applicant", "refused_asylum", "visa_short_or_visitor"):
                answer = client.request("POST", "/api/care", json.dumps(dict(facts, status=status)).encode(), JSON)
                if answer.status == 200:
                    seen.setdefault(answer.json()["charge"], status)
            if len(seen) > 1:
                node.stop()
                return facts, *list(seen.values())[:2], list(seen)[:2]
        self.fail("no two statuses differ in charge: the test needs another rule set")

    def story(self, facts, status, word, backup, family="Visit"):
        node = Node(pack=self.PACK, environment={"HOSPITIUM_TWIN": "11:1780000000"})
        self.addCleanup(node.close)
        node.load(houses(), transaction({**telling(word), "fullUrl": "urn:x:p"}, *answers("urn:x:p", word),
                                        {**form_of(word), "subject": {"reference": "urn:x:p"}}))
        node.start()
        nurse, billing = node.ask("nurse"), node.ask("billing", purpose="HPAYMT")
        person = nurse.post("/fhir/Patient", dict(telling(word), name=[{"family": family}])).id
        self.assertEqual(nurse.post("/fhir/Encounter", encounter(person)).status, 201)
        answer = node.client().request("POST", "/api/care", json.dumps(dict(facts, status=status)).encode(), JSON)
        charge = answer.json()["charge"]
        asked = set(re.findall(r'name="?([a-z_]+)', node.client().get("/care").text))
        page = {k: v for k, v in dict(facts, whom="self", age="34", status=status).items() if k in asked}
        self.assertIn("status", page)
        for language in LANGUAGES:
            answer = node.client().request("POST", "/care/answer", urllib.parse.urlencode(page),
                                           dict(FORM, **{"Accept-Language": language}))
            self.assertEqual(answer.status, 200)
            slip = slip_form(answer.text)
            if slip:
                node.client().request("POST", "/care/slip", urllib.parse.urlencode(slip), FORM)
        coverage = {"resourceType": "Coverage", "status": "active", "beneficiary": {"reference": "Patient/" + person},
                    "payor": [{"display": "who pays"}]}
        self.assertEqual(billing.post("/fhir/Coverage", coverage).status, 201)
        self.assertEqual(billing.get("/fhir/Coverage?patient=" + person).json()["total"], 1)
        self.assertEqual(nurse.get("/fhir/Coverage?patient=" + person).json().get("total", 0), 0)
        officer = node.ask("officer", sector="immigration", organization="border", purpose="ENFORCE")
        self.assertEqual(officer.get("/fhir/Patient/" + person).status, 403)
        self.assertEqual(nurse.get("/fhir/Patient/" + person).status, 200)
        path = os.path.join(node.home, "backup")
        if backup:
            node.command("backup", node.directory, path)
        journal = Journal(node.directory)
        node.stop()
        said = re.sub(r"127\.0\.0\.1:\d+", "", re.sub(r'"time":"[^"]*"', "", node.log()))
        kept = {"process log": "\n".join(sorted(said.split("\n"))).encode()}  # two processes write it
        for file_path in list(node.files()) + ([path] if backup else []):
            with open(file_path, "rb") as file:
                kept[os.path.relpath(file_path, node.home)] = file.read()
        return charge, kept, journal.read()

    def test_two_statuses_with_different_charges_leave_the_same_bytes(self):
        facts, status, other, charges = self.apart()
        one = self.story(facts, status, "Syrian-Arab-01", True)
        two = self.story(facts, other, "Belgian-born-2", True)
        self.assertEqual([one[0], two[0]], charges)
        self.assertNotEqual(one[0], two[0])
        self.assertEqual(set(one[1]), set(two[1]))
        self.assertGreater(len(one[1]), 15)
        self.assertEqual([name for name in one[1] if one[1][name] != two[1][name]], [])
        # And what is linked to a person is decided by the joint standard alone: no row, citation or outcome of an entitlement.
        with open(os.path.join(os.path.dirname(__file__), "..", "..", "policy", self.PACK, "pack.json"), encoding="utf-8") as file:
            pack = json.load(file)
        told = json.dumps([[e.event, e.looker] for e in one[2]])
        for row in list(pack["rows"]) + [pack["id"], pack["title"], one[0]]:
            self.assertNotIn('"%s"' % row, told)
        rows = {e.event["row"] for e in one[2] if "row" in e.event}
        self.assertTrue(rows and all(re.fullmatch(r"D-\d\d", row) for row in rows), rows)

    def test_twins_that_differ_in_a_record_differ_in_their_stores(self):
        # Else the comparison proves nothing.
        facts = dict(self.FACTS, service="primary")
        one, two = (self.story(facts, "undocumented", word, False)[1] for word in ("Same-length-1", "Same-length-2"))
        self.assertEqual([name for name in one if one[name] != two[name]], [])

        three = self.story(facts, "undocumented", "Same-length-1", False, family="Other")[1]
        self.assertTrue([name for name in one if "vault" in name and one[name] != three[name]])


class Payers(unittest.TestCase):
    def test_who_pays_is_seen_by_billing_alone_and_by_herself(self):
        # Every cell of the disclosure table that opens the drawer of coverage for looking.
        open_to = set()
        for sector in words("sector"):
            for role in words("role"):
                for purpose in words("purpose"):
                    for relation in ("open_encounter", "past", "none", "unknown"):
                        for consent in ("permit", "deny", "none", "unknown"):
                            for glass in ("active", "no"):
                                for self_ in ("yes", "no"):
                                    for action in ("read", "search", "match"):
                                        if outcome(sector, role, purpose, action, "coverage", relation, consent, glass,
                                                   self_) != "NONE":
                                            open_to.add((sector, role, purpose, relation if self_ == "no" else "self"))
        self.assertEqual({o[:3] for o in open_to}, {("health", "billing", "HPAYMT"), ("patient", "patient", "PATRQT")})
        self.assertEqual({o[3] for o in open_to if o[1] == "billing" and o[3] != "self"}, {"open_encounter", "past"})
        self.assertEqual({o[3] for o in open_to if o[1] == "patient"}, {"self"})


if __name__ == "__main__":
    unittest.main()
