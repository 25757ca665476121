# SPDX-License-Identifier: Apache-2.0
"""The FHIR API as a client sees it, each interaction against a running node."""
import json
import unittest

from harness import (HARBOUR, HILL, ORGANIZATION_SYSTEM, SystemTest, encounter, organization_id, patient, temperature)

SUBSETTED = "SUBSETTED"


def tags(resource):
    return [tag.get("code") for tag in resource.get("meta", {}).get("tag", [])]


class Reading(SystemTest):
    def setUp(self):
        self.nurse = self.node.ask("nurse")

    def test_what_was_created_is_read_back_with_its_version(self):
        # Fails if an element is lost, the id changes or version and Location disagree.
        answer = self.nurse.post("/fhir/Patient", patient("Okoro", "Ada"))
        self.assertEqual(answer.status, 201)
        read = self.nurse.get("/fhir/Patient/" + answer.id)
        self.assertEqual(read.status, 200)
        self.assertEqual(read.json()["name"], [{"family": "Okoro", "given": ["Ada"]}])
        self.assertEqual((read.json()["id"], read.json()["birthDate"]), (answer.id, "1991"))
        self.assertEqual((answer.version, read.version, read.json()["meta"]["versionId"]), (1, 1, "1"))
        self.assertEqual(self.nurse.get("/fhir/Patient/" + answer.id, If_None_Match='W/"1"').status, 304)

    def test_an_update_makes_a_version_and_the_old_one_stays(self):
        # Proves vread and history: both versions come back as they were, newest first.
        person = self.stored(self.nurse, patient("Old"))
        path = "/fhir/Patient/" + person
        answer = self.nurse.put(path, patient("New", id=person), If_Match='W/"1"')
        self.assertEqual((answer.status, answer.version), (200, 2))
        self.assertEqual(self.nurse.get(path).json()["name"][0]["family"], "New")
        self.assertEqual(self.nurse.get(path + "/_history/1").json()["name"][0]["family"], "Old")
        self.assertEqual(self.nurse.get(path + "/_history/2").json()["name"][0]["family"], "New")
        self.assert_outcome(self.nurse.get(path + "/_history/3"), 404)
        history = self.nurse.get(path + "/_history").json()
        self.assertEqual((history["type"], history["total"]), ("history", 2))
        self.assertEqual([e["resource"]["name"][0]["family"] for e in history["entry"]], ["New", "Old"])
        self.assertEqual([e["request"]["method"] for e in history["entry"]], ["PUT", "POST"])

    def test_an_update_of_a_version_that_is_not_current_is_refused(self):
        # Two people edit: the second is told, and nothing of his is stored.
        person = self.stored(self.nurse, patient("First"))
        path = "/fhir/Patient/" + person
        self.assertEqual(self.nurse.put(path, patient("Second", id=person), If_Match='W/"1"').status, 200)
        self.assert_outcome(self.nurse.put(path, patient("Third", id=person), If_Match='W/"1"'), 412)
        self.assert_outcome(self.nurse.patch(path, [{"op": "replace", "path": "/gender", "value": "other"}],
                                             If_Match='W/"1"'), 412)
        self.assert_outcome(self.nurse.delete(path, If_Match='W/"1"'), 412)
        self.assertEqual(self.nurse.get(path).json()["name"][0]["family"], "Second")

    def test_an_update_whose_id_is_another_is_refused(self):
        person = self.stored(self.nurse, patient())
        self.assert_outcome(self.nurse.put("/fhir/Patient/" + person, patient(id="0" * 32)), 422)

    def test_a_patch_changes_what_it_names_and_nothing_else(self):
        person = self.stored(self.nurse, patient("Same", telecom=[{"system": "phone", "value": "111"}]))
        path = "/fhir/Patient/" + person
        answer = self.nurse.patch(path, [{"op": "replace", "path": "/telecom/0/value", "value": "222"}])
        self.assertEqual((answer.status, answer.version), (200, 2))
        read = self.nurse.get(path).json()
        self.assertEqual((read["telecom"][0]["value"], read["name"][0]["family"]), ("222", "Same"))
        self.assert_outcome(self.nurse.patch(path, [{"op": "test", "path": "/gender", "value": "male"}]), 409)

    def test_what_was_deleted_is_gone_and_its_history_stays(self):
        # Fails if a deleted record can still be read or found, or if its history is lost.
        person = self.stored(self.nurse, patient())
        record = self.stored(self.nurse, temperature(person), "Observation")
        path = "/fhir/Observation/" + record
        self.assertEqual(self.nurse.get("/fhir/Observation?patient=" + person).json()["total"], 1)
        self.assertEqual(self.nurse.delete(path).status, 204)
        self.assert_outcome(self.nurse.get(path), 410, "deleted")
        self.assertEqual(self.nurse.get("/fhir/Observation?patient=" + person).json()["total"], 0)
        self.assertEqual(self.nurse.get(path + "/_history/1").status, 200)
        history = self.nurse.get(path + "/_history").json()
        self.assertEqual([e["request"]["method"] for e in history["entry"]], ["DELETE", "POST"])

    def test_decimals_keep_the_digits_that_were_written(self):
        # 37.80 says more than 37.8: a parser that goes through a double fails here.
        person = self.stored(self.nurse, patient())
        for value in ("37.80", "0.0", "1.00E2", "12345678901234567890.1234567890"):
            record = self.stored(self.nurse, temperature(person, value), "Observation")
            self.assertIn('"value":%s,' % value, self.nurse.get("/fhir/Observation/" + record).text.replace(" ", ""))

    def test_another_sector_sees_other_ids(self):
        # The same person, the same record: health's ids and hers differ, in the id, the reference and everywhere else.
        person = self.stored(self.nurse, patient("Sector"))
        record = self.stored(self.nurse, temperature(person), "Observation")
        her = self.node.ask("patient", sector="patient", organization="none", purpose="PATRQT", person=person)
        own = her.get("/api/me").json()["patient"]
        self.assertNotEqual(own, person)
        self.assertEqual(her.get("/fhir/Patient/" + own).json()["name"][0]["family"], "Sector")
        found = her.get("/fhir/Observation?patient=" + own).json()
        self.assertEqual(found["total"], 1)
        self.assertEqual(found["entry"][0]["resource"]["subject"]["reference"], "Patient/" + own)
        self.assertNotEqual(found["entry"][0]["resource"]["id"], record)
        self.assertNotIn(person, json.dumps(found))
        self.assert_outcome(her.get("/fhir/Patient/" + person), 403)

    def test_the_capability_statement_names_what_is_served_and_every_parameter_works(self):
        # Grown from the tables: each parameter that it names for Observation and Encounter is accepted.
        statement = self.node.client().get("/fhir/metadata").json()
        self.assertEqual((statement["resourceType"], statement["fhirVersion"]), ("CapabilityStatement", "4.0.1"))
        served = {r["type"]: r for r in statement["rest"][0]["resource"]}
        codes = {i["code"] for i in served["Observation"]["interaction"]}
        self.assertLessEqual({"read", "vread", "update", "patch", "delete", "history-instance", "create",
                              "search-type"}, codes)
        self.assertNotIn("create", {i["code"] for i in served["AuditEvent"].get("interaction", [])})
        person = self.stored(self.nurse, patient())
        sample = {"date": "2024", "reference": "Patient/" + person, "token": "x", "string": "x", "quantity": "1",
                  "uri": "urn:x", "number": "1"}
        for kind in ("Observation", "Encounter", "Condition"):
            for parameter in served[kind]["searchParam"]:
                if parameter["name"] in ("patient", "subject"):
                    continue
                query = "/fhir/%s?patient=%s&%s=%s" % (kind, person, parameter["name"], sample[parameter["type"]])
                self.assertEqual(self.nurse.get(query).status, 200, query)


