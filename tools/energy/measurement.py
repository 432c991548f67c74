"""Runs the netlists of a case on the passes of the trace."""
import energy_data
import traffic
from cases import CLOCKS
from density import COMMON_CLOCK_NS
from entries import entry_of, glitch_ratios
from errors import BadInput
from measured_netlist import MeasuredNetlist


class Measurement:
    """Each design is compiled once for all its cases. `program`: nibble_tile_traffic; netlists and logs go
    to `folder`."""

    def __init__(self, program, library, folder):
        self._program = program
        self._library = library
        self._folder = folder
        self._clock_ns = COMMON_CLOCK_NS[library.name]
        self._netlists = {}
        self._trace_passes = traffic.passes(program, energy_data.TRACE)
        if not self._trace_passes:
            raise BadInput(f"{program}: lists no pass of the trace; allowed is nibble_tile_traffic")

    def _netlist(self, design, recipe):
        if design.name not in self._netlists:
            self._netlists[design.name] = MeasuredNetlist(design, recipe, self._library, self._folder)
        return self._netlists[design.name]

    def passes(self, case):
        """An entry for each pass of the case's precision."""
        recipe = case.recipe(self._library)
        netlists = [self._netlist(design, recipe) for design in case.designs]
        idle = [netlist.idle_energy(self._clock_ns) for netlist in netlists]
        for *where, precision in self._trace_passes:
            if precision == case.precision:
                played, settled = self._play(case, where, netlists, CLOCKS)
                _, timed = self._play(case, where, netlists, case.timed_clocks, timed=True)
                _, shortly = self._play(case, where, netlists, case.timed_clocks)
                yield entry_of(case, where, played, settled, idle, glitch_ratios(case, timed, shortly))

    def _play(self, case, where, netlists, clocks, timed=False):
        """The traffic of the first netlist, and the energies of all."""
        played = [case.traffic(self._program, energy_data.TRACE, where, netlist.design, clocks)
                  for netlist in netlists]
        return played[0], [netlist.energy(case.player(traffic), self._clock_ns, "-".join(where), timed)
                           for netlist, traffic in zip(netlists, played)]
