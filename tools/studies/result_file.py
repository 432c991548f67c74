"""results/STUDY.csv: a line a run, its columns those that the study's kind of run has."""
import csv
import os
import pathlib

RESULTS = pathlib.Path(__file__).resolve().parent / "results"


class ResultFile:
    """Rewritten whole after each run, so that an interrupted study is kept."""

    def __init__(self, study):
        self.path = RESULTS / f"{study}.csv"
        self.rows = {}
        if self.path.is_file():
            with open(self.path, newline="", encoding="utf-8") as file:
                self.rows = {row["name"]: row for row in csv.DictReader(file)}

    def keep_only(self, names):
        """Drops rows of cases that the study no longer has."""
        self.rows = {name: row for name, row in self.rows.items() if name in names}

    def add(self, row):
        """The row's keys are the columns; a line of before that lacks one has nothing there."""
        self.rows[row["name"]] = row
        RESULTS.mkdir(exist_ok=True)
        fresh = self.path.with_suffix(".new")
        with open(fresh, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(row), restval="", extrasaction="ignore",
                                    lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows[name] for name in sorted(self.rows))
        os.replace(fresh, self.path)


def good(study):
    """Rows by name of the runs that have figures."""
    return {name: row for name, row in ResultFile(study).rows.items() if row["fault"] == ""}
