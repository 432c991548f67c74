"""The commands that READMEs show: each `build/bin/nibblesim` line of a block fenced as ```sh exits 0,
and so do loops of them and what a reader is to do with files (cp, sed).

Usage: readme_commands_test.py NIBBLESIM. Lines of a page run in order, in a folder that looks like the
repository's root (links to its files, a copy of configs/, and build/bin to the program's folder), so that
what they write stays in it. `my_network.onnx`, which stands for a reader's own file, is there. Not run, because they take minutes or need libtorch: trainings without --limit-train, and
all trainings if the trainer was not built.
"""
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

from onnx_files import small_cnn

SOURCE = pathlib.Path(__file__).resolve().parents[2]
FIRST_WORDS = ("build/bin/nibblesim", "cp", "sed", "for", "gnuplot")
NO_CHARTS = "nibblesim report: this program was built"  # where npm's registry was not there
SECONDS = 120  # a command that takes longer hangs


def pages():
    listed = subprocess.run(["git", "-C", SOURCE, "ls-files", "-z", "--cached", "--others",
                             "--exclude-standard", "README.md", "*/README.md"],
                            check=True, capture_output=True, text=True)
    return [name for name in sorted(set(listed.stdout.split("\0")) - {""})
            if (SOURCE / name).is_file()]


def commands(text):
    """(line number, command) of the lines in ```sh blocks that begin as FIRST_WORDS; a backslash at a
    line's end continues it, a loop ends with its done."""
    inside, start, command = False, 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip().startswith("```"):
            inside = line.strip() == "```sh"
        elif inside:
            start = start if command else number
            command += line.strip()
            if command.endswith("\\"):
                command = command[:-1]
                continue
            if command.startswith("for ") and line.strip() != "done":
                command += "\n"
                continue
            if command.split(" ")[0] in FIRST_WORDS:
                yield start, command
            command = ""


def reason_to_skip(command, trainer):
    words = shlex.split(command, comments=True)
    if words[0] == "gnuplot":  # draws what a training left
        return None if trainer.exists() and shutil.which("gnuplot") else "no training to draw, or no gnuplot"
    if words[1:2] != ["train"]:
        return None
    if not trainer.exists():
        return "this build has no trainer"
    return None if "--limit-train" in words else "a whole training"


def looks_like_the_root(folder, bin_folder):
    for path in SOURCE.iterdir():
        if not path.name.startswith(("build", "out", ".", "configs")):
            (folder / path.name).symlink_to(path)
    shutil.copytree(SOURCE / "configs", folder / "configs")
    (folder / "my_network.onnx").write_bytes(small_cnn())
    (folder / "build").mkdir()
    (folder / "build/bin").symlink_to(bin_folder)


def run(command, folder):
    """What is wrong, or None."""
    try:
        done = subprocess.run(["bash", "-c", command], cwd=folder, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace", timeout=SECONDS,
                              env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False)
    except subprocess.TimeoutExpired:
        return f"takes over {SECONDS} s"
    if done.returncode == 0 or NO_CHARTS in done.stderr:
        return None
    return f"exit {done.returncode}: {(done.stderr or done.stdout)[-1000:].strip()}"


def main():
    bin_folder = pathlib.Path(sys.argv[1]).resolve().parent
    count, failed = 0, 0
    for page in pages():
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            looks_like_the_root(folder, bin_folder)
            for number, command in commands((SOURCE / page).read_text()):
                skipped = reason_to_skip(command, bin_folder / "nibblesim-train")
                fault = None if skipped else run(command, folder)
                count += 1
                failed += fault is not None
                outcome = f"not run, {skipped}" if skipped else fault or "good"
                print(f"{page}:{number}: {command}\n    {outcome}", flush=True)
    print(f"{count} commands, {failed} failed")
    return 1 if failed or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
