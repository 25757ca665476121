# SPDX-License-Identifier: Apache-2.0
"""A canary in every record: nothing comes out of a running node by any route or command but what an entry of its log, read
raw from the disk when the answer came, permitted to that very asker of that very person.

Each element of each type of four persons is a word of its own (canary.py). Everybody asks for everything (askers.py); the
lists of routes and commands are the program's own, so a new one that is not walked here fails. An answer names its request
(X-Request-Id), the entry names it too, and the log is opened with the oversight body's key alone (journal.py). What the
entry says is held, in turn, against the joint standard as this test reads it (disclosure.py).
"""
import datetime
import json
import os
import random
import re
import sqlite3
import subprocess
import unittest

from askers import Asker, Control, WireIds, words
from canary import CANARY, DRAWERS, SOURCE, Book, personal_types
from disclosure import outcome
from harness import BINARY, CARE_QUESTION, HARBOUR, HILL, Node, SystemTest, consent, houses, organization_id, wait_until
from journal import Journal
from secrets_test import keys_of_ring

ALL = os.environ.get("HOSPITIUM_FIRE") == "all"
SEED = int(os.environ.get("HOSPITIUM_SEED", "4711"))
RESTRICTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
ACTOR = re.compile(r"qz-[a-z-]+")
ORDERED = {"authority": "City Police", "officer": "Inspector Gray", "law": "Police Act", "article": "1", "case": "C-1",
           "drawers": ["identity", "contact"], "name": "Cnry Anna", "born": "2026-01-02",
           "expires": (datetime.date.today() + datetime.timedelta(days=30)).isoformat()}
PARAMETERS = {"resourceType": "Parameters"}

# What is known of each person at HARBOUR and at HILL, as the records that are written below state it.
FACTS = {
    "anna": {HARBOUR: ("open_encounter", "none"), HILL: ("none", "none")},
    "bela": {HARBOUR: ("past", "none"), HILL: ("none", "permit")},
    "carla": {HARBOUR: ("open_encounter", "deny"), HILL: ("none", "none")},
    "dora": {HARBOUR: ("none", "none"), HILL: ("open_encounter", "none")},
}


class World:
    """A node with four persons, a canary in each element of theirs."""

    def __init__(self):
        self.book = Book()
        self.node = Node()
        self.node.load(houses())
        self.node.start()
        self.control = Control(self.node)
        self.journal = Journal(self.node.directory)
        self.wires = WireIds(keys_of_ring(self.node))
        self.persons, self.resources = {}, {}  # name -> inside id; (name, type) -> inside ids
        self.import_token = self.control.token("import-1", "administrator", "health", "HOPERAT", "registry")
        for name in FACTS:
            self.add(name)
        self.open_order_route()

    def open_order_route(self):
        """Three keys and a law, so that there are rows for orders, and one order about anna that nobody has decided."""
        node, path = self.node, lambda name: os.path.join(self.node.home, name)
        bodies = ("oversight", "community", "health")
        for name in bodies + ("statute",):
            with open(path(name + ".vkey"), "wb") as file:
                file.write(b"A law.\n" if name == "statute" else node.command("approver", name, path(name + ".key")).stdout)
        node.command("order", "keys", node.directory, *(w for n in bodies for w in ("--" + n, path(n + ".vkey"))), "--out",
                     path("order-keys"))
        node.command("order", "keys", node.directory, path("order-keys"))
        node.command("order", "law", node.directory, "--jurisdiction", "Exampleland", "--law", "Police Act", "--article", "1",
                     "--text", path("statute.vkey"), "--sectors", "lawenforcement", "--drawers", "identity,contact", "--seal",
                     "180", "--days", "300", "--out", path("order-law"))
        for name in bodies:
            node.command("order", "sign", path("order-law"), "--key", path(name + ".key"))
        node.command("order", "law", node.directory, path("order-law"))
        officer = node.client(self.control.token("inspector", "officer", "lawenforcement", "ENFORCE", "police"))
        taken = officer.post("/api/orders", ORDERED)
        assert taken.status in (200, 201, 202), taken
        self.order = taken.json().get("order", "0" * 32)

    def _facts(self, name, record):
        """Gives a record the facts that it states of this person."""
        if record["resourceType"] == "Encounter":
            open_at = next((h for h in (HARBOUR, HILL) if FACTS[name][h][0] == "open_encounter"), None)
            return dict(record, status="in-progress" if open_at else "finished", subject=record["subject"],
                        serviceProvider={"reference": "Organization/" + organization_id(open_at or HARBOUR)},
                        **{"class": {"code": "AMB"}})
        if record["resourceType"] == "Consent":
            house, kind = next(((h, c) for h, (_, c) in FACTS[name].items() if c != "none"), (HILL, "permit"))
            said = consent("x", house, kind, "active" if any(c != "none" for _, c in FACTS[name].values()) else "inactive")
            return dict(record, **dict(said, patient=record["patient"]))
        return record

    def add(self, name):
        records = [dict(self.book.record("Patient", name, ""))]
        for kind in personal_types():
            if kind == "Patient":
                continue
            for sensitive in (None, RESTRICTED) if self.book.moves[kind] else (None,):
                leave = {"serviceProvider", "class"} if kind == "Encounter" else set()
                if kind == "Provenance":
                    leave = {"entity"}
                record = self.book.record(kind, name, "urn:x:0", sensitive, leave)
                if kind == "Encounter":
                    record["subject"] = {"reference": "urn:x:0"}
                if kind == "Consent":
                    record["patient"] = {"reference": "urn:x:0"}
                records.append(self._facts(name, record))
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [
            {"fullUrl": "urn:x:%d" % i, "resource": r, "request": {"method": "POST", "url": r["resourceType"]}}
            for i, r in enumerate(records)]}
        answer = self.node.client(self.import_token).post("/fhir", bundle)
        assert answer.status == 200, answer
        for entry in answer.json()["entry"]:
            kind, wire = entry["response"]["location"].split("/fhir/")[-1].split("/")[:2]
            inside = self.wires.inside("health", wire)
            self.resources.setdefault((name, kind), []).append(inside)
            if kind == "Patient":
                self.persons[name] = inside

    def id(self, asker, name, kind="Patient", number=0):
        """As the asker's sector sees it; of somebody without a credential, as health does."""
        inside = self.resources[name, kind][number % len(self.resources[name, kind])]
        return self.wires.wire(asker.sector or "health", inside)

    def close(self):
        self.control.close()
        self.node.close()


