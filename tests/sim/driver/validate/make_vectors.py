#!/usr/bin/env python3
"""Writes vectors/*.csv, the test data of `nibblesim validate --vectors`, in exact fractions.

A third implementation of the numerics, written from their definitions and sharing nothing with the
C++ code. The files are committed; run this only to change them:  make_vectors.py [DIRECTORY]
"""
import pathlib
import random
import struct
import sys
from fractions import Fraction

NAN = 0x7FFF
SPECIALS = [0x0000, 0x8000, 0x0001, 0x8001, 0x01FF, 0x0200, 0x3DFF, 0x3E00, 0xBE00, 0x3E01, 0x3F00,
            0x4000, 0x7C00, 0x7DFF, 0x7FFE, 0xFFFE, 0x7FFF, 0xFFFF]


def value(code):
    """The number an fp16 code stands for; None for NaN-infinity."""
    magnitude = code & 0x7FFF
    if magnitude == NAN:
        return None
    if magnitude == 0:
        return Fraction(0)
    number = Fraction(2) ** ((magnitude >> 9) - 31) * (1 + Fraction(magnitude & 511, 512))
    return -number if code & 0x8000 else number


def nearest(x):
    """fp16 code of a fraction: to nearest, ties away from zero."""
    magnitude = abs(x)
    if magnitude == 0:
        return 0
    exponent = 0
    while magnitude >= Fraction(2) ** (exponent + 1):
        exponent += 1
    while magnitude < Fraction(2) ** exponent:
        exponent -= 1
    significand = int(magnitude / Fraction(2) ** exponent * 512 + Fraction(1, 2))  # 512 .. 1024
    code = ((exponent + 31) << 9) + significand - 512
    if code <= 0:
        return 0
    if code >= NAN:
        return NAN
    return code | (0x8000 if x < 0 else 0)


def add(a, b):
    return fma(a, 0x3E00, b)


def fma(a, b, c):
    if None in (value(a), value(b), value(c)):
        return NAN
    return nearest(value(a) * value(b) + value(c))


def round32(bits):
    biased, mantissa = bits >> 23 & 255, bits & 0x7FFFFF
    if biased == 255:
        return NAN
    number = Fraction(mantissa + (0x800000 if biased else 0)) * Fraction(2) ** (max(biased, 1) - 150)
    return nearest(-number if bits >> 31 else number)


def fp4(code, phase):
    sign = 8 if code & 0x8000 else 0
    if value(code) is None:
        return sign | 7
    magnitude = abs(value(code)) * (2 if phase else 1)
    level = sum(magnitude >= Fraction(5, 8) * Fraction(4) ** n for n in range(-3, 4))
    return sign | level if level else 0


def pact(code, scale):
    if code & 0x8000 or code == 0:
        return 0
    if value(code) is None:
        return 15
    if value(scale) is None:
        return 0 if scale & 0x8000 else 15
    return max(0, min(15, (value(code) * value(scale) + Fraction(1, 2)).__floor__()))


def operand(mode, code):
    """Value of a 4-bit code: u u4, i s4, e and o fp4 in both phases."""
    if mode == "u":
        return Fraction(code)
    if mode == "i":
        return Fraction(code - 16 if code > 7 else code)
    level = code & 7
    magnitude = Fraction(4) ** (level - 4) / (2 if mode == "o" else 1) if level else Fraction(0)
    return -magnitude if code & 8 else magnitude


def gemm(m, n, k, mode, a, b):
    result = []
    for row in range(m):
        for column in range(n):
            acc = 0
            for start in range(0, k, 64):
                chunk = sum(operand(mode[0], a[row * k + i]) * operand(mode[1], b[i * n + column])
                            for i in range(start, min(k, start + 64)))
                acc = nearest(chunk) if start == 0 else add(acc, nearest(chunk))
            result.append(acc)
    return result


def make_round32(rng):
    singles = [0, 1, 0x80000000, 0x7F800000, 0xFF800000, 0x7FC00000, 0x7F7FFFFF, 0x00800000]
    for code in SPECIALS[2:-2]:
        # The fp16 number itself, the midpoint above it, and that midpoint's neighbours.
        exact = ((code & 0x7FFF) << 14) + (96 << 23) | (code & 0x8000) << 16
        singles += [exact, exact + 0x2000, exact + 0x1FFF, exact + 0x2001, exact - 1]
    singles += [rng.getrandbits(32) for _ in range(150)]
    singles += [struct.unpack("<I", struct.pack("<f", rng.gauss(0, 100)))[0] for _ in range(150)]
    return [f"round32,{x:08x},{round32(x):04x}" for x in singles]


