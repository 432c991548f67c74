"""tools/lint/check_tree: that it refuses large files, long sources, machine paths, unexplained folders."""
import pathlib
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]


class CheckTree(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        subprocess.run(["git", "init", "-q", self.root], check=True)
        self.write("README.md", "```sh\ntools/test\n```\n")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def check(self):
        done = subprocess.run([SOURCE / "tools/lint/check_tree", self.root],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout.splitlines()

    def test_a_tidy_tree_is_good(self):
        self.write("sim/base/README.md", "# sim/base\n")
        self.write("sim/base/a.h", "#pragma once\n" * 450)
        self.write("sim/base/b.cpp", '#include "sim/work/x.h"  // https://example.org/work/x\n')
        self.assertEqual(self.check(), (0, ["tree: good"]))

    def test_each_fault_is_named_with_its_line(self):
        self.write("data.bin", "x" * 5_000_001)
        self.write("sim/base/README.md", "# sim/base\n")
        self.write("sim/base/a.h", "\n" * 451)
        self.write("sim/base/b.cpp", "\nconst char* path = \"" + "/ho" + "me/anna/x\";\n")
        self.write("sim/chip/c.h", "\n")
        self.write("README.md", "no command\n")
        self.assertEqual(self.check(), (1, [
            "data.bin:1: is over 5 MB",
            "sim/base/a.h:451: is 451 lines long, allowed are 450",
            "sim/base/b.cpp:2: names a path of one machine, /ho" + "me/a...",
            "sim/chip/README.md:1: is missing",
            "README.md:1: shows no command, allowed is a block fenced as ```sh",
        ]))

    def test_ignored_files_are_nobodys_business(self):
        self.write(".gitignore", "/build\n")
        self.write("build/large", "x" * 5_000_001)
        self.assertEqual(self.check(), (0, ["tree: good"]))


if __name__ == "__main__":
    unittest.main()
