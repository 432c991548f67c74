"""A build without node, npm or npm's registry gets a template that says so, and tries again; one that has
them is left alone until something changes.

Usage: bundle_test.py CMAKE
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[3]
CMAKE = "cmake"


class Bundle(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.output = self.folder / "report_template.cpp"

    def bundle(self, **environment):
        command = [CMAKE, f"-DPACKAGE={SOURCE}/tools/report", f"-DFOLDER={self.folder}/npm",
                   f"-DOUTPUT={self.output}", "-DTESTS=OFF", "-P", SOURCE / "tools/report/bundle.cmake"]
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | environment, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.output.read_text()

    def test_without_node_the_template_says_so(self):
        text = self.bundle(PATH=str(self.folder))
        self.assertIn('return "this program was built without node, which bundles its charts";', text)
        self.assertIn("std::string_view report_template() { return {}; }", text)

    def test_without_npm_the_template_says_so(self):
        node = self.folder / "node"
        node.write_text("#!/bin/sh\n")
        node.chmod(0o755)
        self.assertIn("this program was built without npm, which bundles its charts",
                      self.bundle(PATH=str(self.folder)))

    @unittest.skipUnless(shutil.which("node") and shutil.which("npm"), "node or npm is not there")
    def test_without_a_registry_the_template_says_so_and_the_next_build_tries_again(self):
        nowhere = {"npm_config_registry": "http://127.0.0.1:9", "npm_config_cache": str(self.folder / "cache")}
        for _ in range(2):
            self.assertIn("this program was built where npm could not install the packages of its charts",
                          self.bundle(**nowhere))
            log = self.folder / "npm/npm.log"
            self.assertIn("127.0.0.1", log.read_text())
            log.unlink()

    @unittest.skipUnless(shutil.which("node") and shutil.which("npm"), "node or npm is not there")
    def test_what_is_new_enough_is_left_alone(self):
        npm = self.folder / "npm"
        npm.mkdir()
        (npm / "packages_installed").write_text("tests OFF")
        (npm / "template_made").touch()
        self.output.write_text("made before")
        self.assertEqual(self.bundle(), "made before")


if __name__ == "__main__":
    CMAKE = shutil.which(sys.argv.pop())
    unittest.main()
