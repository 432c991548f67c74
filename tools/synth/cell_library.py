"""The standard cell libraries that areas and delays come from (Debian packages qflow-tech-*)."""
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from errors import BadInput

LIBRARIES = {
    # name: (node in nm, supply in V). Oklahoma State University's cells for TSMC 180 nm and 350 nm.
    "osu018": (180, 1.8),
    "osu035": (350, 3.3),
}
# What a cell counts as in a table of parts. All else is "logic".
ADDER_CELLS = ("FAX1", "HAX1")
FLIP_FLOP_CELLS = ("DFFPOSX1", "DFFNEGX1", "DFFSR")


@dataclass(frozen=True)
class CellLibrary:
    name: str

    @property
    def liberty(self):
        return Path(f"/usr/share/qflow/tech/{self.name}/{self.name}_stdcells.lib")

    @property
    def node_nm(self):
        return LIBRARIES[self.name][0]

    @property
    def supply_v(self):
        return LIBRARIES[self.name][1]

    @cached_property
    def areas_um2(self):
        """{cell: square micrometres}. A cell without an area (LATCH) is left out."""
        text = self.liberty.read_text(encoding="latin-1")
        cells = re.finditer(r"^cell\s*\((\w+)\)\s*{.*?^\s*area\s*:\s*([\d.]+)", text, re.S | re.M)
        return {cell[1]: float(cell[2]) for cell in cells if float(cell[2]) > 0}

    def parts_um2(self, counts):
        """{part: square micrometres} of {cell: number}."""
        parts = {"adders": 0.0, "flip_flops": 0.0, "logic": 0.0}
        for cell, count in counts.items():
            if cell not in self.areas_um2:
                raise RuntimeError(f"library {self.name}: cell {cell} of a netlist has no area")
            part = ("adders" if cell in ADDER_CELLS else
                    "flip_flops" if cell in FLIP_FLOP_CELLS else "logic")
            parts[part] += count * self.areas_um2[cell]
        return parts


def library(name):
    """One of LIBRARIES, if its package is installed."""
    found = CellLibrary(name)
    if not found.liberty.is_file():
        raise BadInput(f"library {name}: {found.liberty.name} is missing: "
                       f"install the package qflow-tech-{name}")
    return found