class Judge:
    """Holds each answer against the raw log as it lies on the disk when the answer has come."""

    def __init__(self, world):
        self.world, self.found, self.answers, self.seen, self.wrong = world, 0, 0, set(), []

    def entries_of(self, asker, number):
        return [e for e in self.world.journal.read()[-4096:]
                if e.event.get("request") == number and e.looker.get("actor") == asker.name]

    def rules_allow(self, asker, person, drawer):
        """By the joint standard as this test reads it, for any action that shows something."""
        if asker.closed:
            return False
        relation, kind = FACTS[person].get(asker.organization, ("none", "none"))
        self_ = "yes" if asker.person == person else "no"
        for action in ("read", "search", "match"):
            # Who is here now is matched against everybody: the relation is with the one matched for.
            near = {relation} | ({"open_encounter"} if action == "match" else set())
            for glass in ("no", "active") if asker.purpose == "ETREAT" else ("no",):
                for one in near:
                    if outcome(asker.sector, asker.role, asker.purpose, action, drawer, one, kind, glass, self_,
                               asker.training) != "NONE":
                        return True
        return False

    def judge(self, asker, what, answer, sent=""):
        self.answers += 1
        text = answer.body.decode("utf-8", "replace") + repr(answer.headers)
        # Who works here is told to nobody but oversight, and to each of herself.
        if asker.sector != "oversight" and set(ACTOR.findall(text)) - {asker.name}:
            self.wrong.append("%s told %s the names of others" % (what, asker))
        told = set(CANARY.findall(text)) - set(CANARY.findall(sent))
        if not told:
            return
        entries = self.entries_of(asker, answer.header("x-request-id"))
        for canary in told:
            self.found += 1
            self.seen.add(canary)
            person, drawer, where = self.world.book.of[canary]
            inside = self.world.persons[person]
            if not any(drawer in e.opened_of(inside) for e in entries):
                self.wrong.append("%s: %s told %s of %s (%s); its entries: %s" % (
                    what, asker, where, person, drawer, [(e.index, e.event.get("opened")) for e in entries]))
            elif not self.rules_allow(asker, person, drawer):
                self.wrong.append("%s: the rules do not allow %s %s of %s (%s)" % (what, asker, where, person, drawer))


