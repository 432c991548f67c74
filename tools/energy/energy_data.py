"""The committed data: configs/silicon/LIBRARY_energy.json, and when it is out of date."""
import hashlib
import json
from pathlib import Path

from cases import CASES
from command_line import write_whole
from density import COMMON_CLOCK_NS, TILE_COLUMNS
from designs import HERE as SYNTH
from designs import RTL, plain_text
from tool_run import version

ROOT = RTL.parent
TRACE = ROOT / "configs/traces/resnet8_w16_step.safetensors"
HERE = Path(__file__).resolve().parent
SOURCES = ("activity.py", "activity_bench.cpp", "cases.py", "entries.py", "liberty.py", "mapped_netlist.py",
           "measured_netlist.py", "measurement.py", "port_traffic.cpp", "port_traffic.h", "power.py", "slews.py",
           "tile_traffic.cpp", "timed_activity.py", "traffic.py")

TOOLS = {"yosys": "yosys", "opensta": "sta", "verilator": "verilator", "icarus": "iverilog"}


def fingerprint(library):
    """SHA-256 of all that decides the energies, comments apart: netlists, trace, this folder's flow."""
    digest = hashlib.sha256(hashlib.sha256(TRACE.read_bytes()).digest())
    digest.update(f"{COMMON_CLOCK_NS[library.name]} ns, {TILE_COLUMNS} columns".encode())
    for case in CASES.values():
        netlists = [design.fingerprint(library) for design in case.designs]
        digest.update(" ".join([case.recipe(library).name, *netlists]).encode())
    for path in (*(HERE / name for name in SOURCES), SYNTH / "netlist_check.py"):
        digest.update(plain_text(path).encode())
    return digest.hexdigest()[:16]


def path_of(folder, library):
    return folder / f"{library.name}_energy.json"


def is_current(folder, library):
    path = path_of(folder, library)
    if not path.exists():
        return False
    return json.loads(path.read_text(encoding="utf-8")).get("fingerprint") == fingerprint(library)


def write(folder, library, seconds, passes):
    head = {
        "library": library.name, "node_nm": library.node_nm, "supply_v": library.supply_v,
        "clock_ns": COMMON_CLOCK_NS[library.name], "made_by": f"tools/energy/measure --library {library.name}",
        "unit": "pJ; of cells and their pins, without wires and clock tree",
        "trace": TRACE.relative_to(ROOT).as_posix(), "fingerprint": fingerprint(library),
        "recipes": {case.name: case.recipe(library).name for case in CASES.values()},
        "tools": {name: version(program) for name, program in TOOLS.items()}, "seconds": round(seconds)}
    lines = ",\n".join(json.dumps(one) for one in passes)
    text = json.dumps(head, indent=1)[:-2] + f',\n "passes": [\n{lines}\n ]\n}}\n'
    path = path_of(folder, library)
    write_whole(path, text)
    return path
