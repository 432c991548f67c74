#include "sim/config/override_fault.h"

#include <algorithm>

namespace nibble {
namespace {

using Overrides = std::vector<YamlOverride>;

/// Without all overrides of one path: the earlier ones have no effect that could be judged alone.
Overrides without(const Overrides& overrides, const std::vector<std::string>& path) {
  Overrides fewer = overrides;
  fewer.erase(std::remove_if(fewer.begin(), fewer.end(),
                             [&](const YamlOverride& change) { return change.path == path; }),
              fewer.end());
  return fewer;
}

/// The last override without which reading succeeds. Where each of several spoils it by itself, the
/// one that does so first: what stands before it is read. Precondition: it succeeds without any.
const YamlOverride& culprit(const Overrides& overrides,
                            const std::function<bool(const Overrides&)>& succeeds) {
  for (auto change = overrides.rbegin(); change != overrides.rend(); ++change) {
    if (succeeds(without(overrides, change->path))) return *change;
  }
  Overrides fewer = overrides;
  do {
    fewer.pop_back();
  } while (!succeeds(fewer));
  return overrides[fewer.size()];
}

}  // namespace

BadInput override_fault(const BadInput& fault, const Overrides& overrides,
                        const std::function<void(const Overrides&)>& read) {
  for (const YamlOverride& change : overrides) {
    if (fault.file() == change.text) return fault;
  }
  const auto succeeds = [&](const Overrides& fewer) {
    try {
      read(fewer);
      return true;
    } catch (const std::exception&) {
      return false;
    }
  };
  if (!succeeds({})) return fault;
  return fault.at({culprit(overrides, succeeds).text, 0, 0});
}

}  // namespace nibble
