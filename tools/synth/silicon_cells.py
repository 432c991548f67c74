"""configs/silicon/LIBRARY_cells.yaml: what a MAC takes at the common clock, for the chips' arrays. Of
libraries whose energies were measured."""
import json
import re
import sys

from cell_library import LIBRARIES
from command_line import write_whole
from density import TILE_COLUMNS, at_clock
from density_page import Comparison
from designs import DOT_LANES, HERE, LANES
from silicon_data import SiliconData

sys.path.append(str(HERE.parent / "energy"))
import mac_model  # noqa: E402

HEAD = """\
# What arrays take in cells of {name} at {node:g} nm and {supply:g} V: square micrometres of the smallest
# netlist of each unit that reaches the clock, and picojoules of a MAC in it; without wires and clock
# tree. Made by tools/synth/density from {name}.json and {name}_energy.json, never by hand; a test
# compares. Keys: README.md.
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
ENERGIES = """
# A MAC takes `column` / n in a column of n lanes (a multiply-add is a column of its own) and, if it is
# no padding, `constant`; `streamed` more if its streamed operand is not zero, `nonzero` more if neither is.
# Errors of this model are relative, root mean square and largest, over the passes of a training step that
# were measured in the longest column.
mac_pj:
  # With rounder and adder, and its share of what {columns} columns share; without accumulators.
  int4: {int4}
  fp4_even: {fp4_even}  # dgrad
  fp4_odd: {fp4_odd}  # wgrad
  fp16_fma: {fp16_fma}

# Of the MACs of those passes that are no padding.
operands:
  source: {source}
  int4: {int4_operands}
  fp4_even: {fp4_even_operands}
  fp4_odd: {fp4_odd_operands}
  fp16: {fp16_operands}
  # All layers as an FP16 chip multiplies them: activations with their zeros, weights and gradients with none.
  fp16_step: {fp16_step}
"""


def _entry(netlist, point, lanes=None):
    start = f"lanes: {lanes}, " if lanes else ""
    return f"{{{start}value: {point.area:.2f}, netlist: {netlist}, recipe: {point.recipe}}}"


def _smallest(points_by_netlist, clock_ns):
    """(netlist, point) of the smallest of {netlist: points} that reaches the clock."""
    found = {netlist: at_clock(points, clock_ns) for netlist, points in points_by_netlist.items()}
    reached = [(netlist, point) for netlist, point in found.items() if point]
    return min(reached, key=lambda entry: entry[1].area)


def _mac_pj(passes, netlists):
    """The entry of a model of passes; its error is that of the longest columns, which the chips have."""
    longest = max(map(_lanes, passes))

    def points(entries):
        return [((entry["useful"], 1 / _lanes(entry), entry["streamed_nonzero"], entry["nonzero"]),
                 entry["pj"]) for entry in entries]

    model = mac_model.fit(points(passes))
    square, largest = mac_model.errors(model, points(entry for entry in passes
                                                     if _lanes(entry) == longest))
    named = ", ".join(f"{name}: {value:.4g}" for name, value in
                      zip(("constant", "column", "streamed", "nonzero"), model))
    return f"{{{named}, error: {square:.3f}, largest_error: {largest:.3f}, netlists: {netlists}}}"


def _lanes(entry):
    """Of a column; a multiply-add is one of its own."""
    found = re.fullmatch(r"tile_(\d+)(_ungated)?", entry["case"])
    return int(found[1]) if found else 1


def _shares(pairs):
    """The entry of the means of (streamed_nonzero, nonzero)."""
    streamed, nonzero = (sum(column) / len(pairs) for column in zip(*pairs))
    return f"{{streamed_nonzero: {streamed:.4f}, nonzero: {nonzero:.4f}}}"


def _operands(passes):
    """Mean over passes; what is issued beyond the useful MACs is zeros."""
    return _shares([(entry["streamed_nonzero"] / entry["useful"], entry["nonzero"] / entry["useful"])
                    for entry in passes])


def _operands_in_fp16(passes):
    """Those of 4-bit layers if they were in fp16: activations have their zeros, weights and gradients none."""
    pairs = []
    for entry in passes:
        streamed = entry["streamed_nonzero"] / entry["useful"] if entry["pass"] == "forward" else 1.0
        stationary = entry["nonzero"] / entry["streamed_nonzero"] if entry["pass"] == "wgrad" else 1.0
        pairs.append((streamed, streamed * stationary))
    return _shares(pairs)


def _energies(name, fma):
    data = json.loads(energy_path(name).read_text(encoding="utf-8"))
    gated = [entry for entry in data["passes"] if "ungated" not in entry["case"]]
    fp16 = [entry for entry in gated if _lanes(entry) == 1]
    kinds = {kind: [entry for entry in gated if _lanes(entry) > 1 and entry["pass"] == gemm_pass]
             for kind, gemm_pass in (("int4", "forward"), ("fp4_even", "dgrad"), ("fp4_odd", "wgrad"))}
    lanes = sorted({_lanes(entry) for entry in kinds["int4"]})
    tiles = "tiles of " + " and ".join(map(str, lanes)) + " lanes"
    longest = {kind: [entry for entry in entries if _lanes(entry) == lanes[-1]]
               for kind, entries in kinds.items()}
    return ENERGIES.format(
        columns=TILE_COLUMNS, fp16_fma=_mac_pj(fp16, fma), source=data["trace"],
        **{kind: _mac_pj(entries, tiles) for kind, entries in kinds.items()},
        **{f"{kind}_operands": _operands(entries) for kind, entries in longest.items()},
        fp16_operands=_operands(fp16), fp16_step=_operands_in_fp16(sum(longest.values(), [])))


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
    fma = multiply_add("fp16")
    return HEAD.format(name=name, node=node, supply=supply, clock=clock) + UNITS.format(
        columns=TILE_COLUMNS,
        nibble4_mac=columns(LANES, lambda lanes: library.tile_columns("tile", lanes),
                            lambda lanes: f"tile_{lanes}x2 - tile_{lanes}x1"),
        fp16_fma=_entry(*fma),
        fp16_adder=_entry(*_smallest(
            {"fp16_adder": library.columns_and_row("fp16_adder", 0.0, 1)}, clock)),
        fp16_dot=columns(DOT_LANES, library.dot_products, lambda lanes: f"fp16_dot_{lanes}"),
        fp8_fma=_entry(*multiply_add("fp8"))) + _energies(name, fma[0])


def path(name):
    return SiliconData.FOLDER / f"{name}_cells.yaml"


def energy_path(name):
    return SiliconData.FOLDER / f"{name}_energy.json"


def libraries():
    return [name for name in LIBRARIES if energy_path(name).exists()]


def write():
    for name in libraries():
        write_whole(path(name), text(name))
