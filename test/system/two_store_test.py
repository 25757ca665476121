# SPDX-License-Identifier: Apache-2.0
"""Nothing of what is forbidden shows: not in an answer, a total, a page, or an error.

For each asker there are two nodes. The full one holds everything. The bare one physically lacks what is forbidden to
that asker: records of which he may see nothing were never stored there, people of whom he may see nothing were never
registered, and in records that he sees a part of, every closed element holds a fixed neutral word. What decides on
access (who registered, consents) is the same. Then hundreds of random queries must be answered alike by both, once ids
are called by name. A search that counts before it filters, an index that is asked before the rules are, a 404 in place
of a 403: each of these fails here.

What belongs to which drawer, and who may open it, is stated here anew, so that the test does not borrow the mistakes of
the tables that it checks.
"""
import copy
import hashlib
import json
import os
import random
import re
import unittest
import urllib.parse

from harness import BINARY, HARBOUR, HILL, Node, consent, houses, organization_id

SEED = int(os.environ.get("HOSPITIUM_SEED", "4711"))
QUERIES = int(os.environ.get("HOSPITIUM_QUERIES", "60"))  # for each asker
LABEL_SYSTEM = "urn:test:label"

# Drawer of a type, and of the elements that lie elsewhere.
DRAWERS = {
    "Patient": ("identity", {"telecom": "contact", "address": "contact", "maritalStatus": "social",
                             "deceasedBoolean": "clinical"}),
    "Encounter": ("clinical", {"identifier": "contact", "serviceProvider": "contact"}),
    "Observation": ("clinical", {"performer": "contact"}),
    "Condition": ("clinical", {}),
    "Appointment": ("contact", {"serviceType": "clinical", "description": "clinical"}),
    "Coverage": ("coverage", {}),
    "Consent": ("audit", {}),
}
NEUTRAL = {
    "identifier": [{"system": LABEL_SYSTEM, "value": "closed"}], "name": [{"family": "Closed"}], "gender": "unknown",
    "birthDate": "1900", "telecom": [{"value": "closed"}], "address": [{"city": "closed"}],
    "maritalStatus": {"text": "closed"}, "deceasedBoolean": False, "class": {"code": "CLOSED"},
    "period": {"start": "1900"}, "code": {"text": "closed"}, "valueString": "closed", "effectiveDateTime": "1900",
    "clinicalStatus": {"text": "closed"}, "serviceType": [{"text": "closed"}], "description": "closed",
    "performer": [{"display": "closed"}], "status": "unknown",
}
FIXED = ("resourceType", "subject", "patient", "participant", "beneficiary", "payor", "serviceProvider")


def is_sensitive(record):
    return any(c.get("code", "").startswith("F") for c in record.get("code", {}).get("coding", []))


def drawer_of(record, element):
    main, others = DRAWERS[record["resourceType"]]
    return "sensitive" if is_sensitive(record) else others.get(element, main)


def bare(record, open_drawers):
    """The record without what is closed; None when nothing of it is open."""
    elements = [e for e in record if e != "resourceType"]
    if not any(drawer_of(record, e) in open_drawers for e in elements):
        return None
    shown = copy.deepcopy(record)
    for element in elements:
        if drawer_of(record, element) not in open_drawers and element not in FIXED:
            shown[element] = NEUTRAL[element]
    return shown


# ---- the story: people of two houses and what is known of them ----

def label(name):
    return [{"system": LABEL_SYSTEM, "value": name}]


