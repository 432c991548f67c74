"""What is measured: a unit of an array, as one netlist or the difference of two, at the passes of a
trace."""
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from density import COMMON_CLOCK_NS, TILE_COLUMNS, Library, at_clock
from designs import DESIGNS, RTL, Design
from errors import BadInput
from synthesis import RECIPES
from traffic import play_cell, play_tile, read_traffic

CLOCKS = 6000  # of a pass
STAGES = 2     # of the multiply-add: the smallest that reaches the common clock
FP16_LANES = 16  # of the array whose cells are measured, one after the other: as the chips' FP16 tiles


@dataclass(frozen=True)
class Case:
    name: str
    precision: str  # of the trace's passes
    lanes: int
    designs: tuple
    zero_gate: bool

    def recipe(self, library):
        """The recipe whose area counts at the common clock (tools/synth)."""
        clock_ns = COMMON_CLOCK_NS[library.name]
        point = at_clock(self._points(Library(library.name)), clock_ns)
        if point is None:
            raise BadInput(f"library {library.name}: no netlist of {self.name} reaches {clock_ns:g} ns; "
                           "allowed are libraries whose data is complete: nibblesim characterize")
        return next(recipe for recipe in RECIPES if recipe.name == point.recipe)


@dataclass(frozen=True)
class TileColumn(Case):
    """The column of a tile: tiles with one column and with two."""
    timed_clocks: ClassVar[int] = 600  # that run with delays too, which is a hundred times slower

    @property
    def macs(self):
        """That the unit issues in a clock."""
        return self.lanes

    def _points(self, data):
        return data.tile_columns("tile", self.lanes)

    def traffic(self, program, trace, where, design, clocks):
        """`where`: layer and pass."""
        return read_traffic(program, "tile", trace, *where, self.lanes, design.parameters["Cols"], clocks)

    def player(self, traffic):
        """play(stimulus) of MeasuredNetlist.energy."""
        return partial(play_tile, traffic)

    def of_unit(self, values):
        """From a value of each netlist that of the unit, its share of what columns have in common
        included."""
        one, two = values
        return two - one + (2 * one - two) / TILE_COLUMNS


@dataclass(frozen=True)
class MultiplyAdd(Case):
    """The cell of a multiply-add, which has no share of what columns have in common. As TileColumn."""
    timed_clocks: ClassVar[int] = 3000
    macs: ClassVar[int] = 1

    def _points(self, data):
        return data.columns_and_row(self.designs[0].name, 0.0, 1)

    def traffic(self, program, trace, where, _, clocks):
        return read_traffic(program, "cell", trace, *where, self.lanes, clocks)

    def player(self, traffic):
        return partial(play_cell, traffic, stages=STAGES, zero_gate=self.zero_gate)

    def of_unit(self, values):
        (value,) = values
        return value


def _tile(lanes, columns, zero_gate):
    if zero_gate:
        return DESIGNS[f"tile_{lanes}x{columns}"]
    return Design(f"ungated_tile_{lanes}x{columns}", "nb_tile", (RTL / "nb_tile.sv",),
                  {"Lanes": lanes, "Cols": columns, "AccRows": 1, "ZeroGate": 0})


def _cases():
    for lanes, zero_gate in ((16, True), (64, True), (16, False)):
        yield TileColumn(f"tile_{lanes}" + ("" if zero_gate else "_ungated"), "int4_fp4", lanes,
                         tuple(_tile(lanes, columns, zero_gate) for columns in (1, 2)), zero_gate)
    for zero_gate in (True, False):
        yield MultiplyAdd("fp16_fma" + ("" if zero_gate else "_ungated"), "fp16", FP16_LANES,
                          (DESIGNS[f"fp16_fma_cell_{STAGES}"],), zero_gate)


CASES = {case.name: case for case in _cases()}
