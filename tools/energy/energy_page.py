"""The table of rtl/README.md on what a MAC takes, from configs/silicon/*_energy.json."""
import json

import markdown
from silicon_data import SiliconData

ROWS = (("4-bit, 64 lanes", "tile_64"), ("4-bit, 16 lanes", "tile_16"),
        ("the same without zero gating", "tile_16_ungated"), ("FP16 multiply-add", "fp16_fma"),
        ("the same without zero gating", "fp16_fma_ungated"))
PASSES = ("forward", "dgrad", "wgrad")


def _range(values, digits):
    mean = sum(values) / len(values)
    return f"{mean:.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def _row(title, entries):
    digits = 1 if max(entry["pj"] for entry in entries) < 50 else 0
    pj = [_range([entry["pj"] for entry in entries if entry["pass"] == one], digits) for one in PASSES]
    return [title, *pj, _range([entry["glitches"] for entry in entries], 2)]


def table(name):
    path = SiliconData.FOLDER / f"{name}_energy.json"
    passes = json.loads(path.read_text(encoding="utf-8"))["passes"]
    rows = [_row(title, [entry for entry in passes if entry["case"] == case]) for title, case in ROWS]
    return markdown.table(["MAC", *PASSES, "x for glitches"], rows)
