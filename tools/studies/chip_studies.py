"""What each study of chips simulates: the cases by study. Why each of them: README.md of this folder."""
import re

from runner import ROOT
from simulation import Case

CNNS = ["alexnet", "vgg16", "resnet18", "resnet50", "resnet50_v1", "resnet101", "googlenet",
        "densenet121", "mobilenet_v2"]
SEQUENCES = ["vit_b16", "bert_base", "gpt2_small", "transformer_base", "lstm_ptb", "bilstm_swb300"]
NETWORKS = [*CNNS, *SEQUENCES, "resnet8_w16"]

FIG6C = ["fp8", "int4_fp16", "int4_fp8", "int4_fp4", "dw_fp8", "conv1x1_fp8", "bottom1x1_fp8"]
WITH_1X1 = ["resnet50", "resnet50_v1", "resnet101", "googlenet", "densenet121", "mobilenet_v2"]
WITH_CONV3 = ["resnet50", "resnet50_v1", "resnet101"]
TRAINED, INFERRED = "training", "inference"
# Images or sequences a step: one a core in training, but one at a time where somebody waits for it.
BATCH = {("edge", TRAINED): 1, ("rapid", TRAINED): 4, ("server", TRAINED): 32,
         ("edge", INFERRED): 1, ("rapid", INFERRED): 1, ("server", INFERRED): 1}
CHIPS = ["edge", "rapid", "server"]
PAPER_NETWORK = "resnet50_v1"
PAPER_EXTRA = {"edge": 8}  # a further batch of the paper's network: one image is hard on training
# For runs whose waterfall no table shows; calibration_*.yaml do without a twin altogether.
NO_WATERFALL = ["waterfall=false"]


def own_rules(network):
    """The rules of the network's file that keep layers in high precision, for use beside another
    default: first, last, shortcut, depthwise."""
    text = (ROOT / f"configs/networks/{network}.yaml").read_text()
    rules = re.search(r"^precision: \{(.*?)\}", text, re.MULTILINE)[1]
    pairs = [rule.split(":") for rule in rules.split(",")]
    return [f"precision.{key.strip()}={value.strip()}" for key, value in pairs
            if key.strip() in ("first", "last", "shortcut", "depthwise")]


def rows_of(network):
    """The rows of Fig. 6c that name a layer of this network."""
    return [row for row in FIG6C if (row != "conv1x1_fp8" or network in WITH_1X1)
            and (row != "bottom1x1_fp8" or network in WITH_CONV3)]


def density():
    return [Case(row, f"fig6c_{row}", [], row) for row in FIG6C]


def paper_batch(chip):
    """The batch whose waterfalls of all policies are shown."""
    return PAPER_EXTRA.get(chip, BATCH[chip, TRAINED])


def fig6c_on(chip, network, batch, row):
    # The FP16 twin has no policy, so it takes what it takes beside all_networks' run (tables.py).
    shown = network == PAPER_NETWORK and batch == paper_batch(chip)
    sets = [f"chip={chip}", f"network={network}", f"twin={'equal_area' if shown else 'none'}",
            f"batch={batch}", *own_rules(network)]
    return Case(f"{chip} {network} {batch} {row}", f"fig6c_{row}", sets, row)


def fig6c():
    cases = [fig6c_on(chip, PAPER_NETWORK, batch, row) for chip, batch in PAPER_EXTRA.items()
             for row in rows_of(PAPER_NETWORK)]
    # The row INT4/FP4 at the usual batch is what all_networks trains.
    return cases + [fig6c_on(chip, network, BATCH[chip, TRAINED], row) for chip in CHIPS
                    for network in NETWORKS for row in rows_of(network) if row != "int4_fp4"]


def all_networks():
    return [Case(f"{chip} {network} {mode} {batch}", "any_network",
                 [f"chip={chip}", f"network={network}", f"mode={mode}", f"batch={batch}",
                  *([] if mode == TRAINED else NO_WATERFALL)])
            for (chip, mode), batch in BATCH.items() for network in NETWORKS]


