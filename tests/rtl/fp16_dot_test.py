"""nb_fp16_dot, the fused FP16 dot product, against its definition in exact fractions: in Icarus at
several sizes, and on the netlist that yosys makes of it.
"""
import pathlib
import random
import unittest
from fractions import Fraction

from rtl_case import RTL, RtlCase, make_vectors

MODULES = ["nb_fp16_dot_row", "nb_fp16_dot"]
LANE = RTL / "nb_fp16_dot_lane.sv"
EXTREMES = [0x0000, 0x8000, 0x0001, 0x8001, 0x0200, 0x81FF, 0x7E00, 0xFE00, 0x7FFE, 0xFFFE, 0x3DFF,
            0xBE00, 0x4000]
ONE = 0x3E00


def dot(a, b, window):
    """Chunk result of two lists of codes, from the header of nb_fp16_dot."""
    if any(make_vectors.value(code) is None for code in a + b):
        return make_vectors.NAN
    products = [make_vectors.value(x) * make_vectors.value(y) for x, y in zip(a, b)]
    top = max(((x >> 9 & 63) + (y >> 9 & 63) for x, y, p in zip(a, b, products) if p), default=0)
    place = Fraction(2) ** (top - 62 + 1 - (window - 1))  # of the window's lowest bit
    total = sum((abs(p) // place) * (-1 if p < 0 else 1) for p in products)
    return make_vectors.nearest(total * place)


class DotStimulus:
    """Random clocks of two columns and what their definition says must be seen."""
    COLS, LATENCY = 2, 6

    def __init__(self, rng, lanes, window):
        self.rng, self.lanes, self.window = rng, lanes, window
        self.shadow = [[0] * self.COLS for _ in range(lanes)]
        self.active = None
        self.waiting = list(range(lanes))  # lanes whose B is not loaded yet
        self.mode = "near"
        self.acc = self.bank = None
        self.row = 0
        self.due = {}

    def codes(self, mode, count):
        """Codes of `count` lanes, of a kind that brings a corner about."""
        rng = self.rng
        sign = rng.getrandbits(1) << 15
        if mode == "cancel":  # equal pairs of opposite signs, now and then one place off
            half = [make_vectors.near(rng, ONE, 3) for _ in range(count // 2)]
            off = [rng.random() < 0.1 for _ in half]
            return half + [code ^ 0x8000 ^ bit for code, bit in zip(half, off)]
        if mode == "pairs":
            return [make_vectors.near(rng, ONE, 3) for _ in range(count // 2)] * 2
        if mode == "tie":  # 1.m and half of its last place, or just less, with either sign
            code = ONE | rng.getrandbits(9) | sign
            half = ONE - (10 << 9) + rng.choice([0, 0, -1]) ^ rng.getrandbits(1) << 15
            return [code, half] + [0] * (count - 2)
        exponent = {"huge": rng.randint(44, 50), "tiny": rng.randint(10, 22)}.get(mode, 0) << 9
        kinds = {
            "near": lambda: make_vectors.near(rng, ONE, 4),
            "wide": lambda: rng.getrandbits(15) & 0x7DFF | rng.getrandbits(1) << 15,
            "sparse": lambda: make_vectors.near(rng, ONE, 6) if rng.random() < 0.2 else sign,
            "extreme": lambda: rng.choice(EXTREMES),
            "full": lambda: ONE | 511 | sign,
            "ones": lambda: rng.choice([ONE, ONE, 0]) | sign,
            "huge": lambda: make_vectors.near(rng, exponent, 3),
            "tiny": lambda: make_vectors.near(rng, exponent, 3),
        }
        return [kinds[mode]() for _ in range(count)]

    def row_codes(self):
        partner = {"pairs": "cancel", "ones": "tie", "full": "full", "huge": "huge", "tiny": "tiny"}
        modes = ["near", "wide", "sparse", "extreme", "full", "cancel", "tie", "ones"]
        mode = partner.get(self.mode) if self.rng.random() < 0.5 else None
        codes = self.codes(mode or self.rng.choice(modes), self.lanes)
        if self.rng.random() < 0.02:
            codes[self.rng.randrange(self.lanes)] = self.rng.choice([0x7FFF, 0xFFFF])
        return codes

    def take_row(self):
        swap = not self.waiting and (self.active is None or self.rng.random() < 0.5)
        if swap:
            self.active, self.waiting = [list(row) for row in self.shadow], list(range(self.lanes))
        fold = self.acc is not None and self.rng.random() < 0.15
        kept = self.bank if fold else self.acc
        # NaN-infinity stays in an accumulator until the next first row.
        first = kept is None or self.rng.random() < (0.5 if make_vectors.NAN in kept else 0.25)
        a = self.row_codes()
        terms = self.acc if fold else [
            dot(a, [row[c] for row in self.active], self.window) for c in range(self.COLS)]
        kept = [make_vectors.add(0 if first else kept[c], terms[c]) for c in range(self.COLS)]
        if fold:
            self.bank = kept
        else:
            self.acc = kept
        last = self.rng.random() < 0.8
        return swap, fold, first, last, pack(a), kept

    def load(self):
        if len(self.waiting) == self.lanes:
            self.mode = self.rng.choice(
                ["near", "wide", "sparse", "extreme", "pairs", "full", "ones", "huge", "tiny"])
            columns = [self.codes(self.mode, self.lanes) for _ in range(self.COLS)]
            if self.rng.random() < 0.1:
                columns[0][self.rng.randrange(self.lanes)] = self.rng.choice([0x7FFF, 0xFFFF])
            self.loading = list(zip(*columns))
        lane = self.waiting.pop(self.rng.randrange(len(self.waiting)))
        self.shadow[lane] = self.loading[lane]
        return 1, lane, pack(self.shadow[lane])

    def clock(self, number):
        a = (0, 0, 0, 0, self.row)  # a pause leaves the last row at the port
        pace = 1 / (1 + self.lanes // 16)  # so that many lanes do not mean many rows a B
        valid = self.rng.random() < pace and (self.active is not None or not self.waiting)
        if valid:
            *a, result = self.take_row()
            self.row = a[4]
            if a[3]:
                self.due[number + self.LATENCY] = result
        b = (0, 0, 0)
        if self.waiting and self.rng.random() < 0.9:
            b = self.load()
        result = self.due.pop(number, None)
        seen = (0, 0) if result is None else (1, pack(result))
        return " ".join(f"{int(field):x}" for field in (*b, valid, *a, *seen))


def pack(codes):
    return sum(code << 16 * i for i, code in enumerate(codes))


class Fp16Dot(RtlCase):
    def vectors(self, clocks, lanes, window):
        stimulus = DotStimulus(random.Random(f"dot {lanes} {window}"), lanes, window)
        return "\n".join(stimulus.clock(number) for number in range(1, clocks + 1)) + "\n"

    def in_icarus(self, clocks, lanes, window):
        with self.subTest(lanes=lanes, window=window):
            self.simulate("fp16_dot_tb", [RTL / f"{module}.sv" for module in MODULES] + [LANE],
                          self.vectors(clocks, lanes, window),
                          f"-Pfp16_dot_tb.Lanes={lanes}", f"-Pfp16_dot_tb.Window={window}")

    def test_verilator_has_no_warning(self):
        for lanes in (4, 64):
            for module in MODULES:
                with self.subTest(module, lanes=lanes):
                    self.lint(module, f"-GLanes={lanes}")

    def test_in_icarus(self):
        self.in_icarus(2000, 4, 14)
        self.in_icarus(300, 16, 14)
        self.in_icarus(200, 64, 14)

    def test_other_windows_in_icarus(self):
        for window in (11, 16, 20, 24):
            self.in_icarus(400, 4, window)

    def test_as_gates(self):
        netlists = [self.netlist(module, "-set Lanes 4", sources=[RTL / f"{module}.sv", LANE])
                    for module in MODULES]
        self.simulate("fp16_dot_tb", netlists, self.vectors(1000, 4, 14), "-DNETLIST")


if __name__ == "__main__":
    unittest.main()
