// Reads the file of `nibblesim validate --vectors`: one vector a line, comma separated. Blank lines
// and lines that begin with # are skipped; spaces around a field do not count.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "models/formats/fp16.h"
#include "models/gemm/gemm.h"

namespace nibble {

enum class VectorKind : std::uint8_t { round32, add, fma, fp4, pact, gemm };
[[nodiscard]] const char* vector_kind_name(VectorKind kind);

struct GemmVector {
  GemmShape shape;
  GemmArithmetic arithmetic;  // chunk_len 64, accumulator fp16
  std::vector<NibbleCode> a, b;
  std::vector<Fp16Code> c;
};

struct TestVector {
  int line = 0;
  VectorKind kind = VectorKind::round32;
  /// The operands in the line's order, then the expected result. Not for gemm.
  std::array<std::uint32_t, 3> operands{};
  std::uint32_t expected = 0;
  std::string text;  // the operands as they stand in the line; for gemm shape and mode
  std::unique_ptr<const GemmVector> gemm;
};

/// Throws BadInput with line and column for the first malformed line, and for a file that cannot be
/// read or holds no vector.
[[nodiscard]] std::vector<TestVector> read_vector_file(const std::string& file);

}  // namespace nibble
