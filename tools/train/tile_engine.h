// `--engine rtl`: the Verilated tiles that multiply in a training's steps, and whether they know
// the numbers its recipe multiplies.
#pragma once

#include <memory>

#include "models/layers/network.h"
#include "models/training/training_task.h"
#include "sim/tile/tile_gemm.h"

namespace nibble {

/// Arrays whose lanes are the task's chunk lengths. Throws BadInput that names the option, the
/// first layer in the way and a way out.
[[nodiscard]] std::unique_ptr<TileGemm> make_training_tiles(const Network& network,
                                                            const TrainingTask& task);

}  // namespace nibble