def make_person(chance, name, house):
    person = {"name": name, "house": house, "records": []}
    records = person["records"]

    def add(kind, number, **elements):
        records.append(("%s-%s%d" % (name, kind[:3].lower(), number), dict(resourceType=kind, **elements)))

    person["patient"] = {"resourceType": "Patient", "identifier": label(name), "gender": chance.choice(["female", "male"]),
                         "name": [{"family": chance.choice(["Hadad", "Diallo"]), "given": [name]}],
                         "birthDate": "19%02d-03-04" % chance.randrange(50, 99),
                         "telecom": [{"system": "phone", "value": "0%d" % chance.randrange(10)}],
                         "address": [{"city": chance.choice(["Portville", "Hillside"])}],
                         "maritalStatus": {"coding": [{"code": chance.choice("MSD")}]}, "deceasedBoolean": False}
    if chance.random() < 0.3:
        person["patient"]["deceasedBoolean"] = True
    for i in range(2):
        add("Encounter", i, identifier=label("%s-enc%d" % (name, i)), status=chance.choice(["in-progress", "finished"]),
            **{"class": {"code": chance.choice(["AMB", "EMER"])}}, subject="PERSON",
            serviceProvider={"reference": "Organization/" + organization_id(house)},
            period={"start": "2024-0%d-10" % (i + 1)})
    for i in range(chance.randrange(2, 6)):
        add("Observation", i, identifier=label("%s-obs%d" % (name, i)), status="final", subject="PERSON",
            code={"coding": [{"system": "http://loinc.org", "code": chance.choice(["8310-5", "8867-4"])}]},
            effectiveDateTime="2024-0%d-%02dT10:%02d:00Z" % (i + 1, chance.randrange(1, 28), chance.randrange(60)),
            valueString=chance.choice(["high", "low"]), performer=[{"display": chance.choice(["Ana", "Ben"])}])
    for i, code in enumerate(chance.sample(["F32.1", "J06.9", "I10", "F43.1"], 2)):
        add("Condition", i, identifier=label("%s-con%d" % (name, i)), subject="PERSON",
            code={"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": code}]},
            clinicalStatus={"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical",
                                        "code": "active"}]})
    if chance.random() < 0.7:
        add("Appointment", 0, identifier=label(name + "-app0"), status=chance.choice(["booked", "cancelled"]),
            participant=[{"actor": "PERSON", "status": "accepted"}], serviceType=[{"text": "dressing"}],
            description=chance.choice(["wound", "cough"]))
    if chance.random() < 0.6:
        add("Coverage", 0, identifier=label(name + "-cov0"), status="active", beneficiary="PERSON",
            payor=[{"reference": "Organization/" + organization_id(house)}])
    # Some are changed once, some deleted: versions and GONE must not tell either.
    person["changed"] = [n for n, r in records if r["resourceType"] == "Observation" and chance.random() < 0.3]
    person["deleted"] = [n for n, r in records if r["resourceType"] in ("Observation", "Condition") and
                         n not in person["changed"] and chance.random() < 0.2]
    return person


def make_story():
    chance = random.Random(SEED)
    people = [make_person(chance, "a%d" % i, HARBOUR) for i in range(4)]
    people += [make_person(chance, "b%d" % i, HILL) for i in range(3)]
    people[3]["consent"] = ("deny", HARBOUR)   # she said no to the house that treats her
    people[4]["consent"] = ("permit", HARBOUR)  # she lets the other house in
    return people


class Store:
    """A node with the story in it, as far as `open_drawers(person, for_record)` lets it in; ids by name."""

    def __init__(self, name, story, open_drawers=None):
        self.node, self.ids = Node(), {}
        self.node.load(houses())
        self.node.start()
        for person in story:
            drawers = open_drawers(person) if open_drawers else None
            if open_drawers and not drawers:
                continue
            self._store_person(person, drawers)

    def _store_person(self, person, drawers):
        nurse = self.node.ask("nurse", organization=person["house"])
        billing = self.node.ask("billing", organization=person["house"], purpose="HPAYMT")
        patient = person["patient"] if drawers is None else bare(person["patient"], drawers)
        patient = patient or {e: NEUTRAL.get(e, v) for e, v in person["patient"].items()}
        self.ids[person["name"]] = self._create(nurse, patient)
        for name, record in person["records"]:
            shown = record if drawers is None else bare(record, drawers)
            if not shown:
                continue
            client = billing if record["resourceType"] == "Coverage" else nurse
            self.ids[name] = self._create(client, self._named(shown, person["name"]))
            path = "/fhir/%s/%s" % (record["resourceType"], self.ids[name])
            if name in person["changed"]:
                status = "amended" if shown["status"] == record["status"] else shown["status"]
                changed = dict(self._named(shown, person["name"]), id=self.ids[name], status=status)
                assert client.put(path, changed).status == 200
            if name in person["deleted"]:
                assert client.delete(path).status == 204
        if "consent" in person:
            kind, house = person["consent"]
            self.ids[person["name"] + "-consent"] = self._create(nurse, consent(self.ids[person["name"]], house, kind))

    def _named(self, record, person):
        text = json.dumps(record).replace('"PERSON"', json.dumps({"reference": "Patient/" + self.ids[person]}))
        return json.loads(text)

    @staticmethod
    def _create(client, record):
        answer = client.post("/fhir/" + record["resourceType"], record)
        assert answer.status == 201, (record, answer)
        return answer.id

    def id_of(self, name):
        """What is not in this store has an id that nobody has, always the same."""
        return self.ids.get(name) or hashlib.sha256(("absent " + name).encode()).hexdigest()[:32]


