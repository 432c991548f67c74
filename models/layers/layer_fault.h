// How this folder refuses a layer: readers of files put the layer's place in front.
#pragma once

#include <stdexcept>
#include <string>

namespace nibble {

[[noreturn]] inline void refuse_layer(const std::string& name, const std::string& fault) {
  throw std::invalid_argument("layer " + name + ": " + fault);
}

}  // namespace nibble
