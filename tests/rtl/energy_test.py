"""tools/energy: energies of cells by hand and by OpenSTA, toggles that are known, results that are
compared, committed data that belongs to today's sources.

usage: energy_test.py NIBBLE_TILE_TRAFFIC [test ...]
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "tools/energy"), str(SOURCE / "tools/synth")]
sys.dont_write_bytecode = True

import cell_library  # noqa: E402
import energy_data  # noqa: E402
import liberty  # noqa: E402
import mac_model  # noqa: E402
import silicon_cells  # noqa: E402
import traffic  # noqa: E402
from activity import ActivityBench, Stimulus  # noqa: E402
from cases import CASES  # noqa: E402
from designs import DESIGNS  # noqa: E402
from entries import entry_of, glitch_ratios  # noqa: E402
from mapped_netlist import MappedNetlist  # noqa: E402
from measured_netlist import MeasuredNetlist  # noqa: E402
from power import PARTS, Energy, PowerModel  # noqa: E402
from silicon_data import SiliconData  # noqa: E402
from slews import find_slews  # noqa: E402
from synthesis import RECIPES  # noqa: E402
from timed_activity import TimedActivity  # noqa: E402
from tool_run import run_tool  # noqa: E402

# What OpenSTA and a reader can follow: gates in a row.
CHAIN = """
module chain (input clk_i, input a_i, input b_i, output y_o);
  wire n, m;
  NAND2X1 u0 (.A(a_i), .B(b_i), .Y(n));
  INVX1 u1 (.A(n), .Y(m));
  INVX8 u2 (.A(m), .Y(y_o));
endmodule
"""
# A counter of two bits, of flip-flops and gates.
COUNTER = """
module counter (input clk_i, input clear_i, output low_o, output high_o);
  wire low_n, low_d, high_d, high_x, clear_n;
  INVX1 u0 (.A(low_o), .Y(low_n));
  INVX1 u1 (.A(clear_i), .Y(clear_n));
  AND2X1 u2 (.A(low_n), .B(clear_n), .Y(low_d));
  XOR2X1 u3 (.A(low_o), .B(high_o), .Y(high_x));
  AND2X1 u4 (.A(high_x), .B(clear_n), .Y(high_d));
  DFFPOSX1 u5 (.CLK(clk_i), .D(low_d), .Q(low_o));
  DFFPOSX1 u6 (.CLK(clk_i), .D(high_d), .Q(high_o));
endmodule
"""
HAZARD = """
module {name} (input clk_i, input a_i, output y_o);
  wire [{bits}:0] w;
  assign w[0] = a_i;
  {chain}
  AND2X1 last (.A(a_i), .B(w[{bits}]), .Y(y_o));