# ---- askers: what each may open of a person, stated by hand from the rules ----

ALL_TREATING = {"identity", "contact", "clinical", "sensitive", "social"}


def nurse_opens(person):
    if person["house"] == HARBOUR:
        return {"identity", "contact", "social"} if person.get("consent") == ("deny", HARBOUR) else ALL_TREATING
    return {"identity"} if person.get("consent") == ("permit", HARBOUR) else set()


def other_nurse_opens(person):
    return ALL_TREATING if person["house"] == HILL else set()


def desk_opens(person):
    return {"identity", "contact"} if person["house"] == HARBOUR else set()


def billing_opens(person):
    return {"coverage"} if person["house"] == HARBOUR else set()


def herself_opens(person):
    return ALL_TREATING | {"coverage", "audit"} if person["name"] == "a0" else set()


def nobody_opens(person):
    return set()


ASKERS = {
    "nurse": (nurse_opens, dict(role="nurse")),
    "physician": (nurse_opens, dict(role="physician")),
    "nurse of the other house": (other_nurse_opens, dict(role="nurse", organization=HILL)),
    "desk": (desk_opens, dict(role="receptionist")),
    "billing": (billing_opens, dict(role="billing", purpose="HPAYMT")),
    "herself": (herself_opens, dict(role="patient", sector="patient", organization="none", purpose="PATRQT")),
    "officer": (nobody_opens, dict(role="officer", sector="immigration", organization="border-office",
                                   purpose="ENFORCE")),
    "mediator": (nobody_opens, dict(role="mediator", sector="community")),
    "nurse without a course": (nobody_opens, dict(role="nurse", training="lapsed")),
}


class Asker:
    """One asker at one store: how ids look to him, and how an answer reads once ids are called by name."""

    def __init__(self, store, credential):
        self.store = store
        credential = dict(credential)
        if credential["role"] == "patient":
            credential["person"] = store.id_of("a0")
        self.client = store.node.ask(**credential)
        self.ids = dict(store.ids) if credential.get("sector", "health") == "health" else {}
        if credential["role"] == "patient":
            self._learn_own_ids()
        self.names = {v: k for k, v in self.ids.items()}

    def _learn_own_ids(self):
        self.ids["a0"] = self.client.get("/api/me").json()["patient"]
        for kind in DRAWERS:
            found = self.client.get("/fhir/%s?patient=%s" % (kind, self.ids["a0"])).json()
            for entry in found.get("entry", []):
                for identifier in entry["resource"].get("identifier", []):
                    self.ids[identifier["value"]] = entry["resource"]["id"]

    def id_of(self, name):
        wire = self.ids.get(name) or self.store.id_of("absent to him " + name)
        self.names[wire] = name
        return wire

    def plain(self, text):
        """Ids by name; times and ports are no part of an answer."""
        text = re.sub(r"[0-9a-f]{32}", lambda m: self.names.get(m.group(), self._absent(m.group())), text)
        text = re.sub(r'"(lastUpdated|timestamp|lastModified)":"[^"]*"', r'"\1":"T"', text)
        return re.sub(r"127\.0\.0\.1:\d+", "HOST", text)

    def _absent(self, wire):
        return "ORGANIZATION" if wire in (organization_id(HARBOUR), organization_id(HILL)) else "ABSENT"

    def ask(self, query):
        """Status, headers and body, comparable; a search with all its pages."""
        method, path, body = query
        filled = re.sub(r"\{([\w-]+)\}", lambda m: self.id_of(m.group(1)), path)
        sent = body and re.sub(r"\{([\w-]+)\}", lambda m: self.id_of(m.group(1)), body)
        form = {"Content-Type": "application/x-www-form-urlencoded" if "_search" in path else "application/fhir+json"}
        answer = self.client.request(method, filled, sent, form if body is not None else None)
        said = [(answer.status, self._headers(answer), self._body(answer))]
        for _ in range(40):
            following = self._next(answer)
            if not following:
                break
            answer = self.client.get(following)
            said.append((answer.status, self._headers(answer), self._body(answer)))
        return self._without_order(path, said)

    def _headers(self, answer):
        return {k: self.plain(v) for k, v in answer.headers.items() if k not in (
            "date", "last-modified", "content-length", "x-request-id")}

    def _body(self, answer):
        return json.loads(self.plain(answer.text)) if answer.body else None

    @staticmethod
    def _next(answer):
        if answer.status != 200:
            return None
        bundle = json.loads(answer.body)
        links = {link["relation"]: link["url"] for link in bundle.get("link", [])}
        return "/fhir/" + links["next"].split("/fhir/")[1] if "next" in links else None

    @staticmethod
    def _without_order(path, said):
        """Unsorted hits come by their inner ids, which are random: sizes of pages stay, hits become a set."""
        hits, pages = [], []
        for status, headers, body in said:
            if body and body.get("type") == "searchset":
                entries = body.pop("entry", [])
                hits += [json.dumps(e, sort_keys=True) for e in entries]
                body["size"] = len(entries)
            pages.append((status, headers, body))
        return pages, hits if "_sort" in path else sorted(hits)


