"""The FP16 and quantiser RTL in three other tools: lint, a second simulator (Icarus) on vectors from
exact fractions, and the same vectors on the netlist that yosys makes of it.
"""
import random
import unittest

from rtl_case import RTL, SOURCE, RtlCase, make_vectors

UNITS = ["nb_fp16_adder", "nb_fp16_fma", "nb_round32", "nb_quant_fp4", "nb_quant_pact",
         "nb_quant_s4", "nb_quant_sawb"]
UNIT_NUMBERS = {"add": 0, "fma": 1, "round32": 2, "fp4": 3, "pact": 4}


def s4(x, scale):
    """clamp(floor(x * r + 1/2), -7, 7); x and scale are numbers or None for NaN-infinity."""
    return max(-7, min(7, (x * scale + make_vectors.Fraction(1, 2)).__floor__())) & 15


def unit_vectors():
    lines = []
    for kind, number in UNIT_NUMBERS.items():
        text = (SOURCE / f"tests/sim/driver/validate/vectors/{kind}.csv").read_text()
        for line in text.splitlines()[1:]:
            *operands, result = line.split(",")[1:]
            operands += ["0"] * (3 - len(operands))
            lines.append(f"{number} {' '.join(operands)} {result}")
    rng = random.Random("s4")
    for _ in range(500):
        x, scale = (make_vectors.near(rng, 0x3E00, 4) for _ in range(2))
        code = s4(make_vectors.value(x), make_vectors.value(scale))
        single = (x & 0x7FFF) + ((127 - 31) << 9) << 14 | (x & 0x8000) << 16
        lines += [f"5 {x:x} {scale:x} 0 {code:x}", f"6 {single:x} {scale:x} 0 {code:x}"]
    return "\n".join(lines) + "\n"


class TileStimulus:
    """Random clocks of a 4 x 2 tile and what its definition says must be seen."""
    LANES, COLS, ROWS, LATENCY = 4, 2, 4, 5

    def __init__(self, rng):
        self.rng = rng
        self.shadow = [[0] * self.COLS for _ in range(self.LANES)]
        self.active = None
        self.loaded = 0
        self.acc, self.bank = {}, {}
        self.due = {}

    def code(self):
        return self.rng.choice([0, 0x7FFF]) if self.rng.random() < 0.02 else make_vectors.near(
            self.rng, 0x3E00, 4)

    def take_row(self):
        swap = self.loaded == self.LANES and (self.active is None or self.rng.random() < 0.5)
        if swap:
            self.active, self.loaded = [list(row) for row in self.shadow], 0
        row = self.rng.randrange(self.ROWS)
        fold = row in self.acc and self.rng.random() < 0.15
        bank = self.bank if fold else self.acc
        first = row not in bank or self.rng.random() < 0.15
        a = [self.code() for _ in range(self.LANES)]
        terms = self.acc.get(row) if fold else [self.chain(a, c) for c in range(self.COLS)]
        bank[row] = [make_vectors.add(0 if first else bank[row][c], terms[c])
                     for c in range(self.COLS)]
        last = self.rng.random() < 0.6
        packed = sum(code << 16 * lane for lane, code in enumerate(a))
        return swap, fold, first, last, row, packed, list(bank[row])

    def chain(self, a, column):
        total = 0
        for lane in range(self.LANES):
            total = make_vectors.fma(a[lane], self.active[lane][column], total)
        return total

    def clock(self, number):
        a = (0, 0, 0, 0, 0, 0)
        valid = self.rng.random() < 0.8 and (self.active is not None or self.loaded == self.LANES)
        if valid:
            *a, result = self.take_row()
            if a[3]:
                self.due[number + self.LATENCY] = (a[4], result)
        b = (0, 0, 0)
        if self.loaded < self.LANES and self.rng.random() < 0.7:
            codes = [self.code() for _ in range(self.COLS)]
            self.shadow[self.loaded] = codes
            b = (1, self.loaded, sum(code << 16 * c for c, code in enumerate(codes)))
            self.loaded += 1
        row, result = self.due.pop(number, (0, None))
        seen = (0, 0, 0) if result is None else (
            1, row, sum(code << 16 * c for c, code in enumerate(result)))
        return " ".join(f"{int(field):x}" for field in (*b, valid, *a, *seen))


class Fp16Rtl(RtlCase):
    def tile_vectors(self, clocks):
        stimulus = TileStimulus(random.Random("tile"))
        return "\n".join(stimulus.clock(number) for number in range(1, clocks + 1)) + "\n"

    def test_verilator_has_no_warning(self):
        for module in [*UNITS, "nb_fp16_tile", "nb_probe"]:
            with self.subTest(module):
                self.lint(module)

    def test_units_in_icarus(self):
        self.simulate("fp16_units_tb", [RTL / f"{unit}.sv" for unit in UNITS], unit_vectors())

    def test_units_as_gates(self):
        self.simulate("fp16_units_tb", [self.netlist(unit) for unit in UNITS], unit_vectors())

    def test_tile_in_icarus(self):
        self.simulate("fp16_tile_tb", [RTL / "nb_fp16_tile.sv"], self.tile_vectors(3000))

    def test_tile_as_gates(self):
        netlist = self.netlist("nb_fp16_tile", "-set Lanes 4", "-set Cols 2", "-set AccRows 4")
        self.simulate("fp16_tile_tb", [netlist], self.tile_vectors(300), "-DNETLIST")


if __name__ == "__main__":
    unittest.main()
