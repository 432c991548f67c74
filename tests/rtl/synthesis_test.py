"""tools/synth: netlists that compute what their sources say, a check that sees when they do not,
committed data that belongs to today's sources.

usage: synthesis_test.py NIBBLESIM [test ...]
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import unittest.mock

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tools/synth"))
sys.dont_write_bytecode = True

import cell_library  # noqa: E402
import density_page  # noqa: E402
import tool_run  # noqa: E402
import silicon_cells  # noqa: E402
from designs import DESIGNS, RTL, Design, plain_text  # noqa: E402
from netlist_check import cell_models, check_netlist  # noqa: E402
from silicon_data import SiliconData  # noqa: E402
from static_timing import shortest_clock  # noqa: E402
from synthesis import RECIPES, Netlist, Recipe, Synthesis  # noqa: E402

# Every kind of sum and enable that the passes of tools/synth map.
MIXED = """
module mixed (
    input clk_i, input rst_ni, input enable_i, input [5:0] a_i, input [5:0] b_i,
    input signed [5:0] c_i, input signed [5:0] d_i, output reg [12:0] sum_o,
    output reg [12:0] product_o, output reg [12:0] signed_sum_o, output reg [12:0] signed_product_o,
    output reg [12:0] difference_o, output reg [1:0] few_o
);
  always @(posedge clk_i) begin
    sum_o <= a_i + b_i + c_i[2:0] + a_i[4:2] + b_i[1] + 13'd5;
    product_o <= a_i * b_i + a_i + 13'd1;
    signed_sum_o <= c_i + d_i - c_i[4:2] - 13'sd9 + $signed(b_i[2:0]);
    signed_product_o <= c_i * d_i - d_i + 13'sd3;
    if (enable_i) difference_o <= a_i - b_i - c_i + 13'd77 + {b_i, 3'd0};
    if (enable_i & a_i[0]) few_o <= b_i[1:0];
    if (!rst_ni) sum_o <= 13'd0;
  end
endmodule
"""
# A flip-flop, seven inverters and a flip-flop of either edge.
CHAIN = """
module chain (input clk_i, input d_i, output q_o);
  wire [7:0] n;
  DFFPOSX1 first (.CLK(clk_i), .D(d_i), .Q(n[0]));
  {inverters}
  {last} last (.CLK(clk_i), .D(n[7]), .Q(q_o));
