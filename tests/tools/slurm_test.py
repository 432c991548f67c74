"""Sweeps on real Slurm (slurm_node.py): the same content as a local sweep, whatever dies.

Usage: slurm_test.py NIBBLESIM. Exits 77 (skipped) if slurm-wlm is not installed.
"""
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import unittest

from slurm_node import SlurmNode, is_installed
from sweep_folders import SweepCase, Sweeps, content, points_in

SKIPPED = 77
SECONDS = 60


def wait_for(what, is_so):
    since = time.monotonic()
    while not is_so():
        if time.monotonic() - since > SECONDS:
            raise AssertionError(f"{what}: not after {SECONDS} s")
        time.sleep(0.01)


def process_of_shard(folder, shard):
    """The process that runs a shard: not the points' processes below it."""
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().decode().split("\0")
            parent = (entry / "stat").read_text().rsplit(")", 1)[1].split()[1]
            above = pathlib.Path("/proc", parent, "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if shard in words and str(folder) in words and shard not in above:
            return int(entry.name)
    raise AssertionError(f"no process runs shard {shard}")


class SlurmTest(SweepCase):
    @classmethod
    def setUpClass(cls):
        cls.node = SlurmNode().__enter__()
        cls.addClassCleanup(cls.node.__exit__)
        cls.environment = cls.node.environment
        super().setUpClass()

    def start(self, *arguments, sweeps=None):
        return (sweeps or self.sweeps).start(self.sweep, self.folder(), "--executor", "slurm",
                                             *arguments)

    def finish(self, process, code=0):
        try:
            out, err = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            queue = self.queue()
            process.kill()
            out, err = process.communicate()
            self.fail(f"not through after {SECONDS} s: {out}{err}{queue}")
        self.assertEqual(process.returncode, code, out + err)
        return out, err

    def queue(self):
        return self.node.run("squeue", "--noheader", "--array", "--format=%i %T").splitlines()

    def stop_shard(self, shard):
        """So that it does not end before it can be killed."""
        process = process_of_shard(self.folder(), shard)
        os.kill(process, signal.SIGSTOP)
        return process

    def check_content(self):
        self.assertEqual(content(self.folder()), content(self.whole))
        self.assertEqual((self.folder() / "points.csv").read_bytes(),
                         (self.whole / "points.csv").read_bytes())
        self.assertEqual(list((self.folder() / "shards").iterdir()), [])

    def test_tasks_give_what_one_machine_gives(self):
        out, err = self.finish(self.start("--points-per-task", "4"))
        self.assertRegex(err, r"\ASlurm job \d+: 12 points in 3 tasks\n\Z")
        self.assertIn("12 good, 0 failed; 12 run now", out)
        self.check_content()
        out, err = self.finish(self.start())
        self.assertEqual(err, "")  # nothing is submitted
        self.assertIn("12 good, 0 failed; 0 run now", out)

    def test_what_dies_is_submitted_again_and_nothing_is_lost(self):
        process = self.start("--tasks", "3")
        shards = self.folder() / "shards"
        stopped = {}
        while len(stopped) < 2:
            for shard in {1, 2} - stopped.keys():
                if points_in(shards / f"{shard}-of-3.db") > 0:
                    stopped[shard] = self.stop_shard(f"{shard}/3")
        os.kill(stopped[1], signal.SIGKILL)
        self.node.run("scancel", self.queue()[0].split("_")[0] + "_2")
        out, err = self.finish(process)
        lines = err.splitlines()
        self.assertRegex(lines[1], r"\A2 tasks died, \d points without a result, the first was of "
                                   r"Slurm task \d+_1 \(FAILED, ")
        missing = int(re.search(r"(\d) points without", lines[1])[1])
        self.assertRegex(lines[2], rf"\ASlurm job \d+: {missing} points in \d tasks?\Z")
        self.assertLess(missing, 7)  # a point of each had been finished
        self.assertIn("12 good, 0 failed; 12 run now", out)
        self.check_content()

    def test_failed_points_are_results_and_are_run_again_only_if_asked(self):
        out, err = self.finish(self.start("--tasks", "2", "--timeout", "0.001"), 1)
        self.assertIn("0 good, 12 failed; 12 run now", out)
        self.assertIn("took over 0.001 s", out)
        self.assertRegex(err, r"\ASlurm job \d+: 12 points in 2 tasks\n12 points failed, .*\n\Z")
        out, _ = self.finish(self.start("--tasks", "2"), 1)
        self.assertIn("0 good, 12 failed; 0 run now", out)
        # A job that is refused, or that dies, takes no fault away.
        failed = content(self.folder())
        self.finish(self.start("--retry-failed", "--sbatch-args", "--partition=nosuch"), 2)
        self.assertEqual(content(self.folder()), failed)
        process = self.start("--tasks", "1", "--rounds", "1", "--retry-failed", "--sbatch-args",
                             "--hold")
        wait_for("a held job", lambda: len(self.queue()) == 1)
        self.node.run("scancel", self.queue()[0].split("_")[0])
        _, err = self.finish(process, 1)
        self.assertRegex(err.splitlines()[-1], r"\A12 points have no result, .*CANCELLED.*\Z")
        self.assertEqual(content(self.folder()), failed)
        out, _ = self.finish(self.start("--tasks", "2", "--retry-failed", "--timeout", "0.002"), 1)
        self.assertIn("0 good, 12 failed; 12 run now", out)
        self.assertIn("took over 0.002 s", out)
        out, _ = self.finish(self.start("--tasks", "2", "--retry-failed"))
        self.assertIn("12 good, 0 failed; 12 run now", out)
        self.check_content()

    def test_after_the_last_round_the_reason_is_told(self):
        process = self.start("--tasks", "1", "--rounds", "1")
        wait_for("a point", lambda: points_in(self.folder() / "shards/1-of-1.db") > 0)
        self.stop_shard("1/1")
        self.node.run("scancel", self.queue()[0].split("_")[0])
        out, err = self.finish(process, 1)
        self.assertRegex(err.splitlines()[-1], r"\A\d+ points? ha(s|ve) no result, the first was of "
                         r"Slurm task \d+_1 \(CANCELLED.*\); the same command tries again\Z")
        self.assertRegex(out, r"\d+ good, 0 failed")
        self.finish(self.start("--tasks", "2"))
        self.check_content()

    def test_a_second_start_waits_for_the_jobs_of_the_first(self):
        held = self.start("--tasks", "2", "--sbatch-args", "--hold --comment='two words'")
        wait_for("a held job", lambda: len(self.queue()) == 2)
        held.send_signal(signal.SIGINT)
        _, err = self.finish(held, 130)
        self.assertRegex(err, r"Slurm goes on with job (\d+): the same command waits for it, "
                              r"scancel \1 ends it\n")
        code, _, err = self.sweeps.run(self.sweep, self.folder())
        self.assertEqual(code, 2)
        self.assertRegex(err, r"\A\S+: is being worked on by Slurm job \d+, allowed is .*\n\Z")
        killed = self.start()
        time.sleep(0.5)
        killed.kill()
        killed.communicate()
        last = self.start()
        job = self.queue()[0].split("_")[0]
        self.node.run("scontrol", "release", job)
        out, err = self.finish(last)
        self.assertRegex(err, rf"\Awaiting for Slurm job {job}\n\Z")
        self.assertIn("12 good, 0 failed; 12 run now", out)
        self.check_content()

    def test_what_sbatch_refuses_is_one_line(self):
        process = self.start("--sbatch-args", "--partition=nosuch")
        _, err = self.finish(process, 2)
        self.assertRegex(err, r"\Asbatch: refused the job \(.*Invalid partition name.*\), .*\n\Z")
        process = self.start("--sbatch-args", "--comment='never ends")
        _, err = self.finish(process, 2)
        self.assertRegex(err, r"\A--sbatch-args .*: is nothing that a shell would take.*\n\Z")

    def test_what_sbatch_refuses_discards_nothing(self):
        shutil.copytree(self.whole, self.folder())
        with sqlite3.connect(self.folder() / "sweep.db") as database:
            database.execute("UPDATE meta SET value = 'nibblesim 0.0.9' WHERE key = 'program'")
        before = (self.folder() / "sweep.db").read_bytes()
        _, err = self.finish(self.start("--discard-other-version", "--sbatch-args", "--partition=nosuch"), 2)
        self.assertRegex(err, r"\Asbatch: refused the job \(.*Invalid partition name.*\), .*\n\Z")
        self.assertEqual((self.folder() / "sweep.db").read_bytes(), before)
        out, _ = self.finish(self.start("--discard-other-version", "--tasks", "2"))
        self.assertIn("12 good, 0 failed; 12 run now", out)
        self.check_content()

    def test_a_node_that_never_comes_is_given_up(self):
        self.node.run("scontrol", "update", f"nodename={self.node.host}", "state=drain",
                      "reason=test")
        try:
            _, err = self.finish(self.start("--queue-timeout", "3"), 2)
        finally:
            self.node.run("scontrol", "update", f"nodename={self.node.host}", "state=resume")
            self.node.wait_until_idle()
        self.assertRegex(err.splitlines()[-1], r"\ASlurm: has run none of 12 tasks for 3 s \(.*\), "
                                               r"so they are cancelled, --queue-timeout .*\Z")
        self.assertEqual(self.queue(), [])

    def test_jobs_that_cannot_be_cancelled_are_named(self):
        programs = self.root / "programs"
        programs.mkdir()
        (programs / "scancel").write_text("#!/bin/sh\necho 'scancel: error: no access' >&2; exit 1\n")
        (programs / "scancel").chmod(0o700)
        path = f"{programs}:{self.environment['PATH']}"
        sweeps = Sweeps(self.program, {**self.environment, "PATH": path})
        process = self.start("--tasks", "1", "--queue-timeout", "1", "--sbatch-args", "--hold",
                             sweeps=sweeps)
        _, err = self.finish(process, 2)
        job = self.queue()[0].split("_")[0]
        self.assertRegex(err.splitlines()[-1],
                         r"\ASlurm: has run none of 1 tasks for 1 s \(.*\), but they go on: scancel "
                         rf"says no access, scancel {job} ends them\Z")
        self.node.run("scancel", job)


if __name__ == "__main__":
    if not is_installed():
        print("skipped: the Debian package slurm-wlm is not installed")
        sys.exit(SKIPPED)
    SlurmTest.program = sys.argv.pop(1)
    unittest.main()
