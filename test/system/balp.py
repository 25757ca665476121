# SPDX-License-Identifier: Apache-2.0
"""A small reader of FHIR Shorthand: enough of it to hold an AuditEvent against the profiles of IHE BALP as their authors
wrote them. What it knows: parents, fixed codes, required elements and slices, forbidden elements, value sets of codes that
are listed one by one, closed slicing, and the one invariant. What it does not know it does not pass over in silence: see
`Profile.unread`.
"""
import glob
import os
import re

ALIASES = {}
LINE = re.compile(r"^\* (.+)$")
CARDINALITY = re.compile(r"^([\w.\[\]-]+) (\d*)\.\.(\d+|\*)?(?: MS)?$")
CODE = re.compile(r"^([\w.\[\]-]+) = (\S*)#(\S+)")
VALUE_SET = re.compile(r"^([\w.\[\]-]+) from (\w+)")
SAYS_NOTHING_OF_AN_EVENT = re.compile(r"\^|^[\w.\[\]-]+ MS$| only Reference|insert requireAtLeastOneMatch")


def folder():
    data = os.environ.get("HOSPITIUM_DATA") or os.path.join(os.path.dirname(__file__), "../../../shared/data")
    return os.path.join(data, "fhir", "balp")


class Profile:
    def __init__(self, name, identifier, parent, rules):
        self.name, self.identifier, self.parent, self.rules = name, identifier, parent, rules
        self.unread = []


class Profiles:
    """All profiles of a folder of .fsh files."""

    def __init__(self, path):
        self.by_name, self.value_sets, self.aliases = {}, {}, {}
        for file in sorted(glob.glob(os.path.join(path, "*.fsh"))):
            self._read(open(file, encoding="utf-8").read())

    def _read(self, text):
        text = re.sub(r'""".*?"""', '""', text, flags=re.S)
        for alias in re.finditer(r"^Alias:\s*(\S+)\s*=\s*(\S+)", text, re.M):
            self.aliases[alias[1]] = alias[2]
        for block in re.split(r"(?m)^(?=(?:Profile|ValueSet|CodeSystem|Instance|Invariant|RuleSet|Alias|Extension):)", text):
            lines = [re.sub(r"\s+//.*$", "", l.rstrip()) for l in block.splitlines()]
            head = dict(re.findall(r"(?m)^(\w+):\s*(.+?)\s*$", block.split("\n*")[0]))
            rules = [" ".join(r.split()) for r in self._joined(lines)]
            if "Profile" in head:
                self.by_name[head["Profile"]] = Profile(head["Profile"], head["Id"], head["Parent"], rules)
            elif "ValueSet" in head:
                self.value_sets[head["ValueSet"]] = rules

    @staticmethod
    def _joined(lines):
        """Rules, with what follows on lines of its own (a list of slices) drawn up."""
        rules = []
        for line in lines:
            if LINE.match(line):
                rules.append(LINE.match(line)[1])
            elif rules and line.strip() and not line.startswith("//") and line[0] in " \t":
                rules[-1] += " " + line.strip()
        return rules

    def of(self, canonical):
        identifier = canonical.rsplit("/", 1)[1]
        return next(p for p in self.by_name.values() if p.identifier == identifier)

    def rules(self, profile):
        return (self.rules(self.by_name[profile.parent]) if profile.parent in self.by_name else []) + profile.rules

    def code(self, system, code):
        system = self.aliases.get(system, system)
        if not system.startswith("http"):
            system = "https://profiles.ihe.net/ITI/BALP/CodeSystem/" + system
        return system, code

    def codes(self, value_set):
        """The codes that a value set lists; None when it takes a whole code system."""
        listed = [re.match(r"(\S*)#(\S+)", r) for r in self.value_sets[value_set] if not r.startswith("^")]
        return {self.code(m[1], m[2]) for m in listed if m} or None

    # ---- holding an event against a profile ----

    def faults(self, event):
        profile = self.of(event["meta"]["profile"][0])
        rules = self.rules(profile)
        slices = self._slices(rules)
        checker = Checker(self, event, slices)
        for rule in rules:
            if not checker.check(rule):
                profile.unread.append(rule)
        checker.closed(rules)
        return checker.faults

    def _slices(self, rules):
        """(path, slice) -> the codes of its type."""
        found = {}
        for rule in rules:
            code, value_set = CODE.match(rule), VALUE_SET.match(rule)
            path = (code or value_set or [None, ""])[1]
            match = re.match(r"^(\w+)\[(\w+)\]\.type$", path)
            if match:
                found[match[1], match[2]] = ({self.code(code[2], code[3])} if code else self.codes(value_set[2]))
        return found


