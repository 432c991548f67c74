"""What the tests of the two multiply-adds that areas are compared with share (nb_fp16_fma_pipe,
nb_fp8_fma_pipe): their clocks against exact fractions, and the proof that a cell equals fp16_fma.
"""
from rtl_case import HERE, RTL, RtlCase, make_vectors, run

STAGES = (1, 2, 3)


def addend(rng, product, near):
    """c for a product (fp16 codes): near its complement, within 2, `near` or 24 exponents of it."""
    kind = rng.randrange(4)
    if kind == 0:
        return (product ^ 0x8000) + rng.randint(-3, 3) & 0xFFFF
    c = make_vectors.near(rng, product, (2, near, 24)[kind - 1])
    return c & ~(0x1FF >> rng.randrange(10))  # short significands tie


class Clocks:
    """What goes into the ports and what comes out a clock later with one stage."""

    def __init__(self, fp16):
        """fp16 gives the fp16 code of an operand (e5m2, code)."""
        self._fp16 = fp16
        self._shadow = None
        self.active = None  # the b that a clock multiplies with, (e5m2, code)
        self.lines = []     # inputs and the result; result None before the first b

    def add(self, load, b, swap, a, c):
        result = None if self.active is None else make_vectors.fma(
            self._fp16(*a), self._fp16(*self.active), c)
        self.lines.append((load, *b, swap, *a, c, result))
        if swap:
            self.active = self._shadow  # what the shadow holds before this edge
        if load:
            self._shadow = b

    def vectors(self, stages, count=None):
        """Lines of fma_pipe_tb."""
        lines, late = [], [None] * (stages - 1)
        for *inputs, result in self.lines[:count]:
            late.append(result)
            seen = late.pop(0)
            fields = (*inputs, seen is not None, seen or 0)
            lines.append(" ".join(f"{int(field):x}" for field in fields))
        return "\n".join(lines) + "\n"


def free_product_fma():
    """fp16_fma as a module, the product of its significands an input."""
    function = (RTL / "nb_fp16_fma.svh").read_text()
    product = "{10'd0, 1'b1, a[8:0]} * {10'd0, 1'b1, b[8:0]}"
    assert function.count(product) == 1, "the product of nb_fp16_fma.svh is to be made an input"
    function = function.replace(product, "free").replace("[15:0] c)", "[15:0] c, input [19:0] free)")
    return ("module free_product_fma(input [15:0] a_i, input [15:0] b_i, input [15:0] c_i,\n"
            f"    input [19:0] product_i, output [15:0] r_o);\n{function}"
            "  assign r_o = fp16_fma(a_i, b_i, c_i, product_i);\nendmodule\n")


class FmaPipeCase(RtlCase):
    """Of one module; a class for each says which."""
    module = ""
    sources = ()
    defines = ()  # of fma_pipe_tb

    def clocks(self):
        """The Clocks that are played."""
        raise NotImplementedError

    def as_gates(self, stages):
        netlist = self.netlist(self.module, f"-set Stages {stages}", sources=self.sources)
        self.simulate("fma_pipe_tb", [netlist], self.clocks().vectors(stages, 3000),
                      *self.defines, "-DNETLIST")

    def prove(self, proof):
        """No inputs raise the only output of a module beside this file, in which everything but the
        product of significands is the cell's own, its registers made wires."""
        (self.folder / "expected.sv").write_text(free_product_fma())
        sources = [source for source in self.sources if not source.stem.endswith("_product")]
        sources += [self.folder / "expected.sv", HERE / f"{proof}.sv"]
        run("yosys", "-q", "-p",
            f"read_verilog -sv {' '.join(map(str, sources))}; hierarchy -top {proof}; proc; "
            f"flatten; opt_expr; opt_clean; techmap -map {HERE}/fp16_fma_pipe_wires.v; techmap; "
            f"opt_clean; aigmap; opt_clean; write_aiger {self.folder}/miter.aig")
        output = run("yosys-abc", "-c",
                     f"read_aiger {self.folder}/miter.aig; print_stats; iprove")
        self.assertRegex(output, r"and = +[1-9]\d{3}", "the miter is empty: nothing was compared")
        self.assertIn("UNSATISFIABLE", output)

    def test_verilator_has_no_warning(self):
        for stages in STAGES:
            with self.subTest(stages):
                self.lint(self.module, f"-GStages={stages}")

    def test_every_depth_in_icarus(self):
        for stages in STAGES:
            with self.subTest(stages):
                self.simulate("fma_pipe_tb", self.sources, self.clocks().vectors(stages),
                              *self.defines, f"-Pfma_pipe_tb.Stages={stages}")
