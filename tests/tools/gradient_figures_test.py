"""The figures of models/training/STUDIES.md are those of the committed CSV files: of tools/studies/gradient_figures,
whose other figures come of other files, and of `tools/studies/run figures`. Exit 77 without gnuplot.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(SOURCE / "tools/studies"))

import study_plots  # noqa: E402

PROGRAM = SOURCE / "tools/studies/gradient_figures"
FIGURES = SOURCE / "models/training/figures"
PAGE = SOURCE / "models/training/STUDIES.md"
VERSION = re.compile(r"<desc>Produced by (.*?) *</desc>")
SKIPPED = 77


def drawn_again(folder, change=lambda text: text):
    """The figures by name, drawn from a copy of the CSV files."""
    for path in FIGURES.glob("*.csv"):
        (folder / path.name).write_text(change(path.read_text()))
    subprocess.run([PROGRAM, "--draw", "--figures", folder], check=True)
    return pictures(folder)


def pictures(folder):
    return {path.name: path.read_text() for path in folder.glob("*.svg")}


def half_of(text):
    """Every value of the long form halved."""
    return re.sub(r"^(\d+(?:,[^,\n]+){3}),([^,\n]+)$", lambda m: f"{m[1]},{float(m[2]) / 2:.6g}", text,
                  flags=re.MULTILINE)


def study_faults():
    """The figures of the studies' tables."""
    committed = pictures(study_plots.FOLDER)
    with tempfile.TemporaryDirectory() as folder:
        study_plots.draw_all(pathlib.Path(folder))
        yield from differences("figures/studies/", committed, pictures(pathlib.Path(folder)),
                               "tools/studies/run figures")


def differences(place, committed, again, remedy):
    if set(again) != set(committed):
        yield f"{place}: has {sorted(committed)}, drawn are {sorted(again)}"
    for name in set(again) & set(committed):
        if f"{place}{name}" not in PAGE.read_text():
            yield f"STUDIES.md: does not show {place}{name}"
        # Another version of gnuplot draws the same a little differently.
        if (VERSION.findall(committed[name]) == VERSION.findall(again[name])
                and committed[name] != again[name]):
            yield f"{place}{name}: is not that of the CSV: run {remedy}"


def short_training_fault(folder):
    """Of trainings that ended before the learning rate has risen no figure can be drawn."""
    header = (FIGURES / "int4_fp4.csv").read_text().splitlines()[0]
    for name in ("a", "b"):
        (folder / name).mkdir()
        (folder / name / "gradients.csv").write_text(f"{header}\n0,fc,variance,exact,1\n31,fc,variance,exact,1\n")
    done = subprocess.run([PROGRAM, "--trained", folder / "a", folder / "b", "--figures", folder / "figures"],
                          capture_output=True, text=True, check=False)
    if done.returncode == 0 or (folder / "figures").exists():
        yield "a short training: is drawn"
    if not re.fullmatch(r"gradient_figures: .* no common steps from 0 to 150 or more, .*\n", done.stderr):
        yield f"a short training: says {done.stderr!r}"


def faults():
    with tempfile.TemporaryDirectory() as folder:
        yield from short_training_fault(pathlib.Path(folder))
    committed = pictures(FIGURES)
    with tempfile.TemporaryDirectory() as folder:
        again = drawn_again(pathlib.Path(folder))
    yield from differences("figures/", committed, again, "tools/studies/gradient_figures --draw")
    yield from study_faults()
    with tempfile.TemporaryDirectory() as folder:
        other = drawn_again(pathlib.Path(folder), half_of)
    for name in again:
        # The curve of gradscales is another file, in columns.
        if (other[name] == again[name]) != (name == "fig_gradscale.svg"):
            yield f"{name}: drawn of other values, it is the same or, of the same, another"


def main():
    if shutil.which("gnuplot") is None:
        print("no gnuplot")
        return SKIPPED
    found = list(faults())
    print("\n".join(found) if found else "gradient figures: good")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
