"""Imports at the command line, from the foreign file to the simulated step.

Usage: import_test.py NIBBLESIM
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from bad_input_cases import onnx_relu

SOURCE = pathlib.Path(__file__).resolve().parents[2]
TOPOLOGY = SOURCE / "tests/sim/import/small_topology.csv"
TOPOLOGY_MACS = 16 * 16 * 27 * 16 + 8 * 8 * 144 * 32 + 2048 * 10
EXPERIMENT = """experiment: imported
chip: edge
network: small
engine: timing
mode: inference
batch: 2
"""


class ImportTest(unittest.TestCase):
    program = ""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        shutil.copytree(SOURCE / "configs", self.root / "configs")

    def call(self, *arguments):
        done = subprocess.run([self.program, *arguments], cwd=self.root, capture_output=True,
                              text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def test_a_topology_is_printed_or_written_and_then_runs(self):
        printed = self.call("import", "scalesim", str(TOPOLOGY), "--name", "small")
        self.assertEqual(printed.stderr.splitlines(), [
            f"{TOPOLOGY}: conv2.in inserted (traffic): 16x16x16 come from the row before, "
            "17x17x16 are read",
            f"{TOPOLOGY}: fc.in inserted (reshape): 8x8x32 come from the row before, 1x1x2048 are read",
            f"{TOPOLOGY}: the first and the last layer and depthwise ones stay in fp16: conv1, fc; "
            "the rest is int4_fp4"])
        only_fp16 = self.call("import", "scalesim", str(TOPOLOGY), "--precision", "fp16")
        self.assertNotIn("stay in fp16", only_fp16.stderr)
        target = "configs/networks/small.yaml"
        written = self.call("import", "scalesim", str(TOPOLOGY), "--name", "small", "-o", target)
        self.assertEqual(written.stdout, "")
        self.assertEqual((self.root / target).read_text(), printed.stdout)

        experiment = self.root / "configs/experiments/imported.yaml"
        experiment.write_text(EXPERIMENT)
        result = json.loads(self.call("run", str(experiment), "--json").stdout)
        self.assertEqual(result["network"], "small")
        self.assertEqual(result["macs_useful"], 2 * TOPOLOGY_MACS)

    def test_an_onnx_file_takes_its_sizes_name_and_precision_from_options(self):
        (self.root / "m.onnx").write_bytes(onnx_relu(dimension=b"batch"))
        done = self.call("import", "onnx", "m.onnx", "--dim", "batch=3", "--name", "one",
                         "--precision", "int4_fp8")
        self.assertEqual(done.stdout.splitlines()[1:],
                         ["network: one", "input: {height: 1, width: 1, channels: 4}", "classes: 4",
                          "precision: {default: int4_fp8}", "layers:",
                          "  - {name: act, type: relu}"])

    def test_a_node_without_a_layer_is_named_on_standard_error_and_in_the_file(self):
        model = onnx_relu().replace(b"Relu", b"Sign")
        (self.root / "m.onnx").write_bytes(model)
        done = self.call("import", "onnx", "m.onnx")
        note = "m.onnx: node act (Sign): an operator without a layer, kept as traffic"
        self.assertEqual(done.stderr, note + "\n")
        self.assertIn("# " + note + "\n", done.stdout)
        self.assertIn("type: traffic, output: {height: 1, width: 1, channels: 4}", done.stdout)


if __name__ == "__main__":
    ImportTest.program = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
