"""How steep the edges of a netlist are, by OpenSTA: no wires, ports at INPUT_SLEW_NS."""
import re

from tool_run import run_tool

INPUT_SLEW_NS = 0.06  # the steepest of the libraries' tables

SCRIPT = """
read_liberty {liberty}
read_verilog {netlist}
link_design netlist
create_clock -name clock -period 100 n{clock}
set_propagated_clock clock
set_input_transition {slew} [all_inputs]
foreach pin {{{drivers}}} {{
  set found [get_pins $pin]
  puts "slew $pin [get_property $found actual_rise_transition_max] \
[get_property $found actual_fall_transition_max]"
}}
"""


def find_slews(netlist, cells, library, folder):
    """{net: (rise, fall)} in ns of every net that a cell of the MappedNetlist drives."""
    path, script = (folder / f"{netlist.top}-slews.{kind}" for kind in ("v", "sta"))
    path.write_text(netlist.structural(), encoding="utf-8")
    drivers = {f"{cell.name}/{pin}": net for cell in netlist.cells for pin, net in cell.pins.items()
               if cells[cell.kind].pins[pin].output}
    script.write_text(SCRIPT.format(liberty=library.liberty, netlist=path, clock=netlist.clock,
                                    slew=INPUT_SLEW_NS, drivers=" ".join(drivers)), encoding="utf-8")
    output = run_tool("sta", ["-no_splash", "-exit", script], folder / f"{netlist.top}-slews.log")
    found = re.findall(r"^slew (\S+) ([\d.e+-]+) ([\d.e+-]+)$", output, re.M)
    if "Error" in output or len(found) != len(drivers):
        raise RuntimeError(f"sta gave {len(found)} of {len(drivers)} slews of {netlist.top}")
    return {drivers[pin]: (float(rise), float(fall)) for pin, rise, fall in found}
