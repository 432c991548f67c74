"""The figures in configs/traces/README.md are those of the two metrics files beside it.

Usage: trace_readme_test.py
"""
import json
import pathlib
import re
import sys

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "configs/traces"


def expected_rows(metrics):
    """Rows of the README's table of results, in the order FP32, 4-bit."""
    head = metrics[0]
    yield [f"seed {head['seed']}, {head['settings']['epochs']} epochs, "
           f"{head['train_samples']:,} training images", "FP32", "4-bit"]
    yield [f"accuracy on the {head['test_samples']:,} test images",
           *(f"{run['test']['accuracy_percent']:.2f} %" for run in metrics)]
    yield ["mean training loss of the last epoch",
           *(f"{run['epochs'][-1]['train_loss']:.3f}" for run in metrics)]


def sentences(metrics):
    """What the README says in words about the 4-bit run."""
    trace = metrics[1]["trace"]
    yield (f"step {trace['step']} (the last of {metrics[1]['steps']}) on {trace['batch']} images: "
           f"{trace['operations']} operations with operand codes and "
           f"{trace['results_replayed']:,} fp16 results")
    yield f"training: {trace['mismatches']} mismatches"


def main():
    text = (FOLDER / "README.md").read_text()
    metrics = [json.loads((FOLDER / f"resnet8_w16_{name}_metrics.json").read_text())
               for name in ("fp32", "nibble4")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")]
            for line in text.splitlines() if line.startswith("|")]
    faults = [f"no row | {' | '.join(row)} |" for row in expected_rows(metrics) if row not in rows]
    words = re.sub(r"\s+", " ", text)
    faults += [f"no words '{words_of}'" for words_of in sentences(metrics) if words_of not in words]
    print("\n".join(f"configs/traces/README.md: {fault}" for fault in faults)
          or "all figures are those of the metrics")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
