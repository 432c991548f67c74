// SCALE-Sim topology CSV -> Network.
//
// A topology is a list of layers, not a graph: pooling, activations and branches are missing, so
// the shapes of consecutive layers need not fit. Each layer reads the one before; where the shapes
// differ, a layer NAME.in stands between that reads the former output and writes the IFMAP that the
// file asks for: a reshape if the elements are the same in number, otherwise traffic. MACs are
// those of the file.
#pragma once

#include <string>

#include "sim/import/imported_network.h"

namespace nibble {

struct ScalesimOptions : ImportOptions {
  bool round_up = false;  // count a window that hangs over the edge, as SCALE-Sim does
};

/// Throws BadInput with the line of the layer that does not fit.
[[nodiscard]] ImportedNetwork import_scalesim(const std::string& path,
                                              const ScalesimOptions& options);

/// The same from a text; `file` is what errors call it.
[[nodiscard]] ImportedNetwork import_scalesim_text(const std::string& text, const std::string& file,
                                                   const ScalesimOptions& options);

}  // namespace nibble
