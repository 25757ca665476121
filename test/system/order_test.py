# SPDX-License-Identifier: Apache-2.0
"""A lawful order from door to door: no route until three have signed, one answer for every question before a release, the
least of a Patient after it, to one officer, and gone when the law ends.
"""
import base64
import datetime
import hashlib
import json
import os
import re
import time
import unittest

from harness import BINARY, HARBOUR, HILL, Node, encounter, houses, patient, temperature, wait_until
from journal import Journal

NAMES = ("oversight", "community", "health", "stranger")
PATHS = (("POST", "/api/orders"), ("GET", "/api/orders"), ("GET", "/api/orders/" + "0" * 32),
         ("POST", "/api/orders/%s/match" % ("0" * 32)), ("POST", "/api/orders/%s/release" % ("0" * 32)),
         ("POST", "/api/orders/%s/refuse" % ("0" * 32)), ("POST", "/api/orders/%s/tell" % ("0" * 32)),
         ("PUT", "/api/orders"), ("DELETE", "/api/orders/" + "0" * 32), ("HEAD", "/api/orders"))
ASKED = {"authority": "City Police", "officer": "Inspector Gray", "law": "Police Act", "article": "12(3)",
         "case": "C-2026-17", "drawers": ["identity", "contact"], "name": "Samirah Hadad", "born": "1991-05-17"}
WIDE = dict(birthDate="1991-05-17", identifier=[{"system": "urn:cards", "value": "CARD-77123"}],
            address=[{"line": ["Quay 4"], "city": "Harbour", "period": {"start": "2026-03-03"}}],
            telecom=[{"system": "phone", "value": "555-0101", "period": {"start": "2026-04-04"}}],
            contact=[{"name": {"family": "Sister", "given": ["Rima"]}, "telecom": [{"system": "phone", "value": "555-0202"}]}],
            maritalStatus={"text": "MARRIED-9"}, deceasedBoolean=False)


def headers_of(answer):
    return str({k: v for k, v in answer.headers.items() if k not in ("date", "x-request-id")})


def without_date(answer):
    return answer.status, headers_of(answer), answer.body


