"""Toggles of a netlist's nets while it computes: Verilator runs the netlist on a stimulus, clock by clock."""
import os
import re
from dataclasses import dataclass
from pathlib import Path

from netlist_check import cell_models
from tool_run import run_tool

HERE = Path(__file__).resolve().parent

# A flip-flop that stands for a memory: the row that is read and written changes from clock to clock.
MEMORY = """
module memory_bit (input CLK, input D, output Q, input [31:0] row);
  reg [1023:0] rows;
  always @(posedge CLK) rows[row[9:0]] <= D;
  assign Q = rows[row[9:0]];
endmodule
"""


@dataclass(frozen=True)
class Activity:
    clocks: int
    toggles: dict  # {net: number}


class Stimulus:
    """What the ports of a netlist see and show. add() takes {port: value}; a port without a value keeps
    the one it has. Outputs that are given must be that behind the clock's edge."""

    def __init__(self, netlist):
        self._inputs = {port: len(nets) for port, nets in netlist.data_inputs.items()}
        self._outputs = {port: len(nets) for port, nets in netlist.outputs.items()}
        self._now = dict.fromkeys(self._inputs, 0)
        self.lines = []

    @staticmethod
    def _join(widths, values):
        word, at = 0, 0
        for port, width in widths.items():
            word |= (values.get(port, 0) & ((1 << width) - 1)) << at
            at += width
        return word

    def add(self, inputs, outputs=None, memory_row=0):
        outputs = outputs or {}
        self._now.update(inputs)
        mask = {port: -1 for port in outputs}
        self.lines.append(f"{self._join(self._inputs, self._now):x} {memory_row:x} "
                          f"{self._join(self._outputs, outputs):x} "
                          f"{self._join(self._outputs, mask):x}")


class ActivityBench:
    """A netlist as a program; compiled once, run on any number of stimuli."""

    def __init__(self, netlist, library, folder):
        self._netlist = netlist
        self._folder = folder / f"{netlist.top}-activity"
        self._folder.mkdir(exist_ok=True)
        source = self._folder / "netlist.v"
        source.write_text(netlist.verilog(
            lambda cell: "memory_bit" if cell.memory else cell.kind), encoding="utf-8")
        memory = self._folder / "memory.v"
        memory.write_text(MEMORY, encoding="utf-8")
        run_tool("verilator", [
            "--cc", "--exe", "--build", "-j", "1", "--trace", "--trace-depth", "1", "-O3",
            "--top-module", "netlist", "--prefix", "Vnetlist", "-Wno-fatal", "-Wno-lint",
            "-CFLAGS", "-std=c++17",
            # Compiling takes longer than running.
            "-MAKEFLAGS", "OPT_FAST=-O0 OPT_SLOW=-O0", "--Mdir", self._folder / "build", source, memory,
            cell_models(library, folder), HERE / "activity_bench.cpp"],
            self._folder / "verilator.log")

    def run(self, stimulus, warmup, name):
        """Toggles in all clocks but the first `warmup`. Raises RuntimeError if an output is wrong."""
        path = self._folder / f"{name}.stimulus"
        path.write_text("\n".join(stimulus.lines) + "\n", encoding="utf-8")
        output = run_tool(self._folder / "build/Vnetlist", [path, str(warmup)],
                          self._folder / f"{name}.toggles")
        os.remove(path)
        said, clocks, wrong, toggles = re.fullmatch(
            r"(.*?)clocks (\d+) wrong (\d+)\n(.*)", output, re.S).groups()
        if int(wrong):
            raise RuntimeError(f"{self._netlist.top}, {name}: {wrong} of {clocks} clocks have wrong "
                               f"results: {said.strip()}")
        toggles = {int(net[1:]): int(count) for net, count in map(str.split, toggles.splitlines())}
        missing = set(range(self._netlist.nets)) - set(toggles)
        if missing:
            raise RuntimeError(f"{self._netlist.top}: no toggles of {len(missing)} nets")
        return Activity(int(clocks), toggles)
