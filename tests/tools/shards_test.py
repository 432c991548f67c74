"""Shards of a sweep: run apart, gathered once, the same content as a sweep that was run whole.

Usage: shards_test.py NIBBLESIM
"""
import os
import signal
import sqlite3
import sys
import time
import unittest

from sweep_folders import POINTS, SweepCase, Sweeps, content, points_in


class ShardsTest(SweepCase):
    def test_shards_are_gathered_into_what_the_whole_sweep_gives(self):
        folder = self.folder()
        for number in (2, 1, 3):
            said = self.check(self.sweeps.run(self.sweep, folder, "--shard", f"{number}/3"))
            self.assertIn(f"shard {number}/3 of quick: 4 points, 4 run now", said)
        self.assertFalse((folder / "sweep.db").exists())
        said = self.check(self.sweeps.run(self.sweep, folder))
        self.assertIn("gathered 12 points of 3 shards", said)
        self.assertIn("12 good, 0 failed; 0 run now", said)
        self.assertEqual(content(folder), content(self.whole))
        self.assertEqual((folder / "points.csv").read_bytes(),
                         (self.whole / "points.csv").read_bytes())
        self.assertEqual(list((folder / "shards").iterdir()), [])

    def test_a_shard_runs_nothing_that_the_sweep_has_and_again_nothing(self):
        folder = self.folder()
        self.check(self.sweeps.run(self.sweep, folder, "--shard", "1/2"))
        self.assertIn("6 points, 0 run now",
                      self.check(self.sweeps.run(self.sweep, folder, "--shard", "1/2")))
        self.check(self.sweeps.run(self.sweep, folder))
        self.assertIn("6 points, 0 run now",
                      self.check(self.sweeps.run(self.sweep, folder, "--shard", "2/2")))
        self.assertIn("gathered 0 points of 1 shard",
                      self.check(self.sweeps.run(self.sweep, folder)))
        self.assertEqual(content(folder), content(self.whole))

    def test_a_killed_shard_loses_no_finished_point(self):
        folder = self.folder()
        process = self.sweeps.start(self.sweep, folder, "--shard", "1/1", "--jobs", "1")
        shard = folder / "shards/1-of-1.db"
        since = time.monotonic()
        while points_in(shard) < 2 and time.monotonic() - since < 60:
            time.sleep(0.01)
        process.kill()
        process.communicate()
        kept = points_in(shard)
        self.assertGreaterEqual(kept, 2)
        self.assertLess(kept, POINTS)
        said = self.check(self.sweeps.run(self.sweep, folder))
        self.assertIn(f"gathered {kept} points of 1 shard", said)
        self.assertIn(f"12 good, 0 failed; {POINTS - kept} run now", said)
        self.assertEqual(content(folder), content(self.whole))
        self.assertEqual(list((folder / "shards").iterdir()), [])

    def test_nothing_is_run_beside_a_shard_that_is_being_written(self):
        folder = self.folder()
        process = self.sweeps.start(self.sweep, folder, "--shard", "1/1", "--jobs", "1")
        while not (folder / "shards/1-of-1.db").exists() and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGSTOP)  # or it might end too early
        says = self.check(self.sweeps.run(self.sweep, folder), 2)
        again = self.check(self.sweeps.run(self.sweep, folder, "--shard", "1/1"), 2)
        process.kill()
        process.communicate()
        self.assertRegex(says, r"\A\S+/shards: 1 shards? .*being written, allowed is to wait.*\n\Z")
        self.assertRegex(again, r"\A\S+/1-of-1.db: is being written by another sweep, .*\n\Z")

    def test_a_shard_of_another_program_is_refused_and_kept(self):
        folder = self.folder()
        self.check(self.sweeps.run(self.sweep, folder, "--shard", "1/12"))
        shard = folder / "shards/1-of-12.db"
        with sqlite3.connect(shard) as database:
            database.execute("UPDATE meta SET value = 'another' WHERE key = 'program'")
        says = self.check(self.sweeps.run(self.sweep, folder), 2)
        self.assertRegex(says, r"\A\S+/1-of-12.db: was made by another, this is .*\n\Z")
        self.assertEqual(points_in(shard), 1)
        shard.write_bytes(b"no database" * 100)
        says = self.check(self.sweeps.run(self.sweep, folder), 2)
        self.assertRegex(says, r"\A\S+/1-of-12.db: is no sweep's database, .*\n\Z")

    def test_failed_points_come_with_their_fault(self):
        folder, sweep = self.folder(), self.root / "failing.yaml"
        sweep.write_text(self.sweep.read_text().replace("chip.dram.channels: [1, 2, 4]", "chip.clock_mhz: [1000, 900]"))
        whole = self.root / "failing"
        self.assertIn("4 good, 4 failed", self.check(self.sweeps.run(sweep, whole)))
        for number in (1, 2):
            self.check(self.sweeps.run(sweep, folder, "--shard", f"{number}/2"))
        self.check(self.sweeps.run(sweep, folder))
        self.assertEqual(content(folder), content(whole))

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_a_folder_that_cannot_be_written_is_one_line(self):
        folder = self.folder()
        folder.mkdir(mode=0o500)
        says = self.check(self.sweeps.run(self.sweep, folder, "--shard", "1/2"), 2)
        self.assertEqual(len(says.splitlines()), 1)

    def test_what_is_no_shard_is_one_line(self):
        for shard in ("0/3", "4/3", "1", "1/", "/3", "a/3", "1/3x", "-1/3", "1/1000001", "1.5/3"):
            says = self.check(self.sweeps.run(self.sweep, self.folder(), f"--shard={shard}"), 2)
            self.assertRegex(says, r"\A--shard \S+: is no shard, allowed is K/N.*\n\Z")
        self.assertFalse(self.folder().exists())

    def test_options_of_slurm_need_slurm(self):
        for arguments, word in ((("--executor", "pbs"), "pbs"), (("--tasks", "3"), "--tasks"),
                                (("--executor", "slurm", "--shard", "1/2"), "--shard"),
                                (("--executor", "slurm", "--tasks", "2", "--points-per-task", "3"),
                                 "--tasks")):
            says = self.check(self.sweeps.run(self.sweep, self.folder(), *arguments), 2)
            self.assertRegex(says, rf"\Anibblesim sweep: .*{word}.*\n\Z")

    def test_without_slurm_its_executor_is_one_line(self):
        sweeps = Sweeps(self.program, {**os.environ, "PATH": str(self.root)})
        says = self.check(sweeps.run(self.sweep, self.folder(), "--executor", "slurm"), 2)
        self.assertRegex(says, r"\Asbatch: cannot be started \(No such file or directory\), .*\n\Z")


if __name__ == "__main__":
    ShardsTest.program = sys.argv.pop(1)
    unittest.main()