def codings(value):
    """The codes of a Coding or a CodeableConcept, as (system, code); of a primitive code, with any system."""
    if isinstance(value, str):
        return {("", value)}
    if not isinstance(value, dict):
        return set()
    return {(c.get("system", ""), c.get("code", "")) for c in value.get("coding", [value])}


class Checker:
    def __init__(self, profiles, event, slices):
        self.profiles, self.event, self.slices, self.faults = profiles, event, slices, []

    def check(self, rule):
        """False for a rule that is not understood."""
        if SAYS_NOTHING_OF_AN_EVENT.search(rule):
            return True
        if " contains " in rule:
            return self._contains(rule)
        if " obeys val-audit-source" in rule:
            return self._audit_source(rule.split()[0])
        if CODE.match(rule):
            path, system, code = CODE.match(rule).groups()
            return self._code(path, {self.profiles.code(system, code)} if system else {("", code)})
        if VALUE_SET.match(rule):
            path, name = VALUE_SET.match(rule).groups()
            return self._code(path, self.profiles.codes(name))
        if CARDINALITY.match(rule):
            return self._cardinality(*CARDINALITY.match(rule).groups())
        fixed = re.match(r"^([\w.\[\]]+) = (true|false)$", rule)
        if fixed:
            for holder, found in self._found(fixed[1]):
                self._want(all(v is (fixed[2] == "true") for v in found), rule)
            return True
        return False

    def _want(self, holds, what):
        if not holds:
            self.faults.append(what)

    def _members(self, path, name):
        """The items of a slice."""
        items = self.event.get(path, [])
        if (path, name) not in self.slices:  # told apart by value: subtype
            return items
        wanted = self.slices[path, name]
        return [i for i in items if wanted is None or codings(i.get("type", {})) & wanted]

    def _found(self, path):
        """[(holder, values)] of a path, one for each holder: "agent[client].network" has one for each such agent."""
        holders = [self.event]
        parts = path.split(".")
        for part in parts[:-1]:
            match = re.match(r"(\w+)\[(\w+)\]$", part)
            if match:
                holders = self._members(match[1], match[2])
            else:
                holders = [h[part] for h in holders if part in h]
                holders = [i for h in holders for i in (h if isinstance(h, list) else [h])]
        last = re.match(r"(\w+)(?:\[(\w+)\])?$", parts[-1])
        found = []
        for holder in holders:
            value = self._members(last[1], last[2]) if last[2] else holder.get(last[1], [])
            found.append((holder, value if isinstance(value, list) else [value]))
        return found

    def _contains(self, rule):
        path, slices = rule.split(" contains ")
        for one in slices.split(" and "):
            name, low, high = re.match(r"(\w+) (\d+)\.\.(\d+|\*)", one.strip()).groups()
            count = len(self._members(path, name))
            if (path, name) in self.slices:
                self._want(count >= int(low) and (high == "*" or count <= int(high)), "%s: %d" % (one, count))
        return True

    def _code(self, path, wanted):
        for holder, found in self._found(path):
            for value in found:
                codes = codings(value)
                plain = {code for _, code in wanted} if wanted else set()
                self._want(wanted is None or bool(codes & wanted) or any(not s and c in plain for s, c in codes),
                           "%s is %s and not %s" % (path, codes, wanted))
        return True

    def _cardinality(self, path, low, high):
        for holder, found in self._found(path):
            self._want(len(found) >= int(low or 0) and (high in (None, "*") or len(found) <= int(high)),
                       "%s %s..%s: %d" % (path, low, high, len(found)))
        return True

    def _audit_source(self, path):
        match = re.match(r"(\w+)\[(\w+)\]", path)
        for agent in self._members(match[1], match[2]):
            self._want(agent["who"] == self.event["source"]["observer"], "val-audit-source")
        return True

    def closed(self, rules):
        for rule in rules:
            match = re.match(r"^(\w+) \^slicing.rules = #closed", rule)
            if match:
                allowed = [t for (path, _), t in self.slices.items() if path == match[1]]
                for item in self.event.get(match[1], []):
                    self._want(any(t and codings(item["type"]) & t for t in allowed), "%s is closed" % match[1])
