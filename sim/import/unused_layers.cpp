#include "sim/import/unused_layers.h"

#include <utility>

namespace nibble {

void remove_unused_layers(Network& network, int output) {
  std::vector<bool> used(network.layers.size(), false);
  used[static_cast<std::size_t>(output)] = true;
  for (std::size_t i = used.size(); i-- > 0;) {
    if (!used[i]) continue;
    for (const int input : network.layers[i].inputs) {
      if (input >= 0) used[static_cast<std::size_t>(input)] = true;
    }
  }
  std::vector<int> place(used.size(), -1);
  std::vector<Layer> kept;
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (!used[i]) continue;
    place[i] = static_cast<int>(kept.size());
    kept.push_back(std::move(network.layers[i]));
    for (int& input : kept.back().inputs) {
      if (input >= 0) input = place[static_cast<std::size_t>(input)];
    }
  }
  network.layers = std::move(kept);
}

}  // namespace nibble
