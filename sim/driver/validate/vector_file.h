// Reads the file of `nibblesim validate --vectors`: one vector a line, comma separated. Blank lines
// and lines that begin with # are skipped; spaces around a field do not count.
#pragma once

#include <cstdint>
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
  /// The line's numbers in its order, the expected result last. Not for gemm.
  std::vector<std::uint32_t> numbers;
  std::string text;  // the operands as they stand in the line; for gemm shape and mode
  GemmVector gemm;
};

/// Throws BadInput with line and column for the first malformed line, and for a file that cannot be
/// read or holds no vector.
[[nodiscard]] std::vector<TestVector> read_vector_file(const std::string& file);

}  // namespace nibble