class Searching(SystemTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        nurse = cls.node.ask("nurse")
        cls.persons = [nurse.post("/fhir/Patient", patient("Search%d" % i)).id for i in range(3)]
        for number, person in enumerate(cls.persons):
            for value in range(number + 2):
                nurse.post("/fhir/Observation", temperature(person, "3%d.0" % value))
        nurse.post("/fhir/Encounter", encounter(cls.persons[0]))
        nurse.post("/fhir/Encounter", encounter(cls.persons[1], status="finished"))
        hill = cls.node.ask("nurse", organization=HILL)
        cls.other = hill.post("/fhir/Patient", patient("Elsewhere")).id
        hill.post("/fhir/Encounter", encounter(cls.other, HILL))

    def setUp(self):
        self.nurse = self.node.ask("nurse")

    def test_inside_a_person_only_her_records_are_found(self):
        found = self.nurse.get("/fhir/Observation?patient=" + self.persons[1]).json()
        self.assertEqual((found["type"], found["total"], len(found["entry"])), ("searchset", 3, 3))
        for entry in found["entry"]:
            self.assertEqual(entry["resource"]["subject"]["reference"], "Patient/" + self.persons[1])
            self.assertTrue(entry["fullUrl"].endswith("/fhir/Observation/" + entry["resource"]["id"]))

    def test_pages_together_hold_each_hit_once(self):
        # Fails if paging skips, repeats, or the total changes on the way.
        path, seen, pages = "/fhir/Observation?_count=1&patient=" + self.persons[2], [], 0
        while path:
            page = self.nurse.get(path).json()
            self.assertEqual(page["total"], 4)
            seen += [entry["resource"]["id"] for entry in page["entry"]]
            links = {link["relation"]: link["url"] for link in page["link"]}
            path = "/fhir/" + links["next"].split("/fhir/")[1] if "next" in links else None
            pages += 1
        self.assertEqual((pages, len(seen), len(set(seen))), (4, 4, 4))

    def test_a_filter_filters(self):
        base = "/fhir/Observation?patient=" + self.persons[2]
        self.assertEqual(self.nurse.get(base + "&code=http://loinc.org|8310-5").json()["total"], 4)
        self.assertEqual(self.nurse.get(base + "&code=http://loinc.org|9999-9").json()["total"], 0)
        self.assertEqual(self.nurse.get(base + "&value-quantity=gt31.5").json()["total"], 2)

    def test_a_work_list_holds_the_open_encounters_of_the_house_alone(self):
        # By organisation across persons: the finished one, and the other house's, are not on it.
        found = self.nurse.get("/fhir/Encounter?status=in-progress&service-provider=Organization/" +
                               organization_id(HARBOUR)).json()
        self.assertEqual(found["total"], 1)
        self.assertEqual(found["entry"][0]["resource"]["subject"]["reference"], "Patient/" + self.persons[0])
        other = self.nurse.get("/fhir/Encounter?status=in-progress&service-provider=Organization/" +
                               organization_id(HILL)).json()
        self.assertEqual((other["total"], other.get("entry", [])), (0, []))

    def test_search_by_post_answers_as_by_get(self):
        query = "patient=%s&_sort=-_id" % self.persons[2]
        posted = self.nurse.request("POST", "/fhir/Observation/_search", query,
                                    {"Content-Type": "application/x-www-form-urlencoded"}).json()
        got = self.nurse.get("/fhir/Observation?" + query).json()
        self.assertEqual(posted["total"], 4)
        self.assertEqual([e["resource"] for e in posted["entry"]], [e["resource"] for e in got["entry"]])

    def test_an_unknown_parameter_is_refused_by_name_and_its_value_is_not_repeated(self):
        # A filter that is silently left out would give more than was asked; a value may be a name.
        for way in ("get", "post"):
            query = "patient=%s&shoe-size=Canary4711" % self.persons[0]
            answer = (self.nurse.get("/fhir/Observation?" + query) if way == "get" else
                      self.nurse.request("POST", "/fhir/Observation/_search", query,
                                         {"Content-Type": "application/x-www-form-urlencoded"}))
            self.assertIn("shoe-size", self.assert_outcome(answer, 400, "not-supported")["diagnostics"])
            self.assertNotIn("Canary4711", answer.text)

    def test_a_search_across_everybody_without_an_index_is_refused(self):
        self.assert_outcome(self.nurse.get("/fhir/Observation?status=final"), 403, "too-costly")


class Refusing(SystemTest):
    def setUp(self):
        self.nurse = self.node.ask("nurse")

    def test_an_unknown_type_is_not_found(self):
        for answer in (self.nurse.get("/fhir/Spaceship/" + "0" * 32), self.nurse.get("/fhir/Spaceship?x=1"),
                       self.nurse.post("/fhir/Spaceship", {"resourceType": "Spaceship"})):
            self.assert_outcome(answer, 404, "not-supported")

    def test_a_wrong_method_is_named_so(self):
        # Also: the methods that the address does have are told (RFC 9110, 15.5.6).
        for method, path, allowed in (("DELETE", "/fhir/metadata", "GET"), ("PUT", "/fhir/Patient", "GET"),
                                      ("POST", "/fhir/Patient/" + "0" * 32, "GET"),
                                      ("PATCH", "/fhir/Patient/%s/_history" % ("0" * 32), "GET")):
            answer = self.nurse.request(method, path, b"{}" if method != "DELETE" else None)
            self.assert_outcome(answer, 405)
            self.assertIn(allowed, answer.header("allow"), path)

    def test_what_is_only_read_is_not_written(self):
        person = self.stored(self.nurse, patient())
        answer = self.nurse.post("/fhir/AuditEvent", {"resourceType": "AuditEvent", "entity": [
            {"what": {"reference": "Patient/" + person}}]})
        self.assertIn(answer.status, (405, 422), answer)
        self.assert_outcome(answer, answer.status)

    def test_every_error_is_an_operation_outcome(self):
        # One of each kind: reading, searching, writing, bundles, operations, without a token.
        nobody, zero = self.node.client(), "0" * 32
        for answer in (nobody.get("/fhir/Patient/" + zero), nobody.get("/fhir/nothing/here/at/all/of/it"),
                       self.nurse.get("/fhir/Patient/not-an-id"), self.nurse.get("/fhir/Patient/" + zero),
                       self.nurse.get("/fhir/Patient/%s/_history/x" % zero), self.nurse.post("/fhir", {}),
                       self.nurse.post("/fhir/Patient", {}), self.nurse.post("/fhir/Patient/$match", {}),
                       self.nurse.post("/fhir/Patient/%s/$break-glass" % zero, {}),
                       self.nurse.get("/fhir/Observation?patient=" + zero)):
            self.assertGreaterEqual(answer.status, 400)
            self.assert_outcome(answer, answer.status)

    def test_a_record_that_names_nobody_here_is_refused(self):
        self.assert_outcome(self.nurse.post("/fhir/Observation", temperature("x" * 32),
                                            Content_Type="application/fhir+json"), 422)


class Partly(SystemTest):
    """Who sees a part: the desk sees identity and contact."""

    def setUp(self):
        self.nurse, self.desk = self.node.ask("nurse"), self.node.ask("receptionist")
        # Marital status and ancestry lie in `social`: the nurse sees them, the desk does not.
        self.person = self.stored(self.nurse, patient("Part", maritalStatus={"coding": [{"code": "M"}]},
                                                      telecom=[{"system": "phone", "value": "111"}],
                                                      deceasedBoolean=False))
        self.path = "/fhir/Patient/" + self.person

    def test_a_partial_view_is_marked_and_lacks_what_is_closed(self):
        whole, part = self.nurse.get(self.path).json(), self.desk.get(self.path).json()
        self.assertIn("maritalStatus", whole)
        self.assertIn("deceasedBoolean", whole)
        self.assertNotIn(SUBSETTED, tags(whole))
        self.assertEqual(set(part), {"resourceType", "id", "meta", "name", "gender", "birthDate", "telecom"})
        self.assertIn(SUBSETTED, tags(part))

    def test_a_partial_view_cannot_replace_the_whole(self):
        # With the mark and without it: else the closed parts would be lost.
        part = self.desk.get(self.path).json()
        self.assert_outcome(self.desk.put(self.path, part), 422, "business-rule")
        del part["meta"]
        self.assert_outcome(self.desk.put(self.path, part), 422, "business-rule")
        self.assertIn("maritalStatus", self.nurse.get(self.path).json())
        self.assertEqual(self.nurse.get(self.path).version, 1)

    def test_a_patch_of_what_is_seen_keeps_what_is_hidden(self):
        answer = self.desk.patch(self.path, [{"op": "replace", "path": "/telecom/0/value", "value": "222"}])
        self.assertEqual((answer.status, answer.version), (200, 2), answer)
        whole = self.nurse.get(self.path).json()
        self.assertEqual((whole["telecom"][0]["value"], whole["maritalStatus"]["coding"][0]["code"],
                          whole["deceasedBoolean"]), ("222", "M", False))
        self.assertNotIn(SUBSETTED, tags(whole))

    def test_a_patch_that_writes_what_is_hidden_is_refused(self):
        answer = self.desk.patch(self.path, [{"op": "add", "path": "/maritalStatus",
                                              "value": {"coding": [{"code": "D"}]}}])
        self.assertIn(answer.status, (403, 422), answer)
        self.assertEqual(self.nurse.get(self.path).json()["maritalStatus"]["coding"][0]["code"], "M")

    def test_a_finding_is_not_there_for_the_desk(self):
        # One whose every part is closed: not found, not counted, and a work list has no trace of it.
        record = self.stored(self.nurse, temperature(self.person), "Observation")
        self.assert_outcome(self.desk.get("/fhir/Observation/" + record), 403)
        answer = self.desk.get("/fhir/Observation?patient=" + self.person)
        self.assertTrue(answer.status == 403 or answer.json()["total"] == 0, answer)


class Bundles(SystemTest):
    def setUp(self):
        self.nurse = self.node.ask("nurse")

    def bundle(self, kind, *entries):
        return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}

    def post_entry(self, record, url=None):
        return {"fullUrl": url or "urn:uuid:none", "resource": record,
                "request": {"method": "POST", "url": record["resourceType"]}}

    def test_a_transaction_stores_all_with_references_resolved(self):
        observation = json.loads(temperature("x", "36.5"))
        observation["subject"]["reference"] = "urn:uuid:11111111-1111-4111-8111-111111111111"
        answer = self.nurse.post("/fhir", self.bundle(
            "transaction", self.post_entry(observation, "urn:uuid:22222222-2222-4222-8222-222222222222"),
            self.post_entry(patient("Whole"), "urn:uuid:11111111-1111-4111-8111-111111111111")))
        self.assertEqual((answer.status, answer.json()["type"]), (200, "transaction-response"), answer)
        responses = [entry["response"] for entry in answer.json()["entry"]]
        self.assertEqual([r["status"].split()[0] for r in responses], ["201", "201"])
        person = responses[1]["location"].split("Patient/")[1].split("/")[0]
        found = self.nurse.get("/fhir/Observation?patient=" + person).json()
        self.assertEqual((found["total"], found["entry"][0]["resource"]["subject"]["reference"]),
                         (1, "Patient/" + person))

    def test_a_transaction_with_a_fault_stores_nothing(self):
        # The first entry alone would be stored: fails if a transaction is run entry by entry.
        person = self.stored(self.nurse, patient())
        good, bad = json.loads(temperature(person, "36.5")), json.loads(temperature(person, "36.5"))
        bad["status"] = "no-such-status"
        self.assert_outcome(self.nurse.post("/fhir", self.bundle("transaction", self.post_entry(good),
                                                                 self.post_entry(bad, "urn:uuid:b"))), 422)
        self.assertEqual(self.nurse.get("/fhir/Observation?patient=" + person).json()["total"], 0)

    def test_a_batch_answers_each_entry_by_itself(self):
        person = self.stored(self.nurse, patient("Batch"))
        bad = json.loads(temperature(person, "36.5"))
        bad["status"] = "no-such-status"
        answer = self.nurse.post("/fhir", self.bundle(
            "batch", {"request": {"method": "GET", "url": "Patient/" + person}}, self.post_entry(bad),
            {"request": {"method": "GET", "url": "Patient/" + "0" * 32}},
            self.post_entry(json.loads(temperature(person, "36.5")), "urn:uuid:c"),
            {"request": {"method": "GET", "url": "Observation?patient=" + person}}))
        self.assertEqual((answer.status, answer.json()["type"]), (200, "batch-response"), answer)
        entries = answer.json()["entry"]
        self.assertEqual([entry["response"]["status"].split()[0] for entry in entries], ["200", "422", "403", "201",
                                                                                        "200"])
        self.assertEqual(entries[0]["resource"]["name"][0]["family"], "Batch")
        self.assertEqual(entries[1]["response"]["outcome"]["resourceType"], "OperationOutcome")
        self.assertEqual(entries[4]["resource"]["total"], 1)

    def test_an_entry_of_a_batch_opens_no_more_than_the_request_alone(self):
        hill = self.node.ask("nurse", organization=HILL)
        person = self.stored(self.nurse, patient("Closed"))
        answer = hill.post("/fhir", self.bundle("batch", {"request": {"method": "GET", "url": "Patient/" + person}}))
        self.assertEqual(answer.json()["entry"][0]["response"]["status"].split()[0], "403")
        self.assertNotIn("Closed", answer.text)


