"""nb_fp8_fma_pipe, the HFP8 baseline: lint; its bits in Icarus and as gates of yosys, clock by clock,
against exact fractions, with loads and swaps of b in between; all pairs of operands of all formats;
and a proof that behind the decoders the rest equals fp16_fma for all exponents, all products of
significands and all addends.
"""
import functools
import random
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import fp16_fma_pipe_test  # noqa: E402
import fp16_rtl_test as common  # noqa: E402
from fp16_rtl_test import make_vectors  # noqa: E402

MODULE = "nb_fp8_fma_pipe"
SOURCES = sorted([*common.RTL.glob(f"{MODULE}*.sv"), *common.RTL.glob("nb_fp16_fma_pipe_*.sv")])
STAGES = (1, 2, 3)
FORMATS = ((3, 11), (2, 15))  # mantissa bits and bias of 1-4-3 and 1-5-2
ADDENDS = 1  # of a pair of operands; signs only XOR, so four of a pair of magnitudes


@functools.lru_cache(None)
def fp16(e5m2, code):
    """The fp16 code of an fp8 code, as NUMERICS section 6 defines it."""
    mantissa_bits, bias = FORMATS[e5m2]
    magnitude = code & 0x7F
    if magnitude == 0x7F:
        return make_vectors.NAN
    field, mantissa = magnitude >> mantissa_bits, magnitude & (1 << mantissa_bits) - 1
    fraction = make_vectors.Fraction(mantissa, 1 << mantissa_bits)
    if field == 0:
        value = make_vectors.Fraction(2) ** (1 - bias) * fraction
    else:
        value = make_vectors.Fraction(2) ** (field - bias) * (1 + fraction)
    converted = make_vectors.nearest(-value if code & 0x80 else value)
    assert abs(make_vectors.value(converted)) == value, "every fp8 number is an fp16 number"
    return converted


def addend(rng, product):
    """c for a product (an fp16 code): near its complement, or at any distance."""
    kind = rng.randrange(4)
    if kind == 0:
        return (product ^ 0x8000) + rng.randint(-3, 3) & 0xFFFF
    c = make_vectors.near(rng, product, (2, 13, 24)[kind - 1])
    return c & ~(0x1FF >> rng.randrange(10))  # short significands tie


@functools.lru_cache
def all_clocks():
    """(load, b_e5m2, b, swap, a_e5m2, a, c, result) of every clock; result None before the first b."""
    rng = random.Random("fp8 fma pipe")
    clocks = []
    shadow = active = None
    for i in range(6000):
        load, swap = (rng.random() < 0.4 or i == 0), (rng.random() < 0.4 or i == 1)
        a, b = ((rng.getrandbits(1), rng.getrandbits(8)) for _ in range(2))
        if active is None:
            c, result = rng.getrandbits(16), None
        else:
            operands = fp16(*a), fp16(*active)
            c = rng.choice(make_vectors.SPECIALS) if rng.random() < 0.1 else addend(
                rng, make_vectors.fma(*operands, 0))
            result = make_vectors.fma(*operands, c)
        clocks.append((load, *b, swap, *a, c, result))
        if swap:
            active = shadow  # what the shadow holds before this edge
        if load:
            shadow = b
    return clocks


def vectors(stages, count=None):
    lines, late = [], [None] * (stages - 1)
    for *inputs, result in all_clocks()[:count]:
        late.append(result)
        seen = late.pop(0)
        fields = (*inputs, seen is not None, seen or 0)
        lines.append(" ".join(f"{int(field):x}" for field in fields))
    return "\n".join(lines) + "\n"


def pair_vectors():
    """Addend and result of fp8_fma_pipe_pairs_tb. Operands with the same product take turns in the
    same addends, whose results are computed once."""
    rng = random.Random("fp8 pairs")
    values = [[make_vectors.value(fp16(e5m2, code)) for code in range(256)] for e5m2 in (0, 1)]
    # Exact integers are quicker to multiply: every fp8 number is one in units of 2^-16.
    units = [[None if value is None else int(value * 65536) for value in row] for row in values]
    cache, lines = {}, []

    def cases(product):
        if product is None:
            return [f"{c:04x}7fff" for c in (0, 0x3E00, 0xFFFE)]
        exact = make_vectors.Fraction(product, 1 << 32)
        code = make_vectors.nearest(exact)
        found = []
        for i in range(7):
            c = rng.choice(make_vectors.SPECIALS) if i == 0 else addend(rng, code)
            value = make_vectors.value(c)
            result = make_vectors.NAN if value is None else make_vectors.nearest(exact + value)
            found.append(f"{c:04x}{result:04x}")
        return found

    turn = 0
    for a_format in units:
        for b_format in units:
            for b in b_format:
                for a in a_format:
                    product = None if a is None or b is None else a * b
                    if product not in cache:
                        cache[product] = cases(product)
                    found = cache[product]
                    for _ in range(ADDENDS):
                        turn += 1
                        lines.append(found[turn % len(found)])
    return "\n".join(lines) + "\n"


class Fp8FmaPipe(fp16_fma_pipe_test.Proof):
    def test_verilator_has_no_warning(self):
        for stages in STAGES:
            with self.subTest(stages):
                output = common.run("verilator", "--lint-only", "-Wall", f"-GStages={stages}", "-y",
                                    common.RTL, common.RTL / f"{MODULE}.sv")
                self.assertEqual(output, "")

    def test_every_depth_in_icarus(self):
        for stages in STAGES:
            with self.subTest(stages):
                self.simulate("fp8_fma_pipe_tb", SOURCES, vectors(stages),
                              f"-Pfp8_fma_pipe_tb.Stages={stages}")

    def test_every_pair_in_icarus(self):
        self.simulate("fp8_fma_pipe_pairs_tb", SOURCES, pair_vectors(),
                      f"-Pfp8_fma_pipe_pairs_tb.Addends={ADDENDS}")

    def test_all_but_the_product_is_proved(self):
        (self.folder / "expected.sv").write_text(fp16_fma_pipe_test.free_product_fma())
        sources = [source for source in SOURCES if not source.stem.endswith("_product")]
        self.prove([*sources, self.folder / "expected.sv", HERE / "fp8_fma_pipe_proof.sv"],
                   "fp8_fma_pipe_proof")

    def test_two_stages_as_gates(self):
        netlist = self.folder / "netlist.v"
        sources = " ".join(str(source) for source in SOURCES)
        common.run("yosys", "-q", "-p",
                   f"read_verilog -sv -defer {sources}; chparam -set Stages 2 {MODULE}; synth "
                   f"-flatten -top {MODULE}; rename -top {MODULE}; write_verilog -noattr {netlist}")
        self.simulate("fp8_fma_pipe_tb", [netlist], vectors(2, 3000), "-DNETLIST")


def load_tests(loader, _tests, _pattern):
    """Only this file's cases, not those of the class they are built on."""
    names = [name for name in vars(Fp8FmaPipe) if name.startswith("test_")]
    return unittest.TestSuite(loader.loadTestsFromName(f"Fp8FmaPipe.{name}",
                                                       sys.modules[__name__]) for name in names)


if __name__ == "__main__":
    unittest.main()
