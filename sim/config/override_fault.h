// Whose fault it is: a value of a file, or one that came by `--set`.
#pragma once

#include <functional>
#include <vector>

#include "sim/config/yaml_document.h"

namespace nibble {

/// `fault`, which reading with `overrides` gave. If the files are good without any, it is told at
/// an override, never at the line of a file that it does not go with: at the last one without which
/// reading succeeds.
[[nodiscard]] BadInput override_fault(
    const BadInput& fault, const std::vector<YamlOverride>& overrides,
    const std::function<void(const std::vector<YamlOverride>&)>& read);

/// What `read` makes of the overrides; its faults are told as above.
template <typename Read>
auto read_overridden(const std::vector<YamlOverride>& overrides, const Read& read) {
  try {
    return read(overrides);
  } catch (const BadInput& fault) {
    throw override_fault(fault, overrides,
                         [&](const std::vector<YamlOverride>& fewer) { (void)read(fewer); });
  }
}

}  // namespace nibble
