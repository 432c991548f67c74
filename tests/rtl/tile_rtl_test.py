"""nb_tile in other tools than Verilator: the vectors that tile_vectors prints under Icarus and on
the netlist that yosys makes.

usage: tile_rtl_test.py TILE_VECTORS [test ...]
"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
RTL = SOURCE / "rtl"
GATE_LINES = 1800


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False, timeout=300)
    if done.returncode != 0:
        raise AssertionError(f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class TileRtl(unittest.TestCase):
    vectors_program = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def play(self, tile, lines, *options):
        """Plays the first `lines` vectors; all of them must be as expected."""
        vectors = run(self.vectors_program).splitlines(keepends=True)[:lines]
        self.check_coverage(vectors)
        (self.folder / "vectors").write_text("".join(vectors))
        program = self.folder / "program"
        run("iverilog", "-g2012", "-I", RTL, *options, "-s", "nb_tile_tb", "-o", program,
            pathlib.Path(__file__).parent / "nb_tile_tb.sv", tile)
        output = run("vvp", "-n", program, f"+vectors={self.folder / 'vectors'}")
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
        self.play(RTL / "nb_tile.sv", None)

    def test_tile_as_gates(self):
        netlist = self.folder / "netlist.v"
        run("timeout", "240", "yosys", "-q", "-p",
            f"read_verilog -sv -defer -I{RTL} {RTL / 'nb_tile.sv'}; chparam -set Lanes 16 "
            "-set Cols 4 -set AccRows 4 nb_tile; synth -flatten -noabc -top nb_tile; "
            f"rename -top nb_tile; write_verilog -noattr {netlist}")
        self.play(netlist, GATE_LINES, "-DNETLIST")


if __name__ == "__main__":
    TileRtl.vectors_program = sys.argv.pop(1)
    unittest.main()