# ---- random queries ----

def random_search(chance, story):
    kind = chance.choice(list(DRAWERS))
    terms = {
        "Patient": ["family=Hadad", "identifier=%s|a1" % LABEL_SYSTEM, "name=a2", "gender=female", "deceased=true",
                    "address-city=Portville", "phone=05"],
        "Encounter": ["status=in-progress", "class=EMER", "identifier=%s|a1-enc0" % LABEL_SYSTEM, "date=2024-01-10",
                      "service-provider=Organization/" + organization_id(chance.choice([HARBOUR, HILL]))],
        "Observation": ["code=http://loinc.org|8310-5", "code=8867-4", "value-string=high", "status=final",
                        "date=gt2024-02-01", "identifier=%s|a0-obs0" % LABEL_SYSTEM],
        "Condition": ["code=http://hl7.org/fhir/sid/icd-10|F32.1", "code=J06.9", "clinical-status=active"],
        "Appointment": ["status=booked", "status=cancelled", "date=gt2000"],
        "Coverage": ["status=active", "payor=Organization/" + organization_id(HARBOUR)],
        "Consent": ["status=active", "actor=Organization/" + organization_id(HARBOUR)],
    }[kind]
    chosen = chance.sample(terms, chance.randrange(0, min(3, len(terms)) + 1))
    if chance.random() < 0.75:
        chosen.append("patient={%s}" % chance.choice(story)["name"] if kind != "Patient" else
                      "_id={%s}" % chance.choice(story)["name"])
    if chance.random() < 0.5:
        chosen.append("_count=%d" % chance.randrange(0, 4))
    if kind == "Observation" and chance.random() < 0.4:
        chosen.append("_sort=" + chance.choice(["date", "-date"]))
    if chance.random() < 0.05:
        chosen.append("no-such-parameter=1")
    if chance.random() < 0.1:
        chosen.append("_total=accurate")
    query = "&".join(urllib.parse.quote(term, safe="={}/:|") for term in chosen)
    if chance.random() < 0.2:
        return "POST", "/fhir/%s/_search" % kind, query
    return "GET", "/fhir/%s?%s" % (kind, query), None


def random_name(chance, story):
    person = chance.choice(story)
    if chance.random() < 0.2:
        return "Patient", person["name"]
    if "consent" in person and chance.random() < 0.15:
        return "Consent", person["name"] + "-consent"
    name, record = chance.choice(person["records"])
    return record["resourceType"], name


def random_read(chance, story):
    kind, name = random_name(chance, story)
    if chance.random() < 0.05:
        kind = chance.choice(list(DRAWERS))  # the right id below a wrong type
    after = chance.choice(["", "", "", "/_history", "/_history/1", "/_history/2", "/_history/9"])
    return "GET", "/fhir/%s/{%s}%s" % (kind, name, after), None


def random_write(chance, story):
    """Writes that must fail alike, because they change nothing: of a version that never was, or not understood."""
    kind, name = random_name(chance, story)
    return chance.choice([
        ("PATCH", "/fhir/%s/{%s}" % (kind, name), '[{"op":"test","path":"/resourceType","value":"Nothing"}]'),
        ("PUT", "/fhir/%s/{%s}" % (kind, name), '{"resourceType":"%s"}' % kind),
    ])


