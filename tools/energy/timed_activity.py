"""Toggles with glitches: Icarus runs the netlist with a delay in every cell, from the library's tables
at the cell's own load and slews. Slow, so it runs few clocks; activity.py runs all others.

A cell's delay is the mean of its arcs and edges, inertial: a pulse shorter than that is swallowed.
Clock gates have none, for they stand for a balanced tree.
"""
from activity import MEMORY, Activity
from cell_library import FLIP_FLOP_CELLS
from mapped_netlist import words
from netlist_check import cell_models
from tool_run import run_tool

BENCH = """`timescale 1ps / 1ps
module bench;
  reg clk = 0;
  reg [{in_top}:0] in;
  reg [31:0] memory_row;
  wire [{out_top}:0] out;
  netlist u (.clk(clk), .in(in), .memory_row(memory_row), .out(out));
  reg [{in_top}:0] next;
  reg [31:0] next_row;
  reg [{out_top}:0] expected = 0, mask = 0, now_expected, now_mask;
  integer file, clock = 0, wrong = 0;
  initial begin
    file = $fopen("{stimulus}", "r");
    in = 0;
    memory_row = 0;
    while ($fscanf(file, "%h %h %h %h", next, next_row, now_expected, now_mask) == 4) begin
      clk = 1;
      if (clock == {warmup}) begin
        $dumpfile("{waveform}");
        $dumpvars(1, u);
      end
      #{input_delay} in = next;
      memory_row = next_row;
      #({half_period} - {input_delay}) clk = 0;
      #{half_period};
      // What the edge at this clock's beginning gave belongs to the line before.
      if (((out ^ expected) & mask) !== 0) wrong = wrong + 1;
      expected = now_expected;
      mask = now_mask;
      clock = clock + 1;
    end
    $display("clocks %0d wrong %0d", clock - {warmup}, wrong);
    $finish;
  end
endmodule
"""
INPUT_DELAY_PS = 300  # of a flip-flop in front of every port


def wrapper(cell):
    """A library cell behind a delay."""
    inputs = [name for name, pin in cell.pins.items() if not pin.output]
    outputs = [name for name, pin in cell.pins.items() if pin.output]
    lines = [f"module timed_{cell.name} #(parameter DELAY = 1) "
             f"({', '.join([f'input {name}' for name in inputs] + [f'output {name}' for name in outputs])});"]
    lines += [f"wire {name}_now; assign #DELAY {name} = {name}_now;" for name in outputs]
    pins = [f".{name}({name})" for name in inputs] + [f".{name}({name}_now)" for name in outputs]
    return "\n".join([*lines, f"{cell.name} u ({', '.join(pins)});", "endmodule\n"])


class TimedActivity:
    """As ActivityBench."""

    def __init__(self, netlist, library, folder, power, cells):
        self._netlist = netlist
        self._folder = folder
        self._models = cell_models(library, folder)
        self._power = power
        gated = {cell.pins["CLK"] for cell in netlist.cells if cell.kind in FLIP_FLOP_CELLS}
        self._source = folder / f"{netlist.top}-timed.v"
        used = {cell.kind for cell in netlist.cells}
        self._source.write_text(
            "`timescale 1ps / 1ps\n" + "".join(wrapper(cells[kind]) for kind in sorted(used)) + MEMORY
            + netlist.verilog(lambda cell: self._kind(cell, gated)), encoding="utf-8")

    def _kind(self, cell, gated):
        if cell.memory:
            return "memory_bit"
        delay = 0 if cell.pins.get("Y") in gated else round(1000 * self._power.delay(cell))
        return f"timed_{cell.kind} #(.DELAY({delay}))"

    def run(self, stimulus, warmup, name, clock_ns):
        paths = {kind: self._folder / f"{self._netlist.top}-{name}-timed.{kind}"
                 for kind in ("sv", "vvp", "vcd", "stimulus", "log")}
        paths["stimulus"].write_text("\n".join(stimulus.lines) + "\n", encoding="utf-8")
        tops = {side: 32 * words(sum(map(len, ports.values()))) - 1
                for side, ports in (("in_top", self._netlist.data_inputs),
                                    ("out_top", self._netlist.outputs))}
        paths["sv"].write_text(BENCH.format(
            **tops, warmup=warmup, stimulus=paths["stimulus"], waveform=paths["vcd"],
            input_delay=INPUT_DELAY_PS, half_period=round(500 * clock_ns)), encoding="utf-8")
        run_tool("iverilog", ["-g2012", "-o", paths["vvp"], paths["sv"], self._source, self._models],
                 paths["log"])
        said = run_tool("vvp", ["-n", paths["vvp"]], paths["log"]).splitlines()[-1].split()
        if said[3] != "0":
            raise RuntimeError(f"{self._netlist.top}, {name}: with delays {said[3]} of {said[1]} clocks "
                               "have wrong results")
        toggles = self._toggles(paths["vcd"])
        for kind in ("vcd", "stimulus"):
            paths[kind].unlink()
        return Activity(int(said[1]), toggles)

    def _toggles(self, path):
        """Changes of every net in a waveform. What $dumpvars wrote, up to its $end, are first values."""
        toggles, nets = dict.fromkeys(range(self._netlist.nets), 0), {}
        dumping = started = False
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                if line[0] in "01" and started:
                    net = nets.get(line[1:-1])
                    if net is not None:
                        toggles[net] += 1
                elif line.startswith("$var"):
                    _, _, _, code, name, *_ = line.split()
                    if name[0] == "n" and name[1:].isdigit():
                        nets[code] = int(name[1:])
                elif line.startswith("$dumpvars"):
                    dumping = True
                elif line.startswith("$end"):
                    started = started or dumping
        return toggles
