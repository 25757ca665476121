#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""feel_number_decimal_test CALCULATOR: FEEL's numbers against Python's decimal, which shares no code with them.

The four operations, modulo, root, rounding and whole powers must agree to the last of 34 digits (powers to one unit of
it); exp and ln to 31 digits, other powers to 29. Seeded: a failure can be had again."""
import decimal
import random
import subprocess
import sys
from decimal import Decimal

ROUNDINGS = ["ROUND_HALF_EVEN", "ROUND_HALF_UP", "ROUND_HALF_DOWN", "ROUND_UP", "ROUND_DOWN", "ROUND_FLOOR", "ROUND_CEILING"]
DECIMAL128 = decimal.Context(prec=34, rounding=decimal.ROUND_HALF_EVEN, Emin=-6143, Emax=6144,
                             traps=[decimal.InvalidOperation, decimal.Overflow, decimal.DivisionByZero])
# Enough for exact results of any two operands, and for elementary functions as if they were exact.
EXACT = decimal.Context(prec=13000, Emin=-99999, Emax=99999)
FINE = decimal.Context(prec=60, Emin=-99999, Emax=99999)
CASES = 10000


def operand(chance, far=True):
    digits = chance.randint(1, 34)
    value = chance.randrange(10 ** digits)
    shape = chance.random()
    if shape < 0.15:
        value = 10 ** digits - 1
    elif shape < 0.3:
        value = value // 10 ** (digits // 2) * 10 ** (digits // 2) + 5 * 10 ** (digits // 2) // 10
    exponent = chance.randint(-6176, 6111) if far and chance.random() < 0.2 else chance.randint(-40, 10)
    return Decimal((chance.randint(0, 1), tuple(map(int, str(value))), exponent))


def floor_modulo(a, b):
    """a - b floor(a/b), exact, rounded once."""
    rest = EXACT.remainder(a, b)
    if rest and rest.is_signed() != b.is_signed():
        rest = EXACT.add(rest, b)
    return DECIMAL128.plus(rest)


def rounded(a, scale, rounding):
    # Rounding never makes more digits than there were, so no precision but that of the operand matters.
    if a.as_tuple().exponent >= -scale:
        return a
    return a.quantize(Decimal((0, (1,), -scale)), rounding=rounding, context=EXACT)


def cases(chance):
    """(operation, a, b, what it should be as a function, how many digits must agree; 0: all)"""
    for _ in range(CASES):
        a, b = operand(chance), operand(chance)
        for name in ("add", "subtract", "multiply", "divide"):
            yield name, a, b, lambda a=a, b=b, name=name: getattr(DECIMAL128, name)(a, b), 0
        yield "modulo", a, b, lambda a=a, b=b: floor_modulo(a, b), 0
        yield "root", a, Decimal(0), lambda a=a: DECIMAL128.sqrt(a), 0
        scale = chance.randint(-45, 45) if chance.random() < 0.9 else chance.randint(-6111, 6176)
        rounding = chance.choice(ROUNDINGS)
        yield rounding, a, Decimal(scale), lambda a=a, s=scale, r=rounding: rounded(a, s, r), 0
        whole = chance.choice([chance.randint(-20, 20), chance.randint(-400, 400)])
        near = a.scaleb(-a.adjusted(), context=EXACT) if a else Decimal(2)
        yield "power", near, Decimal(whole), lambda a=near, n=whole: DECIMAL128.plus(FINE.power(a, n)), 33
    for _ in range(CASES // 8):
        x = operand(chance, far=False)
        x = x.scaleb(chance.randint(-20, 4) - x.adjusted()) if x else x
        yield "exp", x, Decimal(0), lambda x=x: DECIMAL128.plus(FINE.exp(x)), 31
        y = operand(chance)
        yield "ln", y, Decimal(0), lambda y=y: DECIMAL128.plus(FINE.ln(y)), 31
        z = abs(operand(chance, far=False))
        broken = Decimal(chance.randint(-500, 500)) / 64
        yield "power", z, broken, lambda z=z, e=broken: DECIMAL128.plus(FINE.power(z, e)), 29


def expected(compute):
    try:
        value = compute()
    except decimal.DecimalException:
        return None
    return value if value.is_finite() else None


def agrees(got, wanted, digits):
    if wanted is None or got is None:
        return wanted is got
    if not digits or not wanted:
        return EXACT.compare(got, wanted) == 0
    return abs(EXACT.subtract(got, wanted)) <= abs(wanted).scaleb(-digits, context=EXACT)


def main():
    chance = random.Random(20250101)
    asked = [case for case in cases(chance) if not undefined(case)]
    lines = "".join(f"{name} {a} {b}\n" for name, a, b, _, _ in asked)
    run = subprocess.run([sys.argv[1]], input=lines, text=True,
                         capture_output=True, check=True)
    answers = run.stdout.splitlines()
    wrong = 0
    for (name, a, b, compute, digits), answer in zip(asked, answers, strict=True):
        wanted, got = expected(compute), None if answer == "error" else Decimal(answer)
        if not agrees(got, wanted, digits):
            wrong += 1
            if wrong <= 10:
                print(f"{name} {a} {b}: {got}, but decimal says {wanted}")
    print(f"{len(asked)} results compared, {wrong} differ")
    return 1 if wrong else 0


def undefined(case):
    """Where decimal refuses and FEEL does not: 0 to the power of 0."""
    name, a, b, _, _ = case
    return name == "power" and not a and not b


if __name__ == "__main__":
    sys.exit(main())
