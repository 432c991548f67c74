// Enumerations and what files and messages call their values: one table each, which readers and
// writers share.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

namespace nibble {

template <typename Enum>
using Named = std::pair<std::string_view, Enum>;

template <typename Enum, std::size_t kNames>
[[nodiscard]] constexpr std::string_view name_of(const Named<Enum> (&names)[kNames], Enum value) {
  for (const auto& [name, named] : names) {
    if (named == value) return name;
  }
  return "unknown";
}

}  // namespace nibble