def program_routes(world):
    """[(method, path)] of the program: what it says of itself, and the control socket's, which it does not say aloud."""
    said = world.node.client().get("/api/openapi.json").json()["paths"]
    routes = {(method.upper(), path) for path, methods in said.items() for method in methods}
    with open(os.path.join(SOURCE, "rest", "routes.def"), encoding="utf-8") as file:
        rows = re.findall(r'^ROUTE\((\w+), "([^"]+)", \w+, (\w+)', file.read(), re.M)
    # {rest} and {asset} stand in OpenAPI as they do in the table.
    assert {(m, p) for m, p, permission in rows if permission != "CONTROL"} == routes, "the table and OpenAPI differ"
    return routes, {(m, p) for m, p, permission in rows if permission == "CONTROL"}


# ---- the walk: how each route is asked, by its row; each gives (method, path, body, headers) ----

FHIR_BODY = {"Content-Type": "application/fhir+json"}
JSON_BODY = {"Content-Type": "application/json"}
FORM_BODY = {"Content-Type": "application/x-www-form-urlencoded"}
PATCH_BODY = {"Content-Type": "application/json-patch+json"}
BAD = "%7B%22zz"


def plain(path, method="GET", body=None, headers=None):
    return lambda walk: [(method, path, body, headers or {})]


def each_resource(suffix="", method="GET", query=("",)):
    def ways(walk):
        for name, kind in walk.targets():
            for number in range(2):
                for end in query:
                    yield method, "/fhir/%s/%s%s%s" % (kind, walk.id(name, kind, number), suffix, end), None, {}
    return ways


def searches(walk):
    for name, kind in walk.targets():
        person = walk.id(name)
        if kind == "Patient":
            yield "GET", "/fhir/Patient?_id=" + person, None, {}
            yield "GET", "/fhir/Patient?gender=male,female,other,unknown&_count=50", None, {}
            yield "GET", "/fhir/Patient?name=%s" % walk.canary_of(name, "Patient.name"), None, {}
        else:
            yield "GET", "/fhir/%s?patient=%s&_count=50" % (kind, person), None, {}
        yield "GET", "/fhir/%s?_id=%s" % (kind, walk.id(name, kind, 1)), None, {}
        yield "GET", "/fhir/%s?patient=%s" % (kind, "0" * 32), None, {}  # nobody: no result
        yield "GET", "/fhir/%s?status=%s&code=nothing" % (kind, BAD), None, {}


def posted_searches(walk):
    for name, kind in walk.targets():
        yield "POST", "/fhir/%s/_search" % kind, "patient=" + walk.id(name), FORM_BODY


def created(walk):
    for name, _ in walk.targets(1):
        yield "POST", "/fhir/Observation", walk.observation(name), FHIR_BODY
        yield "POST", "/fhir/Patient", {"resourceType": "Patient", "gender": "female"}, FHIR_BODY
        yield "POST", "/fhir/Condition", {"resourceType": "Condition", "code": 7}, FHIR_BODY


def replaced(walk):
    for name, _ in walk.targets():
        target = walk.id(name, "Observation")
        yield "PUT", "/fhir/Observation/" + target, dict(walk.observation(name), id=target, status="bad"), FHIR_BODY
        yield "PUT", "/fhir/Condition/" + walk.id(name, "Condition"), {"resourceType": "Condition"}, FHIR_BODY


def patched(walk):
    for name, kind in walk.targets():
        for change in ([{"op": "test", "path": "/status", "value": "nothing"}], [{"op": "copy", "from": "/note", "path": "/x"}],
                       [{"op": "move", "from": "/zz", "path": "/id"}], {"no": "list"}):
            yield "PATCH", "/fhir/%s/%s" % (kind, walk.id(name, kind)), change, PATCH_BODY


def deleted(walk):
    for name, _ in walk.targets():
        # With a version that it does not have: decided and answered, and the record stays for those who come after.
        yield "DELETE", "/fhir/Goal/" + walk.id(name, "Goal"), None, {"If-Match": 'W/"77"'}


def matched(walk):
    for name, _ in walk.targets():
        resource = {"resourceType": "Patient", "id": walk.id(name), "gender": "female", "birthDate": "2026-01-02",
                    "name": [{"family": walk.canary_of("anna", "Patient.name")}]}
        yield ("POST", "/fhir/Patient/$match", dict(PARAMETERS, parameter=[
            {"name": "resource", "resource": resource}, {"name": "count", "valueInteger": 20}]), FHIR_BODY)


def summaries(walk):
    return [("GET", "/fhir/Patient/%s/$summary" % walk.id(name), None, {}) for name, _ in walk.targets()]


def glass(walk):
    for name, _ in walk.targets(1):
        yield ("POST", "/fhir/Patient/%s/$break-glass" % walk.id(name), dict(PARAMETERS, parameter=[
            {"name": "reason", "valueString": "unconscious, nobody with her"}]), FHIR_BODY)