endmodule
"""


class SynthesisTest(unittest.TestCase):
    nibblesim = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.library = cell_library.library("osu018")

    def mixed(self):
        source = self.folder / "mixed.v"
        source.write_text(MIXED)
        return self.elaborated(Design("mixed_gates", "mixed", (source,)))

    def elaborated(self, design):
        synthesis = Synthesis(design, self.library, self.folder)
        synthesis.elaborate()
        return synthesis

    def check(self, synthesis, netlist):
        return check_netlist(synthesis, netlist, cell_models(self.library, self.folder))

    def netlist_of_another(self, design, text):
        """The netlist of a source that is not quite the design's."""
        folder = self.folder / "another"
        folder.mkdir()
        source = folder / design.sources[0].name
        source.write_text(text)
        another = Design(design.name, design.top, (source,), design.parameters)
        synthesis = Synthesis(another, self.library, folder)
        synthesis.elaborate()
        return synthesis.run(RECIPES[1])

    def test_every_recipe_gives_the_function(self):
        synthesis = self.mixed()
        for recipe in (*RECIPES, Recipe(gated=False)):
            with self.subTest(recipe.name):
                netlist = synthesis.run(recipe)
                self.assertGreater(self.check(synthesis, netlist), 9_000)
                self.assertEqual("DFFNEGX1" in netlist.cells, recipe.gated)
                self.assertGreater(netlist.cells["FAX1"], 50)

    def test_tile_with_gated_clocks_is_the_tile(self):
        synthesis = self.elaborated(DESIGNS["tile_4x2"])
        self.assertGreater(self.check(synthesis, synthesis.run(RECIPES[1])), 2900)

    def test_check_sees_a_reset_that_lets_rows_pass(self):
        """Rows on their way outlive the reset, which shows only if it comes between rows."""
        design = DESIGNS["tile_4x1"]
        text = design.sources[0].read_text()
        start = text.index("    if (!rst_ni) begin")
        end = text.index("    end\n", start) + len("    end\n")
        netlist = self.netlist_of_another(design, text[:start] + text[end:])
        with self.assertRaisesRegex(RuntimeError, "differs from its source"):
            self.check(self.elaborated(design), netlist)

    def test_check_sees_what_needs_codes_that_meet(self):
        """Wrong only where all but the last place cancels: one in 30,000 pairs of random codes."""
        design = DESIGNS["fp16_adder"]
        shift = "x = x[12:5] == 8'd0 ? x << 8 : x;"
        adder = (RTL / "nb_fp16_add.svh").read_text()
        self.assertIn(shift, adder)
        wrong = adder.replace(shift, "x = x[12:5] == 8'd0 && x[4:3] != 2'd0 ? x << 8 : x;")
        text = design.sources[0].read_text().replace('`include "nb_fp16_add.svh"', wrong)
        netlist = self.netlist_of_another(design, text)
        with self.assertRaisesRegex(RuntimeError, "differs from its source"):
            self.check(self.elaborated(design), netlist)

    def test_check_sees_one_wrong_cell(self):
        synthesis = self.mixed()
        netlist = synthesis.run(RECIPES[1])
        text = netlist.verilog.read_text()
        swapped = text.replace(".YC(", ".T(", 1).replace(".YS(", ".YC(", 1).replace(".T(", ".YS(", 1)
        gate = text.replace("  NOR2X1 ", "  NAND2X1 ", 1)
        clock = text.replace("  AND2X2 ", "  OR2X2 ", 1)
        for name, broken in (("adder", swapped), ("gate", gate), ("clock", clock)):
            with self.subTest(name):
                self.assertNotEqual(broken, text)
                path = self.folder / f"broken_{name}.v"
                path.write_text(broken)
                with self.assertRaisesRegex(RuntimeError, "differs from its source"):
                    self.check(synthesis, Netlist(path, {}))

    def chain_clock(self, last):
        path = self.folder / f"chain_{last}.v"
        inverters = "\n  ".join(f"INVX1 u{i} (.A(n[{i}]), .Y(n[{i + 1}]));" for i in range(7))
        path.write_text(CHAIN.format(inverters=inverters, last=last))
        return shortest_clock(self.library, path, "chain", self.folder)

    def test_shortest_clock(self):
        """Seven inverters and a flip-flop; what is taken at the falling edge needs twice the clock."""
        whole, half = self.chain_clock("DFFPOSX1"), self.chain_clock("DFFNEGX1")
        self.assertGreater(whole, 0.4)
        self.assertLess(whole, 1.5)
        self.assertAlmostEqual(half / whole, 2, delta=0.5)

    def test_parts_add_up(self):
        parts = self.library.parts_um2({"FAX1": 2, "DFFPOSX1": 3, "NAND2X1": 4})
        self.assertEqual(parts, {"adders": 240.0, "flip_flops": 288.0, "logic": 96.0})
        with self.assertRaisesRegex(RuntimeError, "LATCH"):
            self.library.parts_um2({"LATCH": 1})

    def test_fingerprint_sees_what_decides(self):
        """A comment does not; one that a tool reads, code between docstrings and the cells do."""
        path = self.folder / "a.sv"
        path.write_text("a;  // verilator lint_off WIDTH\n  // synthesis translate_off\n// both\n")
        self.assertEqual(plain_text(path),
                         "a;  // verilator lint_off WIDTH\n  // synthesis translate_off")
        path = self.folder / "a.py"
        path.write_text('"""One."""\nA = "# no comment"  # two\n\n\ndef b():\n    """Three,\n'
                        '    four."""\n    return """five"""\n')
        self.assertEqual(plain_text(path), 'A = "# no comment"\ndef b():\n    return """five"""')
        prints = {DESIGNS["quant_s4"].fingerprint(cell_library.library(name))
                  for name in cell_library.LIBRARIES}
        self.assertEqual(len(prints), len(cell_library.LIBRARIES))

    def test_tool_that_fails(self):
        """Its last lines are told, and what it started goes with it at the time limit."""
        log = self.folder / "log"
        with self.assertRaisesRegex(RuntimeError, r"^sh: exit 3\n  4\n  5\n  6\n  7\n  \ufffd$"):
            tool_run.run_tool("sh", ["-c", "seq 7; printf '\\377\\n'; exit 3"], log)
        started = time.monotonic()
        with unittest.mock.patch.object(tool_run, "TIME_LIMIT_S", 1), \
                self.assertRaisesRegex(RuntimeError, "took over 1 s\n  begun"):
            tool_run.run_tool("sh", ["-c", "echo begun; sleep 60; true"], log)
        self.assertLess(time.monotonic() - started, 30)

    def test_interrupt(self):
        """Ctrl-C ends what runs and what waits."""
        work = subprocess.Popen([self.nibblesim, "characterize", "tile_64", "--library", "osu018",
                                 "-o", self.folder, "--keep", self.folder / "kept"],
                                stderr=subprocess.PIPE, text=True)
        self.addCleanup(work.kill)
        begun = self.folder / "kept/osu018/osu018_cells.v"
        while not begun.exists():
            self.assertIsNone(work.poll())
            time.sleep(0.1)
        time.sleep(1)
        work.send_signal(signal.SIGINT)
        said = work.communicate(timeout=60)[1]
        self.assertEqual((work.returncode, said), (130, ""))
        self.assertFalse((self.folder / "osu018.json").exists())

    def test_committed_data_is_of_these_sources(self):
        """After a change of rtl/ or tools/synth: build/bin/nibblesim characterize."""
        for name in cell_library.LIBRARIES:
            data = SiliconData(SiliconData.FOLDER, cell_library.library(name))
            self.assertEqual(sorted(data.designs), sorted(DESIGNS))
            for design in DESIGNS.values():
                with self.subTest(f"{name} {design.name}"):
                    self.assertTrue(data.is_current(design))
                    for netlist in data.designs[design.name]["netlists"]:
                        area = netlist["area_um2"]
                        self.assertAlmostEqual(area["total"], sum(area.values()) - area["total"])

    def test_two_runs_do_not_lose_each_others_designs(self):
        first, second = (SiliconData(self.folder, self.library) for _ in range(2))
        names = ["quant_fp4", "quant_s4"]
        first.put(DESIGNS[names[0]], {"fingerprint": "a"}, names)
        second.put(DESIGNS[names[1]], {"fingerprint": "b"}, names)
        self.assertEqual(sorted(SiliconData(self.folder, self.library).designs), names)
        first.put(DESIGNS[names[0]], {"fingerprint": "c"}, names[:1])
        self.assertEqual(list(SiliconData(self.folder, self.library).designs), names[:1])

    def test_density_page_is_of_the_data(self):
        """After `nibblesim characterize`: tools/synth/density."""
        text = density_page.PAGE.read_text()
        self.assertEqual(density_page.page(text), text)
        drawn = self.folder / "density.svg"
        density_page.draw(drawn)
        self.assertEqual(drawn.read_text(), density_page.FIGURE.read_text())

    def test_silicon_cells_are_of_the_data(self):
        """After `nibblesim characterize` or tools/energy/measure: tools/synth/density."""
        self.assertIn("osu018", silicon_cells.libraries())
        for name in silicon_cells.libraries():
            with self.subTest(name):
                self.assertEqual(silicon_cells.path(name).read_text(), silicon_cells.text(name))

    def test_silicon_cells_have_the_ratio_of_the_density_page(self):
        for name in silicon_cells.libraries():
            page = density_page.PAGE.read_text().split(f"density {name} -->")[1]
            stated = page.split("| INT4 and FP4 | 64 |")[1].split("|")[6].strip()
            text = silicon_cells.text(name)
            nibble4, fma = (float(re.search(rf"{start}value: ([\d.]+)", text)[1])
                            for start in ("{lanes: 64, ", "fp16_fma: {"))
            self.assertEqual(f"{fma / nibble4:.1f}", stated)

    def command(self, *words, **options):
        return subprocess.run([self.nibblesim, "characterize", *words], capture_output=True,
                              text=True, check=False, timeout=120, **options)

    def test_command(self):
        done = self.command("quant_fp4", "--library", "osu018", "-o", str(self.folder))
        self.assertEqual(done.returncode, 0, done.stderr)
        first = json.loads((self.folder / "osu018.json").read_text())
        self.assertEqual(list(first["designs"]), ["quant_fp4"])
        again = self.command("quant_fp4", "--library", "osu018", "-o", str(self.folder))
        self.assertIn("0 characterised", again.stdout)
        listed = self.command("--list", "quant", "--library", "osu018", "-o", str(self.folder))
        self.assertIn("* quant_fp4\n  quant_pact", listed.stdout)

    def test_failure_names_its_design(self):
        sta = self.folder / "sta"
        sta.write_text("#!/bin/sh\necho no clock\nexit 1\n")
        sta.chmod(0o755)
        done = self.command("quant_fp4", "quant_s4", "--library", "osu018", "-o", str(self.folder),
                            env={**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}"})
        self.assertEqual(done.returncode, 1)
        for name in ("quant_fp4", "quant_s4"):
            self.assertIn(f"characterize: osu018 {name}: sta: exit 1\n  no clock\n", done.stderr)
        self.assertIn("0 characterised, 2 failed", done.stdout)

    def test_other_ends_of_pipes(self):
        done = subprocess.run(f"'{self.nibblesim}' characterize --list | head -n 1", shell=True,
                              capture_output=True, text=True, check=True, timeout=120)
        self.assertEqual((done.stdout.count("\n"), done.stderr), (1, ""))

    def test_density_help(self):
        done = subprocess.run([SOURCE / "tools/synth/density", "--help"], capture_output=True,
                              text=True, check=True, timeout=120)
        self.assertIn("rtl/README.md", done.stdout)

    def test_bad_input(self):
        (self.folder / "osu018.json").write_text("{")
        broken = ["quant_fp4", "--library", "osu018", "-o", str(self.folder)]
        for words, said in ((["no_such"], "no_such: no such design; allowed: "),
                            (["--library", "osu999"], "invalid choice: 'osu999'"),
                            (["quant_fp4", "--jobs", "0"], "0 is out of range, allowed from 1"),
                            (["quant_fp4", "-o", "/dev/null/x"], "/dev/null/x: cannot be written"),
                            (broken, "osu018.json: not data of nibblesim characterize: Expecting"),
                            ([*broken, "--list"], "osu018.json: not data")):
            with self.subTest(words):
                done = self.command(*words)
                self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
                self.assertIn(said, done.stderr)
                self.assertNotIn("Traceback", done.stderr)


if __name__ == "__main__":
    SynthesisTest.nibblesim = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
