"""results/STUDY.csv: a line a run, its columns those that the study's kind of run has."""
import csv
import fcntl
import os
import pathlib

RESULTS = pathlib.Path(__file__).resolve().parent / "results"


class ResultFile:
    """Rewritten whole after each run, so that an interrupted study is kept. Several programs may run
    parts of one study in one checkout: each keeps what the others added."""

    def __init__(self, study):
        self.path = RESULTS / f"{study}.csv"
        self.rows = self.stored()

    def stored(self):
        if not self.path.is_file():
            return {}
        with open(self.path, newline="", encoding="utf-8") as file:
            return {row["name"]: row for row in csv.DictReader(file)}

    def keep_only(self, names):
        """Drops rows of cases that the study no longer has."""
        self.change(lambda rows: {name: row for name, row in rows.items() if name in names})

    def add(self, row):
        """A line of before that lacks one of the row's columns has nothing there."""
        self.change(lambda rows: {**rows, row["name"]: row})

    def change(self, changed):
        """Of what stands in the file by now, which another program may have written."""
        RESULTS.mkdir(exist_ok=True)
        folder = os.open(RESULTS, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            before, self.rows = self.rows, changed(self.stored())
            if self.rows != before:
                self.write()
        finally:
            os.close(folder)

    def write(self):
        fresh = self.path.with_suffix(".new")
        with open(fresh, "w", newline="", encoding="utf-8") as file:
            columns = dict.fromkeys(key for row in self.rows.values() for key in row)
            writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows[name] for name in sorted(self.rows))
        os.replace(fresh, self.path)


def good(study):
    """Rows by name of the runs that have figures."""
    return {name: row for name, row in ResultFile(study).rows.items() if row["fault"] == ""}
