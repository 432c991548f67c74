#include "models/training/batch.h"

#include <algorithm>
#include <stdexcept>

namespace nibble {

void check_fits(const Network& network, const Batch& batch) {
  const std::size_t given = reads_tokens(network) ? batch.tokens.size() : batch.images.size();
  if (static_cast<std::int64_t>(given) != batch.samples * network.input.elements()) {
    throw std::invalid_argument("a batch of another shape than network " + network.name + " reads");
  }
  const std::int64_t answers = batch.samples * network.layers.back().output_shape.elements();
  if (static_cast<std::int64_t>(batch.labels.size()) * network.classes != answers) {
    throw std::invalid_argument("a batch of other labels than network " + network.name +
                                " answers");
  }
  const bool known = std::all_of(batch.labels.begin(), batch.labels.end(), [&](std::int32_t label) {
    return label >= 0 && label < network.classes;
  });
  if (!known) {
    throw std::invalid_argument("a label that is no class of network " + network.name);
  }
}

}  // namespace nibble
