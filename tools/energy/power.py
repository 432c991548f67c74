"""Energy of a netlist's clock from the toggles of its nets and the library's tables.

A toggle of a net costs half of C V^2 (the pins it drives, no wires) and what the driving cell's tables
say of its output; where an output depends on several inputs, their tables weigh as often as those
inputs toggle. Pins with energies of their own (a flip-flop's clock and data) add these. Flip-flops that
stand for memories take nothing: what a memory takes is in the chip's energy table.
"""
from dataclasses import dataclass, field

from cell_library import ADDER_CELLS, FLIP_FLOP_CELLS
from slews import INPUT_SLEW_NS

# Gated clocks have no buffers in these netlists, so their edges would be absurdly slow: all clock pins
# see edges of a tree of buffers.
CLOCK_SLEW_NS = 0.2
PARTS = ("adders", "flip_flops", "logic", "ports")
KINDS = ("internal", "switching", "leakage")


@dataclass
class Energy:
    """pJ a clock. `cells`: {cell: [internal, switching]}; `parts`: {part: {kind: pJ}}."""
    parts: dict
    cells: dict = field(default_factory=dict)

    def kind(self, kind):
        return sum(part[kind] for part in self.parts.values())

    def part(self, part):
        return sum(self.parts[part].values())

    @property
    def total(self):
        return sum(map(self.part, PARTS))


def _part(kind):
    return ("adders" if kind in ADDER_CELLS else
            "flip_flops" if kind in FLIP_FLOP_CELLS else "logic")


class PowerModel:
    def __init__(self, netlist, cells, slews, supply_v):
        self._netlist = netlist
        self._cells = cells
        self._slews = slews
        self._supply_v = supply_v
        self.loads = [0.0] * netlist.nets  # pF
        for cell in netlist.cells:
            for name, net in cell.pins.items():
                pin = cells[cell.kind].pins[name]
                if not pin.output and isinstance(net, int) and not cell.memory:
                    self.loads[net] += pin.capacitance

    def _slew(self, cell, pin):
        if pin == "CLK":
            return CLOCK_SLEW_NS, CLOCK_SLEW_NS
        return self._slews.get(cell.pins[pin], (INPUT_SLEW_NS, INPUT_SLEW_NS))

    def switching(self, net, toggles):
        return toggles * self.loads[net] * self._supply_v ** 2 / 2

    def internal(self, cell, name, rates):
        """pJ a clock of a pin of a cell; `rates`: toggles a clock of nets."""
        pin = self._cells[cell.kind].pins[name]
        rate = rates.get(cell.pins[name], 0.0)
        if not pin.energies or not rate:
            return 0.0
        load = self.loads[cell.pins[name]] if pin.output else 0.0
        energies = [energy.of_transition(*self._slew(cell, energy.related or name), load)
                    for energy in pin.energies]
        weights = [rates.get(cell.pins[energy.related or name], 0.0) for energy in pin.energies]
        if not sum(weights):
            weights = [1.0] * len(weights)
        mean = sum(energy * weight for energy, weight in zip(energies, weights)) / sum(weights)
        return rate * mean

    def delay(self, cell):
        """ns: the mean of the cell's arcs and edges at its load and slews."""
        delays = [arc.of_transition(*self._slew(cell, arc.related), self.loads[net])
                  for name, net in cell.pins.items() for arc in self._cells[cell.kind].pins[name].delays
                  if self._cells[cell.kind].pins[name].output and arc.related in cell.pins]
        return sum(delays) / len(delays) if delays else 0.0

    def energy(self, activity, clock_ns):
        rates = {net: count / activity.clocks for net, count in activity.toggles.items()}
        found = Energy({part: dict.fromkeys(KINDS, 0.0) for part in PARTS})
        for cell in self._netlist.cells:
            model = self._cells[cell.kind]
            internal = 0.0 if cell.memory else sum(self.internal(cell, pin, rates)
                                                   for pin in cell.pins)
            switching = sum(self.switching(net, rates.get(net, 0.0)) for pin, net in cell.pins.items()
                            if model.pins[pin].output)
            leakage = 0.0 if cell.memory else model.leakage_nw * clock_ns * 1e-6
            found.cells[cell.name] = [internal, switching]
            part = found.parts[_part(cell.kind)]
            part["internal"] += internal
            part["switching"] += switching
            part["leakage"] += leakage
        for nets in self._netlist.inputs.values():
            for net in nets:
                found.parts["ports"]["switching"] += self.switching(net, rates.get(net, 0.0))
        return found
