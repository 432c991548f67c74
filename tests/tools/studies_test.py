"""tools/studies: the tables of its README are those of its CSV files, whose lines are runs that the
studies have, its smallest runs run, and runs that fail, hang or are ended leave the rows they should.

Usage: studies_test.py NIBBLESIM.
"""
import csv
import ctypes
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(SOURCE / "tools/studies"))

import chip_studies  # noqa: E402
import markdown  # noqa: E402
import result_file  # noqa: E402
import runner  # noqa: E402
import studies  # noqa: E402
import tables  # noqa: E402
import training  # noqa: E402
import training_studies  # noqa: E402
import training_tables  # noqa: E402


def tables_are_current():
    for page, of_page in tables.PAGES.items():
        text = page.read_text()
        if markdown.filled(text, of_page) != text:
            yield f"{page.relative_to(SOURCE)}: run tools/studies/run tables"
        for name in set(markdown.MARK.findall(text)) ^ set(of_page):
            yield f"{page.name}: table {name} stands only on the page or only in the program"


def results_are_of_studies():
    for path in sorted(result_file.RESULTS.glob("*.csv")):
        if path.stem not in studies.STUDIES:
            yield f"{path.name}: no study"
            continue
        cases = {case.name: case for case in studies.STUDIES[path.stem]()}
        for name, row in result_file.ResultFile(path.stem).rows.items():
            if name not in cases:
                yield f"{path.name}: {name} is no run of the study"
            elif row["command"] != runner.typed(cases[name]):
                yield f"{path.name}: {name} was run by another command"


def names_are_unique():
    for study, cases in studies.STUDIES.items():
        names = [case.name for case in cases()]
        if len(set(names)) != len(names):
            yield f"{study}: two runs of one name"


def smallest_network_runs(program):
    """The runs that take least still give a line of figures. Which figures may change with the
    compiler; the committed ones are of the commit that they came with."""
    simulations = runner.Runner(program, timeout=60)
    for case in chip_studies.all_networks():
        if "resnet8_w16" not in case.name:
            continue
        row = simulations.row(case)
        if row["fault"]:
            yield f"{case.name}: {row['fault']}"
        elif row["main_stall"] == "" or float(row["speedup"]) <= 0 or len(row["commit"]) < 7:
            yield f"{case.name}: no figures"
        if (row["x_dram"] != "") != ("training" in case.name):
            yield f"{case.name}: a waterfall only where one is shown"


class Copy:
    """tools/studies in a folder of its own, with a program that writes down what it is asked to do."""

    def __init__(self, folder, script):
        self.root = pathlib.Path(folder)
        shutil.copytree(SOURCE / "tools/studies", self.root / "tools/studies")
        shutil.rmtree(self.root / "tools/studies/results")
        (self.root / "models/training").mkdir(parents=True)
        shutil.copy(SOURCE / "models/training/STUDIES.md", self.root / "models/training")
        shutil.copytree(SOURCE / "configs/experiments", self.root / "configs/experiments")
        shutil.copytree(SOURCE / "configs/networks", self.root / "configs/networks")
        self.program = self.root / "nibblesim"
        self.program.write_text("#!/bin/sh\n[ $1 = --version ] && echo commit 0123456 && exit\n"
                                f"echo $3 $5 >> {self.root}/asked\n{script}\n")
        self.program.chmod(0o755)

    def command(self, *arguments):
        return [sys.executable, self.root / "tools/studies/run", "--nibblesim", self.program,
                *arguments]

    def run(self, *arguments):
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, check=False)

    def page(self):
        return (self.root / "tools/studies/README.md").read_text()

    def rows(self, study):
        path = self.root / f"tools/studies/results/{study}.csv"
        if not path.is_file():
            return {}
        with open(path, newline="", encoding="utf-8") as file:
            return {row["name"]: row for row in csv.DictReader(file)}


def bad_arguments():
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(folder, "exit 2")
        before = copy.page()
        for arguments, says in ((["nonsense"], "no study nonsense"),
                                (["density", "--only", "nonsense"], "--only nonsense: no run"),
                                (["--list", "--only", "nonsense"], "--only nonsense: no run"),
                                (["--jobs", "0"], "0 is less than 1"),
                                (["--nibblesim", pathlib.Path(folder) / "none"], "no program")):
            done = copy.run(*arguments)
            if done.returncode != 2 or says not in done.stderr:
                yield f"{arguments} is not refused"
        if copy.page() != before or (copy.root / "asked").exists():
            yield "refused arguments changed the page or ran something"


