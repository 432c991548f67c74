"""Runs the cases of studies. A case, of whatever kind, has a unique `name`, `command(program, folder)`
(without a folder as one would type it),
`blank_row()` with all its columns, `figures(output, folder)` from what the program printed and wrote,
`summary(row)` for the terminal, `timeout_s`, and `kin()` and `amount()` for estimate.py."""
import os
import pathlib
import re
import shlex
import signal
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def figure(value):
    """Five digits are more than any reader needs and keep the CSV from changing with a library."""
    return f"{value:.5g}"


def commit_of(program):
    """Which sources the program says it was built from."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"commit ([0-9a-f]{7})[0-9a-f]*(-dirty)?", said)
    return found[1] + (found[2] or "") if found else "unknown"


def shell_line(words):
    """A program's command line, or those of several with && between them, as a shell takes it."""
    return shlex.join(words).replace(shlex.quote("&&"), "&&")


def one_after_other(first, second, as_typed):
    """A command of two programs, the second of which reads what the first writes: the words as one would type them,
    or what runs both."""
    words = [str(word) for word in (*first, "&&", *second)]
    return words if as_typed else ["bash", "-c", shell_line(words)]


def typed(case):
    """The command line of a case as one would type it."""
    return shell_line(case.command("build/bin/nibblesim"))


def host():
    """Figures of time are of this processor."""
    names = [line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else "unknown"


class Runner:
    """Several cases at a time if several threads ask."""

    def __init__(self, program, timeout=None):
        """`timeout` in seconds is that of every run, else each case has its own."""
        self.program = program
        self.timeout = timeout
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
        timeout = self.timeout or case.timeout_s
        try:
            output, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            end(process)
            process.communicate()
            return {"fault": f"longer than {timeout} s"}
        finally:
            with self.lock:
                self.running.remove(process)
        if process.returncode == 0:
            try:
                return case.figures(output, folder)
            except (OSError, ValueError, KeyError) as error:
                return {"fault": f"no figures: {error!r}"}
        last = (errors.strip().splitlines() or ["no message"])[-1]
        return {"fault": f"exit {process.returncode}: {last}"}

    def row(self, case):
        """A row of the CSV; `fault` says why there are no figures."""
        # The program may have been built anew since the run before.
        row = {**case.blank_row(), "commit": commit_of(self.program), "host": host(), "command": typed(case)}
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
