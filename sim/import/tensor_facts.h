// What is known of an ONNX tensor without running the model. Internal to sim/import.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace nibble {

struct TensorFacts {
  std::optional<std::vector<std::int64_t>> dims;
  int type = 0;           // onnx::TensorProto::DataType
  bool constant = false;  // the same for every sample: weights, shapes, masks
  /// Of small constants: a double holds every size and index that occurs.
  std::optional<std::vector<double>> values;
  /// The weights that a constant is made of: an initializer's name and number of elements.
  std::string table;
  std::int64_t table_elements = 0;
};

/// Constants up to this size are computed with, larger ones are only known by their shape.
inline constexpr std::int64_t kMostKnownValues = 65536;

/// 0 for no tensor that could exist.
[[nodiscard]] inline std::int64_t elements_of(const std::vector<std::int64_t>& dims) {
  constexpr std::int64_t kMost = std::int64_t{1} << 48;
  std::int64_t product = 1;
  for (const std::int64_t dim : dims) {
    if (dim < 1 || dim > kMost / product) return 0;
    product *= dim;
  }
  return product;
}

/// ONNX marks "to the end" by the largest integer, which no double is.
[[nodiscard]] inline std::int64_t to_integer(double value) {
  constexpr double kMost = 9.2e18;
  if (value >= kMost) return std::numeric_limits<std::int64_t>::max();
  if (value <= -kMost) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(value);  // NaN never gets here: see constant_folding.h
}

}  // namespace nibble
