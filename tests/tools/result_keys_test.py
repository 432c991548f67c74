"""The tables of keys in sim/DESIGN.md section 6 list exactly what is printed. result.json: of a run with
values and of one that searches mappings, which have keys that the other has not. `describe --json` and
`compare --json`: of the chips, and of two runs; the tables of these list what is theirs alone.

Usage: result_keys_test.py NIBBLESIM. An entry `a.{b,c}` stands for a.b and a.c, `a[].b` for key b of
the items of a list, and a name in capitals for any key.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

LISTS_OF_ENTRIES = {"mapping.changed", "mapping.pins"}
SOURCE = pathlib.Path(__file__).resolve().parents[2]


def expand(entry):
    """a.{b,c} -> a.b, a.c"""
    before, brace, rest = entry.partition("{")
    if not brace:
        return [entry]
    inside, _, after = rest.partition("}")
    return [key for word in inside.split(",") for key in expand(before + word + after)]


def listed_keys(heading=None):
    """Of the table under a heading of section 6; without one, of the section's first."""
    section = (SOURCE / "sim/DESIGN.md").read_text().split("\n## 6. ")[1].split("\n## ")[0]
    section = section.split(f"\n### {heading}\n")[1] if heading else section
    section = section.split("\n### ")[0]
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


def printed(*arguments):
    done = subprocess.run([sys.argv[1], *arguments, "--json"], cwd=SOURCE, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def run(*options):
    return printed("run", "configs/experiments/quickstart.yaml", *options)


def faults_of(what, listed, outputs, known=()):
    """What is printed and not listed, and the other way round; `known` is listed elsewhere."""
    keys = {key for output in outputs for key in result_keys(output)}
    faults = [f"{what} holds {key}, which sim/DESIGN.md section 6 does not list"
              for key in sorted(keys) if not any(matches(entry, key) for entry in [*listed, *known])]
    faults += [f"sim/DESIGN.md section 6 lists {entry}, which {what} does not hold"
               for entry in sorted(listed) if not any(matches(entry, key) for key in keys)]
    print(f"{what}: {len(keys)} keys")
    return faults


def main():
    results = (run("--engine", "model", "--set", "inference.images=32"),
               run("--engine", "timing", "--set", "mapping.search=3",
                   "--set", "mapping.pin.fc forward.hold=streamed", "--set", "batch=4",
                   "--set", "epoch.samples=100", "--set", "epoch.battery_wh=15"))
    of_results = listed_keys()
    faults = faults_of("result.json", of_results, results)
    chips = [printed("describe", chip) for chip in ("edge", "rapid", "server", "density")]
    faults += faults_of("describe --json", listed_keys("nibblesim describe --json"), chips, of_results)
    with tempfile.TemporaryDirectory() as folder:
        files = [pathlib.Path(folder) / f"{i}.json" for i in range(2)]
        for file, result in zip(files, results):
            # A stage of either that the other has not.
            result["layers"].append({**result["layers"][0], "name": file.stem})
            file.write_text(json.dumps(result))
        compared = [printed("compare", *files)]
    faults += faults_of("compare --json", listed_keys("nibblesim compare --json"), compared)
    print("\n".join(faults) or "all listed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