class Stripping(SystemTest):
    """What betrays status by proxy has no field here, whatever way it comes in."""

    WORDS = ("Canaristan", "canarism")

    def betraying(self, **more):
        nationality = {"url": "http://hl7.org/fhir/StructureDefinition/patient-nationality", "extension": [
            {"url": "code", "valueCodeableConcept": {"text": self.WORDS[0]}}]}
        citizenship = {"url": "http://hl7.org/fhir/StructureDefinition/patient-citizenship", "extension": [
            {"url": "code", "valueCodeableConcept": {"text": self.WORDS[0]}}]}
        religion = {"url": "http://hl7.org/fhir/StructureDefinition/patient-religion",
                    "valueCodeableConcept": {"text": self.WORDS[1]}}
        return patient(extension=[nationality, citizenship, religion], **more)

    def assert_clean(self, path):
        text = self.nurse.get(path).text + self.nurse.get(path + "/_history").text
        for word in self.WORDS:
            self.assertNotIn(word, text)

    def setUp(self):
        self.nurse = self.node.ask("nurse")

    def test_a_create_is_stripped(self):
        self.assert_clean("/fhir/Patient/" + self.stored(self.nurse, self.betraying()))

    def test_an_update_is_stripped(self):
        person = self.stored(self.nurse, patient())
        self.assertEqual(self.nurse.put("/fhir/Patient/" + person, self.betraying(id=person)).status, 200)
        self.assert_clean("/fhir/Patient/" + person)

    def test_a_patch_is_stripped(self):
        person = self.stored(self.nurse, patient())
        answer = self.nurse.patch("/fhir/Patient/" + person, [
            {"op": "add", "path": "/extension", "value": self.betraying()["extension"]}])
        self.assertIn(answer.status, (200, 422), answer)
        self.assert_clean("/fhir/Patient/" + person)

    def test_entries_of_a_transaction_and_of_a_batch_are_stripped(self):
        for kind in ("transaction", "batch"):
            answer = self.nurse.post("/fhir", {"resourceType": "Bundle", "type": kind, "entry": [
                {"fullUrl": "urn:uuid:a", "resource": self.betraying(),
                 "request": {"method": "POST", "url": "Patient"}}]})
            location = answer.json()["entry"][0]["response"]["location"]
            self.assert_clean("/fhir/Patient/" + location.split("Patient/")[1].split("/")[0])

    def test_an_import_is_stripped_and_says_so(self):
        said = self.node.load({"resourceType": "Bundle", "type": "transaction", "entry": [
            {"fullUrl": "urn:uuid:a", "resource": self.betraying(
                identifier=[{"system": ORGANIZATION_SYSTEM + ":x", "value": "1"}]),
             "request": {"method": "POST", "url": "Patient"}}]})
        self.assertEqual((said["stored"], said["persons"]), (1, 1))
        self.assertGreaterEqual(sum(said["stripped"].values()), 3, said)


if __name__ == "__main__":
    unittest.main()
