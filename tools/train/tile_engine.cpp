#include "tools/train/tile_engine.h"

#include <string>

#include "models/layers/layer_names.h"
#include "models/training/network_in_training.h"
#include "sim/base/bad_input.h"

namespace nibble {
namespace {

BadInput refused(const std::string& fault, const std::string& allowed) {
  return {{"--engine rtl", 0, 0}, "", fault, allowed + ", or --engine model"};
}

bool on_tiles(const GradientCopy& copy) {
  return copy.grid == GradientGrid::radix4_even || copy.grid == GradientGrid::radix4_odd;
}

/// What the tiles do not multiply in a layer of this recipe, "" if they can.
std::string fault_of(LayerPrecision precision, const TrainingRecipe& recipe) {
  if (precision == LayerPrecision::fp16) return "";
  if (precision != LayerPrecision::int4_fp4 && precision != LayerPrecision::int4_fp16) {
    return "is " + std::string(layer_precision_name(precision));
  }
  if (recipe.blocks) return "multiplies " + std::string(recipe.blocks->name);
  if (precision == LayerPrecision::int4_fp16) return "";
  for (const GradientCopy& copy : {recipe.dgrad, recipe.wgrad}) {
    if (!on_tiles(copy)) {
      return "has gradients in " + std::string(gradient_levels(copy.grid).name);
    }
  }
  return "";
}

void check_formats(const Network& network, const TrainingRecipe& recipe) {
  if (recipe.arithmetic == TrainingArithmetic::fp32) {
    throw refused("recipe " + recipe.name + " is plain libtorch", "allowed is a 4-bit recipe");
  }
  for (const Layer& layer : network.layers) {
    if (!multiplies(layer)) continue;
    const std::string fault = fault_of(layer.precision, recipe);
    if (fault.empty()) continue;
    throw refused("by recipe " + recipe.name + " layer " + layer.name + " " + fault,
                  "allowed are INT4, radix-4 FP4 and fp16, which the tiles multiply");
  }
}

TileGeometry tile_of(TilePrecision precision, const char* key, int lanes) {
  if (const std::optional<TileGeometry> tile = widest_built_tile(precision, lanes)) return *tile;
  throw refused(
      std::string(key) + " is " + std::to_string(lanes) + ", no Verilated tile has so many lanes",
      "allowed is the length of one that is built");
}

}  // namespace

std::unique_ptr<TileGemm> make_training_tiles(const Network& network, const TrainingTask& task) {
  check_formats(network, task.recipe);
  if (task.finish) check_formats(task.finish->network, task.finish->recipe);
  if (task.accumulator == AccumulatorType::fp32) {
    throw refused("accumulator is fp32", "allowed are fp16x2 and fp16, as the tiles have them");
  }
  const TileGeometry tile = tile_of(TilePrecision::nibble4, "chunk_len", task.chunk_len);
  return std::make_unique<TileGemm>(
      Engine::rtl, tile, tile_of(TilePrecision::fp16, "fp16_chunk_len", task.fp16_chunk_len));
}

}  // namespace nibble
