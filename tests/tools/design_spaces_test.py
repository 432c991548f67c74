"""tools/studies/sweeps: what is kept are the points of the sweeps' files, and keeping leaves no figure out.

Usage: design_spaces_test.py NIBBLESIM.
"""
import csv
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(SOURCE / "tools/studies"))

import design_spaces  # noqa: E402


def settings_of(row):
    return {key[len("set."):]: value for key, value in row.items() if key.startswith("set.")}


class DesignSpacesTest(unittest.TestCase):
    program = ""

    def sweep(self, name, folder, *arguments):
        done = subprocess.run([self.program, "sweep", SOURCE / f"configs/sweeps/{name}.yaml", "-o", folder, *arguments],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_results_are_of_the_sweeps(self):
        for name in design_spaces.SWEEPS:
            listed = [line.split()[1:] for line in self.sweep(name, "unused", "--list").splitlines()]
            with open(design_spaces.file_of(name), newline="", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            self.assertEqual([dict(word.split("=", 1) for word in words) for words in listed],
                             [settings_of(row) for row in rows], name)
            self.assertEqual([row["number"] for row in rows], [str(i + 1) for i in range(len(rows))])

    def test_results_are_those_of_this_program(self):
        """Of the first and a last point of each sweep, within what a mended compiler may change; beyond that the page
        is of another program, and tools/studies/sweeps has to make it anew."""
        for name in design_spaces.SWEEPS:
            block = re.search(r"^set:\n((?:  .*\n)+)", (SOURCE / f"configs/sweeps/{name}.yaml").read_text(), re.MULTILINE)
            settings = dict(re.findall(r"^  ([\w.]+): (\S+)", block[1], re.MULTILINE))
            rows = design_spaces.points(name)
            for row in (rows[0], rows[-1]):
                at = {**settings, **settings_of(row)}
                if at.get("network") == "bert_base":
                    continue  # takes a minute
                sets = [word for key, value in at.items() for word in ("--set", f"{key}={value}")]
                done = subprocess.run([self.program, "run", "configs/experiments/any_network.yaml", "--json", *sets],
                                      cwd=SOURCE, capture_output=True, text=True, check=True)
                result = json.loads(done.stdout)
                for key in ("time_s", "energy_j.total", "speedup_vs_fp16", "energy_gain_vs_fp16", "area_mm2.total"):
                    figure = result
                    for word in key.split("."):
                        figure = figure[word]
                    self.assertAlmostEqual(float(row[key]) / figure, 1, delta=0.03, msg=f"{name} {row['number']} {key}")

    def test_a_sweep_is_kept_whole(self):
        with tempfile.TemporaryDirectory() as folder:
            self.sweep("first_steps", folder)
            points = pathlib.Path(folder) / "points.csv"
            design_spaces.SWEEPS["first_steps"], before = design_spaces.COMMON, design_spaces.FOLDER
            design_spaces.FOLDER = pathlib.Path(folder) / "kept"
            try:
                design_spaces.keep("first_steps", points, "abc1234")
                kept = design_spaces.points("first_steps")
            finally:
                design_spaces.FOLDER = before
                del design_spaces.SWEEPS["first_steps"]
            with open(points, newline="", encoding="utf-8") as file:
                whole = list(csv.DictReader(file))
        self.assertEqual(len(kept), 12)
        for mine, full in zip(kept, whole):
            self.assertEqual(settings_of(mine), settings_of(full))
            self.assertEqual(mine["program"], "abc1234")
            for key in design_spaces.COMMON:
                self.assertAlmostEqual(float(mine[key]) / (float(full[key]) or 1), 1 if float(full[key]) else 0,
                                       delta=1e-4, msg=key)

    def test_the_front_is_of_points_that_none_beats(self):
        rows = [{"a": a, "b": b} for a, b in ((1, 5), (2, 3), (2, 4), (3, 3), (4, 1), (4, 1))]
        front = [(row["a"], row["b"]) for row in design_spaces.front(rows, ["a", "b"])]
        self.assertEqual(front, [(1, 5), (2, 3), (4, 1), (4, 1)])


if __name__ == "__main__":
    DesignSpacesTest.program = sys.argv.pop()
    unittest.main()
