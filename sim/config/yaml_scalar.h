// The strict reading of one YAML scalar: what text counts as a whole number, a number, a word.
// Used by yaml_reader.cpp only.
#pragma once

#include <cstdint>
#include <string>

#include "sim/config/yaml_document.h"

namespace nibble {

/// A value on its way to being read: where it stands and what it is.
struct YamlSpot {
  const YamlDocument& document;
  const std::string& path;
  const YAML::Node& node;
  [[nodiscard]] BadInput error(const std::string& fault, const std::string& allowed) const {
    return {document.place(path, node), path, fault, allowed, FaultKind::bad_value};
  }
};

/// "allowed is a whole number from 1 to 64", "... of at least 1" and so on.
[[nodiscard]] std::string allowed_integer(std::int64_t min, std::int64_t max);
[[nodiscard]] std::string allowed_number(double min, double max);

/// Decimal digits with an optional sign, inside [min, max]; not quoted.
[[nodiscard]] std::int64_t read_integer(const YamlSpot& spot, std::int64_t min, std::int64_t max);
/// A finite decimal number, exponent allowed, inside [min, max]; not quoted.
[[nodiscard]] double read_number(const YamlSpot& spot, double min, double max);
/// Any text that is not empty.
[[nodiscard]] std::string read_string(const YamlSpot& spot);
/// true or false and nothing else (YAML's yes, on, y are easily mistaken).
[[nodiscard]] bool read_boolean(const YamlSpot& spot);

}  // namespace nibble
