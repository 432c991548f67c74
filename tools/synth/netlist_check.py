"""A netlist against the RTL it was made of: the same random ports on every clock, in Icarus."""
import json
import math
import re

from designs import RTL
from tool_run import run_tool

# (cells, clocks): a netlist of fewer cells is compared on so many. Icarus runs a netlist of 60,000
# cells some hundred clocks a minute.
CLOCKS = ((3_000, 10_000), (20_000, 3_000), (math.inf, 1_000))
LEAST_COMPARED = 0.9  # share of the clocks on which all outputs of the RTL were known
FILL_CLOCKS = 70      # 64 lanes after the first reset

# First every control is set and narrow ports count, which fills what is stored by address. Then
# controls are random, resets included, and so are words, with what chance does not give: one code over
# and over, for the ends of the range; a word of which few bits changed; fp16 codes that meet. Inputs
# change behind the rising edge, because an enable that gates a clock is taken at the falling one. An
# output bit is compared as soon as the RTL knows it.
BENCH = """`timescale 1ns / 1ns
module bench;
  reg clk_i = 1;
{declarations}
  {top} #({parameters}) u_rtl (.clk_i(clk_i){rtl_ports});
  {netlist} u_netlist (.clk_i(clk_i){netlist_ports});

  // fp16 codes that meet: a base, of either sign and up to the next code; one, which takes the base
  // through a product; exponents close enough for the mantissas to overlap.
  function [15:0] near(input [15:0] base);
    case ($urandom % 4)
      0: near = base ^ ($urandom & 16'h8001);
      1: near = 16'h3E00 | ($urandom & 16'h8000);
      default: near = ($urandom & 16'h81FF) | ((base[14:9] + $urandom % 4 & 6'h3F) << 9);
    endcase
  endfunction

  integer clock, i, compared = 0, wrong = 0;
  reg [5:0] code;
  reg [15:0] base;
  initial begin
    for (clock = 0; clock < {clocks}; clock = clock + 1) begin
      if (clock % 4 == 0) base = $urandom;
{stimulus}
      #4 clk_i = 0;
      #5 clk_i = 1;
      #1;
      if (^{{{rtl_outputs}}} !== 1'bx) compared = compared + 1;
{checks}
    end
    $display("compared %0d wrong %0d", compared, wrong);
    $finish;
  end
endmodule
"""


def cell_models(library, folder):
    """The library's cells as plain Verilog: what their Liberty functions say, no delays."""
    models, script, log = (folder / f"{library.name}_cells.{kind}" for kind in ("v", "ys", "log"))
    script.write_text(f"read_liberty -ignore_miss_func {library.liberty}\nproc\n"
                      f"write_verilog -noattr {models}\n", encoding="utf-8")
    run_tool("yosys", ["-q", script], log)
    return models


def _stimulus(name, width, parameters):
    """Verilog that gives an input its next value."""
    filling = f"clock < {FILL_CLOCKS}"
    if name == "rst_ni":
        return f"      {name} = clock > 4 && ({filling} || $urandom % 50 != 0);"
    if name == "a_acc_i" and parameters.get("AccRows") == 1:
        return f"      {name} = 0;"  # the only accumulator; the RTL knows nothing of others
    if width == 1:
        return f"      {name} = {filling} ? 1 : $urandom;"
    if width < 8:
        return f"      {name} = {filling} ? clock : $urandom;"
    random = f"{{{', '.join(['$urandom'] * ((width + 31) // 32))}}}"
    few = " & ".join([random] * 4)
    cases = [f"begin code = $urandom; {name} = {{{(width + 3) // 4}{{code[3:0]}}}}; end",
             f"begin code = $urandom; {name} = {{{(width + 5) // 6}{{code}}}}; end",
             f"{name} = $urandom % 2 ? {{{width}{{1'b1}}}} : {width}'d0;",
             f"{name} = {name} ^ {few};"]
    if width % 16 == 0:
        cases += [f"for (i = 0; i < {width}; i = i + 16) {name}[i+:16] = near(base);"] * 3
    lines = [f"        {i}: {case}\n" for i, case in enumerate(cases)]
    return (f"      case ($urandom % {len(cases) + 3})\n{''.join(lines)}"
            f"        default: {name} = {random};\n"
            f"      endcase")


def _bench(design, ports, clocks):
    inputs = {name: len(port["bits"]) for name, port in ports.items()
              if port["direction"] == "input" and name != "clk_i"}
    outputs = {name: len(port["bits"]) for name, port in ports.items()
               if port["direction"] == "output"}
    declarations = [f"  reg [{width - 1}:0] {name};" for name, width in inputs.items()]
    declarations += [f"  wire [{width - 1}:0] {side}_{name};" for name, width in outputs.items()
                     for side in ("rtl", "netlist")]

    def connections(side):
        pins = [f", .{name}({name})" for name in inputs]
        return "".join(pins + [f", .{name}({side}_{name})" for name in outputs])

    # What the RTL knows has to be equal.
    functions = [f"  function differs_{name}(input [{width - 1}:0] rtl, input [{width - 1}:0] cells);\n"
                 f"    integer i;\n"
                 f"    begin\n"
                 f"      differs_{name} = 0;\n"
                 f"      for (i = 0; i < {width}; i = i + 1)\n"
                 f"        if (rtl[i] !== 1'bx && rtl[i] !== cells[i]) differs_{name} = 1;\n"
                 f"    end\n"
                 f"  endfunction" for name, width in outputs.items()]
    checks = [f"      if (differs_{name}(rtl_{name}, netlist_{name})) wrong = wrong + 1;"
              for name in outputs]
    return BENCH.format(
        declarations="\n".join(declarations + functions), top=design.top, netlist=design.name,
        parameters=", ".join(f".{key}({value})" for key, value in design.parameters.items()),
        rtl_ports=connections("rtl"), netlist_ports=connections("netlist"), clocks=clocks,
        stimulus="\n".join(_stimulus(name, width, design.parameters)
                           for name, width in inputs.items()),
        rtl_outputs=", ".join(f"rtl_{name}" for name in outputs), checks="\n".join(checks))


def check_netlist(synthesis, netlist, models):
    """Raises RuntimeError unless the netlist does what its source does. Returns the clocks on which
    all outputs were known. `models` is of cell_models()."""
    design, folder = synthesis.design, synthesis.folder
    top = json.loads(synthesis.coarse.read_text(encoding="utf-8"))["modules"][design.top]
    stem = folder / f"{netlist.verilog.stem}-check"
    bench, program = stem.with_suffix(".sv"), stem.with_suffix(".vvp")
    cells = sum(netlist.cells.values())
    clocks = next(clocks for limit, clocks in CLOCKS if cells < limit)
    bench.write_text(_bench(design, top["ports"], clocks), encoding="utf-8")
    run_tool("iverilog", ["-g2012", "-I", RTL, "-s", "bench", "-o", program, bench,
                          netlist.verilog, models, *design.sources], stem.with_suffix(".log"))
    output = run_tool("vvp", ["-n", program], stem.with_suffix(".log"))
    found = re.search(r"compared (\d+) wrong (\d+)", output)
    if found is None or int(found[2]):
        raise RuntimeError(f"{netlist.verilog.stem}: the netlist differs from its source: "
                           f"{found[0] if found else 'no verdict'}")
    compared = int(found[1])
    if compared < LEAST_COMPARED * clocks:
        raise RuntimeError(f"{netlist.verilog.stem}: the source gave known outputs on {compared} of "
                           f"{clocks} clocks only, too few to compare")
    return compared