def near(rng, code, spread):
    exponent = min(63, max(0, (code >> 9 & 63) + rng.randint(-spread, spread)))
    return rng.getrandbits(1) << 15 | exponent << 9 | rng.getrandbits(9)


def make_add(rng):
    pairs = [(a, b) for a in SPECIALS for b in SPECIALS]
    for _ in range(300):
        a = rng.getrandbits(16)
        pairs.append((a, near(rng, a, rng.choice([0, 1, 2, 11]))))
    return [f"add,{a:04x},{b:04x},{add(a, b):04x}" for a, b in pairs]


def make_fma(rng):
    some = SPECIALS[::2] + [0x3F55]
    triples = [(a, b, c) for a in some for b in some for c in some if rng.random() < 0.3]
    for _ in range(400):
        a, b = near(rng, 0x3E00, 8), near(rng, 0x3E00, 8)
        product = fma(a, b, 0)
        triples.append((a, b, near(rng, product, rng.choice([0, 1, 2, 3, 11]))))
        triples.append((a, b, (product ^ 0x8000) + rng.randint(-2, 2) & 0xFFFF))
    return [f"fma,{a:04x},{b:04x},{c:04x},{fma(a, b, c):04x}" for a, b, c in triples]


def make_fp4(rng):
    inputs = list(SPECIALS)
    for n in range(-4, 5):
        # 0.625 * 4^n is a threshold of the even phase; its half is one of the odd phase.
        for threshold in (nearest(Fraction(5, 8) * Fraction(4) ** n),
                          nearest(Fraction(5, 16) * Fraction(4) ** n)):
            for code in (threshold - 1, threshold, threshold + 1):
                inputs += [code, code | 0x8000]
    inputs += [near(rng, 0x3E00, 9) for _ in range(80)]
    return [f"fp4,{x:04x},{phase},{fp4(x, phase):x}" for x in inputs for phase in (0, 1)]


def make_pact(rng):
    lines = [(x, r) for x in SPECIALS for r in SPECIALS[::3] + [0xBE00, 0x0000]]
    for _ in range(150):
        r = near(rng, 0x3E00, 5) & 0x7FFF
        edge = nearest((rng.randint(0, 16) + Fraction(1, 2)) / value(r))
        lines += [(edge - 1, r), (edge, r), (edge + 1, r)]
    return [f"pact,{x:04x},{r:04x},{pact(x, r):x}" for x, r in lines]


def make_gemm(rng):
    lines = []

    def emit(m, n, k, mode, a, b):
        digits_a, digits_b = ("".join(f"{code:x}" for code in codes) for codes in (a, b))
        codes = " ".join(f"{code:04x}" for code in gemm(m, n, k, mode, a, b))
        lines.append(f"gemm,{m},{n},{k},{mode},{digits_a},{digits_b},{codes}")

    for streaming in "uieo":
        for stationary in "ui":
            for m, n, k in ((1, 1, 1), (2, 3, 5), (3, 2, 64), (2, 2, 65), (1, 2, 200), (2, 1, 700)):
                emit(m, n, k, streaming + stationary, [rng.randrange(16) for _ in range(m * k)],
                     [rng.randrange(16) for _ in range(k * n)])
            # Full-range corners: one code everywhere.
            for a, b in ((15, 15), (7, 8), (8, 7), (8, 8), (7, 15), (15, 7)):
                emit(1, 1, 130, streaming + stationary, [a] * 130, [b] * 130)
    # More columns than a tile has, more rows than its accumulators.
    emit(1, 70, 2, "ui", [3, 9], [rng.randrange(16) for _ in range(140)])
    emit(140, 1, 3, "ei", [rng.randrange(16) for _ in range(420)], [7, 9, 4])
    return lines


def main():
    target = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "vectors")
    for make in (make_round32, make_add, make_fma, make_fp4, make_pact, make_gemm):
        name = make.__name__.removeprefix("make_")
        lines = make(random.Random(name))
        text = f"# {name}: exact results, written by make_vectors.py\n" + "\n".join(lines) + "\n"
        (target / f"{name}.csv").write_text(text)


if __name__ == "__main__":
    main()
