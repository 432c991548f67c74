"""Netlists as yosys writes them (write_json): cells are added and taken away here between two passes."""
import json


class ModuleEditor:
    """One module of a netlist. A bit is a number, or "0", "1", "x". `tag` goes into new names: two
    passes over one netlist need two."""

    def __init__(self, module, tag):
        self.module = module
        self._tag = tag
        used = [bit for net in module["netnames"].values() for bit in net["bits"]]
        self._next_bit = 1 + max((bit for bit in used if isinstance(bit, int)), default=1)
        self._cells_added = 0

    @property
    def cells(self):
        return self.module["cells"]

    def new_bit(self):
        bit = self._next_bit
        self._next_bit += 1
        # read_json names bits without a net itself, the same in every pass.
        self.module["netnames"][f"${self._tag}${bit}"] = {
            "hide_name": 1, "bits": [bit], "attributes": {}}
        return bit

    def add_cell(self, kind, inputs, outputs):
        """A cell with pins of one bit: {pin: bit} in, {pin: bit} out."""
        self._cells_added += 1
        pins = {**inputs, **outputs}
        self.cells[f"${self._tag}${kind}${self._cells_added}"] = {
            "hide_name": 1,
            "type": kind,
            "parameters": {},
            "attributes": {},
            "port_directions": {pin: "input" if pin in inputs else "output" for pin in pins},
            "connections": {pin: [bit] for pin, bit in pins.items()},
        }

    def remove_cell(self, name):
        del self.cells[name]

    def replace_bits(self, final):
        """Every bit becomes final(bit), in cells, nets and ports."""
        for cell in self.cells.values():
            for pin, bits in cell["connections"].items():
                cell["connections"][pin] = [final(bit) for bit in bits]
        for net in list(self.module["netnames"].values()) + list(self.module["ports"].values()):
            net["bits"] = [final(bit) for bit in net["bits"]]


def edit(path, change):
    """Calls change(ModuleEditor) for every module of the netlist in `path` and writes it back."""
    design = json.loads(path.read_text(encoding="utf-8"))
    for module in design["modules"].values():
        change(ModuleEditor(module, change.__name__))
    path.write_text(json.dumps(design), encoding="utf-8")
