"""nb_fp16_fma_pipe, the area baseline: lint; its bits in Icarus and as gates of yosys, clock by clock,
against exact fractions, with loads and swaps of b in between; all products of significands; and a
proof that the rest of it equals fp16_fma for all operands.
"""
import functools
import random
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import fp16_rtl_test as common  # noqa: E402

MODULE = "nb_fp16_fma_pipe"
SOURCES = sorted(common.RTL.glob(f"{MODULE}*.sv"))
STAGES = (1, 2, 3)


def special_triples(rng):
    """The operands of the vectors of `nibblesim validate`, and cancellations down to one unit."""
    text = (common.SOURCE / "tests/sim/driver/validate/vectors/fma.csv").read_text()
    triples = [tuple(int(field, 16) for field in line.split(",")[1:4])
               for line in text.splitlines()[1:]]
    for _ in range(500):
        a, b = (common.make_vectors.near(rng, 0x3FFF, 1) | 0x1FF ^ rng.getrandbits(2)
                for _ in range(2))
        product = common.make_vectors.fma(a, b, 0)
        triples.append((a, b, (product ^ 0x8000) + rng.randint(-1, 1) & 0xFFFF))
    return triples


def random_triple(rng, b):
    """a and c for a b: c near the product, near its complement, or at any distance."""
    a = rng.getrandbits(16) if rng.random() < 0.2 else common.make_vectors.near(rng, 0x3E00, 12)
    product = common.make_vectors.fma(a, b, 0)
    kind = rng.randrange(4)
    if kind == 0:
        return a, (product ^ 0x8000) + rng.randint(-3, 3) & 0xFFFF
    c = common.make_vectors.near(rng, product, (2, 12, 24)[kind - 1])
    return a, c & ~(0x1FF >> rng.randrange(10))  # short significands tie


@functools.lru_cache
def all_clocks():
    """(load, b, swap, a, c, result) of every clock; result None before the first b."""
    rng = random.Random("fma pipe")
    triples = special_triples(rng)
    clocks = []
    shadow = active = None

    def clock(load, b, swap, a, c):
        nonlocal shadow, active
        result = None if active is None else common.make_vectors.fma(a, active, c)
        clocks.append((load, b, swap, a, c, result))
        if swap:
            active = shadow  # what the shadow holds before this edge
        if load:
            shadow = b

    # A new b every clock: written at one edge, copied at the next, used in the clock after that.
    codes = [b for _, b, _ in triples]
    clock(1, codes[0], 0, 0, 0)
    clock(1, codes[1], 1, 0, 0)
    for i, (a, _, c) in enumerate(triples):
        clock(1, codes[min(i + 2, len(codes) - 1)], 1, a, c)
    for _ in range(6000):
        a, c = random_triple(rng, active)
        clock(rng.random() < 0.3, common.make_vectors.near(rng, 0x3E00, 12), rng.random() < 0.3,
              a, c)
    return clocks


def vectors(stages, count=None):
    lines, late = [], [None] * (stages - 1)
    for load, b, swap, a, c, result in all_clocks()[:count]:
        late.append(result)
        seen = late.pop(0)
        fields = (load, b, swap, a, c, seen is not None, seen or 0)
        lines.append(" ".join(f"{int(field):x}" for field in fields))
    return "\n".join(lines) + "\n"


def free_product_fma():
    """fp16_fma as a module, the product of its significands an input."""
    function = (common.RTL / "nb_fp16_fma.svh").read_text()
    product = "{10'd0, 1'b1, a[8:0]} * {10'd0, 1'b1, b[8:0]}"
    assert function.count(product) == 1, "the product of nb_fp16_fma.svh is to be made an input"
    function = function.replace(product, "free").replace("[15:0] c)", "[15:0] c, input [19:0] free)")
    return ("module free_product_fma(input [15:0] a_i, input [15:0] b_i, input [15:0] c_i,\n"
            f"    input [19:0] product_i, output [15:0] r_o);\n{function}"
            "  assign r_o = fp16_fma(a_i, b_i, c_i, product_i);\nendmodule\n")


class Proof(common.Fp16Rtl):
    def prove(self, sources, top):
        """No inputs raise the only output of `top`, its registers made wires."""
        common.run("yosys", "-q", "-p",
                   f"read_verilog -sv {' '.join(map(str, sources))}; hierarchy -top {top}; proc; "
                   f"flatten; opt_expr; opt_clean; techmap -map {HERE}/fp16_fma_pipe_wires.v; techmap; "
                   f"opt_clean; aigmap; opt_clean; write_aiger {self.folder}/miter.aig")
        output = common.run("yosys-abc", "-c",
                            f"read_aiger {self.folder}/miter.aig; print_stats; iprove")
        self.assertRegex(output, r"and = +[1-9]\d{3}", "the miter is empty: nothing was compared")
        self.assertIn("UNSATISFIABLE", output)


class Fp16FmaPipe(Proof):
    def test_verilator_has_no_warning(self):
        for stages in STAGES:
            with self.subTest(stages):
                output = common.run("verilator", "--lint-only", "-Wall", f"-GStages={stages}", "-y",
                                    common.RTL, common.RTL / f"{MODULE}.sv")
                self.assertEqual(output, "")

    def test_every_depth_in_icarus(self):
        for stages in STAGES:
            with self.subTest(stages):
                self.simulate("fp16_fma_pipe_tb", SOURCES, vectors(stages),
                              f"-Pfp16_fma_pipe_tb.Stages={stages}")

    def test_every_product_in_icarus(self):
        output = self.folder / "products"
        common.run("iverilog", "-g2012", "-s", "fp16_fma_pipe_products_tb", "-o", output,
                   HERE / "fp16_fma_pipe_products_tb.sv", common.RTL / f"{MODULE}_product.sv",
                   common.RTL / f"{MODULE}_row.sv")
        self.assertEqual(common.run("vvp", "-n", output).split()[-4:],
                         ["MISMATCHES", "0", "OF", "262144"])

    def test_all_but_the_product_is_proved(self):
        (self.folder / "expected.sv").write_text(free_product_fma())
        sources = [source for source in SOURCES if source.stem != f"{MODULE}_product"]
        self.prove([*sources, self.folder / "expected.sv", HERE / "fp16_fma_pipe_proof.sv"],
                   "fp16_fma_pipe_proof")

    def test_three_stages_as_gates(self):
        netlist = self.folder / "netlist.v"
        sources = " ".join(str(source) for source in SOURCES)
        common.run("yosys", "-q", "-p",
                   f"read_verilog -sv -defer {sources}; chparam -set Stages 3 {MODULE}; synth "
                   f"-flatten -top {MODULE}; rename -top {MODULE}; write_verilog -noattr {netlist}")
        self.simulate("fp16_fma_pipe_tb", [netlist], vectors(3, 3000), "-DNETLIST")


def load_tests(loader, _tests, _pattern):
    """Only this file's cases, not those of the class they are built on."""
    names = [name for name in vars(Fp16FmaPipe) if name.startswith("test_")]
    return unittest.TestSuite(loader.loadTestsFromName(f"Fp16FmaPipe.{name}",
                                                       sys.modules[__name__]) for name in names)


if __name__ == "__main__":
    unittest.main()
