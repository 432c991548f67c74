"""What a Liberty file says of its cells: capacitances, energies and delays of transitions, leakage.

Energies are in pJ (pF V^2), capacitances in pF, times in ns, leakage in nW: units of both libraries,
which are checked.
"""
import bisect
import re
from dataclasses import dataclass, field

from errors import BadInput

UNITS = ('time_unit : "1ns"', 'voltage_unit : "1V"', 'leakage_power_unit : "1nW"',
         "capacitive_load_unit (1,pf)")
TOKEN = re.compile(r'/\*.*?\*/|"[^"]*"|[{}();:,]|[^\s{}();:,"]+', re.S)


@dataclass
class Group:
    """`kind (name) { key : value; ... groups }`; a key (a, b) is kept as a list."""
    kind: str
    name: str
    values: dict = field(default_factory=dict)
    groups: list = field(default_factory=list)

    def of(self, kind):
        return [group for group in self.groups if group.kind == kind]

    def numbers(self, key):
        words = " ".join(self.values[key]).replace(",", " ")
        return [float(word) for word in words.split()]


def parse(text):
    """The outermost group of a Liberty file."""
    tokens = [token for token in TOKEN.findall(text.replace("\\\n", " "))
              if not token.startswith("/*")]
    outer = Group("", "")
    stack, at = [outer], 0
    while at < len(tokens):
        token = tokens[at]
        if token == "}":
            stack.pop()
            at += 1
        elif token == ";":
            at += 1
        elif tokens[at + 1] == ":":
            end = tokens.index(";", at) if ";" in tokens[at:at + 12] else at + 3
            stack[-1].values[token] = " ".join(word.strip('"') for word in tokens[at + 2:end])
            at = end
        else:  # key (...) ; or kind (...) {
            end = tokens.index(")", at)
            words = [word.strip('"') for word in tokens[at + 2:end] if word != ","]
            at = end + 1
            if tokens[at] == "{":
                group = Group(token, ",".join(words))
                stack[-1].groups.append(group)
                stack.append(group)
                at += 1
            else:
                stack[-1].values[token] = words
    return outer.groups[0]


class Table:
    """A quantity over slew and load, one of them, or neither; at its ends beyond them."""

    def __init__(self, group, templates):
        template = templates.get(group.name)
        variables = [template.values.get(f"variable_{i}") for i in (1, 2)] if template else []
        self.axes = []
        for i, variable in enumerate(variables, 1):
            if variable:
                self.axes.append(("load" if "capacitance" in variable else "slew",
                                  group.numbers(f"index_{i}")))
        self.values = group.numbers("values")

    def at(self, slew, load):
        """Linear between the points."""
        found, step = 0.0, len(self.values)
        corners = [(0, 1.0)]
        for axis, points in self.axes:
            step //= len(points)
            x = min(max({"slew": slew, "load": load}[axis], points[0]), points[-1])
            low = min(max(bisect.bisect_right(points, x) - 1, 0), len(points) - 2)
            part = (x - points[low]) / (points[low + 1] - points[low])
            corners = [(offset + (low + up) * step, weight * (part if up else 1 - part))
                       for offset, weight in corners for up in (0, 1)]
        for offset, weight in corners:
            found += weight * self.values[offset]
        return found


@dataclass
class Arc:
    """Energy or delay of a pin's transitions that `related` causes, or of the pin's own if that is None."""
    related: str
    rise: Table
    fall: Table

    def of_transition(self, rise_slew, fall_slew, load):
        """Mean of a rise and a fall; slews are those of the related pin."""
        return (self.rise.at(rise_slew, load) + self.fall.at(fall_slew, load)) / 2


@dataclass
class Pin:
    name: str
    output: bool
    capacitance: float
    energies: list
    delays: list


@dataclass
class Cell:
    name: str
    pins: dict
    leakage_nw: float


def _arcs(groups, kinds, templates):
    arcs = []
    for group in groups:
        tables = [Table((group.of(kind) or group.of("power"))[0], templates) for kind in kinds]
        for related in (group.values.get("related_pin") or "").split() or [None]:
            arcs.append(Arc(related, *tables))
    return arcs


def _cell(group, templates):
    pins = {}
    for pin in group.of("pin"):
        timings = [timing for timing in pin.of("timing")
                   if timing.of("cell_rise") and timing.of("cell_fall")]
        pins[pin.name] = Pin(
            pin.name, pin.values["direction"] == "output", float(pin.values.get("capacitance", 0)),
            _arcs(pin.of("internal_power"), ("rise_power", "fall_power"), templates),
            _arcs(timings, ("cell_rise", "cell_fall"), templates))
    return Cell(group.name, pins, float(group.values.get("cell_leakage_power", 0)))


def read_cells(library):
    """{cell: Cell} of a CellLibrary."""
    text = library.liberty.read_text(encoding="latin-1")
    for unit in UNITS:
        if unit not in text:
            raise BadInput(f"library {library.name}: not in units of {unit}")
    top = parse(text)
    templates = {group.name: group for group in top.groups
                 if group.kind in ("power_lut_template", "lu_table_template")}
    return {group.name: _cell(group, templates) for group in top.of("cell")}
