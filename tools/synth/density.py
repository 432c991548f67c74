"""Throughput per area from the committed data: columns of arrays, comparable at a clock."""
import json
from dataclasses import dataclass

from silicon_data import SiliconData

TILE_COLUMNS = 64  # that share a row's decoding in the default tile
PARTS = ("adders", "flip_flops", "logic")
# A clock that every column reaches by its recipe for area with lookahead additions, rounded up.
COMMON_CLOCK_NS = {"osu018": 13.0, "osu035": 21.0}


@dataclass(frozen=True)
class Point:
    """A column by one recipe: square micrometres a MAC, and the shortest clock."""
    recipe: str
    parts: dict  # adders, flip_flops, logic; row: the share of what the columns of an array share
    clock_ns: float

    @property
    def area(self):
        return sum(self.parts.values())

    def density(self, clock_ns=None):
        """MACs a nanosecond and square millimetre, at a clock or at its own shortest."""
        return 1e6 / self.area / (clock_ns or self.clock_ns)


class Library:
    """The data of one library."""

    def __init__(self, name):
        path = SiliconData.FOLDER / f"{name}.json"
        self.designs = json.loads(path.read_text(encoding="utf-8"))["designs"]

    def netlists(self, design):
        return {netlist["recipe"]: netlist for netlist in self.designs[design]["netlists"]}

    def smallest(self, design):
        """Square micrometres of a unit by its smallest recipe."""
        return min(netlist["area_um2"]["total"] for netlist in self.netlists(design).values())

    def tile_columns(self, tile, lanes):
        """A column of a tile: two columns less one; the rest is the row's."""
        one, two = (self.netlists(f"{tile}_{lanes}x{columns}") for columns in (1, 2))
        points = []
        for recipe in one:
            small, large = one[recipe]["area_um2"], two[recipe]["area_um2"]
            parts = {part: (large[part] - small[part]) / lanes for part in PARTS}
            parts["row"] = (2 * small["total"] - large["total"]) / lanes / TILE_COLUMNS
            points.append(Point(recipe, parts, two[recipe]["clock_ns"]))
        return points

    def columns_and_row(self, column, row_um2, macs):
        """A column that was synthesised apart from its row."""
        return [Point(recipe, {**{part: netlist["area_um2"][part] / macs for part in PARTS},
                               "row": row_um2 / macs / TILE_COLUMNS}, netlist["clock_ns"])
                for recipe, netlist in self.netlists(column).items()]

    def multiply_adds(self, kind):
        """{stages: points} of the pipelined multiply-adds, fp16 or fp8."""
        found = {}
        for stages in (1, 2, 3):
            cell = f"{kind}_fma_cell_{stages}"
            row = self.smallest(f"{kind}_fma_{stages}") - self.smallest(cell)
            found[stages] = self.columns_and_row(cell, max(row, 0.0), 1)
        return found

    def dot_products(self, lanes):
        return self.columns_and_row(f"fp16_dot_{lanes}", self.smallest(f"fp16_dot_row_{lanes}"),
                                    lanes)


def at_clock(points, clock_ns):
    """The smallest that reaches the clock, None if none does."""
    return min((point for point in points if point.clock_ns <= clock_ns),
               key=lambda point: point.area, default=None)


def best(points):
    """The most MACs a second and area, each at its own clock."""
    return max(points, key=Point.density)
