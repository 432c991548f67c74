"""Programs that synthesis calls, under a time limit: yosys and abc can hang on dot products."""
import shutil
import subprocess

from errors import BadInput

TIME_LIMIT_S = 1200
PACKAGES = {"yosys": "yosys", "sta": "opensta", "iverilog": "iverilog", "vvp": "iverilog"}


def check_programs(*names):
    for name in names:
        if shutil.which(name) is None:
            raise BadInput(f"{name} is missing: install the package {PACKAGES[name]}")


def run_tool(name, arguments, log):
    """Runs a program; its output goes to the file `log`. Returns the output."""
    try:
        done = subprocess.run([name, *map(str, arguments)], text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=TIME_LIMIT_S)
    except subprocess.TimeoutExpired as late:
        log.write_text(str(late.output), encoding="utf-8")
        raise RuntimeError(f"{name} took over {TIME_LIMIT_S} s, see {log}") from late
    log.write_text(done.stdout, encoding="utf-8")
    if done.returncode != 0:
        last = done.stdout.strip().splitlines()[-1:] or ["no output"]
        raise RuntimeError(f"{name}: exit {done.returncode}, {last[0]}; see {log}")
    return done.stdout


def version(name):
    """The version as the program tells it."""
    flag, word = {"yosys": ("-V", 1), "sta": ("-version", 0)}[name]
    text = subprocess.run([name, flag], capture_output=True, text=True, check=True).stdout
    return text.split()[word]
