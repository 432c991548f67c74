"""tools/lint/check_layers: that it refuses what the layer table forbids, and nothing else."""
import pathlib
import shutil
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]


class CheckLayers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        (self.root / "tools/lint").mkdir(parents=True)
        shutil.copy(SOURCE / "tools/lint/layers.txt", self.root / "tools/lint")

    def write(self, name, *lines):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")

    def check(self):
        done = subprocess.run([SOURCE / "tools/lint/check_layers", self.root],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout.splitlines()

    def assert_fault(self, fault):
        self.assertEqual(self.check(), (1, [fault]))

    def test_includes_along_the_data_flow_are_good(self):
        self.write("models/gemm/a.cpp", "#include <vector>", '#include "models/formats/fp16.h"')
        self.write("sim/chip/b.cpp", "#include <systemc>", '#include "sim/dram/c.h"',
                   '#include "sim/chip/d.h"')
        self.write("sim/tile/verilated_e.cpp", '#include "Vnb_tile.h"', '#include "verilated.h"')
        self.write("models/training/f.cpp", "#include <torch/torch.h>")
        self.write("sim/driver/g.cpp", '#include "sim/report/h.h"', '#include "models/trace/i.h"')
        self.assertEqual(self.check(), (0, ["layers: good"]))

    def test_models_know_no_time(self):
        self.write("models/gemm/a.h", "#pragma once", '#include "sim/base/units.h"')
        self.assert_fault("models/gemm/a.h:2: models/gemm may not include sim/base, "
                          "allowed are models/formats")

    def test_compiler_and_chip_do_not_see_each_other(self):
        self.write("sim/chip/a.h", '#include "sim/compiler/b.h"')
        self.write("sim/compiler/b.h", '#include "sim/chip/a.h"')
        state, faults = self.check()
        self.assertEqual(state, 1)
        self.assertEqual(len(faults), 2)
        self.assertIn("sim/chip may not include sim/compiler", faults[0])
        self.assertIn("sim/compiler may not include sim/chip", faults[1])

    def test_the_chip_knows_no_joule(self):
        self.write("sim/chip/a.cpp", '#include "sim/energy/table.h"')
        self.assertIn("sim/chip may not include sim/energy", self.check()[1][0])

    def test_outside_headers_belong_to_their_folders(self):
        self.write("sim/report/a.cpp", "#include <systemc>")
        self.assert_fault("sim/report/a.cpp:1: sim/report/a.cpp may not include systemc, "
                          "only sim/chip sim/driver may")
        self.write("sim/report/a.cpp", "#include <tlm_utils/simple_target_socket.h>")
        self.assertIn("may not include tlm_utils", self.check()[1][0])
        self.write("sim/report/a.cpp", "#include <torch/torch.h>")
        self.assertIn("may not include torch", self.check()[1][0])
        self.write("sim/report/a.cpp", '#include "Vnb_tile.h"')
        self.assertIn("may not include Vnb_tile.h", self.check()[1][0])

    def test_verilated_headers_stay_in_verilated_files(self):
        self.write("sim/tile/backend.h", '#include "Vnb_tile.h"')
        self.assertIn("sim/tile/backend.h may not include Vnb_tile.h, only sim/tile/verilated_*.cpp",
                      self.check()[1][0])
        self.write("sim/tile/backend.h", "#include <verilated.h>")
        self.assertIn("may not include verilated.h", self.check()[1][0])

    def test_a_subfolder_obeys_the_rules_of_its_folder(self):
        self.write("sim/chip/units/a.cpp", '#include "sim/dram/b.h"', '#include "sim/chip/c.h"',
                   '#include "sim/chip/units/d.h"')
        self.assertEqual(self.check(), (0, ["layers: good"]))
        self.write("sim/chip/units/a.cpp", '#include "sim/report/pages/b.h"')
        self.assertIn("sim/chip may not include sim/report,", self.check()[1][0])

    def test_a_folder_outside_the_table_is_refused(self):
        self.write("sim/utils/a.h", "#pragma once")
        self.assert_fault("sim/utils/a.h:1: its folder is not in tools/lint/layers.txt")
        (self.root / "sim/utils/a.h").unlink()
        self.write("sim/base/b.h", '#include "sim/utils/a.h"')
        self.assertIn("sim/base may not include sim/utils", self.check()[1][0])


if __name__ == "__main__":
    unittest.main()
