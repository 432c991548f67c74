"""Bad input at the command line: one line, exit 2, nothing written, for every case of the table.

Usage: bad_input_test.py NIBBLESIM [WORDS...]; words choose cases by name.
"""
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

from bad_input_cases import CASES, DRAM, EXPERIMENT, run

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SECONDS = 60  # a case that takes longer hangs


def contents(root):
    """Every path below a folder with its bytes: what a program may not have changed."""
    return {path.relative_to(root): path.read_bytes() if path.is_file() else None
            for path in root.rglob("*")}


def judge(done, says, before, after, code=2):
    """What is wrong with the answer to a bad input, as a list of sentences."""
    faults = []
    lines = done.stderr.splitlines()
    if done.returncode != code:
        faults.append(f"exit {done.returncode} instead of {code}")
    if len(lines) != 1:
        faults.append(f"{len(lines)} lines on standard error instead of one")
    elif not re.fullmatch(says, lines[0]):
        faults.append(f"the line does not match {says}")
    if after != before:
        changed = sorted(str(name) for name in after.keys() | before.keys()
                         if after.get(name, "") != before.get(name, ""))
        faults.append(f"it wrote or changed {', '.join(changed)}")
    if faults:
        faults.append("standard error: " + (done.stderr[:2000] or "(nothing)"))
    return faults


def small_files_only():
    """No file may grow beyond a page: a disk that fills up, for those who may not mount one."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))


def one_open_file_only():
    """One file at a time can be read, but no pipe made to the process that simulates."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (4, 4))


class Runner:
    def __init__(self, program):
        self.program = pathlib.Path(program).resolve()
        self.failed = 0
        self.count = 0

    def call(self, root, arguments, **options):
        return subprocess.run([self.program, *arguments], cwd=root, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace", timeout=SECONDS,
                              check=False, **options)

    def report(self, name, faults):
        self.count += 1
        self.failed += bool(faults)
        print(f"{'FAILED' if faults else 'good  '}  {name}", *faults, sep="\n          ", flush=True)

    def check(self, name, arguments, says, spoil=None, code=2, **options):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            shutil.copytree(SOURCE / "configs", root / "configs")
            if spoil:
                spoil(root)
            before = contents(root)
            done = self.call(root, arguments, **options)
            self.report(name, judge(done, says, before, contents(root), code))

    def check_full_output(self):
        """What is printed into a full disk is missed, and said, by every command."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            shutil.copytree(SOURCE / "configs", root / "configs")
            (root / "t.trace").write_text("R 40\n")
            (root / "t.csv").write_text("Layer, M, N, K,\na, 2, 2, 2,\n")
            (root / "v.csv").write_text("add,3e00,3e00,4000\n")
            page = ["run", EXPERIMENT, "--engine", "timing"]
            for arguments in (page, [*page, "--json"], ["--version"], ["run", "--help"],
                              ["dram", "t.trace", "--config", DRAM], ["describe", "edge"], ["import", "scalesim", "t.csv"],
                              ["validate", "--vectors", "v.csv"]):
                before = contents(root)
                with open("/dev/full", "w") as full:
                    done = subprocess.run([self.program, *arguments], cwd=root, stdout=full,
                                          stderr=subprocess.PIPE, text=True, timeout=SECONDS, check=False)
                done.stderr = done.stderr.splitlines(keepends=True)[-1] if done.stderr else ""
                self.report(f"a full standard output of {' '.join(arguments[:2])}",
                            judge(done, r"(standard output: cannot be written|nibblesim: cannot write .*)",
                                  before, contents(root)))

    def check_full_disk(self):
        """A real file system without space, where the kernel lets us mount one of our own."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            shutil.copytree(SOURCE / "configs", root / "configs")
            (root / "disk").mkdir()
            # The mount lives in a namespace that ends with the shell, so the shell also looks
            # whether anything was left there. One page is the smallest tmpfs; a file fills it.
            script = ('mount -t tmpfs -o size=4k none disk && head -c 4096 /dev/zero >disk/filler '
                      '|| exit 77; "$@"; state=$?; ls -A disk >left; exit $state')
            mounts = subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "true"],
                                    capture_output=True, check=False).returncode == 0
            spaces = ["--user", "--map-root-user", "--mount"] if mounts else ["--mount"]
            done = subprocess.run(["unshare", *spaces, "sh", "-c", script, "sh", self.program,
                                   *run(out="disk/out")], cwd=root, capture_output=True,
                                  text=True, timeout=SECONDS, check=False)
            if not (root / "left").exists():
                print("skipped a full disk (no permission to mount one)")
                return
            left = dict.fromkeys((root / "left").read_text().split())
            faults = judge(done, r"disk/out.*: cannot be .* \(No space left on device\), .*",
                           {"filler": None}, left)
            self.report("a full disk", faults)


def main():
    runner = Runner(sys.argv[1])
    words = sys.argv[2:]
    for case in CASES:
        if all(word in case.name for word in words):
            runner.check(case.name, case.arguments, case.says, case.spoil)
    if not words:
        runner.check("files that cannot grow", run(), r"out.*: cannot be written \(File too large\), .*",
                     preexec_fn=small_files_only)
        runner.check("a timeline that cannot grow", run("--timeline", "t.json"),
                     r"t\.json: cannot be written.*", preexec_fn=small_files_only)
        runner.check("waves that cannot grow",
                     run("--waves", "w.fst", "--set", "inference.images=32", engine="rtl"),
                     r"w\.fst: cannot be written whole, .*", preexec_fn=small_files_only)
        runner.check("a system that refuses a pipe, which is no bad input", run(),
                     r"nibblesim: pipe: Too many open files", code=3, preexec_fn=one_open_file_only)
        runner.check_full_output()
        runner.check_full_disk()
    print(f"{runner.count - runner.failed} of {runner.count} bad inputs were answered as they should")
    return 1 if runner.failed else 0


if __name__ == "__main__":
    sys.exit(main())
