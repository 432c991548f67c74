"""A sweep that is killed, stopped or out of disk at any moment ends in the database of an undisturbed one.

Usage: sweep_test.py NIBBLESIM [KILLS]     KILLS: how often it is killed, default 6
"""
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

from sweep_folders import POINTS, SOURCE, SWEEP, SweepCase, Sweeps, content, points_in


def children(pid):
    """Processes whose parent is `pid` now."""
    try:
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


class SweepTest(SweepCase):
    kills = 6

    def timed_run(self, sweep, folder):
        start = time.monotonic()
        self.check(self.sweeps.run(sweep, folder))
        return time.monotonic() - start

    def start(self, folder, sweep=None, **options):
        """In a process group of its own."""
        return subprocess.Popen([self.sweeps.program, "sweep", sweep or self.sweep, "-o", folder], cwd=SOURCE, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, **options)

    @staticmethod
    def recovered_points(folder):
        """After a kill amid a commit SQLite undoes what is half done, if it may write."""
        if not (folder / "sweep.db").exists():
            return 0
        with sqlite3.connect(folder / "sweep.db") as database:
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'points'").fetchone():
                return 0
            return database.execute("SELECT count(*) FROM points").fetchone()[0]

    def check_rest_is_run(self, folder):
        code, out, err = self.sweeps.run(self.sweep, folder)
        self.assertEqual(code, 0, err)
        self.assertIn(f"{POINTS} points: {POINTS} good, 0 failed", out)
        self.assertEqual(content(folder), content(self.whole))
        self.assertEqual((folder / "points.csv").read_bytes(), (self.whole / "points.csv").read_bytes())

    def test_killed_at_random_moments(self):
        """The program alone, or with all its points at once; kept points only grow in number. Each life is
        long enough, on average, for two points."""
        points = 2 * self.kills
        sweep, whole, folder = self.root / "many.yaml", self.root / "many", self.folder()
        sweep.write_text(f"{SWEEP.split('axes:')[0]}axes:\n  chip.queue_entries: {{from: 1, to: {points}, step: 1}}\n")
        seconds = [self.timed_run(sweep, whole) for _ in range(2)]  # the second runs no point
        life = seconds[1] + 2 * seconds[0] / points
        before, amid, moments = 0, 0, random.Random(1)
        for number in range(self.kills):
            process = self.start(folder, sweep)
            time.sleep(moments.uniform(0, 2 * life))
            (os.kill if number % 2 else os.killpg)(process.pid, signal.SIGKILL)
            process.communicate()
            now = self.recovered_points(folder)
            self.assertGreaterEqual(now, before)
            amid += 0 < now < points
            before = now
        print(f"{self.kills} kills, {amid} of them amid the points", flush=True)
        self.assertGreater(amid, 0)
        self.check(self.sweeps.run(sweep, folder))
        self.assertEqual(content(folder), content(whole))
        self.assertEqual((folder / "points.csv").read_bytes(), (whole / "points.csv").read_bytes())

    def test_stopped_by_the_user(self):
        folder = self.folder()
        process = self.start(folder)
        while points_in(folder / "sweep.db") == 0:
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, err)
        self.assertRegex(err, r"^stopped; \d+ new points are kept, the same command goes on\n$")
        self.check_rest_is_run(folder)

    def test_full_disk(self):
        """Files may grow to half of what the database needs."""
        folder = self.folder()

        def limit():
            most = (self.whole / "sweep.db").stat().st_size // 2
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

        process = self.start(folder, preexec_fn=limit)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 2, err)
        self.assertRegex(err, r"^[^\n]*/sweep\.db: [^\n]+, what was finished before is kept\n$")
        kept = points_in(folder / "sweep.db")
        self.assertGreater(kept, 0)
        self.assertLess(kept, POINTS)
        self.check_rest_is_run(folder)

    def test_a_second_sweep_is_refused_and_harms_nothing(self):
        folder = self.folder()
        first = self.start(folder)
        while points_in(folder / "sweep.db") == 0:
            time.sleep(0.002)
        first.send_signal(signal.SIGSTOP)  # it must not be through before the second gives up
        code, out, err = self.sweeps.run(self.sweep, folder)
        self.assertEqual((code, out), (2, ""))
        self.assertRegex(err, r"^[^\n]*sweep\.db: is being written by another sweep, [^\n]*\n$")
        first.send_signal(signal.SIGCONT)
        first.communicate(timeout=60)
        self.assertEqual(first.returncode, 0)
        self.assertEqual(content(folder), content(self.whole))

    def test_a_point_whose_simulation_is_killed_is_tried_again(self):
        """As the system does that is out of memory: the simulation is a child of the point's process."""
        folder = self.folder()
        process = self.start(folder)
        victim = None
        while victim is None and process.poll() is None:
            for point in children(process.pid):
                victim = victim or next(iter(children(point)), None)
        os.kill(victim, signal.SIGKILL)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1, err)
        self.assertRegex(err, r"^1 point has no result, the first was killed by signal 9 \(Killed\); the same ")
        self.assertEqual(points_in(folder / "sweep.db"), POINTS - 1)
        self.check_rest_is_run(folder)

    def test_of_another_program(self):
        folder = self.folder()
        shutil.copytree(self.whole, folder)
        with sqlite3.connect(folder / "sweep.db") as database:
            database.execute("UPDATE meta SET value = 'nibblesim 0.0.9' WHERE key = 'program'")
        before = content(folder)
        code, out, err = self.sweeps.run(self.sweep, folder)
        self.assertEqual((code, out), (2, ""))
        self.assertRegex(err, r"sweep\.db: was made by nibblesim 0\.0\.9, this is nibblesim .*, allowed is .*\n$")
        self.assertEqual(content(folder), before)
        self.assertIn("0 run now", self.check(self.sweeps.run(self.sweep, self.whole, "--discard-other-version")))
        code, out, err = self.sweeps.run(self.sweep, folder, "--discard-other-version")
        self.assertEqual((code, err), (0, ""))
        self.assertIn(f"{POINTS} good, 0 failed; {POINTS} run now", out)
        self.assertEqual(content(folder), content(self.whole))

    def test_what_is_refused_discards_nothing(self):
        folder = self.folder()
        shutil.copytree(self.whole, folder)
        with sqlite3.connect(folder / "sweep.db") as database:
            database.execute("UPDATE meta SET value = 'nibblesim 0.0.9' WHERE key = 'program'")
        before = (folder / "sweep.db").read_bytes()
        wrong = self.changed("misspelt.yaml", ("chip.dram.channels:", "chip.dram.chanels:"))
        bound = self.changed("bound.yaml", ("objectives:", "constraints: [{key: area_mm2.total, at_most: 1}]\nobjectives:"))
        unknown = self.changed("unknown.yaml", ("objectives:", "constraints: [{key: area, at_most: 1}]\nobjectives:"))
        no_slurm = Sweeps(self.program, {**os.environ, "PATH": str(self.root)})
        for sweeps, sweep, arguments, words in (
                (self.sweeps, wrong, (), r"\S+misspelt\.yaml:8:\d+: axes\.chip\.dram\.chanels: unknown key .*"),
                (self.sweeps, bound, (), r"\S+bound\.yaml: constraints: are fulfilled by none of 12 points, .*"),
                (self.sweeps, unknown, (), r"\S+unknown\.yaml:10:\d+: constraints\.key: area is not known before a run, .*"),
                (no_slurm, self.sweep, ("--executor", "slurm"), r"sbatch: cannot be started .*")):
            code, out, err = sweeps.run(sweep, folder, "--discard-other-version", *arguments)
            self.assertEqual((code, out), (2, ""))
            self.assertRegex(err, rf"\A{words}\n\Z")
            self.assertEqual((folder / "sweep.db").read_bytes(), before)

    def changed(self, name, *pieces):
        """The sweep's file with pieces replaced."""
        text = self.sweep.read_text()
        for piece, other in pieces:
            self.assertIn(piece, text)
            text = text.replace(piece, other)
        path = self.root / name
        path.write_text(text)
        return path

    def test_of_another_sweep(self):
        folder = self.folder()
        shutil.copytree(self.whole, folder)
        other = self.changed("other.yaml", ("sweep: quick", "sweep: slow"))
        for arguments in ((), ("--shard", "1/2"), ("--discard-other-version",)):
            code, out, err = self.sweeps.run(other, folder, *arguments)
            self.assertEqual((code, out), (2, ""))
            self.assertRegex(err, r"\A\S+/sweep\.db: is of sweep quick, this is sweep slow, allowed is another folder "
                                  r"\(-o\), or sweep: quick in the sweep's file, .*\n\Z")
        self.assertEqual(content(folder), content(self.whole))

    def test_a_changed_file_keeps_the_results_and_is_told(self):
        folder = self.folder()
        shutil.copytree(self.whole, folder)
        longer = self.changed("longer.yaml", ("[1, 2, 4]", "[1, 2, 4, 8]"))
        code, out, err = self.sweeps.run(longer, folder)
        self.assertEqual(code, 0, err)
        self.assertRegex(err, r"\A\S+/sweep\.db: sweep quick has changed: it had 12 points, now 16; .* kept\n\Z")
        self.assertIn("16 good, 0 failed; 4 run now", out)
        code, out, err = self.sweeps.run(longer, folder)
        self.assertEqual((code, err), (0, ""))  # told once
        code, out, err = self.sweeps.run(self.sweep, folder)
        self.assertRegex(err, r"it had 16 points, now 12; ")
        self.assertIn("12 good, 0 failed; 0 run now", out)
        self.assertEqual(content(folder)["design"], content(self.whole)["design"])

    def test_a_file_that_is_refused_leaves_the_sweep_as_it_was(self):
        folder = self.folder()
        shutil.copytree(self.whole, folder)
        wrong = self.changed("wrong.yaml", ("network: resnet18", "network: resnet81"))
        code, out, err = self.sweeps.run(wrong, folder)
        self.assertEqual((code, out), (2, ""))
        self.assertRegex(err, r"\A\S+wrong\.yaml:6:12: set\.network: unknown network resnet81 .*\n\Z")
        bound = self.changed("none.yaml", ("objectives:", "constraints: [{key: area_mm2.total, at_most: 1}]\nobjectives:"))
        code, out, err = self.sweeps.run(bound, folder)
        self.assertEqual((code, out), (2, ""))
        self.assertRegex(err, r"\A\S+none\.yaml: constraints: are fulfilled by none of 12 points, .*\n\Z")
        self.assertEqual(content(folder), content(self.whole))

    def test_a_changed_file_of_as_many_points_says_so(self):
        folder = self.folder()
        shutil.copytree(self.whole, folder)
        other = self.changed("others.yaml", ("[1, 2, 4]", "[1, 2, 8]"))
        code, _, err = self.sweeps.run(other, folder)
        self.assertEqual(code, 0, err)
        self.assertRegex(err, r"\A\S+/sweep\.db: sweep quick has changed: its points are others or told otherwise, "
                              r"12 points as before; .* kept\n\Z")

    def test_a_sweep_without_one_good_point_is_no_success(self):
        folder = self.folder()
        failing = self.changed("failing.yaml", ("chip.dram.channels: [1, 2, 4]", "chip.clock_mhz: [900, 901]"))
        for run_now in (8, 0):
            code, out, err = self.sweeps.run(failing, folder)
            self.assertEqual((code, err), (1, "8 points failed, none is good; --retry-failed runs them again\n"))
            self.assertIn(f"8 points: 0 good, 8 failed; {run_now} run now", out)
        self.assertTrue((folder / "points.csv").exists())
        partly = self.changed("partly.yaml", ("chip.dram.channels: [1, 2, 4]", "chip.clock_mhz: [900, 901, 1000]"))
        code, out, err = self.sweeps.run(partly, folder)
        self.assertEqual(code, 0, err)
        self.assertIn("4 good, 8 failed; 4 run now", out)

    def listed(self, sweep, *arguments):
        """Lines of --list, and what it says beside them."""
        done = subprocess.run([self.sweeps.program, "sweep", sweep, "--list", *arguments], cwd=SOURCE, text=True,
                              capture_output=True, check=True, timeout=60)
        return done.stdout.splitlines(), done.stderr

    def test_the_list_holds_the_points_that_run_under_their_numbers(self):
        bounded = self.changed("bounded.yaml", ("[1, 2, 4]", "[1, 2, 4]\n  chip.clock_mhz: [900, 1000]"),
                               ("objectives:", "constraints: [{key: area_mm2.scratchpad, at_most: 3}]\nobjectives:"))
        lines, err = self.listed(bounded)
        self.assertRegex(err, r"\A\d+ points are left out, outside the constraints\n\Z")
        out = self.check(self.sweeps.run(bounded, self.folder()))
        self.assertIn(f"{len(lines)} points: ", out)
        self.assertIn(f"; {err.split()[0]} more are outside the constraints", out)
        with sqlite3.connect(self.folder() / "sweep.db") as database:
            design = database.execute("SELECT number, settings, fault FROM design JOIN points USING(key) "
                                      "ORDER BY number").fetchall()
        self.assertEqual(len(design), len(lines))
        for line, (number, settings, fault) in zip(lines, design):
            said = f"{number} " + " ".join(f"{key}={value}" for key, value in json.loads(settings).items())
            self.assertEqual(line, said + (f" cannot be read: {fault}" if fault else ""))
        self.assertEqual({bool(fault) for _, _, fault in design}, {True, False})
        parts = [self.listed(bounded, "--shard", f"{k}/3")[0] for k in (1, 2, 3)]
        self.assertEqual(sorted(sum(parts, []), key=lambda line: int(line.split()[0])), lines)
        self.assertEqual(self.listed(self.sweep)[1], "")

    def test_the_list_of_a_search_is_its_grid(self):
        text = "  - {key: energy_j.total, goal: minimise}\nsearch: {algorithm: nsga2, population: 8, generations: 1}\n"
        search = self.root / "search.yaml"
        search.write_text(self.sweep.read_text() + text)
        lines, err = self.listed(search)
        self.assertEqual(lines, self.listed(self.sweep)[0])
        self.assertRegex(err, r"\Athis is the grid of a search, without its constraints: [^\n]*\n\Z")

    def run_alone(self, command):
        """The result of a printed command, run by a shell in a folder where `nibblesim` is this program."""
        with tempfile.TemporaryDirectory() as folder:
            tools = pathlib.Path(folder) / "bin"
            tools.mkdir()
            (tools / "nibblesim").symlink_to(self.sweeps.program)
            environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
            done = subprocess.run(["sh", "-c", f"{command} -o '{folder}/out'"], cwd=SOURCE, env=environment, text=True,
                                  capture_output=True, check=False, timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)
            result = json.loads((pathlib.Path(folder) / "out/result.json").read_text())
        return {key: value for key, value in result.items() if key not in ("host", "overrides", "layers")}

    def command_of(self, sweep, number, *arguments):
        return subprocess.run([self.sweeps.program, "sweep", sweep, "--command", str(number), *arguments],
                              cwd=SOURCE, text=True, capture_output=True, check=False, timeout=60)

    def check_commands(self, sweep, folder, *arguments):
        """Of the page and of a number, each gives the result of its point."""
        out = self.check(self.sweeps.run(sweep, folder))
        best, command = re.search(r"\nPoint (\d+) alone [^\n]*\n  (nibblesim run [^\n]+)\n", out).groups()
        self.assertEqual(self.command_of(sweep, best, *arguments).stdout, command + "\n")
        with sqlite3.connect(folder / "sweep.db") as database:
            for number in (int(best), 1):
                (result,) = database.execute("SELECT result FROM design JOIN points USING(key) WHERE number = ?",
                                             (number,)).fetchone()
                alone = self.run_alone(self.command_of(sweep, number, *arguments).stdout.strip())
                self.assertEqual(alone, json.loads(result))
        return out

    def test_the_printed_command_gives_the_result_of_the_point(self):
        bounded = self.changed("some of 'these'.yaml", ("objectives:", "constraints: [{key: area_mm2.scratchpad, "
                                                        "at_least: 3}]\nobjectives:"))
        out = self.check_commands(bounded, self.folder())
        self.assertIn("more are outside the constraints", out)  # so numbers are not those of the whole grid
        beyond = self.command_of(bounded, 99)
        self.assertEqual((beyond.returncode, beyond.stdout), (2, ""))
        self.assertRegex(beyond.stderr, r"\A--command: there is no point 99, allowed are 1 to \d+\n\Z")

    def test_the_printed_command_of_a_search(self):
        search = self.root / "searched.yaml"
        search.write_text(self.sweep.read_text() + "  - {key: area_mm2.total, goal: minimise}\n"
                          "search: {algorithm: nsga2, population: 8, generations: 1}\n")
        self.check_commands(search, self.folder(), "-o", self.folder())
        alone = self.command_of(search, 1)
        self.assertEqual((alone.returncode, alone.stdout), (2, ""))
        self.assertRegex(alone.stderr, r"\A--command: a search numbers points as it asks for them, allowed beside -o ")
        other = self.command_of(self.sweep, 1, "-o", self.folder())
        self.assertEqual((other.returncode, other.stdout), (2, ""))
        self.assertRegex(other.stderr, r"\A\S+/sweep\.db: holds points of another text of ")

    def test_report(self):
        """The points and their figures are in the page; layers of those of the front at least."""
        done = subprocess.run([self.sweeps.program, "report", self.whole, "-o", self.root / "r.html"],
                              capture_output=True, text=True, check=False, timeout=60)
        if "this program was built" in done.stderr:
            self.skipTest(done.stderr)
        self.assertEqual(done.returncode, 0, done.stderr)
        page = (self.root / "r.html").read_text(encoding="utf-8")
        data = json.loads(re.search(r'<script[^>]*application/json[^>]*>(.*?)</script>', page, re.S)[1])
        self.assertEqual((data["kind"], data["name"], data["experiment"]), ("sweep", "quick", "any_network"))
        self.assertEqual(data["axes"], ["chip.dram.channels", "chip.scratchpad.kib"])
        self.assertEqual(data["points"]["number"], list(range(1, POINTS + 1)))
        with sqlite3.connect(self.whole / "sweep.db") as database:
            cycles = [json.loads(result)["cycles"] for (result,) in database.execute(
                "SELECT result FROM design JOIN points USING(key) ORDER BY number")]
        self.assertEqual(data["points"]["values"]["cycles"], cycles)
        best = str(1 + cycles.index(min(cycles)))
        self.assertEqual(next(iter(data["details"])), best)
        self.assertEqual(sum(layer["cycles"] for layer in data["details"][best]["layers"]), min(cycles))


if __name__ == "__main__":
    SweepTest.program = sys.argv[1]
    SweepTest.kills = int(sys.argv[2]) if len(sys.argv) > 2 else SweepTest.kills
    unittest.main(argv=sys.argv[:1])
