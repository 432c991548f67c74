"""tools/studies: the tables of its README are those of its CSV files, whose lines are runs that the
studies have, and its smallest runs run.

Usage: studies_test.py NIBBLESIM.
"""
import pathlib
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(SOURCE / "tools/studies"))

import simulation  # noqa: E402
import studies  # noqa: E402
import tables  # noqa: E402


def tables_are_current():
    """On a copy of the page, as write() changes it."""
    committed = tables.PAGE.read_text()
    with tempfile.TemporaryDirectory() as folder:
        tables.PAGE = pathlib.Path(folder) / "README.md"
        tables.PAGE.write_text(committed)
        tables.write()
        if tables.PAGE.read_text() != committed:
            yield "tools/studies/README.md: run tools/studies/run tables"
    for name in set(tables.MARK.findall(committed)) ^ set(tables.TABLES):
        yield f"tools/studies/README.md: table {name} stands only on the page or only in tables.py"


def results_are_of_studies():
    for path in sorted(simulation.RESULTS.glob("*.csv")):
        if path.stem not in studies.STUDIES:
            yield f"{path.name}: no study"
            continue
        cases = {case.name: case for case in studies.STUDIES[path.stem]()}
        for name, row in simulation.ResultFile(path.stem).rows.items():
            if name not in cases:
                yield f"{path.name}: {name} is no run of the study"
            elif row["set"] != " ".join(cases[name].sets):
                yield f"{path.name}: {name} was run with other options"


def names_are_unique():
    for study, cases in studies.STUDIES.items():
        names = [case.name for case in cases()]
        if len(set(names)) != len(names):
            yield f"{study}: two runs of one name"


def smallest_network_runs(program):
    """The runs that take least still give a line of figures. Which figures may change with the
    compiler; the committed ones are of the commit that they came with."""
    for case in studies.all_networks():
        if "resnet8_w16" not in case.name:
            continue
        row = simulation.simulate(program, case, timeout=60)
        if row["fault"]:
            yield f"{case.name}: {row['fault']}"
        elif row["main_stall"] == "" or float(row["speedup"]) <= 0:
            yield f"{case.name}: no figures"


def bad_arguments():
    run = SOURCE / "tools/studies/run"
    done = subprocess.run([sys.executable, run, "nonsense"], capture_output=True, text=True,
                          check=False)
    if done.returncode != 2 or "no study nonsense" not in done.stderr:
        yield "an unknown study is not refused"
    with tempfile.TemporaryDirectory() as folder:
        missing = pathlib.Path(folder) / "nibblesim"
        done = subprocess.run([sys.executable, run, "density", "--nibblesim", missing],
                              capture_output=True, text=True, check=False)
        if done.returncode != 2 or "no program" not in done.stderr:
            yield "a missing program is not refused"


def main():
    faults = [*tables_are_current(), *results_are_of_studies(), *names_are_unique(),
              *smallest_network_runs(sys.argv[1]), *bad_arguments()]
    print("\n".join(faults) or "studies: good")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
