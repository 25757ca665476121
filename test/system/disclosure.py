# SPDX-License-Identifier: Apache-2.0
"""A reading of the joint standard of its own: its DMN text, row by row, by nothing but comparison of words."""
import functools
import os
import re

MODEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "policy", "joint-standard", "rules.dmn")


class Table:
    """One decision of hit policy PRIORITY: of the rows that fit, the one whose output is listed first."""

    def __init__(self, name):
        with open(MODEL, encoding="utf-8") as file:
            text = re.search(r'<decision [^>]*name="%s".*?</decision>' % name, file.read(), re.S)[0]
        assert 'hitPolicy="PRIORITY"' in text
        self.inputs = re.findall(r"<inputExpression[^>]*><text>([^<]*)", text)
        self.order = re.findall(r'"(\w+)"', re.search(r"<outputValues><text>([^<]*)", text)[1])
        self.rows = []
        for row in re.findall(r"<rule [^>]*>(.*?)</rule>", text, re.S):
            cells = re.findall(r"<text>([^<]*)</text>", row)
            tests = cells[:len(self.inputs)]
            self.rows.append((tests, re.findall(r'"(\w+)"', cells[len(self.inputs)])[0]))
        assert len(self.rows) > 10, "the model has another form: the test no longer knows it"

    @staticmethod
    def _fits(test, value):
        words = re.findall(r'"([^"]*)"', test)
        return test == "-" or (value not in words if test.startswith("not(") else value in words)

    def decide(self, facts):
        return self._decide(tuple(facts[name] for name in self.inputs))

    @functools.lru_cache(maxsize=None)
    def _decide(self, values):
        outcomes = {out for tests, out in self.rows if all(map(self._fits, tests, values))}
        return next(out for out in self.order if out in outcomes)


STANDING, DISCLOSURE = Table("standing"), Table("disclosure")


def outcome(sector, role, purpose, action, drawer, relation, consent, break_glass="no", self_="no", training="current"):
    facts = {"sector": sector, "role": role, "purpose": purpose, "training": training, "action": action, "drawer": drawer,
             "relation": relation, "consent": consent, "break_glass": break_glass, "order": "none", "self": self_}
    facts["standing"] = STANDING.decide(facts)
    return DISCLOSURE.decide(facts)