class Orders(unittest.TestCase):
    def setUp(self):
        if not BINARY:
            self.skipTest("HOSPITIUM_BINARY does not name the program")
        self.node = Node()
        self.addCleanup(self.node.close)
        self.node.load(houses())
        self.node.start()
        self.nurse = self.node.ask("nurse")
        self.person = self.nurse.post("/fhir/Patient", patient(managingOrganization={
            "reference": "Organization/" + self.house()}, **WIDE)).id
        self.nurse.post("/fhir/Encounter", encounter(self.person))
        self.nurse.post("/fhir/Observation", temperature(self.person), Content_Type="application/fhir+json")
        self.officer = self.ask_officer("inspector-7")
        self.counsel = self.node.ask("overseer", sector="oversight", organization="ombud", purpose="HLEGAL", actor="ines")
        self.herself = self.node.ask("patient", sector="patient", organization="none", purpose="PATRQT",
                                     actor="anna", person=self.person)
        self.key = {name: self.path(name + ".key") for name in NAMES}
        for name in NAMES:
            self.write(name + ".vkey", self.node.command("approver", name, self.key[name]).stdout)
        self.write("statute", b"The Police Act, as promulgated.\n")

    def ask_officer(self, actor, **more):
        return self.node.ask("officer", **{**dict(sector="lawenforcement", organization="city-police",
                                                  purpose="ENFORCE", actor=actor), **more})

    def house(self):
        return hashlib.sha256(b"organization:" + HARBOUR.encode()).hexdigest()[:32]

    def path(self, name):
        return os.path.join(self.node.home, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content)
        return self.path(name)

    def order(self, *words, check=True):
        return self.node.command("order", *words, check=check)

    def sign(self, name, *signers, beside=None):
        for signer in signers:
            self.order("sign", self.path(name), "--key", self.key[signer], *(["--order", beside] if beside else []))
        return self.path(name)

    def give_keys(self):
        self.order("keys", self.node.directory, "--oversight", self.path("oversight.vkey"), "--community",
                   self.path("community.vkey"), "--health", self.path("health.vkey"), "--out", self.path("keys"))
        self.order("keys", self.node.directory, self.path("keys"))

    def law(self, *signers, drawers="identity,contact", days="300"):
        self.order("law", self.node.directory, "--jurisdiction", "Exampleland", "--law", "Police Act", "--article",
                   "12(3)", "--text", self.path("statute"), "--sectors", "lawenforcement", "--drawers", drawers,
                   "--seal", "180", "--days", days, "--out", self.path("law"))
        return self.sign("law", *signers)

    def open_route(self):
        self.give_keys()
        self.order("law", self.node.directory, self.law("oversight", "community", "health"))

    @staticmethod
    def expires(days=30):
        return (datetime.date.today() + datetime.timedelta(days=days)).isoformat()

    def intake(self, client=None, **change):
        return (client or self.officer).post("/api/orders", dict(ASKED, expires=self.expires(), **change))

    def wire_of(self, order):
        """Her id as oversight sees it: what the match says."""
        found = json.loads(self.order("match", self.node.directory, order, "--token", self.counsel.token).stdout)
        self.assertEqual([sorted(f) for f in found], [["person"]])  # existence, and nothing else
        return found[0]["person"]

    def release(self, order, signers=("oversight", "health"), person=None, drawers="identity,contact"):
        out = self.path("release")
        self.order("release", self.node.directory, order, "--token", self.counsel.token, "--person",
                   person or self.wire_of(order), "--drawers", drawers, "--days", "7", "--out", out)
        self.sign("release", *signers, beside=out + ".order")
        return self.order("release", self.node.directory, order, "--token", self.counsel.token, "--signed", out,
                          check=False)

    # ---- the route ----

    def answers(self, client):
        return [without_date(client.request(method, path, {} if method == "POST" else None)) for method, path in PATHS]

    def test_there_is_no_route_until_three_have_signed_and_none_after(self):
        unknown = [without_date(self.officer.request(method, path.replace("orders", "orderz"),
                                                     {} if method == "POST" else None)) for method, path in PATHS]
        for client in (self.officer, self.counsel, self.nurse, self.node.client(), self.node.client("hsp1_nonsense")):
            self.assertEqual(self.answers(client), unknown)
        self.assertNotIn("order", self.officer.get("/api/openapi.json").text.lower().replace("in order", ""))
        self.assertNotIn("orders", self.officer.get("/fhir/metadata").text)
        self.give_keys()
        for few in (("oversight",), ("oversight", "health"), ("oversight", "community", "stranger")):
            self.assertNotEqual(self.order("law", self.node.directory, self.law(*few), check=False).returncode, 0)
            self.assertEqual(self.answers(self.officer), unknown)
        self.order("law", self.node.directory, self.law("oversight", "community", "health"))
        self.assertEqual(self.officer.get("/api/orders/" + "0" * 32).status, 200)
        self.assertIn("/api/orders/{order}", self.officer.get("/api/openapi.json").json()["paths"])
        self.node.stop()
        self.node.start()  # it is still there, and so is its end
        for client in (self.officer, self.counsel, self.nurse):
            client.port = self.node.port
        self.assertEqual(self.officer.get("/api/orders/" + "0" * 32).status, 200)
        self.order("close", self.node.directory)
        self.assertEqual(self.answers(self.officer), unknown)
        public = self.public()
        self.assertEqual([e["route"] for e in public if e["kind"] == "order.route"], ["keys", "open", "closed"])
        opened = next(e for e in public if e.get("route") == "open")
        self.assertEqual((opened["law"], opened["text"]),
                         ("Police Act", hashlib.sha256(b"The Police Act, as promulgated.\n").hexdigest()))

    def public(self):
        client = self.node.client()
        size = int(client.get("/log/public/checkpoint").text.split("\n")[1])
        bundle, entries = client.get("/log/public/tile/entries/000.p/%d" % size).body, []
        while bundle:
            length = int.from_bytes(bundle[:2], "big")
            entries.append(bundle[2:2 + length])
            bundle = bundle[2 + length:]
        return [json.loads(e) for e in entries if e[:1] == b"{"]

    # ---- one answer ----

    def test_every_question_has_the_same_answer_before_a_release(self):
        self.open_route()
        known, unknown = self.intake(), self.intake(name="Nobody Atall")
        self.assertEqual(known.status, 200, known)
        first, second = known.json()["order"], unknown.json()["order"]
        other = self.intake(self.ask_officer("inspector-8")).json()["order"]
        self.counsel.post("/api/orders/%s/refuse" % second, {"reason": "not a serious crime"})
        shape = re.compile(rb'^\{"order":"([0-9a-f]{32})","answer":"not held / not releasable"\}$')
        seen = set()
        for order in (first, second, other, "0" * 32):
            answer = self.officer.get("/api/orders/" + order)
            self.assertEqual(shape.match(answer.body).group(1).decode(), order)
            seen.add((answer.status, headers_of(answer),
                      answer.body.replace(order.encode(), b"")))
        for asked in (known, unknown):
            seen.add((asked.status, headers_of(asked),
                      asked.body.replace(asked.json()["order"].encode(), b"")))
        self.assertEqual(len(seen), 1, seen)
        for path in ("/fhir/Patient/" + self.person, "/fhir/Patient?name=Hadad", "/fhir/Appointment", "/fhir/Encounter",
                     "/fhir/Patient/%s/_history" % self.person, "/fhir/Patient/%s/$summary" % self.person):
            self.assertGreaterEqual(self.officer.get(path).status, 400, path)
        self.assertEqual(self.officer.get("/api/orders").status, 403)

    def test_what_is_no_order_is_refused_in_words(self):
        self.open_route()
        for change, says in (({"name": "S*"}, "name"), ({"born": "1991"}, "born"), ({"drawers": ["clinical"]}, "drawers"),
                             ({"drawers": "identity"}, "drawers"), ({"names": ["a", "b"]}, "names"),
                             ({"person": self.person}, "person"), ({"law": "Other Act"}, "law"), ({"name": ["a"]}, "name"),
                             ({"expires": "soon"}, "expires"), ({"expires": "2999-01-01"}, "expires")):
            answer = self.officer.post("/api/orders", dict(ASKED, **{"expires": self.expires(), **change}))
            self.assertEqual((answer.status, answer.json()["code"]), (422, "VALUE"), change)
            self.assertIn("`%s`" % says, answer.json()["detail"])
        self.assertEqual(self.officer.post("/api/orders", [ASKED]).status, 422)
        self.assertEqual(self.nurse.post("/api/orders", dict(ASKED, expires=self.expires())).status, 403)
        self.assertEqual(self.counsel.get("/api/orders").json(), [])

    # ---- release and reading ----

    def test_a_release_opens_the_least_of_her_to_one_officer(self):
        self.open_route()
        order = self.intake().json()["order"]
        person = self.wire_of(order)
        self.assertNotEqual(person, self.person)  # another sector, another id
        for signers in (("oversight",), ("health",), ("oversight", "stranger"), ("oversight", "community"),
                        ("health", "community")):
            self.assertNotEqual(self.release(order, signers, person).returncode, 0, signers)
        self.assertNotEqual(self.release(order, person=self.person).returncode, 0)  # health's id names nobody for oversight
        done = self.release(order, person=person)
        self.assertEqual(done.returncode, 0, done.stderr)
        again = self.order("release", self.node.directory, order, "--token", self.counsel.token, "--signed",
                           self.path("release"), check=False)
        self.assertIn(b"decided already", again.stderr)
        answer = self.officer.get("/api/orders/" + order)
        got = answer.json()["person"]
        self.assertEqual(sorted(got), ["address", "birthDate", "gender", "meta", "name", "resourceType", "telecom"])
        self.assertEqual((got["name"][0]["family"], got["address"][0], got["telecom"][0]),
                         ("Hadad", {"line": ["Quay 4"], "city": "Harbour"}, {"system": "phone", "value": "555-0101"}))
        self.assertEqual(got["meta"]["tag"][0]["code"], "SUBSETTED")
        for secret in ("CARD-77123", "Sister", "555-0202", "MARRIED-9", "Organization", self.person, person, "37.80",
                       "lastUpdated", "2026-03-03", "2026-04-04"):
            self.assertNotIn(secret, answer.text, secret)
        self.assertNotIn("etag", answer.headers)
        for other in (self.ask_officer("inspector-8"), self.ask_officer("inspector-7", organization="border-police"),
                      self.ask_officer("inspector-7", sector="immigration"), self.nurse, self.counsel):
            self.assertIn("not held", other.get("/api/orders/" + order).text)
        self.assertEqual(self.officer.get("/fhir/Patient/" + self.person).status, 403)  # by no other way
        # Nothing of it is on her list, and her proof of it is not given.
        self.assertNotIn("lawenforcement", json.dumps([l for l in self.herself.get("/api/accesses").json()
                                                       if l["permitted"]]))
        self.assertNotIn("City Police", self.herself.get("/access").text)

    def test_a_law_that_names_less_opens_less(self):
        self.give_keys()
        self.order("law", self.node.directory, self.law("oversight", "community", "health", drawers="identity"))
        self.assertEqual(self.intake().status, 422)
        order = self.intake(drawers=["identity"]).json()["order"]
        self.assertEqual(self.release(order, drawers="identity").returncode, 0)
        got = self.officer.get("/api/orders/" + order).json()["person"]
        self.assertEqual(sorted(got), ["birthDate", "gender", "meta", "name", "resourceType"])

    def test_nobody_signs_a_release_blindly(self):
        self.open_route()
        order = self.intake().json()["order"]
        other = self.intake(name="Nobody Atall").json()["order"]
        person = self.wire_of(order)
        for number, name in ((order, "one"), (other, "two")):
            self.order("release", self.node.directory, number, "--token", self.counsel.token, "--person", person,
                       "--drawers", "identity", "--days", "7", "--out", self.path(name))
        blind = self.order("sign", self.path("one"), "--key", self.key["health"], check=False)
        self.assertIn(b"order beside it", blind.stderr)
        wrong = self.order("sign", self.path("one"), "--key", self.key["health"], "--order", self.path("two.order"),
                           check=False)
        self.assertIn(b"another order's", wrong.stderr)
        shown = self.order("sign", self.path("one"), "--key", self.key["health"], "--order", self.path("one.order"))
        self.assertIn(b"name Samirah Hadad", shown.stdout)
        self.assertNotEqual(self.order("sign", self.path("statute"), "--key", self.key["health"], check=False).returncode, 0)

    # ---- what each deed leaves in the log ----

    def signed_release(self, order):
        out = self.path("numbered")
        self.order("release", self.node.directory, order, "--token", self.counsel.token, "--person", self.wire_of(order),
                   "--drawers", "identity", "--days", "7", "--out", out)
        self.sign("numbered", "oversight", "health", beside=out + ".order")
        with open(out, "rb") as file:
            return file.read()

    def test_the_entry_of_every_deed_carries_the_number_that_its_caller_got(self):
        self.open_route()
        doctor = self.node.ask("physician", organization=HILL, purpose="ETREAT", actor="doctor-1")
        broken = doctor.post("/fhir/Patient/%s/$break-glass" % self.person, {"resourceType": "Parameters", "parameter": [
            {"name": "reason", "valueString": "unconscious, nobody with her"}]}).json()["parameter"][0]["valueInteger"]
        refused, released = self.intake().json()["order"], self.intake().json()["order"]
        note, why = self.signed_release(released), {"reason": "after an inquiry"}
        ask = self.counsel.request
        deeds = (  # the entry's action, its decision, and the request
            ("suspend", "permit", lambda: ask("POST", "/api/suspensions", dict(why, actor="karla"))),
            ("suspend", "deny", lambda: ask("POST", "/api/suspensions", dict(why, rule="D-99x"))),
            ("suspend", "deny", lambda: self.nurse.post("/api/suspensions", dict(why, actor="ines"))),
            ("suspensions", "permit", lambda: ask("GET", "/api/suspensions")),
            ("lift", "permit", lambda: ask("DELETE", "/api/suspensions/1", why)),
            ("reviews", "permit", lambda: ask("GET", "/api/reviews")),
            ("review", "permit", lambda: ask("POST", "/api/reviews/%d" % broken, {"verdict": "justified", "note": "I saw it"})),
            ("evidence", "permit", lambda: ask("GET", "/api/evidence?about=a+case")),
            ("orders", "permit", lambda: ask("GET", "/api/orders")),
            ("orders", "permit", lambda: ask("POST", "/api/orders/%s/match" % refused, {})),
            ("intake", "permit", self.intake),
            ("intake", "deny", lambda: self.intake(self.nurse)),
            ("refuse", "permit", lambda: ask("POST", "/api/orders/%s/refuse" % refused, why)),
            ("refuse", "deny", lambda: ask("POST", "/api/orders/%s/refuse" % refused, why)),
            ("release", "permit", lambda: ask("POST", "/api/orders/%s/release" % released, note)),
            ("tell", "permit", lambda: ask("POST", "/api/orders/%s/tell" % released, why)))
        journal = Journal(self.node.directory)
        for action, decision, deed in deeds:
            before = len(journal.read())
            answer = deed()
            number = answer.header("x-request-id")
            self.assertRegex(number, "^[0-9a-f]{16}$")
            entries = [e.event for e in journal.read()[before:] if e.event["kind"] in ("oversight", "order")]
            told = [e for e in entries if e["action"] == action]
            self.assertEqual([(e["request"], e["decision"]) for e in told], [(number, decision)], (action, answer))
        # What the safe does by itself answers nobody, and has no number.
        self.assertNotIn("request", wait_until(lambda: next((e.event for e in journal.read() if e.event.get("action") == "told"),
                                                            None)))

    # ---- told ----

    def test_she_is_told_on_her_page_in_plain_words(self):
        self.open_route()
        order = self.intake().json()["order"]
        self.assertEqual(self.release(order).returncode, 0)
        self.assertEqual(self.officer.get("/api/orders/" + order).json()["answer"], "released")
        before = self.herself.get("/access", Accept_Language="en").text
        self.assertNotIn("City Police", before)
        self.order("tell", self.node.directory, order, "--token", self.counsel.token, "--reason", "the case is closed")
        lines = wait_until(lambda: [l for l in self.herself.get("/api/accesses").json()
                                    if l.get("order") and l["action"] == "told"])
        self.assertTrue(lines, "not told")
        line = lines[0]
        self.assertEqual((line["authority"], line["law"], line["article"], line["reads"], line["opened"]),
                         ("City Police", "Police Act", "12(3)", 1, ["identity", "contact"]))
        for language, words in (("en", ("Police", "City Police", "Police Act", "12(3)", "until now")),
                                ("fr", ("City Police", "Police Act", "12(3)", "secret")),
                                ("ar", ("City Police", "Police Act", "12(3)"))):
            page = self.herself.get("/access", Accept_Language=language).text
            for word in words:
                self.assertIn(word, page, (language, word))
            self.assertNotIn("inspector-7", page)
            self.assertNotIn("Inspector Gray", page)
        self.assertEqual(self.herself.get("/fhir/AuditEvent").status, 200)
        proof = self.write("proof", self.herself.get("/api/accesses/%d/proof" % line["entry"]).body)
        self.node.command("verify", proof, "--key", os.path.join(self.node.directory, "log/access.vkey"))

    # ---- the clock ----

    def at(self, day, seed):
        """The node is stopped and comes up again on that day; a world of its own, so that no number is drawn twice."""
        self.node.stop()
        self.node.tokens.clear()
        self.node.start({"HOSPITIUM_TWIN": "%d:%d" % (seed, self.began + day * 86400)})
        self.officer = self.ask_officer("inspector-7")
        self.counsel = self.node.ask("overseer", sector="oversight", organization="ombud", purpose="HLEGAL", actor="ines")
        self.herself = self.node.ask("patient", sector="patient", organization="none", purpose="PATRQT",
                                     actor="anna", person=self.person)

    def of_order(self):
        return [l["action"] for l in self.herself.get("/api/accesses").json() if "order" in l]

    def test_after_the_term_she_is_told_and_after_the_year_there_is_no_route(self):
        self.open_route()
        self.began = int(time.time())
        order = self.intake().json()["order"]
        self.assertEqual(self.release(order).returncode, 0)
        self.assertEqual(self.officer.get("/api/orders/" + order).json()["answer"], "released")
        self.at(8, 1)  # the release is over
        self.assertIn("not held", self.officer.get("/api/orders/" + order).text)
        self.at(179, 2)
        self.assertEqual(self.of_order(), [])
        self.at(183, 3)  # off on the day itself
        told = wait_until(lambda: "told" in self.of_order() and self.of_order())
        self.assertEqual(sorted(told), ["intake", "match", "read", "release", "told"])
        self.assertEqual(self.officer.get("/api/orders/" + order).status, 200)
        self.at(301, 4)
        gone, unknown = self.officer.get("/api/orders/" + order), self.officer.get("/api/orderz/" + order)
        self.assertEqual(without_date(gone), without_date(unknown))
        self.assertNotIn("order", self.officer.get("/api/openapi.json").text.replace("in order", ""))
        wait_until(lambda: any(e.get("why") == "sunset" for e in self.public()))
        self.assertEqual([e["why"] for e in self.public() if e.get("route") == "closed"], ["sunset"])
        self.assertEqual(len([l for l in self.of_order() if l == "told"]), 1)  # once
        quarter = datetime.datetime.fromtimestamp(self.began, datetime.timezone.utc)
        said = self.order("counts", self.node.directory, "--period",
                          "%d-Q%d" % (quarter.year, (quarter.month + 2) // 3)).stdout.decode()
        self.assertIn("asked 1\nreleased 1\nrefused 0\nlapsed 0\ntold 0\n", said)

    def test_a_restored_node_has_no_route_and_tells_all_the_same(self):
        self.open_route()
        self.began = int(time.time())
        order = self.intake().json()["order"]
        self.assertEqual(self.release(order).returncode, 0)
        self.node.command("backup", self.node.directory, self.path("backup"))
        self.node.stop()
        self.node.directory = self.path("restored")
        self.node.command("restore", self.path("backup"), self.node.directory)
        self.at(1, 5)
        self.assertEqual(self.officer.get("/api/orders/" + order).status, 404)
        self.assertEqual(self.of_order(), [])
        self.at(181, 6)
        self.assertEqual(wait_until(self.of_order), ["told"])

    # ---- a node that is no demo ----

    def test_outside_a_demo_two_approvers_sign_for_the_keys(self):
        directory = self.path("real")
        secret = self.write("hospitium-passphrase", b"a passphrase that is long enough\n")
        keys = b"".join(self.node.command("approver", name, self.path(name)).stdout for name in ("ana", "ben"))
        self.node.command("init", directory, "--name", "real", "--pack", "belgium", "--passphrase-file", secret,
                          "--oversight-key", "09" * 32, "--approvers", self.write("approvers", keys))
        words = ("keys", directory, "--oversight", self.path("oversight.vkey"), "--community",
                 self.path("community.vkey"), "--health", self.path("health.vkey"), "--out", self.path("keys"))
        given = {"environment": {"CREDENTIALS_DIRECTORY": self.node.home}, "check": False}
        for signers in ((), ("ana",), ("ana", "ana"), ("ana", "stranger.key")):
            self.order(*words)
            for signer in signers:
                self.node.command("approve", self.path("keys"), "--key", self.path(signer))
            refused = self.node.command("order", "keys", directory, self.path("keys"), **given)
            self.assertNotEqual(refused.returncode, 0, signers)
        self.order(*words)
        for signer in ("ana", "ben"):
            self.node.command("approve", self.path("keys"), "--key", self.path(signer))
        taken = self.node.command("order", "keys", directory, self.path("keys"), **given)
        self.assertEqual(taken.returncode, 0, taken.stderr)

    # ---- counts ----

    def test_counts_are_of_a_period_that_is_over(self):
        self.open_route()
        self.intake()
        self.assertNotEqual(self.order("counts", self.node.directory, "--period", "2999-Q1", check=False).returncode, 0)
        said = self.order("counts", self.node.directory, "--period", "2020-Q1").stdout.decode()
        self.assertTrue(said.startswith("hospitium order counts 1\nnode north\nperiod 2020-Q1\nasked 0\nreleased 0\n"
                                        "refused 0\nlapsed 0\ntold 0\n\n"), said)
        with open(os.path.join(self.node.directory, "log/public.vkey"), encoding="ascii") as file:
            name, number, _ = file.read().strip().split("+", 2)
        signature = base64.b64decode(said.strip().split(" ")[-1])
        self.assertEqual((name, number), ("north/public", signature[:4].hex()))
        self.assertEqual(len(signature), 68)


if __name__ == "__main__":
    unittest.main()
