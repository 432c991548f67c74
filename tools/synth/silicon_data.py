"""The committed data: configs/silicon/LIBRARY.json, written under a temporary name and renamed."""
import json
import os

from designs import HERE
from tool_run import version


class SiliconData:
    FOLDER = HERE.parents[1] / "configs/silicon"

    def __init__(self, folder, library):
        self.path = folder / f"{library.name}.json"
        self._library = library
        self.designs = {}
        if self.path.exists():
            self.designs = json.loads(self.path.read_text(encoding="utf-8"))["designs"]

    def is_current(self, design):
        entry = self.designs.get(design.name)
        return entry is not None and entry["fingerprint"] == design.fingerprint()

    def drop_unknown(self, designs):
        self.designs = {name: entry for name, entry in self.designs.items() if name in designs}

    def put(self, design, entry):
        entry["tools"] = {"yosys": version("yosys"), "opensta": version("sta")}
        self.designs[design.name] = entry
        self.write()

    def write(self):
        header = {
            "library": self._library.name, "node_nm": self._library.node_nm,
            "supply_v": self._library.supply_v,
            "made_by": "build/bin/nibblesim characterize",
            "unit": "square micrometres of cells without wires; clocks in ns without wires"}
        lines = [f"{json.dumps(name)}: {json.dumps(entry)}"
                 for name, entry in sorted(self.designs.items())]
        text = (json.dumps(header, indent=1)[:-2] + ",\n \"designs\": {\n"
                + ",\n".join(lines) + "\n }\n}\n")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(".partial")
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, self.path)
