"""From Verilog to a netlist of library cells: one flow for every design, its choices in a Recipe."""
import re
from dataclasses import dataclass
from pathlib import Path

import json_netlist
from designs import HERE, RTL
from gate_clocks import gate_clocks
from map_macc import map_macc
from tool_run import run_tool


# abc never infers adder cells: sums and additions are mapped to them before. Default scripts of
# `abc -liberty` hang on dot products.
ABC_SCRIPTS = {
    "area": "strash;dc2;dch;amap -m;topo;buffer -c;upsize;dnsize",
    "delay": "strash;dch;map -B 0.9;topo;buffer -c;upsize;dnsize",
}


@dataclass(frozen=True)
class Recipe:
    """How a netlist is made."""
    script: str = "area"     # of ABC_SCRIPTS
    ripple: bool = True      # additions as chains of full adders; otherwise carry-lookahead logic
    gated: bool = True       # enables gate clocks; otherwise they are multiplexers

    @property
    def name(self):
        words = [self.script, "ripple" if self.ripple else "lookahead"]
        if not self.gated:
            words.append("enables")
        return "-".join(words)


RECIPES = (Recipe("area", ripple=True), Recipe("area", ripple=False), Recipe("delay", ripple=False))


@dataclass(frozen=True)
class Netlist:
    verilog: Path
    cells: dict  # {library cell: number}


class Synthesis:
    """One design in one library; the coarse half is shared by all recipes."""

    def __init__(self, design, library, folder):
        self.design = design
        self.library = library
        self.folder = folder
        self.coarse = folder / f"{design.name}-coarse.json"

    def _yosys(self, name, commands):
        script = self.folder / f"{name}.ys"
        script.write_text("\n".join(commands) + "\n", encoding="utf-8")
        return run_tool("yosys", ["-q", script], self.folder / f"{name}.log")

    def elaborate(self):
        """Sums of many terms as $macc, all else word-wide."""
        design = self.design
        sources = " ".join(str(path) for path in design.sources)
        parameters = " ".join(f"-set {key} {value}" for key, value in design.parameters.items())
        self._yosys(f"{design.name}-coarse", [
            f"read_liberty -lib {self.library.liberty}",
            f"read_verilog -sv -defer -I{RTL} {sources}",
            # All in one command: each chparam elaborates the module.
            *([f"chparam {parameters} {design.top}"] if parameters else []),
            f"hierarchy -top {design.top}",
            "proc", "flatten", "opt_clean", "memory -nomap", "opt_clean", "memory_map", "opt -full",
            "wreduce", "opt_clean", "alumacc", "opt",
            f"write_json {self.coarse}"])
        json_netlist.edit(self.coarse, map_macc)

    def run(self, recipe):
        """The netlist by one recipe. elaborate() comes first."""
        name = f"{self.design.name}-{recipe.name}"
        fine, netlist, counts = (self.folder / f"{name}.{kind}" for kind in ("json", "v", "stat"))
        self._yosys(f"{name}-fine", [
            f"read_json {self.coarse}",
            # Names that yosys gives from here on must not be those of its first half.
            "rename -enumerate -pattern coarse_%",
            "maccmap",
            *([f"techmap -map {HERE / 'arithmetic_map.v'}"] if recipe.ripple else []),
            "techmap", "opt -full",
            f"dfflegalize -cell $_DFF_P_ x {'-cell $_DFFE_PP_ x' if recipe.gated else ''}",
            "opt_clean",
            f"write_json {fine}"])
        if recipe.gated:
            json_netlist.edit(fine, gate_clocks)
        script = ABC_SCRIPTS[recipe.script]
        self._yosys(name, [
            f"read_json {fine}",
            "dfflegalize -cell $_DFF_P_ x -cell $_DFF_N_ x", "opt -full",
            f"dfflibmap -liberty {self.library.liberty}",
            f"abc -liberty {self.library.liberty} -script +"
            + script.replace(" ", ","),
            # OpenSTA reads no assignments to slices.
            "splitnets", "opt_clean -purge",
            f"tee -o {counts} stat -liberty {self.library.liberty}",
            f"rename -top {self.design.name}",
            f"write_verilog -noattr {netlist}"])
        return Netlist(netlist, self._counts(counts))

    def _counts(self, path):
        """{cell: number} of a yosys stat file; every cell has to be one of the library."""
        text = path.read_text(encoding="utf-8")
        counts = {found[1]: int(found[2]) for found in
                  re.finditer(r"^\s+(\w+)\s+(\d+)$", text, re.M)
                  if found[1] in self.library.areas_um2}
        total = int(re.search(r"Number of cells:\s+(\d+)", text)[1])
        if sum(counts.values()) != total:
            raise RuntimeError(f"{path}: {total - sum(counts.values())} of {total} cells are not "
                               "of the library")
        return counts
