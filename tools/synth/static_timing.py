"""The shortest clock of a netlist, by OpenSTA: no wires, ideal clock, ports at the clock's edge."""
import re

from tool_run import run_tool

# The clock shrinks until the worst slack is zero. An enable of a gated clock has half a period, so
# that the slack does not move with the period one for one.
SCRIPT = """
read_liberty {liberty}
read_verilog {netlist}
link_design {top}
set period 100.0
for {{set i 0}} {{$i < 60}} {{incr i}} {{
  create_clock -name clock -period $period clk_i
  set_input_delay 0 -clock clock [all_inputs]
  set_output_delay 0 -clock clock [all_outputs]
  set slack [worst_slack -max]
  if {{abs($slack) < 0.001}} break
  set period [expr $period - $slack]
}}
puts "shortest clock $period"
report_checks -path_delay max
"""


def shortest_clock(library, netlist, top, folder):
    """Nanoseconds of the shortest clock, and the path that takes them as OpenSTA prints it."""
    script = SCRIPT.format(liberty=library.liberty, netlist=netlist, top=top)
    path = folder / f"{netlist.stem}.sta"
    path.write_text(script, encoding="utf-8")
    output = run_tool("sta", ["-no_splash", "-exit", path], folder / f"{netlist.stem}.timing")
    found = re.search(r"^shortest clock ([\d.]+)", output, re.M)
    if found is None or "Error" in output:
        raise RuntimeError(f"sta gave no clock for {netlist}")
    return float(found[1]), output[found.end():]
