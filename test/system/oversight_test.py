# SPDX-License-Identifier: Apache-2.0
"""Oversight from outside: suspension at once, evidence that verifies without the node, reviews by somebody else, and the
person's own list for people and as AuditEvents of IHE BALP.
"""
import glob
import hashlib
import json
import os
import tempfile
import unittest

import balp
from harness import (HILL, SystemTest, consent, encounter, organization_id, patient, temperature)

REASON = {"resourceType": "Parameters", "parameter": [{"name": "reason", "valueString": "unconscious, nobody with her"}]}


class Oversight(SystemTest):
    def setUp(self):
        self.nurse = self.node.ask("nurse")
        self.ines = self.node.ask("overseer", sector="oversight", organization="ombud", purpose="HOPERAT", actor="ines")
        self.person = self.stored(self.nurse, patient())
        self.stored(self.nurse, encounter(self.person))
        self.herself = self.node.ask("patient", sector="patient", organization="none", purpose="PATRQT",
                                     actor="anna-" + self.person[:8], person=self.person)

    def doctor(self, actor="doctor-1"):
        return self.node.ask("physician", organization=HILL, purpose="ETREAT", actor=actor)

    def break_glass(self, actor="doctor-1", reason=None):
        return self.doctor(actor).post("/fhir/Patient/%s/$break-glass" % self.person, reason or REASON)

    def suspend(self, **what):
        answer = self.ines.post("/api/suspensions", dict(what, reason="under investigation"))
        self.assertEqual(answer.status, 201, answer)
        return answer.json()["number"]

    def lift(self, number):
        answer = self.ines.request("DELETE", "/api/suspensions/%d" % number, {"reason": "cleared by inquiry"})
        self.assertEqual(answer.status, 204, answer)

    # ---- suspension ----

    def test_a_suspended_actor_gets_nothing_anywhere_and_advice_goes_on(self):
        doctor = self.node.ask("nurse", actor="karla")
        self.assertEqual(doctor.get("/fhir/Patient/" + self.person).status, 200)
        number = self.suspend(actor="karla")
        for path in ("/fhir/Patient/" + self.person, "/fhir/Organization", "/api/me"):
            self.assertEqual(doctor.get(path).status, 403, path)  # also what needs no record, at once
        again = self.node.ask("nurse", actor="karla", ttl="2h")  # issued later
        self.assert_outcome(again.get("/fhir/Patient/" + self.person), 403)
        care = doctor.post("/api/care", {"service": "child", "urgency": "urgent", "age_years": "4"})
        self.assertEqual((care.status, care.json()["mayRefuse"]), (200, "no"))
        listed = [s for s in self.ines.get("/api/suspensions").json() if s["number"] == number]
        self.assertEqual((listed[0]["what"], listed[0]["subject"], listed[0]["by"]), ("actor", "karla", "ines"))
        self.lift(number)
        self.assertEqual(doctor.get("/fhir/Patient/" + self.person).status, 200)

    def test_only_oversight_suspends_and_bad_input_is_told(self):
        self.assert_problem(self.nurse.post("/api/suspensions", {"actor": "x", "reason": "because I can"}), 403, "REFUSED")
        self.assert_problem(self.nurse.get("/api/suspensions"), 403, "REFUSED")
        for body, status, code in (({}, 422, "VALUE"), ({"actor": "a", "rule": "D-28", "reason": "both"}, 422, "VALUE"),
                                   ({"rule": "D-99x", "reason": "no such row"}, 404, "NOT_FOUND"),
                                   ({"actor": "a", "reason": ""}, 422, "REQUIRED"),
                                   ({"actor": "a" * 65, "reason": "too long"}, 422, "VALUE"), ([1], 422, "VALUE")):
            self.assert_problem(self.ines.post("/api/suspensions", body), status, code)
        self.assert_problem(self.ines.request("DELETE", "/api/suspensions/9999", {"reason": "not there"}), 404, "NOT_FOUND")
        self.assert_problem(self.ines.request("DELETE", "/api/suspensions/x", {"reason": "not there"}), 404, "NOT_FOUND")

    def test_a_suspended_rule_closes_its_way_until_it_is_lifted(self):
        number = self.suspend(rule="D-28")
        self.assertEqual(self.break_glass().status, 403)
        self.lift(number)
        self.assertEqual(self.break_glass().status, 200)

    # ---- reviews ----

    def test_glass_is_judged_by_somebody_else_and_she_sees_how(self):
        entry = self.break_glass("doctor-2").json()["parameter"][0]["valueInteger"]
        self.assertEqual(self.doctor("doctor-2").get("/fhir/Patient/" + self.person).status, 200)
        verdict = {"verdict": "not justified", "note": "no emergency that day"}
        own = self.node.ask("overseer", sector="oversight", organization="ombud", purpose="HOPERAT", actor="doctor-2")
        self.assert_problem(own.post("/api/reviews/%d" % entry, verdict), 403, "OWN_LOOK")
        self.assert_problem(self.ines.post("/api/reviews/%d" % entry, {"verdict": "fine", "note": "well"}), 422, "VALUE")
        self.assert_problem(self.ines.post("/api/reviews/%d" % entry, {"verdict": "justified"}), 422, "REQUIRED")
        lines = self.herself.get("/api/accesses").json()
        self.assertTrue(lines[0]["emergency"] and lines[0]["notice"], lines[0])  # what she must know comes first
        self.assertEqual(lines[0]["review"], "open")
        self.assertEqual(self.ines.post("/api/reviews/%d" % entry, verdict).status, 204)
        line = next(l for l in self.herself.get("/api/accesses").json() if l["entry"] == entry)
        self.assertEqual((line["review"], line["notice"]), ("not justified", False))
        page = self.herself.get("/access", Accept_Language="en").text
        self.assertIn("It was checked: it was not right.", page)

    def test_a_reason_that_says_nothing_breaks_no_glass(self):
        for text in ("", "xxxxxxxxxxxxxxxx", "           "):
            answer = self.break_glass(reason={"resourceType": "Parameters", "parameter": [
                {"name": "reason", "valueString": text}]})
            self.assert_outcome(answer, 422, "required")

    def test_metrics_count_reviews_and_suspensions(self):
        self.break_glass("doctor-3")
        number = self.suspend(actor="nobody-at-all")
        metrics = dict(l.split() for l in self.nurse.get("/metrics").text.splitlines() if l[0] != "#")
        self.assertGreaterEqual(int(metrics["hospitium_reviews_open"]), 1)
        self.assertEqual(metrics["hospitium_reviews_overdue"], "0")
        self.assertGreaterEqual(int(metrics["hospitium_suspensions"]), 1)
        self.lift(number)

    # ---- her list ----

    def test_each_line_of_her_list_has_at_least_twelve_fields(self):
        self.nurse.get("/fhir/Patient/" + self.person)
        self.node.ask("physician", organization=HILL, actor="far-1").get("/fhir/Patient/" + self.person)
        lines = self.herself.get("/api/accesses").json()
        read = next(l for l in lines if l["role"] == "nurse" and l["action"] == "read")
        refused = next(l for l in lines if not l["permitted"])
        wanted = ("entry", "time", "role", "sector", "place", "purpose", "action", "asked", "opened", "outcome", "row",
                  "citation", "basis", "obligations", "request")
        for field in wanted:
            self.assertTrue(read[field], field)
        self.assertEqual((read["basis"], read["place"], read["outcome"]), ("care_relation", "harbour-clinic", "FULL"))
        self.assertRegex(read["request"], "^[0-9a-f]{16}$")
        self.assertEqual((refused["basis"], refused["opened"]), ("", []))
        self.assertEqual(self.herself.get("/api/accesses").text.count("nurse-1"), 0)  # a role, never a name

    # ---- evidence ----

    def test_evidence_verifies_without_the_node(self):
        doctor = self.node.ask("nurse", actor="suspect")
        for _ in range(3):
            self.assertEqual(doctor.get("/fhir/Patient/" + self.person).status, 200)
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "evidence")
            said = self.node.command("oversight", "evidence", self.node.directory, "--token", self.ines.token, "--about",
                                     "complaint 7", "--actor", "suspect", "--out", out).stdout.decode()
            self.assertIn("3 entries", said)
            proofs = sorted(glob.glob(out + "/*.proof"))
            self.assertEqual(len(proofs), 3)
            key = os.path.join(self.node.directory, "log/access.vkey")  # one that oversight had before
            self.assertEqual(open(key).read(), open(out + "/access.vkey").read())
            for proof in proofs:
                shown = self.node.command("verify", proof, "--key", key).stdout.decode()
                kept = json.load(open(proof.replace(".proof", ".json")))
                self.assertEqual(json.loads(shown.split("\n")[1]), kept["event"])
                # The name is what the proved event commits to.
                nonce, name = bytes.fromhex(kept["looker"]["nonce"]), kept["looker"]["actor"]
                commitment = hashlib.blake2b(name.encode(), key=nonce, digest_size=32).hexdigest()[:32]
                self.assertEqual((name, commitment), ("suspect", kept["event"]["looker"]))
                with open(proof, "r+b") as file:  # one letter of it
                    text = file.read()
                    at = text.index(b"extra ") + 70
                    file.seek(at)
                    file.write(b"A" if text[at:at + 1] != b"A" else b"B")
                self.assertNotEqual(self.node.command("verify", proof, "--key", key, check=False).returncode, 0)
            self.assertEqual(json.load(open(out + "/evidence.json"))["entries"], 3)
        self.assertIn("complaint 7", self.ines.get("/api/evidence?about=self-audit&actor=ines").text)  # asking is an entry

    def test_evidence_is_for_oversight_and_bounded(self):
        self.assert_problem(self.nurse.get("/api/evidence?about=curious+me"), 403, "REFUSED")
        self.assert_problem(self.ines.get("/api/evidence"), 422, "REQUIRED")
        self.assert_problem(self.ines.get("/api/evidence?about=some+case&colour=red"), 400, "UNKNOWN_PARAMETER")
        self.assert_problem(self.ines.get("/api/evidence?about=some+case&next=x"), 422, "VALUE")
        page = self.ines.get("/api/evidence?about=some+case").json()
        self.assertLessEqual(len(page["entries"]), 50)

    def test_the_command_line_suspends_lists_and_lifts(self):
        token = self.ines.token
        said = self.node.command("oversight", "suspend", self.node.directory, "--token", token, "--actor", "lea",
                                 "--reason", "left the house").stdout.decode()
        number = said.split("number ")[1].split(",")[0]
        listed = self.node.command("oversight", "list", self.node.directory, "--token", token).stdout
        self.assertIn("lea", [s["subject"] for s in json.loads(listed)])
        self.node.command("oversight", "lift", self.node.directory, number, "--token", token, "--reason", "came back")
        entry = self.break_glass("doctor-5").json()["parameter"][0]["valueInteger"]
        self.node.command("oversight", "judge", self.node.directory, str(entry), "--token", token, "--verdict",
                          "justified", "--note", "seen the ward's notes")
        self.assertEqual(self.node.command("oversight", "lift", self.node.directory, "--token", token,
                                           check=False).returncode, 2)

    # ---- AuditEvent ----

    def story(self):
        """One of each kind of look; her list as AuditEvents."""
        self.stored(self.nurse, json.loads(temperature(self.person)), "Observation")
        self.nurse.get("/fhir/Patient/" + self.person)
        self.nurse.get("/fhir/Observation?patient=" + self.person)
        record = self.nurse.get("/fhir/Patient/" + self.person)
        self.nurse.put("/fhir/Patient/" + self.person, dict(record.json(), birthDate="1992"))
        far = self.node.ask("physician", organization=HILL, actor="far-2")
        far.get("/fhir/Patient/" + self.person)  # refused
        self.stored(self.nurse, consent(self.person, HILL))
        far.get("/fhir/Patient/%s/$summary" % self.person)  # disclosed by consent
        self.break_glass("doctor-6")
        answer = self.herself.get("/fhir/AuditEvent")
        self.assertEqual(answer.status, 200, answer)
        return [e["resource"] for e in answer.json()["entry"]]

    def test_her_list_is_served_as_audit_events_of_the_right_profiles(self):
        events = self.story()
        names = {e["meta"]["profile"][0].rsplit("IHE.BasicAudit.", 1)[1] for e in events}
        self.assertEqual(names, {"PatientRead", "PatientQuery", "PatientCreate", "PatientUpdate", "AuthZconsent",
                                 "PrivacyDisclosure.Source"})
        self.assertNotIn("far-2", json.dumps(events))  # by a commitment
        one = self.herself.get("/fhir/AuditEvent/" + events[-1]["id"])
        self.assertEqual((one.status, one.json()), (200, events[-1]))
        self.assertEqual(one.header("content-type").split(";")[0], "application/fhir+json")
        self.assertEqual(self.herself.get("/fhir/AuditEvent?date=lt2001").json()["total"], 0)
        self.assertGreaterEqual(self.herself.get("/fhir/AuditEvent?date=ge2001&date=lt2999").json()["total"], len(events))
        self.assert_outcome(self.herself.get("/fhir/AuditEvent?date=xx2001"), 422)
        self.assert_outcome(self.herself.get("/fhir/AuditEvent?agent=me"), 400)
        self.assert_outcome(self.herself.get("/fhir/AuditEvent/999999999"), 404)
        # Each sector has ids of its own, so hers of health is nobody's for oversight: not found, where a nurse is refused.
        self.assert_outcome(self.ines.get("/fhir/AuditEvent?patient=" + self.person), 404)
        self.assert_outcome(self.ines.get("/fhir/AuditEvent"), 422)
        self.assert_outcome(self.nurse.get("/fhir/AuditEvent?patient=" + self.person), 403)

    def test_each_audit_event_holds_what_its_profile_demands(self):
        if not glob.glob(os.path.join(balp.folder(), "*.fsh")):
            self.skipTest("no BALP profiles below $HOSPITIUM_DATA or ../shared/data")
        profiles = balp.Profiles(balp.folder())
        events = self.story()
        for event in events:
            self.assertEqual(profiles.faults(event), [], event["meta"]["profile"])
            self.assertEqual(profiles.of(event["meta"]["profile"][0]).unread, [])
        # The reader finds what is wrong: each of these breaks one demand.
        read = next(e for e in events if e["meta"]["profile"][0].endswith("PatientRead"))
        breaks = [lambda e: e.update(action="C"), lambda e: e["agent"].pop(0), lambda e: e["entity"].pop(0),
                  lambda e: e["agent"][0].pop("network"), lambda e: e.update(outcome="4"),
                  lambda e: e["type"].update(code="other"), lambda e: e["agent"][2].update(requestor=False),
                  lambda e: e["agent"][2].update(network={"address": "x"}), lambda e: e["subtype"][0].update(code="create")]
        for number, broken in enumerate(breaks):
            event = json.loads(json.dumps(read))
            broken(event)
            self.assertNotEqual(profiles.faults(event), [], number)


if __name__ == "__main__":
    unittest.main()
