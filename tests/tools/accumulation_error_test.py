"""nibble_accumulation_error on the committed trace: binary32's errors are small, so the sums they are taken from
are right; the accumulators stand in their order; what it cannot read is refused. The figures of the study
`accumulation` say what models/training/STUDIES.md concludes from them.

Usage: accumulation_error_test.py PROGRAM.
"""
import json
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(SOURCE / "tools/studies"))

import accumulation  # noqa: E402

TRACE = SOURCE / "configs/traces/resnet8_w16_step.safetensors"
CHUNKS = accumulation.CHUNKS
CHUNK_ROUNDING = 2.0 ** -10  # half a unit of fp16, of the chunks; of a sum in which they hardly cancel, too
CHUNKS_OF_ONE_LEVEL = 64  # up to here fp16x2 is fp16


def run(program, *arguments):
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


def committed_trace(program):
    for layer in ("s1.conv1", "s2.conv2", "s3.conv2"):
        result = run(program, TRACE, layer)
        if result.returncode != 0:
            yield f"{layer}: exit {result.returncode}: {result.stderr.strip()}"
            continue
        errors = json.loads(result.stdout)
        for chunk in CHUNKS:
            one, two, plain = (errors[f"{chunk} {name}"] for name in ("fp16", "fp16x2", "fp32"))
            # Every chunk result is rounded to fp16, however it is added.
            if not 0 < plain < CHUNK_ROUNDING:
                yield f"{layer}, {chunk}: fp32 is off by {plain}"
            if not plain < two < 0.02:
                yield f"{layer}, {chunk}: fp16x2 is off by {two}, fp32 by {plain}"
            if (one == two) != (errors["products"] <= CHUNKS_OF_ONE_LEVEL * chunk):
                yield f"{layer}, {chunk}: fp16 is off by {one}, fp16x2 by {two}"
        if errors["16 fp16"] <= errors["256 fp16"]:
            yield f"{layer}: chunks of 16 are as good as of 256"


def bad_input(program):
    for arguments, says in (((), "TRACE LAYER"), ((TRACE, "fc"), "in one group, allowed are s3.conv2, s3.conv1"),
                            (("nowhere", "fc"), "nowhere")):
        result = run(program, *arguments)
        if result.returncode != 2 or says not in result.stderr or result.stdout:
            yield f"{arguments}: exit {result.returncode}: {result.stderr.strip()}"


def conclusions():
    """Of the longest sums: one level of fp16 fails in short chunks, two levels in none."""
    rows = accumulation.rows_by_length()
    if len(rows) != len(accumulation.IMAGES):
        yield f"{len(rows)} of {len(accumulation.IMAGES)} lengths have figures"
        return
    longest = {key: float(rows[-1][key]) for key in accumulation.ERRORS}
    if longest["16 fp16"] < 0.2 or longest["64 fp16"] < 4 * longest["64 fp16x2"]:
        yield f"one level of fp16 holds: {longest}"
    if longest["64 fp16x2"] > 0.02 or longest["256 fp16x2"] < 0.5 * longest["64 fp16x2"]:
        yield f"the default is not the choice that the page makes of it: {longest}"


def main():
    program = sys.argv[1]
    faults = [*committed_trace(program), *bad_input(program), *conclusions()]
    print("\n".join(faults) if faults else "accumulation error: good")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
