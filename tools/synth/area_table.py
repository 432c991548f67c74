#!/usr/bin/env python3
"""Prints the table of column_area from the `stat` files in a directory; exits 1 above 110 %.

usage: area_table.py DIRECTORY LIBERTY
"""
import re
import sys
from pathlib import Path

LANES = 64
COLUMNS = 64  # of a whole tile, which share the row's decoding
LIMIT = 1.10


def cell_counts(path):
    """{cell: count} of a yosys stat file."""
    return {m[1]: int(m[2]) for m in re.finditer(r"^\s+(\w+)\s+(\d+)$", path.read_text(), re.M)}


def part(cell):
    if cell.startswith(("FAX", "HAX")):
        return "adders"
    return "flip-flops" if cell.startswith("DFF") else "other"


def main():
    directory, liberty = Path(sys.argv[1]), Path(sys.argv[2])
    areas = {
        m[1]: float(m[2])
        for m in re.finditer(r"cell\s*\((\w+)\)\s*{.*?area\s*:\s*([\d.]+)", liberty.read_text(), re.S)
    }

    def parts(counts):
        sums = {"adders": 0.0, "flip-flops": 0.0, "other": 0.0}
        for cell, count in counts.items():
            if cell in areas:
                sums[part(cell)] += count * areas[cell]
        return sums

    one, two = (parts(cell_counts(directory / f"tile{n}.area")) for n in (1, 2))
    column = {name: two[name] - one[name] for name in one}
    shared = {name: (one[name] - column[name]) / COLUMNS for name in one}
    structural = parts(cell_counts(directory / "structural.area"))

    print(f"{'square micrometres a MAC':<42} {'adders':>8} {'flops':>8} {'other':>8} {'total':>8}")
    rows = [
        ("column of rtl/nb_tile.sv", column),
        ("structural column, width-exact", structural),
        (f"row decoding, shared by {COLUMNS} columns", shared),
    ]
    for name, sums in rows:
        values = [sums[key] / LANES for key in ("adders", "flip-flops", "other")]
        print(f"{name:<42} " + " ".join(f"{value:8.0f}" for value in [*values, sum(values)]))
    ratio = sum(column.values()) / sum(structural.values())
    good = ratio <= LIMIT
    print(f"column / structural = {ratio:.3f}, at most {LIMIT:.2f}: {'kept' if good else 'MISSED'}")
    sys.exit(0 if good else 1)


main()
