"""The committed data: configs/silicon/LIBRARY.json, written under a temporary name and renamed."""
import fcntl
import json
import os

from command_line import write_whole
from designs import HERE
from errors import BadInput
from tool_run import version


class SiliconData:
    FOLDER = HERE.parents[1] / "configs/silicon"

    def __init__(self, folder, library):
        self.path = folder / f"{library.name}.json"
        self._library = library
        self.designs = self._stored()

    def _stored(self):
        if not self.path.exists():
            return {}
        try:
            return dict(json.loads(self.path.read_text(encoding="utf-8"))["designs"])
        except (ValueError, KeyError, TypeError) as fault:
            raise BadInput(f"{self.path}: not data of nibblesim characterize: {fault}") from fault

    def is_current(self, design):
        entry = self.designs.get(design.name)
        return entry is not None and entry["fingerprint"] == design.fingerprint(self._library)

    def put(self, design, entry, known):
        """Adds an entry to what the file holds now, which another run may have added to; designs
        that are not `known` any more go."""
        entry["tools"] = {"yosys": version("yosys"), "opensta": version("sta")}
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            stored = {name: old for name, old in self._stored().items() if name in known}
            self.designs = {**stored, design.name: entry}
            self._write()
        finally:
            os.close(folder)

    def _write(self):
        header = {
            "library": self._library.name, "node_nm": self._library.node_nm,
            "supply_v": self._library.supply_v,
            "made_by": "build/bin/nibblesim characterize",
            "unit": "square micrometres of cells without wires; clocks in ns without wires"}
        lines = [f"{json.dumps(name)}: {json.dumps(entry)}"
                 for name, entry in sorted(self.designs.items())]
        text = (json.dumps(header, indent=1)[:-2] + ",\n \"designs\": {\n"
                + ",\n".join(lines) + "\n }\n}\n")
        write_whole(self.path, text)
