#!/usr/bin/env python3
"""Prints the table of column_area from the `stat` files in a directory; exits 1 above 110 %.

usage: area_table.py DIRECTORY LIBERTY
"""
import re
import sys
from pathlib import Path

LANES = 64
FP16_LANES = 16
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
            sums[part(cell)] += count * areas[cell]
        return sums

    def read(name):
        path = directory / f"{name}.area"
        counts = {cell: n for cell, n in cell_counts(path).items() if cell in areas}
        total = int(re.search(r"Number of cells:\s+(\d+)", path.read_text())[1])
        if sum(counts.values()) != total:
            sys.exit(f"{path}: {total - sum(counts.values())} of {total} cells have no area")
        return parts(counts)

    def column_and_rest(name):
        """Area of a column, and of what its columns share."""
        one, two = read(f"{name}1"), read(f"{name}2")
        column = {key: two[key] - one[key] for key in one}
        return column, {key: one[key] - column[key] for key in one}

    column, rest = column_and_rest("tile")
    fp16, _ = column_and_rest("fp16_tile")
    structural = read("structural")
    print(f"{'square micrometres a MAC':<46} {'adders':>8} {'flops':>8} {'other':>8} {'total':>8}")
    rows = [
        ("column of rtl/nb_tile.sv, 64 lanes", column, LANES),
        ("structural column, width-exact", structural, LANES),
        (f"row decoding, shared by {COLUMNS} columns", rest, LANES * COLUMNS),
        ("column of rtl/nb_fp16_tile.sv, 16 lanes", fp16, FP16_LANES),
    ]
    totals = []
    for name, sums, macs in rows:
        values = [sums[key] / macs for key in ("adders", "flip-flops", "other")]
        totals.append(sum(values))
        print(f"{name:<46} " + " ".join(f"{value:8.0f}" for value in [*values, totals[-1]]))
    ratio = totals[0] / totals[1]
    good = ratio <= LIMIT
    print(f"column / structural = {ratio:.3f}, at most {LIMIT:.2f}: {'kept' if good else 'MISSED'}")
    print(f"FP16 / (column + row decoding) = {totals[3] / (totals[0] + totals[2]):.1f}")
    sys.exit(0 if good else 1)


main()
