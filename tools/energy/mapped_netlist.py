"""A mapped netlist as cells and nets, whatever its names: nets become n0, n1, ..., cells u0, u1, ..."""
import json
from dataclasses import dataclass

from tool_run import run_tool

CLOCK = "clk_i"


@dataclass(frozen=True)
class MappedCell:
    name: str
    kind: str
    pins: dict    # {pin: net}
    memory: bool  # a flip-flop that stands for a row of the accumulators


class MappedNetlist:
    """`ports`: {port: nets, the lowest first}; `cells`: of the library. A net is a number, or "0", "1".
    Flip-flops whose output is named like one of `memories` stand for memories."""

    def __init__(self, path, top, library, folder, memories=()):
        stem = folder / f"{path.stem}-flat"
        flat, script = stem.with_suffix(".json"), stem.with_suffix(".ys")
        script.write_text(f"read_liberty -lib {library.liberty}\nread_verilog {path}\n"
                          f"hierarchy -top {top}\nwrite_json {flat}\n", encoding="utf-8")
        run_tool("yosys", ["-q", script], stem.with_suffix(".log"))
        module = json.loads(flat.read_text(encoding="utf-8"))["modules"][top]
        self.top = top
        self._numbers = {}
        self.inputs, self.outputs = {}, {}
        for name, port in module["ports"].items():
            side = self.inputs if port["direction"] == "input" else self.outputs
            side[name] = [self._net(bit) for bit in port["bits"]]
        remembered = {bit for name, net in module["netnames"].items() for bit in net["bits"]
                      if any(name.startswith(f"{memory}[") for memory in memories)}
        self.cells = []
        for number, cell in enumerate(module["cells"].values()):
            bits = {pin: found[0] for pin, found in cell["connections"].items() if found}
            self.cells.append(MappedCell(
                f"u{number}", cell["type"], {pin: self._net(bit) for pin, bit in bits.items()},
                "Q" in bits and bits["Q"] in remembered))
        self.nets = len(self._numbers)
        self.clock = self.inputs[CLOCK][0]

    def _net(self, bit):
        if isinstance(bit, str):
            return "0" if bit == "x" else bit
        return self._numbers.setdefault(bit, len(self._numbers))

    @property
    def data_inputs(self):
        """{port: nets} without the clock."""
        return {name: nets for name, nets in self.inputs.items() if name != CLOCK}

    def verilog(self, cell_kind):
        """The netlist as plain Verilog: ports clk, in, memory_row and out, the ports of the source side by
        side in order. cell_kind(cell) names the module of a cell."""
        width = sum(map(len, self.data_inputs.values()))
        # A whole number of words, and more than two: Verilator keeps narrow ports as integers.
        lines = [f"module netlist(input clk, input [{words(width) * 32 - 1}:0] in, "
                 f"input [31:0] memory_row, "
                 f"output [{words(sum(map(len, self.outputs.values()))) * 32 - 1}:0] out);"]
        lines += [f"wire n{net};" for net in range(self.nets)]
        lines.append(f"assign n{self.clock} = clk;")
        at = 0
        for nets in self.data_inputs.values():
            for net in nets:
                lines.append(f"assign n{net} = in[{at}];")
                at += 1
        out = [net for nets in self.outputs.values() for net in nets]
        for at in range(words(len(out)) * 32):
            lines.append(f"assign out[{at}] = {text(out[at]) if at < len(out) else text('0')};")
        for cell in self.cells:
            pins = [f".{pin}({text(net)})" for pin, net in cell.pins.items()]
            if cell.memory:
                pins.append(".row(memory_row)")
            lines.append(f"{cell_kind(cell)} {cell.name} ({', '.join(pins)});")
        lines.append("endmodule")
        return "\n".join(lines) + "\n"

    def structural(self):
        """The same for OpenSTA: cells of the library, a port a net."""
        ports = [f"n{net}" for nets in self.inputs.values() for net in nets]
        outs = {net for nets in self.outputs.values() for net in nets
                if isinstance(net, int) and f"n{net}" not in ports}
        lines = [f"module netlist({', '.join(ports + [f'n{net}' for net in sorted(outs)])});"]
        lines += [f"input {port};" for port in ports]
        lines += [f"output n{net};" for net in sorted(outs)]
        lines += [f"wire n{net};" for net in range(self.nets)
                  if f"n{net}" not in ports and net not in outs]
        for cell in self.cells:
            pins = ", ".join(f".{pin}({text(net)})" for pin, net in cell.pins.items())
            lines.append(f"{cell.kind} {cell.name} ({pins});")
        lines.append("endmodule")
        return "\n".join(lines) + "\n"


def words(bits):
    return max(3, (bits + 31) // 32)


def text(net):
    return f"n{net}" if isinstance(net, int) else f"1'b{net}"
