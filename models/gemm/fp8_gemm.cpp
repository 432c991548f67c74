// The FP8 GEMM, NUMERICS section 6: every fp8 and every 4-bit integer is an fp16 number, so both
// forms convert their operands and multiply as the FP16 baseline does, the readable one and the
// fast one each with their own. The trainer calls it for layers and passes whose precision is fp8.
#include <vector>

#include "models/formats/fp8.h"
#include "models/gemm/gemm.h"
#include "models/gemm/gemm_simd_scratch.h"

namespace nibble {

namespace {

/// Room for one converted operand, kept between calls.
struct Scratch {
  ScratchBuffer<Fp16Code> a;
  ScratchBuffer<Fp16Code> b;
};
thread_local Scratch scratch;

void convert(Fp8Operand format, const std::uint8_t* codes, std::int64_t count, Fp16Code* values) {
  const auto size = static_cast<std::size_t>(count);
  if (format == Fp8Operand::e4m3b11) return fp8_to_fp16s(Fp8Format::e4m3b11, codes, size, values);
  if (format == Fp8Operand::e5m2) return fp8_to_fp16s(Fp8Format::e5m2, codes, size, values);
  Fp16Code table[16];
  for (int code = 0; code < 16; ++code) {
    table[code] = fp8_operand_value(format, static_cast<std::uint8_t>(code));
  }
  for (std::size_t i = 0; i < size; ++i) values[i] = table[codes[i] & 0xF];
}

}  // namespace

Fp16Code fp8_operand_value(Fp8Operand format, std::uint8_t code) {
  if (format == Fp8Operand::e4m3b11) return fp8_to_fp16(Fp8Format::e4m3b11, code);
  if (format == Fp8Operand::e5m2) return fp8_to_fp16(Fp8Format::e5m2, code);
  const int value = format == Fp8Operand::u4 ? u4_value(code) : s4_value(code);
  return fp16_from_scaled_integer(value, 0);
}

void fp8_gemm_reference(const GemmShape& shape, AccumulatorType accumulator, int chunk_len,
                        Fp8Operand a_format, const std::uint8_t* a, Fp8Operand b_format,
                        const std::uint8_t* b, Fp16Code* c) {
  check_gemm(shape, chunk_len);
  std::vector<Fp16Code> a_values;
  for (std::int64_t i = 0; i < shape.m * shape.k; ++i) {
    a_values.push_back(fp8_operand_value(a_format, a[i]));
  }
  std::vector<Fp16Code> b_values;
  for (std::int64_t i = 0; i < shape.k * shape.n; ++i) {
    b_values.push_back(fp8_operand_value(b_format, b[i]));
  }
  fp16_gemm_reference(shape, accumulator, chunk_len, a_values.data(), b_values.data(), c);
}

void fp8_gemm(const GemmShape& shape, AccumulatorType accumulator, int chunk_len,
              Fp8Operand a_format, const std::uint8_t* a, Fp8Operand b_format,
              const std::uint8_t* b, Fp16Code* c) {
  check_gemm(shape, chunk_len);
  Fp16Code* const a_values = scratch.a.get(shape.m * shape.k);
  Fp16Code* const b_values = scratch.b.get(shape.k * shape.n);
  convert(a_format, a, shape.m * shape.k, a_values);
  convert(b_format, b, shape.k * shape.n, b_values);
  fp16_gemm(shape, accumulator, chunk_len, a_values, b_values, c);
}

}  // namespace nibble
