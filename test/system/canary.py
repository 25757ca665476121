# SPDX-License-Identifier: Apache-2.0
"""Records with a canary in every element: a word of its own that says, through a book, whose element it is and in which
drawer it must be sealed.

Elements come from src/fhir/elements.def, types from src/fhir/types.def, drawers from src/gate/drawers.def: the tables are
what was agreed; what the program makes of them is what is tested.
"""
import os
import re

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src")
CANARY = re.compile(r"cnry[0-9a-z]{6}")
DRAWERS = ("identity", "contact", "clinical", "sensitive", "social", "coverage", "audit")
EXTENSION = "http://example.org/canary"
# What states facts about her, or is her id: set by the test, not by this generator.
FACTS = {"Encounter": {"status", "subject", "period"},
         "Consent": {"status", "patient", "provision", "scope", "category", "dateTime"}}
NO_CANARY = {"id", "meta", "implicitRules", "language", "text", "contained", "modifierExtension"}
PLAIN = {"boolean": True, "integer": 1, "positiveint": 1, "unsignedint": 1, "decimal": 1, "date": "2026-01-02",
         "datetime": "2026-01-02", "instant": "2026-01-02T03:04:05Z", "time": "03:04:05", "base64binary": "QUJD",
         "oid": "urn:oid:2.16.840.1", "uuid": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"}
WORDS = {"string", "markdown", "code", "uri", "url", "canonical"}


def _lines(name):
    with open(os.path.join(SOURCE, name), encoding="utf-8") as file:
        return file.read()


def personal_types():
    """Types that belong to one person and can be written, with the element that names her."""
    rows = re.findall(r'TYPE\("(\w+)", FHIR_PERSONAL, "([^"|]*)[^"]*", true\)', _lines("fhir/types.def"))
    return dict(rows)


ELEMENT = re.compile(r'STRUCT\("[^"]+", (\w+)\)|'
                     r'ELEMENT\("(\w+)", (P|S|R)(?:\((\w+)\))?, (\d+), (ONE|MANY), (\d+),((?:\s*"[^"]*")+)\)')


def structs():
    found, at = {}, None
    for row in ELEMENT.finditer(_lines("fhir/elements.def")):
        if row[1]:
            at = found.setdefault(row[1], [])
            continue
        at.append({"name": row[2], "kind": row[3], "of": row[4] or "", "required": int(row[5]) > 0, "many": row[6] == "MANY",
                   "choice": int(row[7]), "codes": "".join(re.findall(r'"([^"]*)"', row[8])).split()})
    assert sum(map(len, found.values())) > 2400, "the table of elements has another form: the test no longer knows it"
    return found


def drawer_table():
    text = _lines("gate/drawers.def")
    types = {t: d.lower() for t, d in re.findall(r'DRAWER_TYPE\("(\w+)", DRAWER_(\w+), ', text)}
    moves = {t: m == "true" for t, m in re.findall(r'DRAWER_TYPE\("(\w+)", DRAWER_\w+, (\w+)\)', text)}
    elements = {(t, e): d.lower() for t, e, d in re.findall(r'DRAWER_ELEMENT\("(\w+)", "(\w+)", DRAWER_(\w+)\)', text)}
    return types, moves, elements


class Book:
    """Which canary is whose: person, drawer, type, element."""

    def __init__(self):
        self.of = {}
        self.structs = structs()
        self.types, self.moves, self.elements = drawer_table()

    def new(self, person, drawer, where):
        number, word = len(self.of) + 46656, ""
        for _ in range(6):
            number, digit = divmod(number, 36)
            word = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + word
        self.of["cnry" + word] = (person, drawer, where)
        return "cnry" + word

    def drawer(self, kind, element, sensitive):
        if sensitive and self.moves.get(kind):
            return "sensitive"
        return self.elements.get((kind, element), self.types[kind])

    def _value(self, element, word, depth):
        """A value of one element that holds the word."""
        said = {"extension": [{"url": EXTENSION, "valueString": word}]}
        if element["kind"] == "P":
            raise AssertionError("a primitive has a companion")
        if element["of"] == "Extension":
            return {"url": EXTENSION, "valueString": word}
        value = dict(said)
        chosen = set()
        for inner in self.structs[element["of"]]:
            if not inner["required"] or inner["name"] in value:
                continue
            if inner["choice"]:
                if inner["choice"] in chosen:
                    continue
                chosen.add(inner["choice"])
            value.update(self._member(inner, word, depth + 1))
        return value

    def _member(self, element, word, depth=0):
        """The members of an object that this element takes, with the word in them."""
        wrap = (lambda v: [v]) if element["many"] else (lambda v: v)
        if element["kind"] == "S":
            return {element["name"]: wrap(self._value(element, word, depth))}
        kind = element["of"].lower()
        said = {"extension": [{"url": EXTENSION, "valueString": word}]}
        if element["codes"]:
            value = element["codes"][0]
        elif kind in WORDS:
            value = word if kind not in ("uri", "url", "canonical") else "http://example.org/" + word
        else:
            value = PLAIN.get(kind, "x")
        return {element["name"]: wrap(value), "_" + element["name"]: wrap(said)}

    def record(self, kind, person, reference, sensitive=None, leave=()):
        """A whole resource of a person; `sensitive` is a CodeableConcept that moves it. Elements in `leave` are left."""
        made = {"resourceType": kind}
        leave = set(leave) | NO_CANARY | FACTS.get(kind, set())
        chosen = set()
        path = personal_types()[kind].split(".")
        for element in self.structs[kind]:
            name = element["name"]
            if name in leave or element["kind"] == "R" or (element["choice"] and element["choice"] in chosen):
                continue
            if element["choice"]:
                chosen.add(element["choice"])
            drawer = self.drawer(kind, name, sensitive is not None)
            made.update(self._member(element, self.new(person, drawer, "%s.%s" % (kind, name))))
        if path[0]:
            at = made
            for step in path[:-1]:
                at = at[step][0] if isinstance(at[step], list) else at[step]
            last = next((e for e in self.structs[kind] if e["name"] == path[0]), None)
            target = at.get(path[-1])
            many = isinstance(target, list) or (len(path) == 1 and last["many"])
            kept = (target[0] if isinstance(target, list) else target) or {}
            pointing = dict(kept, reference=reference)
            at[path[-1]] = [pointing] if many else pointing
        if sensitive is not None:
            made["meta"] = {"security": [sensitive]}
        return made
