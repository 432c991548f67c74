// Between arrays in memory and the stored bytes of a tensor: packed 4-bit codes, fp16 codes and
// binary32, all little endian.
#pragma once

#include <cstdint>
#include <vector>

#include "models/formats/fp16.h"
#include "models/formats/int4.h"
#include "models/trace/safetensors.h"

namespace nibble {

[[nodiscard]] StoredTensor stored_codes(const std::vector<NibbleCode>& codes);
[[nodiscard]] StoredTensor stored_values(const std::vector<Fp16Code>& values,
                                         std::vector<std::int64_t> shape);
[[nodiscard]] StoredTensor stored_floats(const std::vector<float>& floats);

/// The tensor `tensor` of `file`, checked for its type and for `shape` (codes: for the number of
/// packed bytes and a zero padding nibble). Throws TraceError that begins with `name`.
[[nodiscard]] std::vector<NibbleCode> codes_of(const std::string& name, const SafetensorsFile& file,
                                               const std::string& tensor,
                                               const std::vector<std::int64_t>& shape);
[[nodiscard]] std::vector<Fp16Code> values_of(const std::string& name, const SafetensorsFile& file,
                                              const std::string& tensor,
                                              const std::vector<std::int64_t>& shape);
/// Any one-dimensional binary32 tensor.
[[nodiscard]] std::vector<float> floats_of(const std::string& name, const SafetensorsFile& file,
                                           const std::string& tensor);

}  // namespace nibble
