"""The seven experiments configs/experiments/fig6c_*.yaml give SUN's Fig. 6c at the arrays' density.

Usage: fig6c_test.py NIBBLESIM. Each speed-up must lie within 5 % of the published figure (FACTS section
6) and, far closer, at the harmonic mean over the MACs that the figure can be explained by: forward, dx
and dW a third each, 4 bits at 7.3 times FP16, FP8 at twice, and the shares of 1x1 layers counted here
from the network file itself.
"""
import json
import pathlib
import re
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
NIBBLE, FP8, FP16 = 7.3, 2.0, 1.0
OF_PUBLISHED = 0.05
OF_MEAN = 0.011  # whole lanes and columns, one image's fences, commands of whole cycles


def mean_rate(forward, dx, dw):
    """Of three equal parts at these rates."""
    return 3 / (1 / forward + 1 / dx + 1 / dw)


def mixed(share, first, second):
    """A share of the MACs at rate `first`, the others at `second`."""
    return 1 / (share / first + (1 - share) / second)


def resnet50_shares():
    """Shares of the forward MACs: all 1x1 convolutions, those named conv3. Stride in the first 1x1
    layer of a block, as first published, 224x224 images."""
    all_macs, ones, bottom = 7 * 7 * 3 * 64 * 112 * 112 + 2048 * 1000, 0, 0
    inputs = 64
    for blocks, width, pixels in ((3, 64, 56), (4, 128, 28), (6, 256, 14), (3, 512, 7)):
        for block in range(blocks):
            area = pixels * pixels
            expand = area * width * 4 * width
            shortcut = area * inputs * 4 * width if block == 0 else 0
            ones += area * inputs * width + expand + shortcut
            bottom += expand
            all_macs += area * inputs * width + area * 9 * width * width + expand + shortcut
            inputs = 4 * width
    return ones / all_macs, bottom / all_macs


def rows():
    """Experiment, published speed-up, mean by the MACs."""
    ones, bottom = (mixed(share, FP8, NIBBLE) for share in resnet50_shares())
    return [("fp8", 2.0, FP8),
            ("int4_fp16", 1.4, mean_rate(NIBBLE, FP16, FP16)),
            ("int4_fp8", 2.7, mean_rate(NIBBLE, FP8, FP8)),
            ("int4_fp4", 7.3, NIBBLE),
            ("dw_fp8", 3.9, mean_rate(NIBBLE, NIBBLE, FP8)),
            ("conv1x1_fp8", 4.0, mean_rate(NIBBLE, ones, ones)),
            ("bottom1x1_fp8", 5.2, mean_rate(NIBBLE, bottom, bottom))]


def simulated(program, name):
    done = subprocess.run([program, "run", f"configs/experiments/fig6c_{name}.yaml", "--json"],
                          cwd=SOURCE, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=True)
    return json.loads(done.stdout)


def stated(name):
    """The figure that the experiment's first line gives as published."""
    line = (SOURCE / f"configs/experiments/fig6c_{name}.yaml").read_text().splitlines()[0]
    return float(re.search(r": ([0-9.]+) times FP16\.$", line)[1])


def main():
    failed = 0
    for name, published, mean in rows():
        result = simulated(sys.argv[1], name)
        speedup = result["speedup_vs_fp16"]
        good = (abs(speedup / published - 1) <= OF_PUBLISHED
                and abs(speedup / mean - 1) <= OF_MEAN and stated(name) == published
                and result["baseline_fp16"]["kind"] == "equal_density")
        failed += not good
        print(f"{name:14} {speedup:6.3f}  published {published:3.1f} "
              f"({100 * (speedup / published - 1):+.1f} %)  by MACs {mean:6.3f} "
              f"({100 * (speedup / mean - 1):+.1f} %)  {'good' if good else 'FAILED'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
