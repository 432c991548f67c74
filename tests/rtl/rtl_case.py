"""What the tests of rtl/ in other tools than Verilator's simulation share: lint, Icarus, yosys."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
RTL = SOURCE / "rtl"
sys.path.insert(0, str(SOURCE / "tests/sim/driver/validate"))
import make_vectors  # noqa: E402,F401


def run(*command, cwd=None):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False, cwd=cwd, timeout=300)
    if done.returncode != 0:
        raise AssertionError(f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


class RtlCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def lint(self, module, *options):
        """Verilator has no word to say about a module."""
        output = run("verilator", "--lint-only", "-Wall", f"-I{RTL}", "-y", RTL, *options,
                     RTL / f"{module}.sv")
        self.assertEqual(output, "")

    def play(self, testbench, sources, vectors, *options):
        """What a testbench prints that plays vectors under Icarus."""
        (self.folder / "vectors").write_text(vectors)
        program = self.folder / "program"
        run("iverilog", "-g2012", "-I", RTL, *options, "-s", testbench, "-o", program,
            HERE / f"{testbench}.sv", *sources)
        return run("vvp", "-n", program, f"+vectors={self.folder / 'vectors'}")

    def simulate(self, testbench, sources, vectors, *options):
        """Every vector is a case of the testbench, and all of them are good."""
        output = self.play(testbench, sources, vectors, *options)
        verdict = output.strip().splitlines()[-1].split()
        self.assertEqual(verdict[:2], ["MISMATCHES", "0"], output)
        self.assertEqual(int(verdict[3]), len(vectors.splitlines()))

    def netlist(self, module, *parameters, sources=None, synth="synth -flatten"):
        """The module synthesised to gates, as Verilog; without sources from the file of its name."""
        path = self.folder / f"{module}_netlist.v"
        files = " ".join(map(str, sources or [RTL / f"{module}.sv"]))
        chparam = f"chparam {' '.join(parameters)} {module};" if parameters else ""
        run("timeout", "240", "yosys", "-q", "-p",
            f"read_verilog -sv -defer -I{RTL} {files}; {chparam} {synth} -top {module}; "
            f"rename -top {module}; write_verilog -noattr {path}")
        return path