def random_batch(chance, story):
    entries = [random_read(chance, story) if chance.random() < 0.6 else random_search(chance, story)
               for _ in range(4)]
    urls = [path[len("/fhir/"):] for method, path, _ in entries if method == "GET"]
    urls = [url for url in urls if "?" not in url or "_sort" in url or "_count=0" in url]
    return "POST", "/fhir", json.dumps({"resourceType": "Bundle", "type": "batch", "entry": [
        {"request": {"method": "GET", "url": url}} for url in urls]}) if urls else '{"resourceType":"Bundle"}'


def random_query(chance, story):
    return chance.choices([random_search, random_read, random_write, random_batch], [50, 35, 7, 8])[0](chance, story)


class TwoStores(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not BINARY:
            raise unittest.SkipTest("HOSPITIUM_BINARY does not name the program")
        cls.story = make_story()
        cls.stores = []
        cls.full = cls.made(Store("full", cls.story))

    @classmethod
    def made(cls, store):
        cls.stores.append(store)
        return store

    @classmethod
    def tearDownClass(cls):
        for store in cls.stores:
            store.node.close()

    def compare(self, name):
        opens, credential = ASKERS[name]
        less = self.made(Store("bare", self.story, opens))
        full, bare_asker = Asker(self.full, credential), Asker(less, credential)
        # A name of the full store that the bare one lacks stands for an id that exists, there: that is the point.
        full.ids = {**self.full.ids, **full.ids}
        chance = random.Random("%d %s" % (SEED, name))
        answered = 0
        for number in range(QUERIES):
            query = random_query(chance, self.story)
            with self.subTest(query=number):
                left, right = full.ask(query), bare_asker.ask(query)
                self.maxDiff = 4000
                self.assertEqual(left, right, "%r" % (query,))
                body = left[0][0][2] or {}
                answered += bool(left[1]) or body.get("resourceType") in DRAWERS or body.get("type") == "history"
        return answered

    def test_a_nurse_learns_nothing_of_what_is_closed_to_her(self):
        self.assertGreater(self.compare("nurse"), 5)

    def test_a_physician_learns_nothing_of_what_a_patient_has_closed(self):
        self.assertGreater(self.compare("physician"), 5)

    def test_the_other_house_learns_nothing_of_this_one(self):
        self.assertGreater(self.compare("nurse of the other house"), 3)

    def test_the_desk_learns_nothing_of_findings(self):
        self.assertGreater(self.compare("desk"), 3)

    def test_billing_learns_nothing_but_who_pays(self):
        self.assertGreater(self.compare("billing"), 0)

    def test_a_patient_learns_nothing_of_others(self):
        self.assertGreater(self.compare("herself"), 3)

    def test_an_officer_learns_nothing(self):
        self.assertEqual(self.compare("officer"), 0)

    def test_a_mediator_learns_nothing_from_records(self):
        self.assertEqual(self.compare("mediator"), 0)

    def test_somebody_whose_course_has_lapsed_learns_nothing(self):
        self.assertEqual(self.compare("nurse without a course"), 0)

    def test_absent_and_forbidden_ids_answer_alike_to_the_byte(self):
        # One node: the raw answers (all but the date) for an id that exists and for one that nobody has.
        def raw(client, method, path, body=None):
            answer = client.request(method, path, body, {"Content-Type": "application/fhir+json"} if body else None)
            return answer.status, {k: v for k, v in answer.headers.items() if k not in ("date", "x-request-id")}, answer.body

        tried = 0
        for name, (opens, credential) in ASKERS.items():
            if credential["role"] == "patient":
                credential = dict(credential, person=self.full.id_of("a0"))
            client = self.full.node.ask(**credential)
            for person in self.story:
                # Whole records that are closed; of a person of whom nothing is open, all of them and she herself.
                closed = [(r["resourceType"], n) for n, r in person["records"] if not bare(r, opens(person))]
                if not opens(person):
                    closed.append(("Patient", person["name"]))
                for kind, record in closed:
                    there, absent = self.full.ids[record], hashlib.sha256(record.encode()).hexdigest()[:32]
                    for method, after, body in (("GET", "", None), ("GET", "/_history", None),
                                                ("GET", "/_history/1", None), ("GET", "/_history/9", None),
                                                ("DELETE", "", None), ("PATCH", "", b"[]")):
                        path = "/fhir/%s/%%s%s" % (kind, after)
                        with self.subTest(asker=name, method=method, path=path, record=record):
                            self.assertEqual(raw(client, method, path % there, body),
                                             raw(client, method, path % absent, body))
                        tried += 1
        self.assertGreater(tried, 500)


if __name__ == "__main__":
    unittest.main()
