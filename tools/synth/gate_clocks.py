"""Clock gating: flip-flops that share an enable share a gated clock in place of a multiplexer each.

A gate is a flip-flop on the falling edge, which holds the enable while the clock is high, and an AND
with the clock (neither library has a latch with an area). The enable has to be there half a clock
early; static timing sees that, because it is an edge of the same clock.
"""
SMALLEST_GROUP = 3  # a gate costs 128 square micrometres in osu018, a multiplexer 48; so in osu035


def gate_clocks(editor):
    groups = {}
    for name, cell in editor.cells.items():
        if cell["type"] == "$_DFFE_PP_":
            pins = cell["connections"]
            groups.setdefault((pins["C"][0], pins["E"][0]), []).append(name)
    for (clock, enable), names in groups.items():
        if len(names) < SMALLEST_GROUP:
            continue
        held, gated = editor.new_bit(), editor.new_bit()
        editor.add_cell("DFFNEGX1", {"CLK": clock, "D": enable}, {"Q": held})
        editor.add_cell("AND2X2", {"A": clock, "B": held}, {"Y": gated})
        for name in names:
            pins = editor.cells[name]["connections"]
            editor.remove_cell(name)
            editor.add_cell("$_DFF_P_", {"C": gated, "D": pins["D"][0]}, {"Q": pins["Q"][0]})
