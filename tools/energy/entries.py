"""What is kept of a pass: an issued MAC's energy, from the energies of its netlists."""
from power import PARTS


def total(case, energies):
    return case.of_unit([energy.total for energy in energies])


def entry_of(case, where, played, energies, idle, glitches):
    """Clocks that issue nothing cost what an idle clock does; the rest is the MACs'."""
    lanes = case.lanes if len(case.designs) == 2 else 1
    busy = played.issued / lanes / played.clocks  # share of the clocks

    def of_a_mac(value):
        """pJ from pJ a clock of each netlist."""
        clocks = case.of_unit([value(energy) for energy in energies])
        still = case.of_unit([value(energy) for energy in idle])
        return glitches * (clocks - (1 - busy) * still) / busy / lanes

    return {"case": case.name, "layer": where[0], "pass": where[1], "busy": round(busy, 3),
            "useful": round(played.useful / played.issued, 4),
            "streamed_nonzero": round(played.streamed_nonzero / played.issued, 4),
            "nonzero": round(played.nonzero / played.issued, 4),
            "pj": round(of_a_mac(lambda energy: energy.total), 4), "glitches": round(glitches, 3),
            "parts_pj": {part: round(of_a_mac(lambda energy, part=part: energy.part(part)), 4)
                         for part in PARTS},
            "idle_pj": round(total(case, idle) / lanes, 4)}