def a_run_that_takes_too_long_or_fails_is_a_row():
    with tempfile.TemporaryDirectory() as folder:
        slow = Copy(folder, "sleep 60 & sleep 60")
        start = time.monotonic()
        done = slow.run("density", "--only", "conv1x1", "--timeout", "1")
        row = slow.rows("density").get("conv1x1_fp8", {"fault": "no row"})
        if done.returncode != 1 or row["fault"] != "longer than 1 s":
            yield f"too long a run: {row['fault']}, exit {done.returncode}"
        if time.monotonic() - start > 20:
            yield "too long a run is not ended with its children"
    with tempfile.TemporaryDirectory() as folder:
        bad = Copy(folder, "echo first >&2; echo the fault >&2; exit 2")
        done = bad.run("density", "--jobs", "2")
        faults = {row["fault"] for row in bad.rows("density").values()}
        if done.returncode != 1 or faults != {"exit 2: the fault"}:
            yield f"failed runs: {faults}"
        if "| density | 7 of 7 | 7 |" not in bad.page():
            yield "the page does not count failed runs"
        listed = bad.run("density", "--list").stdout.splitlines()
        if len(listed) != 7 or not all(line.startswith("! build/bin/") for line in listed):
            yield "--list does not mark the runs that have a row"
        if len((bad.root / "asked").read_text().splitlines()) != 7:
            yield "--list runs something, or a run is made twice"
        bad.run("density")
        bad.run("density", "--stale")
        if len((bad.root / "asked").read_text().splitlines()) != 7:
            yield "runs that have a row of this commit are made again"
        bad.run("density", "--failed", "--only", "dw_fp8")
        if len((bad.root / "asked").read_text().splitlines()) != 8:
            yield "--failed does not make the failed run that --only names"


def to_the_program(study):
    study.send_signal(signal.SIGTERM)


def to_its_last_thread(study):
    """As the system may do with any signal."""
    thread = max(int(name) for name in os.listdir(f"/proc/{study.pid}/task"))
    ctypes.CDLL(None).tgkill(study.pid, thread, signal.SIGTERM)


