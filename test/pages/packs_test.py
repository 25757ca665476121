# SPDX-License-Identifier: Apache-2.0
"""Proves that whoever asks under any pack of policy/ reads words made for people: each paper and each helper that a row can
name, and each question that a pack asks beyond the form, has a message."""
import glob
import json
import os
import re
import sys
import unittest
import xml.etree.ElementTree as ET

POLICY, LOCALE, PAGES = sys.argv[1:4]
NAMESPACE = "{https://www.omg.org/spec/DMN/20230324/MODEL/}"
LISTS = {"access": "entitlement", "charge": "charge", "paper": "paper", "who_helps": "helper"}

with open(os.path.join(LOCALE, "en.json"), encoding="utf-8") as file:
    MESSAGES = set(json.load(file)["messages"])


def table(name):
    with open(os.path.join(PAGES, name), encoding="utf-8") as opened:
        return opened.read()


WORDS = {(list_.lower(), word) for list_, word in re.findall(r'^WORD\((\w+), \w+, "(\w+)"\)', table("care_words.def"), re.M)}
FORM = set(re.findall(r'^CHOICES\(\w+, "(\w+)"\)', table("care_choices.def"), re.M)) | {"age_years", "as_of"}


def listed(element):
    """The texts of a list of values."""
    return re.findall(r'"([^"]*)"', element.findtext(NAMESPACE + "text") or "") if element is not None else []


class Packs(unittest.TestCase):
    def setUp(self):
        self.packs = {path.split(os.sep)[-2]: ET.parse(path).getroot()
                      for path in glob.glob(os.path.join(POLICY, "*", "rules.dmn"))}
        self.assertGreaterEqual(len(self.packs), 7)

    def decisions(self, names):
        for pack, root in self.packs.items():
            for decision in root.iter(NAMESPACE + "decision"):
                if decision.get("name") in names:
                    yield pack, root, decision

    def test_every_word_that_a_pack_can_answer_is_one_for_people(self):
        seen = 0
        for pack, _, decision in self.decisions({"entitlement", "care_floor"}):
            for output in decision.iter(NAMESPACE + "output"):
                for word in listed(output.find(NAMESPACE + "outputValues")) if output.get("name") in LISTS else []:
                    seen += 1
                    self.assertIn((LISTS[output.get("name")], word.lower()), WORDS, pack)
        self.assertGreater(seen, 50)

    def test_every_word_of_the_table_has_its_message(self):
        for list_, word in WORDS:
            name = "helper.desk" if (list_, word) == ("helper", "none") else "%s.%s" % (list_, word)
            self.assertIn(name, MESSAGES)

    def questions(self):
        """What the tables of care ask, fed tables and all: the pack, the name and its values."""
        for pack, root, decision in self.decisions({"entitlement"}):
            tables = {d.get("name"): d for d in root.iter(NAMESPACE + "decision")}
            allowed = {item.get("name"): listed(item.find(NAMESPACE + "allowedValues"))
                       for item in root.iter(NAMESPACE + "itemDefinition")}
            waiting = [decision]
            while waiting:
                for clause in waiting.pop().iter(NAMESPACE + "input"):
                    expression = clause.find(NAMESPACE + "inputExpression")
                    name = expression.findtext(NAMESPACE + "text").split(".")[0]
                    if name in tables:
                        waiting.append(tables[name])
                    else:
                        yield pack, name, listed(clause.find(NAMESPACE + "inputValues")) or allowed.get(expression.get("typeRef"), [])

    def test_every_question_beyond_the_form_is_put_in_words(self):
        beyond = spoken = 0
        for pack, name, values in self.questions():
            if name in FORM:
                continue
            beyond += 1
            self.assertIn("fact." + name, MESSAGES, pack)
            for value in values:
                spoken += 1
                self.assertTrue({"fact.%s.%s" % (name, value.lower()), "fact." + value.lower()} & MESSAGES,
                                "%s: %s %s" % (pack, name, value))
        self.assertGreater(beyond, 10)
        self.assertGreater(spoken, 30)


unittest.main(argv=sys.argv[:1])
