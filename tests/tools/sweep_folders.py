"""Sweeps for tests: a file of 12 quick points, calls of nibblesim, and what a database holds."""
import pathlib
import sqlite3
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
POINTS = 12
SWEEP = """sweep: quick
experiment: any_network
set:
  waterfall: false
  twin: none
  network: resnet18
axes:
  chip.dram.channels: [1, 2, 4]
  chip.scratchpad.kib: [512, 1024, 2048, 4096]
objectives:
  - {key: cycles, goal: minimise}
"""


def write_sweep(folder):
    path = pathlib.Path(folder) / "quick.yaml"
    path.write_text(SWEEP)
    return path


def content(folder):
    """All tables that do not depend on the machine, in order."""
    with sqlite3.connect(f"file:{folder}/sweep.db?mode=ro", uri=True) as database:
        return {table: database.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()
                for table in ("meta", "design", "points")}


def points_in(database):
    """Points that a database holds now, whoever is writing it."""
    try:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as open_database:
            return open_database.execute("SELECT count(*) FROM points").fetchone()[0]
    except sqlite3.Error:
        return 0


class Sweeps:
    """Calls `nibblesim sweep` from the source folder, where configs/ is."""

    def __init__(self, program, environment=None):
        self.program = str(pathlib.Path(program).resolve())
        self.environment = environment

    def start(self, sweep, folder, *arguments):
        return subprocess.Popen([self.program, "sweep", str(sweep), "-o", str(folder), *arguments],
                                cwd=SOURCE, env=self.environment, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, sweep, folder, *arguments, seconds=60):
        """Exit code, standard output, standard error."""
        process = self.start(sweep, folder, *arguments)
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return process.returncode, out, err


class SweepCase(unittest.TestCase):
    """With the quick sweep run whole and undisturbed, which the tests' own sweeps have to equal."""
    program = ""
    environment = None  # of the program

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.root = pathlib.Path(folder.name)
        cls.sweep = write_sweep(cls.root)
        cls.sweeps = Sweeps(cls.program, cls.environment)
        cls.whole = cls.root / "whole"
        cls.check(cls.sweeps.run(cls.sweep, cls.whole))

    @classmethod
    def check(cls, done, code=0):
        if done[0] != code:
            raise AssertionError(f"exit {done[0]} instead of {code}: {done[1]}{done[2]}")
        return done[1] + done[2]

    def folder(self):
        return self.root / self.id().rsplit(".", 1)[1]
