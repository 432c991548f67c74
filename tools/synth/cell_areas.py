"""configs/silicon/LIBRARY_cells.yaml: what a MAC takes at the common clock, for the chips' arrays."""
from cell_library import LIBRARIES
from density import TILE_COLUMNS, at_clock
from density_page import Comparison
from designs import DOT_LANES, LANES
from silicon_data import SiliconData

HEAD = """\
# What arrays take in cells of {name}, square micrometres at {node:g} nm: of each unit the smallest
# netlist that reaches the clock, without wires and clock tree. Made by tools/synth/density from
# {name}.json, never by hand; a test compares the two. Keys: README.md.
silicon: {name}
node_nm: {node:g}
supply_v: {supply:g}
clock_ns: {clock:g}

area_um2:
"""
UNITS = """\
  # One 4-bit MAC of a column of `lanes`: its share of B twice, rounder, adder, one accumulator in each of two
  # banks, and of what {columns} columns share.
  nibble4_mac:
{nibble4_mac}
  # One FP16 multiply-add: B twice, no accumulator; its share of what {columns} columns share.
  fp16_fma: {fp16_fma}
  # The adder in front of the accumulators, one a column of multiply-adds.
  fp16_adder: {fp16_adder}
  # One product of a column of a fused FP16 dot product, everything included as in nibble4_mac.
  fp16_dot:
{fp16_dot}
  # One HFP8 multiply-add, as fp16_fma.
  fp8_fma: {fp8_fma}
"""


def _entry(netlist, point, lanes=None):
    start = f"lanes: {lanes}, " if lanes else ""
    return f"{{{start}value: {point.area:.1f}, netlist: {netlist}, recipe: {point.recipe}}}"


def _smallest(points_by_netlist, clock_ns):
    """The entry of the smallest of {netlist: points} that reaches the clock."""
    found = {netlist: at_clock(points, clock_ns) for netlist, points in points_by_netlist.items()}
    reached = [(netlist, point) for netlist, point in found.items() if point]
    return _entry(*min(reached, key=lambda entry: entry[1].area))


def text(name):
    """The file of a library, as its data is now."""
    comparison = Comparison(name)
    library, clock = comparison.library, comparison.clock_ns

    def multiply_add(kind):
        return _smallest({f"{kind}_fma_cell_{stages}": points
                          for stages, points in library.multiply_adds(kind).items()}, clock)

    def columns(lanes_of, points_of, netlist):
        return "\n".join(f"    - {_entry(netlist(lanes), at_clock(points_of(lanes), clock), lanes)}"
                         for lanes in lanes_of)

    node, supply = LIBRARIES[name]
    return HEAD.format(name=name, node=node, supply=supply, clock=clock) + UNITS.format(
        columns=TILE_COLUMNS,
        nibble4_mac=columns(LANES, lambda lanes: library.tile_columns("tile", lanes),
                            lambda lanes: f"tile_{lanes}x2 - tile_{lanes}x1"),
        fp16_fma=multiply_add("fp16"),
        fp16_adder=_smallest({"fp16_adder": library.columns_and_row("fp16_adder", 0.0, 1)}, clock),
        fp16_dot=columns(DOT_LANES, library.dot_products, lambda lanes: f"fp16_dot_{lanes}"),
        fp8_fma=multiply_add("fp8"))


def path(name):
    return SiliconData.FOLDER / f"{name}_cells.yaml"


def write():
    for name in LIBRARIES:
        path(name).write_text(text(name), encoding="utf-8")
