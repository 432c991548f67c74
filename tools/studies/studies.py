"""What each study runs: the cases by study. Why each of them: README.md of this folder."""
import re

from simulation import ROOT, Case

CNNS = ["alexnet", "vgg16", "resnet18", "resnet50", "resnet50_v1", "resnet101", "googlenet",
        "densenet121", "mobilenet_v2"]
SEQUENCES = ["vit_b16", "bert_base", "gpt2_small", "transformer_base", "lstm_ptb", "bilstm_swb300"]
NETWORKS = [*CNNS, *SEQUENCES, "resnet8_w16"]

FIG6C = ["fp8", "int4_fp16", "int4_fp8", "int4_fp4", "dw_fp8", "conv1x1_fp8", "bottom1x1_fp8"]
WITH_1X1 = ["resnet50", "resnet50_v1", "resnet101", "googlenet", "densenet121", "mobilenet_v2"]
WITH_CONV3 = ["resnet50", "resnet50_v1", "resnet101"]
# Images a step. Small, because a study is many runs; the README says what larger ones change.
BATCH = {"edge": 1, "rapid": 1, "server": 1}
FIG6C_CHIPS = ["edge", "rapid"]
PAPER_NETWORK = "resnet50_v1"
PAPER_BATCH = {"edge": 8, "rapid": 8}


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


def fig6c_on(chip, network, batch, row):
    sets = [f"chip={chip}", f"network={network}", "twin=equal_area", f"batch={batch}",
            *own_rules(network)]
    return Case(f"{chip} {network} {batch} {row}", f"fig6c_{row}", sets, row)


def fig6c():
    cases = [fig6c_on(chip, PAPER_NETWORK, batch, row) for chip, batch in PAPER_BATCH.items()
             for row in rows_of(PAPER_NETWORK)]
    # The row INT4/FP4 of other networks is what all_networks trains.
    return cases + [fig6c_on(chip, network, BATCH[chip], row) for chip in FIG6C_CHIPS
                    for network in NETWORKS for row in rows_of(network) if row != "int4_fp4"]


def all_networks():
    return [Case(f"{chip} {network} {mode} {batch}", "any_network",
                 [f"chip={chip}", f"network={network}", f"mode={mode}", f"batch={batch}"])
            for chip, batch in BATCH.items() for network in NETWORKS
            for mode in ("inference", "training")]


def int4_inference():
    return [Case(network, "calibration_int4_inference", [f"network={network}"])
            for network in (*CNNS, *SEQUENCES)]


LINK = ["chip.link.workers=4", "chip.link.gb_per_s=100", "chip.link.latency_us=2"]
HFP8_NETWORKS = ["resnet18", "resnet50", "bert_base"]
HFP8_CHANGES = [
    ("twice the DRAM (32 channels)", ["chip.dram.channels=32"]),
    ("DRAM in no time", ["chip.ideal.dram=true"]),
    ("four times the SFU lanes", ["chip.sfu.lanes=512", "chip.sfu.port_bytes_per_cycle=6144",
                                  "chip.scratchpad.bytes_per_cycle=16384"]),
    ("no link", ["chip.link.workers=1"]),
    ("32 chips", ["chip.link.workers=32"]),
    # The published arrangement is 512 images on 4 chips of 32 cores, so 4 a core.
    ("16 images a chip", ["batch=16"]),
]


HFP8_LONG = ["16 images a chip"]  # not for BERT, where that takes minutes


def hfp8_case(network, label, sets):
    return Case(f"{network} {label}".strip(), "calibration_hfp8_training",
                [f"network={network}", *LINK, *sets])


def hfp8_training():
    return [hfp8_case(network, "", []) for network in (*CNNS, *SEQUENCES)]


def hfp8_sensitivity():
    return [hfp8_case(network, label, sets) for label, sets in HFP8_CHANGES
            for network in HFP8_NETWORKS if label not in HFP8_LONG or network in CNNS]


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
