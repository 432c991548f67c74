// A Network as the text of a configs/networks file, which sim/config/network_reader reads back.
#pragma once

#include <string>

#include "sim/import/imported_network.h"

namespace nibble {

/// One flow-style line a layer; keys that hold their default are left out. The policy is the one of
/// choose_precisions (four_bit_inputs.h) with the precision given. Throws BadInput if
/// the text does not read back as the same network: the reader's bounds are the format's.
[[nodiscard]] std::string network_text(const ImportedNetwork& imported, LayerPrecision precision);

}  // namespace nibble
