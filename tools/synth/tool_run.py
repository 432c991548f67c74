"""Programs that synthesis calls, under a time limit: yosys and abc can hang on dot products."""
import contextlib
import os
import shutil
import signal
import subprocess
import threading

from errors import BadInput

TIME_LIMIT_S = 1200
LINES_TOLD = 5  # of the output of a tool that failed
PACKAGES = {"yosys": "yosys", "sta": "opensta", "iverilog": "iverilog", "vvp": "iverilog",
            "verilator": "verilator"}


def check_programs(*names):
    for name in names:
        if shutil.which(name) is None:
            raise BadInput(f"{name} is missing: install the package {PACKAGES[name]}")


class Stopped(Exception):
    """stop_tools() was called."""


# The tools under way. Each leads a process group of its own: yosys starts abc, which has to go with it.
_running = set()
_running_lock = threading.Lock()
_stopped = threading.Event()


def _kill_group(process):
    with contextlib.suppress(ProcessLookupError):  # it has just ended
        os.killpg(process.pid, signal.SIGKILL)


def stop_tools():
    """Ends what runs; run_tool raises Stopped from here on. Ctrl-C reaches one thread only, and no
    other process group."""
    with _running_lock:
        _stopped.set()
        for process in _running:
            _kill_group(process)


def run_tool(name, arguments, log):
    """Runs a program; its output goes to the file `log`. Returns the output."""
    with _running_lock:
        if _stopped.is_set():
            raise Stopped
        process = subprocess.Popen([name, *map(str, arguments)], text=True, errors="replace",
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   start_new_session=True)
        _running.add(process)
    fault = None
    try:
        output, _ = process.communicate(timeout=TIME_LIMIT_S)
    except subprocess.TimeoutExpired:
        _kill_group(process)
        output, _ = process.communicate()
        fault = f"took over {TIME_LIMIT_S} s"
    except KeyboardInterrupt:
        _kill_group(process)
        raise
    finally:
        with _running_lock:
            _running.remove(process)
    log.write_text(output, encoding="utf-8")
    if _stopped.is_set():
        raise Stopped
    if process.returncode != 0:
        last = "\n  ".join(output.strip().splitlines()[-LINES_TOLD:])
        raise RuntimeError(f"{name}: {fault or f'exit {process.returncode}'}\n  {last or 'no output'}")
    return output


def version(name):
    """The version as the program tells it."""
    flag, word = {"yosys": ("-V", 1), "sta": ("-version", 0), "verilator": ("--version", 1),
                  "iverilog": ("-V", 3)}[name]
    text = subprocess.run([name, flag], capture_output=True, text=True, check=True).stdout
    return text.split()[word]
