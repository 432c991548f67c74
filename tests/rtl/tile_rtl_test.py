"""nb_tile in other tools than Verilator: the vectors that tile_vectors prints under Icarus and on
the netlist that yosys makes.

usage: tile_rtl_test.py TILE_VECTORS [test ...]
"""
import sys
import unittest

from rtl_case import RTL, RtlCase, run

GATE_LINES = 1800


class TileRtl(RtlCase):
    vectors_program = None

    def play_tile(self, tile, lines, *options):
        """Plays the first `lines` vectors; all of them must be as expected."""
        vectors = run(self.vectors_program).splitlines(keepends=True)[:lines]
        self.check_coverage(vectors)
        output = self.play("nb_tile_tb", [tile], "".join(vectors), *options)
        rows, verdict = output.strip().splitlines()[-2:]
        self.assertEqual(verdict, f"MISMATCHES 0 OF {len(vectors)}", output)
        self.assertGreater(int(rows.split()[0]), 20)

    def check_coverage(self, vectors):
        """The lines that are played fold, and stream every format against both kinds of B."""
        pairs, folds = set(), 0
        shadow = active = None
        for line in vectors:
            b_valid, b_signed, _, _, a_valid, swap, fold, _, _, a_format = line.split()[:10]
            if a_valid == "1":
                active = shadow if swap == "1" else active
                folds += fold == "1"
                if fold == "0":
                    pairs.add((a_format, active))
            if b_valid == "1":
                shadow = b_signed
        self.assertGreater(folds, 0)
        self.assertEqual(pairs, {(a, b) for a in "0123" for b in "01"})

    def test_tile_in_icarus(self):
        self.play_tile(RTL / "nb_tile.sv", None)

    def test_tile_as_gates(self):
        netlist = self.netlist("nb_tile", "-set Lanes 16", "-set Cols 4", "-set AccRows 4",
                               synth="synth -flatten -noabc")
        self.play_tile(netlist, GATE_LINES, "-DNETLIST")


if __name__ == "__main__":
    TileRtl.vectors_program = sys.argv.pop(1)
    unittest.main()
