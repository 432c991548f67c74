"""The table of keys in sim/DESIGN.md section 6 lists exactly what result.json holds: of a run with
values and of one that searches mappings, which have keys that the other has not.

Usage: result_keys_test.py NIBBLESIM. An entry `a.{b,c}` stands for a.b and a.c, `a[].b` for key b of
the items of a list, and a name in capitals for any key.
"""
import json
import pathlib
import re
import subprocess
import sys

LISTS_OF_ENTRIES = {"mapping.changed", "mapping.pins"}
SOURCE = pathlib.Path(__file__).resolve().parents[2]


def expand(entry):
    """a.{b,c} -> a.b, a.c"""
    before, brace, rest = entry.partition("{")
    if not brace:
        return [entry]
    inside, _, after = rest.partition("}")
    return [before + word + after for word in inside.split(",")]


def listed_keys():
    section = (SOURCE / "sim/DESIGN.md").read_text().split("\n## 6. ")[1].split("\n## ")[0]
    rows = [row.split("|")[1] for row in section.splitlines() if row.startswith("| `")]
    entries = [entry for row in rows for entry in re.findall(r"`([^` ]+)`", row)]
    return {key for entry in entries for key in expand(entry)}


def result_keys(node, prefix=""):
    for key, value in node.items():
        if isinstance(value, dict):
            yield from result_keys(value, f"{prefix}{key}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield from result_keys(value[0], f"{prefix}{key}[].")
        elif prefix + key in LISTS_OF_ENTRIES:
            continue  # empty here, and no key of its own
        else:
            yield prefix + key


def matches(listed, key):
    """Whether a listed entry covers a key: itself, all below it, or any name for capitals."""
    parts, wanted = key.split("."), listed.split(".")
    return len(wanted) <= len(parts) and all(
        word.isupper() or word == part for word, part in zip(wanted, parts))


def run(*options):
    done = subprocess.run(
        [sys.argv[1], "run", "configs/experiments/quickstart.yaml", "--json", *options],
        cwd=SOURCE, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main():
    keys = {key for result in (run("--engine", "model", "--set", "inference.images=32"),
                               run("--engine", "timing", "--set", "mapping.search=3",
                                   "--set", "mapping.pin.fc forward.hold=streamed"))
            for key in result_keys(result)}
    listed = listed_keys()
    faults = [f"result.json holds {key}, which sim/DESIGN.md section 6 does not list"
              for key in sorted(keys) if not any(matches(entry, key) for entry in listed)]
    faults += [f"sim/DESIGN.md section 6 lists {entry}, which result.json does not hold"
               for entry in sorted(listed) if not any(matches(entry, key) for key in keys)]
    print("\n".join(faults) or f"{len(keys)} keys, all listed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
