"""What is kept of a pass: an issued MAC's energy, from the energies of its netlists."""
from power import PARTS


def part_of(case, energies, part):
    """pJ a clock of the unit's part, from the energies of its netlists."""
    return case.of_unit([energy.part(part) for energy in energies])


def glitch_ratios(case, timed, settled):
    """{part: how many times what it takes settled it takes with delays}, over the same clocks. Each has
    its own: clock pins and ports have no glitches, logic has most."""
    return {part: part_of(case, timed, part) / part_of(case, settled, part) for part in PARTS}


def entry_of(case, where, played, settled, idle, glitches):
    """Clocks that issue nothing cost what an idle clock does; the rest is the MACs'. `settled` and `idle`:
    Energy of each netlist; `glitches`: {part: ratio}."""
    busy = played.issued / case.macs / played.clocks  # share of the clocks
    quiet = {part: (part_of(case, settled, part) - (1 - busy) * part_of(case, idle, part)) / busy / case.macs
             for part in PARTS}
    parts = {part: glitches[part] * pj for part, pj in quiet.items()}
    return {"case": case.name, "layer": where[0], "pass": where[1], "busy": round(busy, 3),
            "useful": round(played.useful / played.issued, 4),
            "streamed_nonzero": round(played.streamed_nonzero / played.issued, 4),
            "nonzero": round(played.nonzero / played.issued, 4),
            "pj": round(sum(parts.values()), 4),
            "glitches": round(sum(parts.values()) / sum(quiet.values()), 3),
            "parts_pj": {part: round(pj, 4) for part, pj in parts.items()},
            "idle_pj": round(sum(part_of(case, idle, part) for part in PARTS) / case.macs, 4)}
