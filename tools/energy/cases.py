"""What is measured: a unit of an array, as one netlist or the difference of two, at the passes of a
trace."""
from dataclasses import dataclass
from functools import partial

from designs import DESIGNS, RTL, Design
from traffic import play_cell, play_tile, read_traffic

CLOCKS = 6000  # of a pass
COLUMNS = 64   # of an array: they share what a tile has once
STAGES = 2     # of the multiply-add: the smallest that reaches the common clock
FP16_LANES = 16  # of the array whose cells are measured, one after the other: as the chips' FP16 tiles


@dataclass(frozen=True)
class Case:
    """The column of a tile: tiles with one column and with two. Or the cell of a multiply-add."""
    name: str
    precision: str  # of the trace's passes
    lanes: int
    designs: tuple
    zero_gate: bool

    @property
    def timed_clocks(self):
        """Clocks that run with delays too, which is a hundred times slower."""
        return 600 if len(self.designs) == 2 else 3000

    def traffic(self, program, trace, where, design, clocks):
        """`where`: layer and pass."""
        if "Cols" in design.parameters:
            return read_traffic(program, "tile", trace, *where, self.lanes,
                                design.parameters["Cols"], clocks)
        return read_traffic(program, "cell", trace, *where, self.lanes, clocks)

    def player(self, traffic):
        """play(stimulus) of MeasuredNetlist.energy."""
        if len(self.designs) == 2:
            return partial(play_tile, traffic)
        return partial(play_cell, traffic, stages=STAGES, zero_gate=self.zero_gate)

    def of_unit(self, values):
        """From a value of each netlist that of the unit, its share of what columns have in common
        included."""
        if len(values) == 1:
            return values[0]
        one, two = values
        return two - one + (2 * one - two) / COLUMNS


def _tile(lanes, columns, zero_gate):
    if zero_gate:
        return DESIGNS[f"tile_{lanes}x{columns}"]
    return Design(f"ungated_tile_{lanes}x{columns}", "nb_tile", (RTL / "nb_tile.sv",),
                  {"Lanes": lanes, "Cols": columns, "AccRows": 1, "ZeroGate": 0})


def _cases():
    for lanes, zero_gate in ((16, True), (64, True), (16, False)):
        yield Case(f"tile_{lanes}" + ("" if zero_gate else "_ungated"), "int4_fp4", lanes,
                   tuple(_tile(lanes, columns, zero_gate) for columns in (1, 2)), zero_gate)
    for zero_gate in (True, False):
        yield Case("fp16_fma" + ("" if zero_gate else "_ungated"), "fp16", FP16_LANES,
                   (DESIGNS[f"fp16_fma_cell_{STAGES}"],), zero_gate)


CASES = {case.name: case for case in _cases()}
