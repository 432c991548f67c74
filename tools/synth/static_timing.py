"""The shortest clock of a netlist, by OpenSTA: no wires, ideal clock, ports at the clock's edge."""
import re

from tool_run import run_tool

STEPS = 60
# The clock shrinks until the worst slack is zero. An enable of a gated clock has half a period, so
# that the slack does not move with the period one for one. The report is for those who keep it.
SCRIPT = """
read_liberty {liberty}
read_verilog {netlist}
link_design {top}
set period 100.0
for {{set i 0}} {{$i < {steps}}} {{incr i}} {{
  create_clock -name clock -period $period clk_i
  set_input_delay 0 -clock clock [all_inputs]
  set_output_delay 0 -clock clock [all_outputs]
  set slack [worst_slack -max]
  if {{abs($slack) < 0.001}} {{
    puts "shortest clock $period"
    break
  }}
  set period [expr $period - $slack]
}}
report_checks -path_delay max
"""


def shortest_clock(library, netlist, top, folder):
    """Nanoseconds."""
    script = SCRIPT.format(liberty=library.liberty, netlist=netlist, top=top, steps=STEPS)
    path = folder / f"{netlist.stem}.sta"
    path.write_text(script, encoding="utf-8")
    output = run_tool("sta", ["-no_splash", "-exit", path], folder / f"{netlist.stem}.timing")
    found = re.search(r"^shortest clock ([\d.]+)", output, re.M)
    if "Error" in output:
        fault = next(line for line in output.splitlines() if "Error" in line)
        raise RuntimeError(f"sta: {netlist.name}: {fault}")
    if found is None:
        raise RuntimeError(f"sta: {netlist.name}: no shortest clock found in {STEPS} steps")
    return float(found[1])
