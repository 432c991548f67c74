"""The clocks of a trace's GEMM at the ports of a netlist: what nibble_tile_traffic prints."""
import subprocess
from dataclasses import dataclass

from errors import BadInput

RESET_CLOCKS = 8
TILE_INPUTS = ("b_valid_i", "b_signed_i", "b_lane_i", "b_row_i", "a_valid_i", "a_swap_i", "a_fold_i",
               "a_first_i", "a_last_i", "a_format_i", "a_acc_i", "a_row_i")
ACCUMULATION_DELAY = 5  # clocks from a row at the ports to its accumulator's
FP16_NAN = 0x7FFF
TIME_LIMIT_S = 300


@dataclass(frozen=True)
class Traffic:
    """`lines`: a list of numbers a clock. MACs: all that were issued; without padding; of the issued
    those whose streamed operand is not zero; those whose other operand is not either."""
    lines: list
    clocks: int
    issued: int
    useful: int
    streamed_nonzero: int
    nonzero: int


def _output(program, *words):
    try:
        done = subprocess.run([program, *map(str, words)], capture_output=True, text=True,
                              check=False, timeout=TIME_LIMIT_S)
    except subprocess.TimeoutExpired as fault:
        raise BadInput(f"{program} {words[0]}: took over {TIME_LIMIT_S} s") from fault
    except OSError as fault:
        raise BadInput(f"{program}: {fault.strerror}; cmake --build build makes it") from fault
    if done.returncode != 0:
        raise BadInput(done.stderr.strip() or f"{program}: exit {done.returncode}")
    return done.stdout.splitlines()


def passes(program, trace):
    """[layer, pass, precision] of all GEMMs that can be played."""
    return [line.split() for line in _output(program, "list", trace)]


def read_traffic(program, *words):
    *lines, last = _output(program, *words)
    return Traffic([[int(word, 16) for word in line.split()] for line in lines],
                   *map(int, last.split()[1:]))


def play_tile(traffic, stimulus):
    """Adds the clocks to the stimulus of an nb_tile with one row of accumulators, which stands for the
    rows of the chip's memories. Returns the clocks before the first of them."""
    for _ in range(RESET_CLOCKS):
        stimulus.add({"rst_ni": 0})
    acc_at = TILE_INPUTS.index("a_acc_i")
    for clock, line in enumerate(traffic.lines):
        valid, _, row = line[len(TILE_INPUTS):]
        outputs = {"c_valid_o": 1, "c_row_o": row} if valid else {"c_valid_o": 0}
        before = traffic.lines[clock - ACCUMULATION_DELAY] if clock >= ACCUMULATION_DELAY else None
        stimulus.add({"rst_ni": 1, **dict(zip(TILE_INPUTS, line)), "a_acc_i": 0}, outputs,
                     before[acc_at] if before else 0)
    return RESET_CLOCKS


def _streamed(code):
    """What nb_fp16_fma_pipe_row makes of a streamed code."""
    significand = 512 | code & 511
    return {"a_sign_i": code >> 15, "a_zero_i": code & FP16_NAN == 0,
            "a_nan_i": code & FP16_NAN == FP16_NAN, "a_exp_i": (code >> 9 & 63) - 17,
            "a_sig_i": significand, "a_three_n_i": ~(3 * significand)}


def play_cell(traffic, stimulus, stages, zero_gate):
    """The same of an nb_fp16_fma_pipe_cell. With `zero_gate` a streamed zero changes nothing but a_zero_i:
    the row's register of the operand stands still."""
    due = [None] * (stages - 1)
    for load, b, swap, a, c, valid, result in traffic.lines:
        due.append({"r_o": result} if valid else None)
        streamed = _streamed(a)
        if zero_gate and streamed["a_zero_i"]:
            streamed = {"a_zero_i": 1, "a_nan_i": 0}
        stimulus.add({"b_load_i": load, "b_i": b, "swap_i": swap, "c_i": c, **streamed}, due.pop(0))
    return stages
