"""Captured training steps on the chip: two steps of a ResNet, an LSTM and a Transformer are trained, the
second one is captured, and `nibblesim run` replays it on the Verilated tiles and on the model without a
mismatch. One altered bit of a result is found and named, and a trace that does not fit is one line. What was
trained then judges the test samples on the tiles, and is right as often as the trainer found it to be.

Usage: captured_steps_test.py NIBBLESIM. Exit 77 (skipped) if the trainer, which needs libtorch, was not built.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import zlib

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SHORT = 8  # characters a sequence
JUDGED = 30  # test samples
# Task, network, options of the training, options of the replay.
STEPS = [("fashion_mnist_resnet8", "resnet8_w16", [], []),
         ("bible_lstm", "text_lstm", ["--set", f"sequence_length={SHORT}"],
          ["--set", f"network.input.height={SHORT}"]),
         ("bible_transformer", "text_transformer", ["--set", f"sequence_length={SHORT}"],
          ["--set", f"network.input.height={SHORT}"])]
# The operation whose first result is altered, and how it is called.
ALTERED = {"fashion_mnist_resnet8": ("s2.conv1", "dgrad", "", "s2.conv1 dgrad"),
           "bible_lstm": ("lstm2", "forward", "hidden.5", "lstm2 forward hidden.5"),
           "bible_transformer": ("layer3.attention.scores", "wgrad", "",
                                 "layer3.attention.scores wgrad")}


class Nibblesim:
    def __init__(self, program, folder):
        self.program = program
        self.folder = pathlib.Path(folder)

    def run(self, *arguments):
        return subprocess.run([self.program, *map(str, arguments)], cwd=SOURCE, text=True,
                              capture_output=True, check=False,
                              env={**os.environ, "OMP_NUM_THREADS": "1"})

    def capture(self, task, options):
        folder = self.folder / task
        done = self.run("train", f"configs/tasks/{task}.yaml", "-o", folder, "--epochs", 1,
                        "--limit-train", 8, "--limit-test", JUDGED, "--set", "batch=4",
                        "--trace-step", "last", "--trace-batch", 2, *options)
        assert done.returncode == 0, done.stderr
        return folder / "trace.safetensors"

    def replay(self, network, trace, engine, options):
        return self.run("run", "configs/experiments/any_network.yaml", "--engine", engine, "--json",
                        "--set", f"network={network}", "--set", "batch=2", "--set", "twin=none",
                        "--set", f"trace={trace}", *options)


class Trace:
    """A safetensors file: the length of its header, the header, the data."""

    def __init__(self, path):
        text = path.read_bytes()
        length = int.from_bytes(text[:8], "little")
        self.header = json.loads(text[8:8 + length])
        self.data = bytearray(text[8 + length:])
        self.document = json.loads(self.header["__metadata__"]["nibblesim"])

    def results(self):
        """Elements of all results, two bytes each."""
        total = 0
        for operation in self.document["operations"]:
            begin, end = self.header[operation["result"]]["data_offsets"]
            total += (end - begin) // 2
        return total

    def flip_first_result(self, layer, of_pass, part):
        found = [operation for operation in self.document["operations"]
                 if (operation["layer"], operation["pass"], operation.get("part", "")) ==
                 (layer, of_pass, part)]
        assert len(found) == 1, found
        self.data[self.header[found[0]["result"]]["data_offsets"][0]] ^= 1

    def write(self, path):
        """With the right sums, so that only who computes it again finds the difference."""
        self.header["__metadata__"]["data_crc32"] = f"{zlib.crc32(self.data):08x}"
        header = json.dumps(self.header).encode()
        path.write_bytes(len(header).to_bytes(8, "little") + header + self.data)


def faults_of_step(nibblesim, task, network, training, options):
    path = nibblesim.capture(task, training)
    trace = Trace(path)
    for engine in ("rtl", "model"):
        done = nibblesim.replay(network, path, engine, options)
        if done.returncode != 0:
            yield f"{task} on {engine}: exit {done.returncode} {done.stderr}"
            continue
        rtl = json.loads(done.stdout)["rtl"]
        if rtl["mismatches"] != 0 or rtl["compared"] != trace.results():
            yield f"{task} on {engine}: {rtl}, of {trace.results()} results"
    yield from faults_of_inference(nibblesim, task, network, options)
    layer, of_pass, part, name = ALTERED[task]
    trace.flip_first_result(layer, of_pass, part)
    altered = path.with_name("altered.safetensors")
    trace.write(altered)
    done = nibblesim.replay(network, altered, "model", options)
    rtl = json.loads(done.stdout)["rtl"] if done.stdout else {}
    if (done.returncode != 1 or rtl.get("mismatches") != 1 or
            not rtl["first_mismatch"].startswith(f"{name}: element 0 [0,0,0,0], got ")):
        yield f"{task} with an altered result: exit {done.returncode}, {rtl} {done.stderr}"


def faults_of_inference(nibblesim, task, network, options):
    folder = nibblesim.folder / task
    trained = json.loads((folder / "metrics.json").read_text())["test"]["accuracy_percent"]
    weights = ["--set", f"inference.weights={folder}/weights.safetensors",
               "--set", f"inference.images={JUDGED}"]
    done = nibblesim.replay(network, folder / "trace.safetensors", "rtl", [*options, *weights])
    result = json.loads(done.stdout) if done.stdout else {"rtl": {}, "accuracy": {}}
    predictions = JUDGED * (1 if network == "resnet8_w16" else SHORT)
    if (done.returncode != 0 or result["rtl"].get("inference_mismatches") != 0 or
            result["accuracy"].get("predictions") != predictions or
            result["accuracy"]["recipe"] != "int4_fp4" or
            abs(result["accuracy"]["chip"] - trained) > 1e-9 or trained == 0):
        yield f"{task}, test samples: {result['rtl']} {result['accuracy']} {trained} {done.stderr}"


def faults_of_misfits(nibblesim):
    """The LSTM's trace of short sequences in experiments that are of something else."""
    path = nibblesim.folder / "bible_lstm/trace.safetensors"
    whole = "lstm1 forward input has another shape than the network"
    precision = "lstm1 forward input is int4_fp4 there, fp16 in the network"
    for what, network, options, says in (
            ("longer sequences", "text_lstm", [], whole),
            ("another policy", "text_lstm", ["--set", "network.precision.default=fp16", "--set",
                                             f"network.input.height={SHORT}"], precision),
            ("another network", "text_transformer", [], "is of network text_lstm")):
        output = nibblesim.folder / "refused"
        done = nibblesim.replay(network, path, "model", [*options, "-o", output])
        lines = done.stderr.splitlines()
        if (done.returncode != 2 or len(lines) != 1 or says not in lines[0] or
                not lines[0].startswith(str(path)) or done.stdout or output.exists()):
            yield f"{what}: exit {done.returncode} {done.stderr}"
    done = nibblesim.replay("text_lstm", "no/such.safetensors", "model", [])
    if done.returncode != 2 or "no/such.safetensors is no file" not in done.stderr:
        yield f"no trace: exit {done.returncode} {done.stderr}"


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    if not program.with_name("nibblesim-train").exists():
        print("this build has no trainer")
        return 77
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        nibblesim = Nibblesim(program, folder)
        for step in STEPS:
            faults += faults_of_step(nibblesim, *step)
        faults += faults_of_misfits(nibblesim)
    print("\n".join(faults) or "captured steps replay without a mismatch")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