def bundles(walk):
    Walk.turn += 1
    entries = [{"request": {"method": "GET", "url": "%s/%s" % (kind, walk.id(name, kind, Walk.turn))}}
               for name in FACTS for kind in personal_types()]
    entries += [{"request": {"method": "GET", "url": "%s?patient=%s" % (kind, walk.id(name))}}
                for name in list(FACTS)[Walk.turn % 4:][:1] for kind in personal_types() if kind != "Patient"]
    yield "POST", "/fhir", {"resourceType": "Bundle", "type": "batch", "entry": entries}, FHIR_BODY
    for name, _ in walk.targets(1):
        yield ("POST", "/fhir", {"resourceType": "Bundle", "type": "transaction", "entry": [
            {"resource": walk.observation(name), "request": {"method": "POST", "url": "Observation"}}]}, FHIR_BODY)


def audit_events(walk):
    yield "GET", "/fhir/AuditEvent", None, {}
    for name, _ in walk.targets():
        yield "GET", "/fhir/AuditEvent?patient=" + walk.id(name), None, {}


def audit_event(walk):
    for name, _ in walk.targets():
        yield "GET", "/fhir/AuditEvent/%d?patient=%s" % (walk.entry(name), walk.id(name)), None, {}


def accesses(suffix=""):
    def ways(walk):
        for name, _ in walk.targets():
            end = suffix.replace("{entry}", str(walk.entry(name)))
            yield "GET", "/api/persons/%s/accesses%s" % (walk.id(name), end), None, {}
    return ways


def own(path):
    return lambda walk: [("GET", path.replace("{entry}", str(walk.entry("anna"))), None, {})]


def order(verb, body=None):
    """Of the order that lies there, and of one that does not."""
    method = "GET" if body is None else "POST"
    return lambda walk: [(method, "/api/orders/%s%s" % (number, verb), body, JSON_BODY)
                         for number in (walk.world.order, "0" * 32)]


def erased(walk):
    # Somebody who is not there; erasing is asked of real persons at the end (test below).
    return [("DELETE", "/api/persons/" + "0" * 31 + "1", None, {})]


