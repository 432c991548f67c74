// The part of bench_gemm about formats wider than four bits and block-scaled ones: whole GEMM calls
// with packing, and the quantisers in front of them.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace nibble {

/// One object a GEMM and format: {"instruction_set", "format", "gemm", "gmacs"}.
[[nodiscard]] nlohmann::json format_rates(const std::string& instruction_set, int trials);
void print_formats(const nlohmann::json& rows);

/// One object a quantiser, whose instruction set is the compiler's choice at run time:
/// {"quantiser", "gelements", "gelements_strided"}.
[[nodiscard]] nlohmann::json quantiser_rates(int trials);
void print_quantisers(const nlohmann::json& rows);

}  // namespace nibble