def int4_inference():
    return [Case(network, "calibration_int4_inference", [f"network={network}"])
            for network in (*CNNS, *SEQUENCES)]


def link(chips):
    return [f"chip.link.workers={chips}", "chip.link.gb_per_s=100", "chip.link.latency_us=2"]


# Published: minibatch 512 on 4 chips of 32 cores, 128 cores of 4 images each. The chip `rapid` has 4
# cores, so 32 of them are as many cores with as many images each.
AS_PUBLISHED = [*link(32), "batch=16"]
HFP8_NETWORKS = ["resnet18", "resnet50", "bert_base"]
HFP8_CHANGES = [
    ("twice the DRAM (32 channels)", ["chip.dram.channels=32"]),
    ("DRAM in no time", ["chip.ideal.dram=true"]),
    ("four times the SFU lanes", ["chip.sfu.lanes=512", "chip.sfu.port_bytes_per_cycle=6144",
                                  "chip.scratchpad.bytes_per_cycle=16384"]),
    ("no link", ["chip.link.workers=1"]),
    ("4 chips x 4 images", ["chip.link.workers=4", "batch=4"]),
]
# The other chip of 32 cores; its DRAM and clock are not RaPiD's.
HFP8_SERVER = ("server: 4 chips of 32 cores", ["chip=server", *link(4), "batch=128"])
HFP8_SERVER_NETWORK = "resnet50"


def hfp8_case(network, label, sets):
    return Case(f"{network} {label}".strip(), "calibration_hfp8_training",
                [f"network={network}", *sets])


def hfp8_training():
    return [hfp8_case(network, "", AS_PUBLISHED) for network in (*CNNS, *SEQUENCES)]


def hfp8_sensitivity():
    return [*(hfp8_case(network, label, [*AS_PUBLISHED, *sets]) for label, sets in HFP8_CHANGES
              for network in HFP8_NETWORKS), hfp8_case(HFP8_SERVER_NETWORK, *HFP8_SERVER)]


# What the calibration might hang on: utilization and TOPS/W of the RaPiD-like chip with one thing else.
SENSITIVITY_NETWORKS = ["resnet50", "mobilenet_v2", "bert_base"]
SENSITIVITIES = [
    ("as it is", []),
    ("half the DRAM (8 channels)", ["chip.dram.channels=8"]),
    ("twice the DRAM (32 channels)", ["chip.dram.channels=32"]),
    ("DRAM in no time", ["chip.ideal.dram=true"]),
    ("half the SFU lanes", ["chip.sfu.lanes=64", "chip.sfu.port_bytes_per_cycle=768"]),
    ("four times the SFU lanes", ["chip.sfu.lanes=512", "chip.sfu.port_bytes_per_cycle=6144",
                                  "chip.scratchpad.bytes_per_cycle=16384"]),
    ("SFU in no time", ["chip.ideal.sfu=true"]),
    ("DRAM, SFU and ring in no time", ["chip.ideal.dram=true", "chip.ideal.sfu=true",
                                       "chip.ideal.ring=true"]),
    ("FP16 tile twice as wide", ["chip.fp16_tile.columns=32"]),
    ("FP16 tile of 16 lanes x 64", ["chip.fp16_tile.lanes=16", "chip.fp16_tile.columns=64"]),
    ("mappings by rule, no search", ["mapping.search=0"]),
    ("every layer in INT4", ["precision.default=int4_fp4"]),
    ("batch 4", ["batch=4"]),
]


def sensitivity():
    return [Case(f"{network} {label}", "calibration_int4_inference", [f"network={network}", *sets])
            for network in SENSITIVITY_NETWORKS for label, sets in SENSITIVITIES]


STUDIES = {"density": density, "int4_inference": int4_inference,
           "sensitivity": sensitivity, "fig6c": fig6c, "all_networks": all_networks,
           "hfp8_training": hfp8_training, "hfp8_sensitivity": hfp8_sensitivity}