WALK = {
    ("GET", "/livez"): plain("/livez"), ("GET", "/readyz"): plain("/readyz"), ("GET", "/metrics"): plain("/metrics"),
    ("GET", "/.well-known/smart-configuration"): plain("/.well-known/smart-configuration"),
    ("GET", "/api/openapi.json"): plain("/api/openapi.json"), ("GET", "/fhir/metadata"): plain("/fhir/metadata"),
    ("POST", "/fhir"): bundles, ("POST", "/fhir/Patient/$match"): matched,
    ("GET", "/fhir/Patient/{id}/$summary"): summaries, ("POST", "/fhir/Patient/{id}/$break-glass"): glass,
    ("GET", "/fhir/AuditEvent"): audit_events, ("GET", "/fhir/AuditEvent/{entry}"): audit_event,
    ("POST", "/fhir/{type}/_search"): posted_searches,
    ("GET", "/fhir/{type}/{id}/_history/{version}"): each_resource("/_history/", query=("1", "2", "x")),
    ("GET", "/fhir/{type}/{id}/_history"): each_resource("/_history"),
    ("GET", "/fhir/{type}/{id}"): each_resource(query=("", "?_summary=true", "?zz=1")),
    ("PUT", "/fhir/{type}/{id}"): replaced, ("PATCH", "/fhir/{type}/{id}"): patched,
    ("DELETE", "/fhir/{type}/{id}"): deleted, ("GET", "/fhir/{type}"): searches, ("POST", "/fhir/{type}"): created,
    ("POST", "/api/care"): plain("/api/care", "POST", CARE_QUESTION, JSON_BODY), ("GET", "/api/me"): plain("/api/me"),
    ("GET", "/api/persons/{id}/accesses"): accesses(),
    ("GET", "/api/persons/{id}/accesses/{entry}/proof"): accesses("/{entry}/proof"),
    ("GET", "/api/accesses"): plain("/api/accesses"), ("GET", "/api/accesses/{entry}/proof"): own("/api/accesses/{entry}/proof"),
    ("GET", "/api/reviews"): plain("/api/reviews"),
    ("POST", "/api/reviews/{entry}"): plain("/api/reviews/999999", "POST", {"verdict": "justified", "note": "seen the ward"},
                                            JSON_BODY),
    ("DELETE", "/api/persons/{id}"): erased, ("GET", "/api/suspensions"): plain("/api/suspensions"),
    ("POST", "/api/suspensions"): plain("/api/suspensions", "POST", {"actor": "nobody-here", "reason": "a walk of routes"},
                                        JSON_BODY),
    ("DELETE", "/api/suspensions/{number}"): plain("/api/suspensions/999999", "DELETE", {"reason": "cleared by inquiry"},
                                                   JSON_BODY),
    ("GET", "/api/evidence"): plain("/api/evidence?about=a+walk+of+routes"),
    ("POST", "/api/orders"): lambda walk: [("POST", "/api/orders", dict(ORDERED, case=walk.asker.name), JSON_BODY)],
    ("GET", "/api/orders"): plain("/api/orders"), ("GET", "/api/orders/{order}"): order(""),
    ("POST", "/api/orders/{order}/match"): order("/match", {}), ("POST", "/api/orders/{order}/release"): order("/release", {}),
    ("POST", "/api/orders/{order}/refuse"): order("/refuse", {"reason": ""}),
    ("POST", "/api/orders/{order}/tell"): order("/tell", {"reason": ""}),
    ("GET", "/log/{log}/checkpoint"): lambda walk: [("GET", "/log/%s/checkpoint" % l, None, {}) for l in ("access", "public")],
    ("GET", "/log/{log}/key"): lambda walk: [("GET", "/log/%s/key" % l, None, {}) for l in ("access", "public")],
    ("GET", "/log/public/proof/{index}"): plain("/log/public/proof/0"),
    ("GET", "/log/{log}/tile/{rest}"): lambda walk: [("GET", "/log/%s/tile/%s" % (l, t), None, {}) for l in ("access", "public")
                                                    for t in ("0/000", "entries/000", "entries/000.p/3", "0/000.p/5")],
    ("GET", "/"): plain("/"), ("GET", "/care"): plain("/care"),
    ("POST", "/care/answer"): plain("/care/answer", "POST", "whom=child&service=child&urgency=urgent&age=4", FORM_BODY),
    ("POST", "/care/slip"): plain("/care/slip", "POST", "service=child", FORM_BODY),
    ("GET", "/rules"): plain("/rules"), ("GET", "/rules/{file}"): plain("/rules/belgium.json"),
    ("GET", "/access"): plain("/access"), ("GET", "/access/{entry}/proof"): own("/access/{entry}/proof"),
    ("GET", "/staff"): plain("/staff"), ("GET", "/sign-in"): plain("/sign-in"),
    ("POST", "/sign-in"): lambda walk: [("POST", "/sign-in", "code=" + (walk.asker.token or "none"), FORM_BODY)],
    ("GET", "/staff/sign-in"): plain("/staff/sign-in"),
    ("POST", "/staff/sign-in"): lambda walk: [("POST", "/staff/sign-in", "code=" + (walk.asker.token or "none"), FORM_BODY)],
    ("POST", "/sign-out"): plain("/sign-out", "POST", "", FORM_BODY), ("GET", "/{asset}"): plain("/style.css"),
}


