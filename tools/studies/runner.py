"""Runs the cases of studies. A case, of whatever kind, has a unique `name`, `command(program, folder)`,
`blank_row()` with all its columns, `figures(output, folder)` from what the program printed and wrote,
`summary(row)` for the terminal, and `kin()` and `amount()` for estimate.py."""
import os
import pathlib
import signal
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def figure(value):
    """Five digits are more than any reader needs and keep the CSV from changing with a library."""
    return f"{value:.5g}"


def git(*arguments):
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True,
                          check=False).stdout.strip()


def commit_of_checkout():
    """Of the sources that the program is built from; what studies themselves write is no change."""
    changed = git("status", "--porcelain", "--untracked-files=no", "--", ".",
                  ":!tools/studies/results", ":!tools/studies/README.md",
                  ":!models/training/STUDIES.md", ":!models/training/figures")
    return git("rev-parse", "--short", "HEAD") + ("-dirty" if changed else "")


class Runner:
    """Several cases at a time if several threads ask."""

    def __init__(self, program, timeout, commit):
        self.program = program
        self.timeout = timeout
        self.commit = commit
        self.running = set()
        self.stopped = False
        self.lock = threading.Lock()

    def stop(self):
        """Ends all runs, and those that are still to come before they begin."""
        with self.lock:
            self.stopped = True
            for process in self.running:
                end(process)

    def start(self, command):
        """In a session of its own, as a program's processes must end with it."""
        with self.lock:
            if self.stopped:
                raise InterruptedError
            process = subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                       start_new_session=True)
            self.running.add(process)
            return process

    def outcome(self, case, folder):
        """Figures of the run, or its fault."""
        process = self.start(case.command(self.program, folder))
        try:
            output, errors = process.communicate(timeout=self.timeout)
        except subprocess.TimeoutExpired:
            end(process)
            process.communicate()
            return {"fault": f"longer than {self.timeout} s"}
        finally:
            with self.lock:
                self.running.remove(process)
        if process.returncode == 0:
            return case.figures(output, folder)
        last = (errors.strip().splitlines() or ["no message"])[-1]
        return {"fault": f"exit {process.returncode}: {last}"}

    def row(self, case):
        """A row of the CSV; `fault` says why there are no figures."""
        row = {**case.blank_row(), "commit": self.commit}
        start = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            row.update(self.outcome(case, pathlib.Path(folder)))
        row["host_s"] = f"{time.monotonic() - start:.1f}"
        return row


def end(process):
    """The program and its processes."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
