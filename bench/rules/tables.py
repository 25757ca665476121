#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tables.py OUT: the same decision tables for every engine, and the same questions.

For 10, 1,000 and 16,369 rows (the size of a published challenge table of medical services): three inputs, UNIQUE, rows that
tile a grid of two numbers and a text, so that exactly one matches. Written as DMN (ours, Drools, Camunda), as JDM (ZEN), and
the questions one JSON object a line. expressions.json: FEEL expressions with their context and what they are worth."""

import json
import random
import sys
from pathlib import Path
from xml.sax.saxutils import escape

QUESTIONS = 4096
SIZES = (10, 1000, 16369)
STEP_A, STEP_C = 4, 10
KINDS = 997  # of results

EXPRESSIONS = [
    ("arithmetic", "principal * rate / 12 + fee", {"principal": 600000, "rate": 0.0375, "fee": 12.5}, 1887.5),
    ("condition", 'if age < 18 then "child" else if age >= 65 then "senior" else "adult"', {"age": 42}, "adult"),
    ("logic", "(a > 5 and b < 3) or not(c = 7)", {"a": 6, "b": 2, "c": 7}, True),
    ("range", "age in [18..65] and weight between 40 and 120", {"age": 42, "weight": 71.5}, True),
    ("path", "person.address.zip", {"person": {"address": {"zip": "1000", "town": "B"}}}, "1000"),
    ("filter", "count(items[price > 20])", {"items": [{"price": n * 5} for n in range(10)]}, 5),
    ("for", "sum(for i in items return i * 2)", {"items": list(range(1, 11))}, 110),
    ("some", "some i in items satisfies i > 9", {"items": list(range(1, 11))}, True),
    ("string", 'upper case(substring(name, 1, 3)) + "-" + string(number)', {"name": "hospitium", "number": 7}, "HOS-7"),
    ("context", "{a: x + 1, b: a * 2}.b", {"x": 4}, 10),
]


def grid(rows):
    """How many steps of a and b; c takes the rest."""
    side = max(1, round(rows ** (1 / 3)))
    return side, side


def row_of(rows, number):
    a_steps, b_steps = grid(rows)
    a, rest = number % a_steps, number // a_steps
    return a, rest % b_steps, rest // b_steps


def cells(rows):
    for number in range(rows):
        a, b, c = row_of(rows, number)
        yield number, (a * STEP_A, a * STEP_A + STEP_A - 1), f"k{b}", (c * STEP_C, c * STEP_C + STEP_C - 1)


def write_dmn(path, rows):
    out = ['<?xml version="1.0" encoding="UTF-8"?>\n<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="bench" '
           'name="bench" namespace="https://hospitium.invalid/bench">\n']
    types = (("a", "number"), ("b", "string"), ("c", "number"))
    for name, kind in types:
        out.append(f'<inputData id="i_{name}" name="{name}"><variable id="v_{name}" name="{name}" typeRef="{kind}"/></inputData>\n')
    out.append('<decision id="d" name="d"><variable id="v_d" name="d"/>\n')
    for name, _ in types:
        out.append(f'<informationRequirement id="r_{name}"><requiredInput href="#i_{name}"/></informationRequirement>\n')
    out.append('<decisionTable id="t" hitPolicy="UNIQUE">\n')
    for name, kind in types:
        out.append(f'<input id="c_{name}"><inputExpression id="e_{name}" typeRef="{kind}"><text>{name}</text></inputExpression></input>\n')
    out.append('<output id="o_row" name="row" typeRef="number"/>\n')
    for number, a, b, c in cells(rows):
        texts = (f"[{a[0]}..{a[1]}]", f'"{b}"', f"[{c[0]}..{c[1]}]")
        inputs = "".join(f'<inputEntry id="x{number}_{i}"><text>{escape(t)}</text></inputEntry>' for i, t in enumerate(texts))
        out.append(f'<rule id="R{number}">{inputs}<outputEntry id="y{number}"><text>{number % KINDS}</text></outputEntry></rule>\n')
    out.append("</decisionTable></decision></definitions>\n")
    path.write_text("".join(out))


def write_jdm(path, rows):
    rules = [{"_id": f"R{n}", "a": f"[{a[0]}..{a[1]}]", "b": f'"{b}"', "c": f"[{c[0]}..{c[1]}]", "row": str(n % KINDS)}
             for n, a, b, c in cells(rows)]
    inputs = [{"id": name, "type": "expression", "field": name, "name": name} for name in "abc"]
    table = {"rules": rules, "inputs": inputs, "outputs": [{"id": "row", "type": "expression", "field": "row", "name": "row"}],
             "hitPolicy": "first"}
    nodes = [{"id": "in", "type": "inputNode", "name": "in", "position": {"x": 0, "y": 0}},
             {"id": "t", "type": "decisionTableNode", "name": "t", "content": table, "position": {"x": 1, "y": 0}},
             {"id": "out", "type": "outputNode", "name": "out", "position": {"x": 2, "y": 0}}]
    edges = [{"id": "e1", "type": "edge", "sourceId": "in", "targetId": "t"}, {"id": "e2", "type": "edge", "sourceId": "t", "targetId": "out"}]
    path.write_text(json.dumps({"contentType": "application/vnd.gorules.decision", "nodes": nodes, "edges": edges}))


def write_questions(path, rows):
    chosen = random.Random(rows)
    with path.open("w") as out:
        for _ in range(QUESTIONS):
            number = chosen.randrange(rows)
            a, b, c = row_of(rows, number)
            question = {"a": a * STEP_A + chosen.randrange(STEP_A), "b": f"k{b}", "c": c * STEP_C + chosen.randrange(STEP_C)}
            print(json.dumps({"row": number, "value": number % KINDS, "facts": question}), file=out)


def main():
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for rows in SIZES:
        write_dmn(out / f"table_{rows}.dmn", rows)
        write_jdm(out / f"table_{rows}.jdm.json", rows)
        write_questions(out / f"questions_{rows}.jsonl", rows)
    (out / "expressions.json").write_text(json.dumps([{"name": n, "text": t, "context": c, "value": v} for n, t, c, v in EXPRESSIONS]))


if __name__ == "__main__":
    main()
