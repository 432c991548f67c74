"""A design as a netlist whose energy can be measured on any stimulus."""
import liberty
from activity import ActivityBench, Stimulus
from mapped_netlist import MappedNetlist
from power import PowerModel
from slews import find_slews
from synthesis import Synthesis
from timed_activity import TimedActivity

MEMORIES = ("acc_q", "bank_q")  # of nb_tile: on a chip these are memories, not flip-flops
IDLE_CLOCKS, IDLE_WARMUP = 200, 100


class MeasuredNetlist:
    def __init__(self, design, recipe, library, folder):
        synthesis = Synthesis(design, library, folder)
        synthesis.elaborate()
        netlist = MappedNetlist(synthesis.run(recipe).verilog, design.name, library, folder, MEMORIES)
        cells = liberty.read_cells(library)
        self.design = design
        self._netlist = netlist
        self._power = PowerModel(netlist, cells, find_slews(netlist, cells, library, folder),
                                 library.supply_v)
        self._settled = ActivityBench(netlist, library, folder)
        self._timed = TimedActivity(netlist, library, folder, self._power, cells)

    def energy(self, play, clock_ns, name, timed=False):
        """pJ a clock (power.Energy) while `play(stimulus)` stands at the ports, but for as many clocks at
        the start as it returns. `timed`: with glitches. Raises RuntimeError if an output is not what the
        stimulus says."""
        stimulus = Stimulus(self._netlist)
        warmup = play(stimulus)
        activity = (self._timed.run(stimulus, warmup, name, clock_ns) if timed else
                    self._settled.run(stimulus, warmup, name))
        return self._power.energy(activity, clock_ns)

    def idle_energy(self, clock_ns):
        """The same while nothing happens at the ports, after a reset."""
        def play(stimulus):
            for clock in range(IDLE_CLOCKS):
                stimulus.add({"rst_ni": clock >= IDLE_WARMUP} if self._has_reset() else {})
            return IDLE_WARMUP

        return self.energy(play, clock_ns, "idle")

    def _has_reset(self):
        return "rst_ni" in self._netlist.inputs