def a_study_that_is_ended_keeps_its_rows(send):
    """The first three runs end at once, the fourth never does."""
    script = '[ $(wc -l < "$(dirname "$0")/asked") -gt 3 ] && sleep 60; echo fault >&2; exit 2'
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(folder, script)
        with subprocess.Popen(copy.command("density"), stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as study:
            for _ in range(200):
                if len(copy.rows("density")) == 3:
                    break
                time.sleep(0.05)
            start = time.monotonic()
            send(study)
            study.wait()
        if len(copy.rows("density")) != 3:
            yield f"{len(copy.rows('density'))} rows are left of an ended study, not 3"
        if time.monotonic() - start > 20:
            yield "an ended study waits for its runs"


def two_programs_write_one_file():
    """Rows of one study that two programs ran in one checkout are all kept, whoever came first."""
    with tempfile.TemporaryDirectory() as folder:
        kept = result_file.RESULTS
        result_file.RESULTS = pathlib.Path(folder)
        try:
            first, second = result_file.ResultFile("study"), result_file.ResultFile("study")
            first.add({"name": "b", "fault": ""})
            second.add({"name": "a", "fault": "", "new": "1"})
            first.keep_only({"a", "b", "c"})
            rows = result_file.ResultFile("study").rows
        finally:
            result_file.RESULTS = kept
    if rows != {"a": {"name": "a", "fault": "", "new": "1"},
                "b": {"name": "b", "fault": "", "new": ""}}:
        yield f"of two programs' rows {rows} are left"


def a_training_becomes_a_row():
    """What a training wrote, its epochs one behind the other."""
    written = {"dataset": "bible-kjv", "test": {"loss": 1.1, "perplexity": 3.004166},
               "epochs": [{"train_loss": 2.5, "validation": {"perplexity": 9.25}},
                          {"train_loss": 1.25, "validation": {"perplexity": 3.5}, "train_s": 6.5}],
               "steps": 20, "train_samples_per_s": 100, "train_s": 12.5, "weights_sha256": "e5f0",
               "settings": {"recipe": {"arithmetic": "nibble"}}, "engine_steps": {"model": 20}}
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "nibblesim"
        program.write_text("#!/bin/sh\nfor last; do :; done\n"
                           "[ $last = --version ] && echo nibblesim 0.1.0, commit 0123456789-dirty, && exit\n"
                           f"echo '{json.dumps(written)}' > $last/metrics.json\n")
        program.chmod(0o755)
        case = training.Case("bible_lstm", "no_tpr", 3, 2, ["chunk_len=32"], "chunk 32")
        row = runner.Runner(program, timeout=60).row(case)
    expected = {"name": "bible_lstm no_tpr chunk 32 seed 3", "metric": "perplexity",
                "score": "3.0042", "train_loss": "1.25", "validation": "9.25 3.5",
                "train_losses": "2.5 1.25", "set": "chunk_len=32", "fault": "", "commit": "0123456-dirty",
                "weights_sha256": "e5f0",
                "command": "build/bin/nibblesim train configs/tasks/bible_lstm.yaml --recipe no_tpr --seed 3 "
                           "--epochs 2 --set chunk_len=32 "
                           "-o out/bible_lstm_no_tpr_chunk_32_seed_3_2_epochs"}
    for key, value in expected.items():
        if row[key] != value:
            yield f"a training's {key} is {row[key]}, not {value}"


def a_cell_tells_seeds_distance_and_divergence():
    """The distance is that of the seeds both have; of a perplexity in percent."""
    plain = {"1": 92.0, "2": 93.0}
    accuracy, perplexity = "accuracy_percent", "perplexity"
    for found, diverged, metric, expected in (
            ({"1": 91.0, "2": 92.5, "3": 95.0}, 0, accuracy, "92.83 ± 2.02 (3), -0.75 ± 0.35"),
            ({"1": 91.0}, 2, accuracy, "91.00 (1), -1.00, 2 diverged"),
            ({}, 3, accuracy, "3 diverged"), ({}, 0, accuracy, "–"),
            (plain, 0, accuracy, "92.50 ± 0.71 (2)"),
            ({"1": 101.2, "2": 93.0}, 0, perplexity, "97.100 ± 5.798 (2), +5.0 ± 7.1 %"),
            ({"1": 91.08}, 0, perplexity, "91.080 (1), -1.0 %")):
        text = training_tables.cell(found, diverged, plain, metric)
        if text != expected:
            yield f"a cell is {text}, not {expected}"


def commands_of_the_page_name_runs():
    """What stands behind each line of a table."""
    found = re.findall(r"`tools/studies/run (\w+) --again --only ([^`]+)`", training_tables.PAGE.read_text())
    if not found:
        yield "STUDIES.md: no commands"
    for study, word in found:
        name = shlex.split(word)[0]
        if not any(name in case.name for case in studies.STUDIES[study]()):
            yield f"STUDIES.md: {study} has no run with {name!r} in its name"


def losses_stand_in_the_expected_order():
    """The means of the last epochs' training losses, from plain FP32 to powers of two."""
    losses = {}
    for row in result_file.good("loss_order").values():
        losses.setdefault(row["recipe"], []).append(float(row["train_loss"]))
    means = [statistics.mean(losses.get(recipe, [0.0])) for recipe in training_studies.LOSS_ORDER]
    if any(len(losses.get(recipe, [])) != len(training_studies.SEEDS) for recipe in training_studies.LOSS_ORDER):
        yield "loss_order.csv: not every recipe has all seeds"
    if means != sorted(set(means)):
        yield f"loss_order.csv: the means {means} are not in the order of {training_studies.LOSS_ORDER}"


def every_training_has_its_files():
    for cases in training_studies.STUDIES.values():
        for case in cases():
            for path in (f"tasks/{case.task}.yaml", f"recipes/{case.recipe}.yaml"):
                if not (SOURCE / "configs" / path).is_file():
                    yield f"{case.name}: no configs/{path}"


def main():
    faults = [*tables_are_current(), *results_are_of_studies(), *names_are_unique(),
              *smallest_network_runs(sys.argv[1]), *bad_arguments(),
              *two_programs_write_one_file(), *a_training_becomes_a_row(), *every_training_has_its_files(),
              *losses_stand_in_the_expected_order(),
              *commands_of_the_page_name_runs(),
              *a_cell_tells_seeds_distance_and_divergence(),
              *a_run_that_takes_too_long_or_fails_is_a_row(),
              *a_study_that_is_ended_keeps_its_rows(to_the_program),
              *a_study_that_is_ended_keeps_its_rows(to_its_last_thread)]
    print("\n".join(faults) or "studies: good")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
