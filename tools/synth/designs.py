"""What is characterised: every design with its sources and parameters."""
import ast
import hashlib
import io
import re
import tokenize
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
RTL = HERE.parents[1] / "rtl"
LANES = (4, 8, 16, 32, 64)  # chunk lengths: the paper's unit has 4
# Of the fused dot product, the stronger baseline. No more sizes: one takes five to ten minutes to make
# and to check, more than all tiles of four and eight lanes.
DOT_LANES = (16, 64)
FLOW = ("arithmetic_map.v", "cell_library.py", "gate_clocks.py", "json_netlist.py", "map_macc.py",
        "static_timing.py", "synthesis.py")


@dataclass(frozen=True)
class Design:
    """A module that is synthesised with these parameters; `sources` are its files, includes apart."""
    name: str
    top: str
    sources: tuple
    parameters: dict = field(default_factory=dict)

    def fingerprint(self, library):
        """SHA-256 of all that decides the netlist, comments apart: sources, includes, flow, cells."""
        digest = hashlib.sha256(repr((self.top, sorted(self.parameters.items()))).encode())
        files = list(self.sources)
        for path in files:  # grows
            text = path.read_text(encoding="utf-8")
            files += [RTL / name for name in re.findall(r'^\s*`include "(\w+\.svh)"', text, re.M)
                      if RTL / name not in files]
        for path in [*files, *(HERE / name for name in FLOW)]:
            digest.update(plain_text(path).encode())
        digest.update(library.liberty.read_bytes())
        return digest.hexdigest()[:16]


def plain_text(path):
    """A source without comments and blank lines. Comments that tools read stay."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        lines = _plain_python(text)
    else:
        comment = r"(^|\s+)//(?!\s*(synopsys|synthesis|pragma|verilator)\b).*$"
        lines = (re.sub(comment, "", line) for line in text.splitlines())
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _plain_python(text):
    """Lines without comments and docstrings."""
    lines = text.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            line, column = token.start
            lines[line - 1] = lines[line - 1][:column]
    for node in ast.walk(ast.parse(text)):
        if (isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
                and ast.get_docstring(node) is not None):
            docstring = node.body[0]
            for line in range(docstring.lineno - 1, docstring.end_lineno):
                lines[line] = ""
    return lines


def _rtl(*names):
    return tuple(RTL / f"{name}.sv" for name in names)


def _tiles():
    """A column is the difference of a tile with two and with one: what columns share drops out."""
    for lanes in LANES:
        for columns in (1, 2):
            parameters = {"Lanes": lanes, "Cols": columns, "AccRows": 1}
            yield Design(f"tile_{lanes}x{columns}", "nb_tile", _rtl("nb_tile"), parameters)
            for name, fp4 in (("int4", 0), ("fp4", 1)):
                yield Design(f"{name}_tile_{lanes}x{columns}", "nb_single_mode_tile",
                             (HERE / "nb_single_mode_tile.sv", *_rtl("nb_tile")),
                             {**parameters, "Fp4": fp4})


def _baselines():
    """A multiply-add's cell holds a B; what columns share is the wrapper less the cell."""
    parts = {"fp16": ("row", "product"), "fp8": ("row", "column", "decode", "product")}
    for kind, names in parts.items():
        sources = _rtl(*(f"nb_{kind}_fma_pipe{part}" for part in
                         ("", "_cell", *(f"_{name}" for name in names))),
                       "nb_fp16_fma_pipe_add", "nb_fp16_fma_pipe_cut")
        for stages in (1, 2, 3):
            for name, top in (("fma", "pipe"), ("fma_cell", "pipe_cell")):
                yield Design(f"{kind}_{name}_{stages}", f"nb_{kind}_fma_{top}", sources,
                             {"Stages": stages})
    for lanes in DOT_LANES:
        yield Design(f"fp16_dot_{lanes}", "nb_fp16_dot", _rtl("nb_fp16_dot", "nb_fp16_dot_lane"),
                     {"Lanes": lanes})
        yield Design(f"fp16_dot_row_{lanes}", "nb_fp16_dot_row", _rtl("nb_fp16_dot_row"),
                     {"Lanes": lanes})


def _units():
    for name in ("fp16_adder", "quant_fp4", "quant_pact", "quant_s4", "quant_sawb"):
        yield Design(name, f"nb_{name}", _rtl(f"nb_{name}"))
    for lanes in LANES:
        yield Design(f"chunk_rounder_{lanes}", "nb_chunk_rounder",
                     (HERE / "nb_chunk_rounder.sv",), {"Lanes": lanes})


DESIGNS = {design.name: design for design in (*_tiles(), *_baselines(), *_units())}
