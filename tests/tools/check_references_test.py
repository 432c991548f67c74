"""tools/lint/check_references: that it refuses what leads nowhere, and nothing else."""
import pathlib
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
UNKNOWN = "MOON"  # put in by name, so that this file itself cites nothing


class CheckReferences(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        subprocess.run(["git", "init", "-q", self.root], check=True)
        self.write("models/NUMERICS.md", "# Numerics", "## 1. Codes", "## 2. Chunks")
        self.write("models/FACTS.md", "| key | source |", "|---|---|", "| SUN | a paper |",
                   "## 1. The format")
        self.write("sim/DESIGN.md", "## 4. The chip", "### 5. Not a section")

    def write(self, name, *lines):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")

    def check(self):
        done = subprocess.run([SOURCE / "tools/lint/check_references", self.root],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout.splitlines()

    def assert_good(self, name, *lines):
        self.write(name, *lines)
        self.assertEqual(self.check(), (0, ["references: good"]))

    def assert_faults(self, name, lines, faults):
        self.write(name, *lines)
        self.assertEqual(self.check(), (1, [f"{name}:{fault}" for fault in faults]))

    def test_sections_that_exist_are_good(self):
        self.assert_good("models/a.h", "// NUMERICS section 1, NUMERICS sections 1 and 2 [FACTS 1].",
                         "// DESIGN section 4; FACTS §1; what NUMERICS says")

    def test_a_section_without_heading_is_refused(self):
        self.assert_faults(
            "models/a.cpp",
            ["int a;  // NUMERICS sections 2 and 3", "// [FACTS 9]", "// DESIGN section 5"],
            ["1: NUMERICS section 3 does not exist in models/NUMERICS.md",
             "2: FACTS section 9 does not exist in models/FACTS.md",
             "3: DESIGN section 5 does not exist in sim/DESIGN.md"])

    def test_a_page_without_file_has_no_sections(self):
        (self.root / "sim/DESIGN.md").unlink()
        self.assert_faults("sim/a.h", ["// see DESIGN section 4"],
                           ["1: DESIGN section 4 does not exist in sim/DESIGN.md"])

    def test_a_source_key_must_be_defined(self):
        self.assert_good("configs/a.yaml", "a: 1  # [SUN], [SUN 3.1, Fig. 2c], [SUN §3, Table 1]")
        self.assert_faults("configs/a.yaml", [f"a: 1  # as in [{UNKNOWN}]", f"b: 2  # [{UNKNOWN} 3.1, Fig. 2c]"],
                           ["1: the source key MOON is not defined in models/FACTS.md",
                            "2: the source key MOON is not defined in models/FACTS.md"])

    def test_brackets_that_are_no_citation_are_left_alone(self):
        self.write("a.cpp", "x[MOON];", "// [M,K] [N,H,W,C] a[MOON] [MOON_LANES] [MOON, ...] [moon]")
        self.write("a.py", '"""Usage: a.py [ROOT]."""', "for x in [MOON]: pass")
        self.write("a.sv", "logic [WIDTH] x;  // [WIDTH-1:0] bits, [DIRECTORY]")
        self.assert_good("a.md", "`[MOON]`", "", "```sh", "a.py [MOON] DESIGN section 9", "```")

    def test_a_page_that_is_named_must_exist(self):
        self.assert_good("sim/a.h", "// models/NUMERICS.md, DESIGN.md, https://example.org/x/MOON.md")
        self.assert_faults("sim/a.h", ["// rules in MOON.md", "// see models/MOON.md."],
                           ["1: the page MOON.md does not exist",
                            "2: the page models/MOON.md does not exist"])

    def test_a_relative_link_must_lead_to_a_file(self):
        self.write("sim/data.txt")
        self.assert_good("sim/README.md", "[a](data.txt) [b](../models) [c](../models/FACTS.md#x)",
                         "[d](https://example.org/none) [e](#here) `[f](none.txt)`")
        self.assert_faults("sim/README.md", ["", "[a](none.txt) and [b](../sim/none.md#x)"],
                           ["2: the page ../sim/none.md does not exist",
                            "2: the link's target none.txt does not exist",
                            "2: the link's target ../sim/none.md#x does not exist"])


if __name__ == "__main__":
    unittest.main()