class Walk:
    """One asker on her way through every route; each asker begins elsewhere in the list of types."""

    turn = 0

    def __init__(self, world, asker, width=4):
        self.world, self.asker, self.width = world, asker, width
        self.kinds = list(personal_types())

    def targets(self, count=None):
        """Some persons and types, others at each call."""
        for _ in range(count or self.width):
            Walk.turn += 1
            yield list(FACTS)[Walk.turn % len(FACTS)], self.kinds[Walk.turn // len(FACTS) % len(self.kinds)]

    def id(self, name, kind="Patient", number=0):
        return self.world.id(self.asker, name, kind, number)

    def canary_of(self, name, where):
        return next(c for c, (p, _, w) in self.world.book.of.items() if (p, w) == (name, where))

    def entry(self, name):
        inside = self.world.persons[name]
        return next((e.index for e in self.world.journal.entries[-400:] if e.place_of(inside) is not None), 0)

    def observation(self, name):
        return {"resourceType": "Observation", "status": "final", "code": {"text": "seen on a walk"},
                "subject": {"reference": "Patient/" + self.id(name)}}

    def ways(self, routes):
        for route in sorted(routes):
            yield from (("%s %s" % route,) + way for way in WALK[route](self))


class Canary(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not BINARY:
            raise unittest.SkipTest("HOSPITIUM_BINARY does not name the program")
        cls.world = World()
        cls.node = cls.world.node
        cls.random = random.Random(SEED)

    @classmethod
    def tearDownClass(cls):
        cls.world.close()

    # ---- askers ----

    def asker(self, name, sector, role, purpose, **more):
        name = "qz-" + name
        issued = {k: more[k] for k in ("organization", "training", "ttl") if k in more}
        person = more.get("person")
        if person:
            issued["person"] = self.world.wires.wire("health", self.world.persons[person])
        token = self.world.control.token(name, role, sector, purpose, **issued)
        return Asker(self.node, name, token, sector, role, purpose, more.get("organization", HARBOUR),
                     more.get("training", "current"), person, more.get("headers"))

    def everybody(self):
        """One credential for each sector, role and purpose."""
        for sector in words("sector"):
            for role in words("role"):
                for purpose in words("purpose"):
                    yield self.asker("%s-%s-%s" % (sector, role, purpose), sector, role, purpose)

    def chosen(self):
        """Those for whom the rules open something, at both houses, and some for whom they open nothing."""
        for house in (HARBOUR, HILL):
            for sector, role, purpose in (
                    ("health", "physician", "TREAT"), ("health", "nurse", "ETREAT"), ("health", "midwife", "CAREMGT"),
                    ("health", "receptionist", "TREAT"), ("community", "mediator", "TREAT"), ("social", "socialworker", "CAREMGT"),
                    ("health", "billing", "HPAYMT"), ("oversight", "overseer", "HOPERAT"),
                    ("health", "administrator", "HOPERAT"), ("immigration", "officer", "ENFORCE"),
                    ("publichealth", "planner", "PUBHLTH"), ("lawenforcement", "physician", "TREAT")):
                yield self.asker("%s-%s-%s-at-%s" % (sector, role, purpose, house), sector, role, purpose, organization=house)
        for name in FACTS:
            yield self.asker("herself-" + name, "patient", "patient", "PATRQT", person=name, organization="none")
        yield self.asker("lapsed", "health", "nurse", "TREAT", training="lapsed")
        yield self.asker("by-cookie", "health", "nurse", "TREAT")

    def closed(self):
        """Those to whom nothing may be told at all."""
        yield Asker(self.node, "nobody")
        yield Asker(self.node, "forger", "hsp1_" + "A" * 300)
        revoked = self.asker("revoked", "health", "nurse", "TREAT")
        self.assertEqual(revoked.client.get("/fhir/Patient/" + self.world.id(revoked, "anna")).status, 200)
        self.node.command("revoke", self.node.directory, revoked.token)
        expired = self.asker("expired", "health", "nurse", "TREAT", ttl=1)
        self.assertTrue(wait_until(lambda: expired.client.get("/api/me").status == 401))
        suspended = self.asker("suspended", "health", "nurse", "TREAT")
        overseer = self.asker("suspender", "oversight", "overseer", "HOPERAT")
        self.assertEqual(overseer.client.post("/api/suspensions", {"actor": "qz-suspended", "reason": "a test of it"}).status, 201)
        twisted = self.asker("twisted", "health", "nurse", "TREAT")
        place = len(twisted.token) // 2
        twisted.token = twisted.token[:place] + ("A" if twisted.token[place] != "A" else "B") + twisted.token[place + 1:]
        twisted.client.token = twisted.token
        for asker in (revoked, expired, suspended, twisted):
            asker.closed = True
            yield asker

    def ask(self, judge, asker, what, method, path, body, headers):
        if asker.name == "qz-by-cookie":
            asker.client.token = None
            headers = dict(headers, Cookie="hospitium=" + asker.token)
        answer = asker.client.request(method, path, body.encode() if isinstance(body, str) else body, headers)
        self.assertNotEqual(answer.status, 500, "%s %s: %s" % (method, path, answer))
        judge.judge(asker, "%s [%s %s]" % (what, method, path[:80]), answer, path + json.dumps(body))
        return answer

    def hold(self, judge):
        self.assertEqual(judge.wrong[:8], [], "%d of %d canaries without an entry" % (len(judge.wrong), judge.found))

    # ---- routes ----

    def test_every_route_is_walked_by_every_kind_of_asker(self):
        routes, control = program_routes(self.world)
        self.assertEqual(routes - set(WALK), set(), "a route of the program that nobody walks")
        self.assertEqual(set(WALK) - routes, set(), "a route that the program does not have any more")
        judge = Judge(self.world)
        askers = list(self.chosen())
        for asker in askers:
            for way in Walk(self.world, asker).ways(routes):
                self.ask(judge, asker, *way)
            if asker.person:  # all of her own record
                everything = [{"request": {"method": "GET", "url": "%s/%s" % (kind, self.world.id(asker, asker.person, kind, n))}}
                              for kind in personal_types() for n in range(2)]
                self.ask(judge, asker, "all of hers", "POST", "/fhir", {"resourceType": "Bundle", "type": "batch",
                                                                     "entry": everything}, FHIR_BODY)
        told = judge.found
        for asker in self.closed():
            for way in Walk(self.world, asker).ways(routes):
                self.ask(judge, asker, *way)
            for method, path in control:  # over TCP there is no control socket
                answer = asker.client.request(method, re.sub("{\\w+}", "0", path), None if method == "GET" else b"{}", JSON_BODY)
                self.assertEqual(answer.status, 404, path)
                judge.judge(asker, path, answer)
        self.assertEqual(judge.found, told, "somebody without a valid credential was told something")
        self.hold(judge)
        self.assertGreater(judge.found, 10000)
        # The walk finds what there is: each canary came out to somebody, but for those that nobody may read.
        unseen = {self.world.book.of[c][1:] for c in set(self.world.book.of) - judge.seen}
        self.assertEqual(unseen, set())
        print("\n%d answers, %d canaries told, each with its entry" % (judge.answers, judge.found), end=" ")

    def test_every_sector_role_and_purpose_asks(self):
        judge = Judge(self.world)
        routes, _ = program_routes(self.world)
        for asker in self.everybody():
            walk = Walk(self.world, asker, 1)
            if ALL:
                for way in walk.ways(routes):
                    self.ask(judge, asker, *way)
                asker.client.close()
                continue
            name, kind = next(walk.targets(1))
            for path in ("/fhir/Patient/" + walk.id("anna"), "/fhir/%s/%s" % (kind, walk.id(name, kind)),
                         "/fhir/%s?patient=%s" % (kind, walk.id("anna"))):
                self.ask(judge, asker, "everybody", "GET", path, None, {})
            asker.client.close()
        self.hold(judge)
        self.assertGreater(judge.found, 100)

    # ---- commands ----

    def test_every_command_is_run(self):
        listed = re.findall(r"^  (\w+) ", self.node.command("help").stdout.decode(), re.M)
        commands = CommandsRun(self)
        self.assertEqual(set(listed) - set(commands.table), set(), "a command of the program that nobody runs")
        self.assertEqual(set(commands.table) - set(listed), set())
        for name in listed:
            for arguments, more in commands.table[name]:
                done = self.node.command(name, *arguments, check=False, **more)
                out = (done.stdout + done.stderr).decode("utf-8", "replace")
                self.assertEqual(CANARY.findall(out), [], "%s %s" % (name, arguments))
        self.export()
        self.nothing_in_plain()

    def export(self):
        """The one command that tells something: what its token may have, with an entry of that token."""
        judge = Judge(self.world)
        for asker in (self.asker("exporter", "health", "nurse", "TREAT"), self.asker("dora-exports", "patient", "patient",
                                                                                  "PATRQT", person="dora", organization="none"),
                      self.asker("officer-exports", "immigration", "officer", "ENFORCE")):
            for name in FACTS:
                before = len(self.world.journal.read())
                done = self.node.command("export", self.node.directory, "--token", asker.token, "--person",
                                         self.world.id(asker, name), check=False)
                entries = [e for e in self.world.journal.read()[before:] if e.looker.get("actor") == asker.name]
                self.assertTrue(entries, "an export without an entry")
                told = set(CANARY.findall(done.stdout.decode()))
                judge.found += len(told)
                for canary in told:
                    person, drawer, where = self.world.book.of[canary]
                    self.assertTrue(any(drawer in e.opened_of(self.world.persons[person]) for e in entries), where)
                    self.assertTrue(judge.rules_allow(asker, person, drawer), where)
        self.assertGreater(judge.found, 50)

    def nothing_in_plain(self):
        """Files as they lie, a backup, what SQL shows an administrator, logs."""
        backup = os.path.join(self.node.home, "backup")
        places = list(self.node.files()) + [self.node.log_path, backup]
        self.assertTrue(os.path.getsize(backup) > 1 << 20)
        for path in places:
            with open(path, "rb") as file:
                text = file.read()
            self.assertNotIn(b"cnry", text, path)
            self.assertNotIn("cnry".encode("utf-16-le"), text, path)
        for path in places:
            if not path.endswith(".db"):
                continue
            database = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
            for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')").fetchall():
                for row in database.execute('SELECT * FROM "%s"' % table):
                    self.assertFalse([v for v in row if "cnry" in (v if isinstance(v, str) else v.decode("latin-1")
                                                                   if isinstance(v, bytes) else "")], table)
            database.close()

    # ---- the test itself can fail ----

    def test_a_withheld_entry_is_noticed(self):
        asker = self.asker("witness-of-the-test", "health", "nurse", "TREAT")
        answer = asker.client.get("/fhir/Condition/" + self.world.id(asker, "anna", "Condition"))
        self.assertTrue(CANARY.findall(answer.text))

        def wrong_with(change):
            judge = Judge(self.world)
            kept = self.world.journal.read()[:]
            change(kept)
            judge.entries_of = lambda a, n: [e for e in kept if e.event.get("request") == n and
                                             e.looker.get("actor") == a.name]
            judge.judge(asker, "a read", answer)
            return len(judge.wrong)

        number = answer.header("x-request-id")
        self.assertEqual(wrong_with(lambda kept: None), 0)
        self.assertGreater(wrong_with(lambda kept: kept.__setitem__(
            slice(None), [e for e in kept if e.event.get("request") != number])), 5)
        other = next(e for e in self.world.journal.read() if "clinical" not in e.opened_of(self.world.persons["anna"]))
        self.assertGreater(wrong_with(lambda kept: kept.__setitem__(slice(None), [other])), 5)
        # A drawer that no entry opened, and an asker whom the rules refuse, are each noticed too.
        stranger = Asker(self.node, asker.name, asker.token, "immigration", "officer", "ENFORCE")
        judge = Judge(self.world)
        judge.judge(stranger, "a read", answer)
        self.assertIn("the rules do not allow", judge.wrong[0])


class CommandsRun:
    """How each command of `hospitium help` is run on the node of this test: [(arguments, options of Node.command)]."""

    def __init__(self, test):
        node, home = test.node, test.node.home
        policy = os.path.join(SOURCE, "..", "policy")
        directory = node.directory
        overseer = test.asker("commander", "oversight", "overseer", "HOPERAT").token
        path = lambda *names: os.path.join(home, *names)
        extra = test.asker("revoked-by-command", "health", "nurse", "TREAT").token
        on_copy = os.path.join(home, "restored")
        anna = test.world.wires.wire("health", test.world.persons["anna"])
        plain = {}
        self.table = {
            "init": [([path("other"), "--name", "other", "--pack", "belgium", "--demo"], plain)],
            "serve": [([directory, "--listen", "127.0.0.1:0"], plain)],  # another one runs: refused
            "token": [([directory, "--actor", "a", "--role", "nurse", "--sector", "health", "--organization", HARBOUR,
                        "--purpose", "TREAT"], plain), ([directory, "--role", "none"], plain)],
            "revoke": [([directory, extra], plain), ([directory, "hsp1_zz"], plain)],
            "approver": [(["anna", path("approver")], plain)], "approve": [([path("none"), "--key", path("approver")], plain)],
            "import": [([directory, path("none.json")], plain)], "export": [([directory, "--token", "x", "--person", anna], plain)],
            "decide": [([os.path.join(policy, "belgium", "rules.dmn")], plain)],
            "prove": [([os.path.join(policy, "belgium"), "--record", path("record")], plain)],
            "tck": [([path("none")], plain)],
            "rules": [(["list", directory], plain), (["activate", directory, os.path.join(policy, "belgium")], plain)],
            "log": [(["checkpoint", directory, "access"], plain), (["verify", directory], plain),
                    (["prove", directory, "0"], plain)],
            "verify": [([path("none"), "--key", os.path.join(directory, "log", "access.vkey")], plain)],
            "check": [([directory], plain), ([directory, "--json"], plain)],
            "backup": [([directory, path("backup")], plain)],
            "restore": [([path("backup"), on_copy], plain)],
            "erase": [([on_copy, anna], plain)],
            "key": [(["split", directory, "--of", "3", "--need", "2", "--out", path("shares")], plain),
                    (["rotate", directory, "root"], plain)],
            "panic": [([on_copy], plain)],
            "order": [(["list", directory, "--token", overseer], plain),
                      (["match", directory, test.world.order, "--token", overseer], plain),
                      (["counts", directory, "--period", "2026-Q1"], plain)],
            "oversight": [(["list", directory, "--token", overseer], plain), (["reviews", directory, "--token", overseer], plain),
                          (["evidence", directory, "--token", overseer, "--about", "a walk", "--out", path("evidence")], plain)],
            "config": [(["check", directory], plain), (["print"], plain)], "completion": [(["bash"], plain)],
            "version": [([], plain)], "help": [([], plain), (["init"], plain)],
        }


if __name__ == "__main__":
    unittest.main()
