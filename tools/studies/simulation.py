"""One run of a study: the command line of a case, and what of its result.json goes into the CSV."""
import csv
import json
import os
import pathlib
import signal
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESULTS = pathlib.Path(__file__).resolve().parent / "results"

LOSSES = {  # names in loss_waterfall -> columns
    "array density": "x_density",
    "peak ratio": "x_peak",
    "high-precision layers": "x_high_precision",
    "fill/drain, weight loads, partial tiles": "x_array",
    "other": "x_other",
    "sfu": "x_sfu",
    "ring": "x_ring",
    "dram": "x_dram",
}
COLUMNS = ["name", "network", "chip", "mode", "batch", "row", "cycles", "time_ms", "utilization",
           "sustained_tops", "peak_tops", "fp8_peak_tops", "tops_per_w", "power_w", "speedup", "energy_gain", "twin",
           "main_stall", "main_stall_share", "dram_mb", "dram_utilization", "dram_energy_share",
           *LOSSES.values(), "host_s", "fault", "commit", "experiment", "set"]


class Case:
    """An experiment file with --set options; its name is unique in its study."""

    def __init__(self, name, experiment, sets, row=""):
        self.name = name
        self.experiment = experiment
        self.sets = sets
        self.row = row

    def command(self, program):
        line = [str(program), "run", f"configs/experiments/{self.experiment}.yaml"]
        for change in self.sets:
            line += ["--set", change]
        return line

    def set_value(self, key):
        for change in reversed(self.sets):
            if change.startswith(key + "="):
                return change.partition("=")[2]
        for line in (ROOT / f"configs/experiments/{self.experiment}.yaml").read_text().splitlines():
            if line.startswith(key + ":"):
                return line.partition(":")[2].split("#")[0].strip()
        return ""


def figure(value):
    """Five digits are more than any reader needs and keep the CSV from changing with a library."""
    return f"{value:.5g}"


def main_stall(result):
    """The cause that took most cycles of the main array, its share of them."""
    cause, cycles = max(result["stalls"].items(), key=lambda at: at[1])
    all_arrays = result["streaming_cycles"] + sum(result["stalls"].values())
    return cause, cycles / all_arrays


def fp8_peak_tops(result):
    """Of the FP16 tiles of all cores, which run HFP8 at twice their rate; 1 MAC is 2 operations."""
    fmas = result["array"]["fp16_tile_fmas"] * result.get("cores", 1)
    return 2 * 2 * fmas * result["clock_mhz"] * 1e6 / 1e12


def twin_text(array):
    return f"{array['tiles']}x{array['lanes']}x{array['columns']}"


def figures(result):
    cause, share = main_stall(result)
    dram = result["dram"]
    energy = result["energy_j"]
    row = {
        "cycles": str(result["cycles"]),
        "time_ms": figure(result["time_s"] * 1e3),
        "utilization": figure(result["utilization"]),
        "sustained_tops": figure(result["sustained_tops"]),
        "peak_tops": figure(result["peak_tops"]),
        "fp8_peak_tops": figure(fp8_peak_tops(result)),
        "tops_per_w": figure(result["tops_per_w"]),
        "power_w": figure(result["average_power_w"]),
        "main_stall": cause,
        "main_stall_share": figure(share),
        "dram_mb": figure((dram["bytes_read"] + dram["bytes_written"]) / 1e6),
        "dram_utilization": figure(dram["utilization"]),
        "dram_energy_share": figure(energy["dram"] / energy["total"]),
    }
    if "baseline_fp16" in result:
        row.update(speedup=figure(result["speedup_vs_fp16"]),
                   energy_gain=figure(result["energy_gain_vs_fp16"]),
                   twin=twin_text(result["baseline_fp16"]["array"]))
    for loss in result.get("loss_waterfall", []):
        row[LOSSES[loss["name"]]] = figure(loss["factor"])
    return row


def git(*arguments):
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True,
                          check=False).stdout.strip()


def commit_of_checkout():
    """Of the sources that the program is built from; what this study itself writes is no change."""
    changed = git("status", "--porcelain", "--untracked-files=no", "--", ".",
                  ":!tools/studies/results", ":!tools/studies/README.md")
    return git("rev-parse", "--short", "HEAD") + ("-dirty" if changed else "")


class Simulator:
    """Runs cases, several at a time if several threads ask."""

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

    def start(self, case):
        """In a session of its own, as the program's simulations are processes that must end with it."""
        with self.lock:
            if self.stopped:
                raise InterruptedError
            process = subprocess.Popen([*case.command(self.program), "--json"], cwd=ROOT, text=True,
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, start_new_session=True)
            self.running.add(process)
            return process

    def outcome(self, case):
        """Figures of the run, or its fault."""
        process = self.start(case)
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
            return figures(json.loads(output))
        last = (errors.strip().splitlines() or ["no message"])[-1]
        return {"fault": f"exit {process.returncode}: {last}"}

    def row(self, case):
        """A row of the CSV; `fault` says why there are no figures."""
        row = dict.fromkeys(COLUMNS, "")
        row.update(name=case.name, row=case.row, experiment=case.experiment,
                   set=" ".join(case.sets), commit=self.commit)
        row.update({key: case.set_value(key) for key in ("network", "chip", "mode", "batch")})
        start = time.monotonic()
        row.update(self.outcome(case))
        row["host_s"] = f"{time.monotonic() - start:.1f}"
        return row


def end(process):
    """The program and its simulations."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


class ResultFile:
    """results/STUDY.csv, rewritten whole after each run, so that an interrupted study is kept."""

    def __init__(self, study):
        self.path = RESULTS / f"{study}.csv"
        self.rows = {}
        if self.path.is_file():
            with open(self.path, newline="", encoding="utf-8") as file:
                for row in csv.DictReader(file):
                    self.rows[row["name"]] = {key: row.get(key) or "" for key in COLUMNS}

    def keep_only(self, names):
        """Drops rows of cases that the study no longer has."""
        self.rows = {name: row for name, row in self.rows.items() if name in names}

    def add(self, row):
        self.rows[row["name"]] = row
        RESULTS.mkdir(exist_ok=True)
        fresh = self.path.with_suffix(".new")
        with open(fresh, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows[name] for name in sorted(self.rows))
        os.replace(fresh, self.path)