endmodule
"""
STA_POWER = """
read_liberty {liberty}
read_verilog {netlist}
link_design netlist
create_clock -name clock -period 10 n{clock}
set_input_transition 0.06 [all_inputs]
set_power_activity -input_port n{toggles} -activity 0.5 -duty 0.5
set_power_activity -input_port n{stands} -activity 0 -duty 1
foreach cell {{u0 u1 u2}} {{ report_power -instances [get_cells $cell] -digits 8 }}
"""


class EnergyTest(unittest.TestCase):
    traffic_program = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.library = cell_library.library("osu018")
        self.cells = liberty.read_cells(self.library)

    def netlist(self, text):
        top = re.search(r"module (\w+)", text)[1]
        path = self.folder / f"{top}.v"
        path.write_text(text)
        return MappedNetlist(path, top, self.library, self.folder)

    def power(self, netlist):
        return PowerModel(netlist, self.cells, find_slews(netlist, self.cells, self.library,
                                                          self.folder), 1.8)

    def chain_energies(self):
        """pJ of one toggle of a_i with b_i at 1, internal and switching, of u0, u1 and u2."""
        netlist = self.netlist(CHAIN)
        stimulus = Stimulus(netlist)
        for clock in range(40):
            stimulus.add({"a_i": clock & 1, "b_i": 1}, {"y_o": 1 - (clock & 1)})
        activity = ActivityBench(netlist, self.library, self.folder).run(stimulus, 4, "chain")
        self.assertEqual(activity.clocks, 36)
        energy = self.power(netlist).energy(activity, 10)
        kinds = {cell.kind: energy.cells[cell.name] for cell in netlist.cells}
        return netlist, [kinds[kind] for kind in ("NAND2X1", "INVX1", "INVX8")]

    def test_gates_by_hand(self):
        """From the file: INVX1 has 0.00932456 pF at its input, INVX8 0.0745972 pF, NAND2X1 drives
        INVX1. What a net switches is half of C V^2, 1.8 V."""
        _, (nand, inverter, last) = self.chain_energies()
        self.assertAlmostEqual(nand[1], 0.00932456 * 1.8 ** 2 / 2, places=8)
        capacitance = self.cells["INVX8"].pins["A"].capacitance
        self.assertAlmostEqual(inverter[1], capacitance * 1.8 ** 2 / 2, places=8)
        self.assertEqual(last[1], 0)
        # NAND2X1 from its table for A, between loads of 0.005 and 0.0125 pF, at the slew of 0.06 ns.
        text = self.library.liberty.read_text(encoding="latin-1")
        cell = text[text.index("cell (NAND2X1)"):]
        power = cell[cell.index("internal_power"):]
        self.assertIn('related_pin : "A"', power[:80])
        sides = []
        for side in ("fall_power", "rise_power"):
            rows = re.findall(r'"([-\d., ]+)"', power[power.index(side):])
            low, high = (float(row.split(",")[0]) for row in rows[2:4])
            part = (0.00932456 - 0.005) / (0.0125 - 0.005)
            sides.append(low + part * (high - low))
        self.assertEqual(rows[0].split(",")[:2], ["0.005", " 0.0125"])
        self.assertAlmostEqual(nand[0], sum(sides) / 2, places=7)

    def test_gates_by_opensta(self):
        """OpenSTA's internal over switching energy of a cell; its activities have another unit. 2.0.17
        counts a rise and a fall for each transition, later versions their mean, as we do."""
        netlist, ours = self.chain_energies()
        path = self.folder / "sta.v"
        path.write_text(netlist.structural())
        script = self.folder / "power.sta"
        script.write_text(STA_POWER.format(
            liberty=self.library.liberty, netlist=path, clock=netlist.clock,
            toggles=netlist.inputs["a_i"][0], stands=netlist.inputs["b_i"][0]))
        output = run_tool("sta", ["-no_splash", "-exit", script], self.folder / "power.log")
        found = {name: (float(internal), float(switching)) for internal, switching, name in
                 re.findall(r"^\s*(\S+)\s+(\S+)\s+\S+\s+\S+\s+(u\d)$", output, re.M)}
        kinds = {cell.kind: cell.name for cell in netlist.cells}
        nand, inverter, last = (found[kinds[kind]] for kind in ("NAND2X1", "INVX1", "INVX8"))
        for (internal, switching), (own_internal, own_switching) in ((nand, ours[0]),
                                                                    (inverter, ours[1])):
            self.assertAlmostEqual(2 * own_internal / own_switching / (internal / switching), 1,
                                   delta=0.01)
        # The last drives nothing: over what the gate before it switches.
        self.assertAlmostEqual(2 * ours[2][0] / ours[1][1] / (last[0] / inverter[1]), 1,
                               delta=0.01)

    def counter(self, clocks=64):
        netlist = self.netlist(COUNTER)
        stimulus = Stimulus(netlist)
        for clock in range(clocks):
            count = max(clock - 3, 0) & 3
            stimulus.add({"clear_i": clock < 4}, {"low_o": count & 1, "high_o": count >> 1})
        return netlist, stimulus

    def test_toggles_of_a_counter(self):
        """The low bit toggles every clock, the high bit every other, the clock twice a clock."""
        netlist, stimulus = self.counter()
        activity = ActivityBench(netlist, self.library, self.folder).run(stimulus, 16, "count")
        low, high = (netlist.outputs[port][0] for port in ("low_o", "high_o"))
        self.assertEqual(activity.clocks, 48)
        self.assertAlmostEqual(activity.toggles[low], 48, delta=1)
        self.assertAlmostEqual(activity.toggles[high], 24, delta=1)
        self.assertAlmostEqual(activity.toggles[netlist.clock], 96, delta=1)

    def timed(self, netlist):
        return TimedActivity(netlist, self.library, self.folder, self.power(netlist), self.cells)

    def test_delays_alone_add_no_toggles(self):
        """The counter's nets change once a clock, whatever the delays."""
        netlist, stimulus = self.counter()
        settled = ActivityBench(netlist, self.library, self.folder).run(stimulus, 16, "settled")
        timed = self.timed(netlist).run(stimulus, 16, "timed", 10)
        self.assertEqual(timed.clocks, settled.clocks)
        for port in ("low_o", "high_o"):
            net = netlist.outputs[port][0]
            self.assertAlmostEqual(timed.toggles[net], settled.toggles[net], delta=1)
        with self.assertRaisesRegex(RuntimeError, "with delays 1 of 48 clocks have wrong results"):
            stimulus.lines[20] = stimulus.lines[21]
            self.timed(netlist).run(stimulus, 16, "wrong", 10)

    def test_hazard_glitches_where_its_pulse_outlasts_the_gate(self):
        """a and, seven inverters later, not a: their AND pulses at each rising edge of a. Behind one inverter
        the pulse is shorter than the AND takes, and swallowed."""
        for inverters, glitches in ((7, True), (1, False)):
            chain = "\n".join(f"INVX1 i{i} (.A(w[{i}]), .Y(w[{i + 1}]));" for i in range(inverters))
            netlist = self.netlist(HAZARD.format(name=f"hazard_{inverters}", bits=inverters, chain=chain))
            stimulus = Stimulus(netlist)
            for clock in range(44):
                stimulus.add({"a_i": clock & 1}, {"y_o": 0})
            settled = ActivityBench(netlist, self.library, self.folder).run(stimulus, 4, "settled")
            timed = self.timed(netlist).run(stimulus, 4, "timed", 10)
            output = netlist.outputs["y_o"][0]
            self.assertEqual(settled.toggles[output], 0)
            # Twenty rising edges, two toggles each.
            self.assertEqual(timed.toggles[output], 40 if glitches else 0)

    def test_wrong_results_are_seen(self):
        netlist, stimulus = self.counter()
        stimulus.lines[20] = stimulus.lines[21]
        with self.assertRaisesRegex(RuntimeError, "1 of 60 clocks have wrong results: clock 21"):
            ActivityBench(netlist, self.library, self.folder).run(stimulus, 4, "wrong")

    def test_flip_flop_by_hand(self):
        """A flip-flop whose data stands still takes its clock pin's two energies and two toggles of the
        pin's capacitance, and nothing else."""
        netlist = self.netlist(COUNTER)
        power = self.power(netlist)
        stimulus = Stimulus(netlist)
        for _ in range(20):
            stimulus.add({"clear_i": 1})
        activity = ActivityBench(netlist, self.library, self.folder).run(stimulus, 10, "still")
        energy = power.energy(activity, 10)
        clock = self.cells["DFFPOSX1"].pins["CLK"]
        (table,) = clock.energies
        for cell in netlist.cells:
            internal, switching = energy.cells[cell.name]
            self.assertEqual(switching, 0)
            if cell.kind == "DFFPOSX1":
                self.assertAlmostEqual(internal, table.rise.at(0.2, 0) + table.fall.at(0.2, 0))
            else:
                self.assertEqual(internal, 0)
        self.assertAlmostEqual(energy.parts["ports"]["switching"], 2 * clock.capacitance * 1.8 ** 2)

    def test_tile_computes_the_trace(self):
        """Every result of a pass in a small tile's netlist is the trace's; a wrong one is seen."""
        tile = MeasuredNetlist(DESIGNS["tile_4x1"], RECIPES[1], self.library, self.folder)
        found = traffic.read_traffic(self.traffic_program, "tile", energy_data.TRACE, "s1.conv2",
                                     "forward", 4, 1, 5000)
        self.assertGreater(sum(line[-3] for line in found.lines), 20)
        energy = tile.energy(lambda stimulus: traffic.play_tile(found, stimulus), 13, "right")
        idle = tile.idle_energy(13)
        self.assertGreater(energy.total, 3 * idle.total)
        wrong = next(line for line in found.lines[600:] if line[-3])
        wrong[-1] ^= 1
        with self.assertRaisesRegex(RuntimeError, "have wrong results"):
            tile.energy(lambda stimulus: traffic.play_tile(found, stimulus), 13, "wrong")

    def test_multiply_add_computes_the_trace(self):
        cell = MeasuredNetlist(DESIGNS["fp16_fma_cell_2"], RECIPES[0], self.library, self.folder)
        found = traffic.read_traffic(self.traffic_program, "cell", energy_data.TRACE, "s2.shortcut",
                                     "forward", 16, 2000)
        for zero_gate in (False, True):
            def play(stimulus, zero_gate=zero_gate):
                return traffic.play_cell(found, stimulus, 2, zero_gate)
            self.assertGreater(cell.energy(play, 13, "right").total, 10)
        found.lines[100][-1] ^= 1
        with self.assertRaisesRegex(RuntimeError, "1 of 1\\d+ clocks have wrong results: clock 10"):
            cell.energy(play, 13, "wrong")

    def test_entry_by_hand(self):
        """Tiles of 10 and 16 pJ a clock that take 2 and 3 when nothing is issued, 16 lanes, a quarter of the
        clocks busy: a column has 6 + (20 - 16) / 64 pJ, idle 1 + 1 / 64. Half of it is of the clock pins of
        flip-flops, which do not glitch; adders take twice as much with delays, then."""
        def energy(adders, flip_flops):
            of_part = {"adders": adders, "flip_flops": flip_flops}
            return Energy({part: {"internal": of_part.get(part, 1e-9)} for part in PARTS})

        case = CASES["tile_16"]
        settled = [energy(5.0, 5.0), energy(8.0, 8.0)]
        ratios = glitch_ratios(case, [energy(10.0, 5.0), energy(16.0, 8.0)], settled)
        for part, ratio in (("adders", 2), ("flip_flops", 1), ("logic", 1), ("ports", 1)):
            self.assertAlmostEqual(ratios[part], ratio)
        played = traffic.Traffic([], 100, 16 * 25, 300, 200, 100)
        found = entry_of(case, ("a", "forward"), played, settled, [energy(1.0, 1.0), energy(1.5, 1.5)], ratios)
        half = (6 + 4 / 64 - 0.75 * (1 + 1 / 64)) / 2 / 0.25 / 16
        self.assertAlmostEqual(found["pj"], 3 * half, places=3)
        self.assertAlmostEqual(found["glitches"], 1.5, places=3)
        self.assertAlmostEqual(found["parts_pj"]["adders"], 2 * half, places=3)
        self.assertAlmostEqual(found["parts_pj"]["flip_flops"], half, places=3)
        self.assertAlmostEqual(found["idle_pj"], (1 + 1 / 64) / 16, places=3)
        self.assertEqual((found["busy"], found["useful"], found["streamed_nonzero"], found["nonzero"]),
                         (0.25, 0.75, 0.5, 0.25))
        # A multiply-add is its netlist.
        cell = entry_of(CASES["fp16_fma"], ("a", "forward"), traffic.Traffic([], 100, 50, 50, 50, 50),
                        [energy(10.0, 0.0)], [energy(4.0, 0.0)], dict.fromkeys(PARTS, 1.5))
        self.assertAlmostEqual(cell["pj"], 1.5 * (10 - 0.5 * 4) / 0.5, places=3)

    def test_model_finds_what_made_its_points(self):
        terms = [(1, 1 / lanes, a / 7, p / 9) for lanes in (16, 64) for a in range(8)
                 for p in range(a + 1)]
        points = [(term, 2 + 32 * term[1] + 0.5 * term[2] + 1.25 * term[3]) for term in terms]
        model = mac_model.fit(points)
        for found, made in zip(model, (2, 32, 0.5, 1.25)):
            self.assertAlmostEqual(found, made)
        self.assertLess(mac_model.errors(model, points)[1], 1e-9)
        off = [*points, (terms[-1], 40.0)]
        square, largest = mac_model.errors(mac_model.fit(off), off)
        self.assertGreater(largest, 0.3)
        self.assertGreater(largest, square)
        self.assertEqual(mac_model.errors((1, 0, 0, 0), [((1, 0, 0, 0), 2), ((1, 0, 0, 0), 4)]),
                         ((0.5 ** 2 / 2 + 0.75 ** 2 / 2) ** 0.5, 0.75))
        # What would be negative is left out.
        model = mac_model.fit([(term, pj - 2 * term[2]) for term, pj in points])
        self.assertEqual(model[2], 0)
        self.assertGreaterEqual(min(model), 0)

    def test_committed_data_is_of_these_sources(self):
        """After a change of rtl/, tools/synth or tools/energy: tools/energy/measure."""
        data = json.loads(energy_data.path_of(SiliconData.FOLDER, self.library).read_text())
        self.assertEqual(data["fingerprint"], energy_data.fingerprint(self.library))
        self.assertEqual({entry["case"] for entry in data["passes"]}, set(CASES))
        # The areas of chips are of the same multiply-add.
        cells = silicon_cells.path(self.library.name).read_text()
        self.assertEqual({CASES["fp16_fma"].designs[0].name},
                         set(re.findall(r"fp16_fma: {.*netlists?: (\w+)", cells)))

    def test_bad_input(self):
        def measure(*words):
            return subprocess.run([SOURCE / "tools/energy/measure", *words], capture_output=True,
                                  text=True, check=False, timeout=60)

        for words, said in ((["--library", "osu999"], "invalid choice: 'osu999'"),
                            (["--traffic", "/no/such"], "/no/such: No such file or directory; "
                             "cmake --build build makes it"),
                            (["--traffic", "/bin/true"], "/bin/true: lists no pass of the trace")):
            done = measure(*words, "--again")
            self.assertEqual(done.returncode, 2)
            self.assertIn(said, done.stderr)
            self.assertNotIn("Traceback", done.stderr)
        for words, said in ((["tile", energy_data.TRACE, "s9", "forward", "16", "1", "9"],
                             "s9 forward: the trace has no such 4-bit GEMM"),
                            (["tile", energy_data.TRACE, "fc", "forward", "16", "1", "9"],
                             "fc forward: the trace has no such 4-bit GEMM"),
                            (["cell", energy_data.TRACE, "fc", "forward", "16", "0"], "clocks 0"),
                            (["cell", energy_data.TRACE, "fc", "forward", "16", "15"],
                             "clocks 15: allowed are 16 to"),
                            (["cell", "/no/such", "fc", "forward", "16", "16"], "/no/such"), ([], "usage")):
            done = subprocess.run([self.traffic_program, *words], capture_output=True, text=True,
                                  check=False, timeout=60)
            self.assertEqual(done.returncode, 2, said)
            self.assertIn(said, done.stderr)


if __name__ == "__main__":
    EnergyTest.traffic_program = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
