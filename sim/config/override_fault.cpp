#include "sim/config/override_fault.h"

namespace nibble {

BadInput override_fault(const BadInput& fault, const std::vector<YamlOverride>& overrides,
                        const std::function<void(const std::vector<YamlOverride>&)>& read) {
  for (const YamlOverride& change : overrides) {
    if (fault.file() == change.text) return fault;
  }
  for (std::size_t i = 0; i < overrides.size(); ++i) {
    std::vector<YamlOverride> fewer = overrides;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    try {
      read(fewer);
    } catch (const std::exception&) {
      continue;
    }
    return {{overrides[i].text, 0, 0}, fault.key(), fault.fault(), fault.allowed()};
  }
  return fault;
}

}  // namespace nibble
