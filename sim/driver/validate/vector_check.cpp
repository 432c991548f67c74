#include "sim/driver/validate/vector_check.h"

#include <array>
#include <cstring>
#include <ostream>
#include <stdexcept>

#include <fmt/format.h>

#include "models/quantize/fp4_quantize.h"
#include "models/quantize/pact.h"
#include "sim/base/progress.h"
#include "sim/driver/validate/vector_file.h"
#include "sim/tile/rtl_probe.h"
#include "sim/tile/tile_backend.h"

namespace nibble {
namespace {

constexpr int kShownMismatches = 20;
constexpr std::size_t kKinds = 6;

/// What the two sides made of a vector; for a gemm where they first differ from the file.
struct Outcome {
  std::uint32_t expected = 0, reference = 0, rtl = 0;
  std::string where;
  std::string fault;  // of the RTL, where it gave no result to compare
  [[nodiscard]] bool good() const {
    return fault.empty() && reference == expected && rtl == expected;
  }
};

class VectorRunner {
 public:
  [[nodiscard]] Outcome run(const TestVector& vector) {
    if (vector.kind == VectorKind::gemm) return run_gemm(*vector.gemm);
    const auto& n = vector.operands;
    const auto code = [&](std::size_t i) { return static_cast<Fp16Code>(n[i]); };
    Outcome outcome;
    outcome.expected = vector.expected;
    switch (vector.kind) {
      case VectorKind::round32: {
        float value = 0;
        std::memcpy(&value, &n[0], sizeof value);
        outcome.reference = fp16_from_float(value);
        outcome.rtl = probe_.round32(n[0]);
        break;
      }
      case VectorKind::add:
        outcome.reference = fp16_add(code(0), code(1));
        outcome.rtl = probe_.add(code(0), code(1));
        break;
      case VectorKind::fma:
        outcome.reference = fp16_fma(code(0), code(1), code(2));
        outcome.rtl = probe_.fma(code(0), code(1), code(2));
        break;
      case VectorKind::fp4: {
        const Fp4Phase phase = n[1] == 0 ? Fp4Phase::even : Fp4Phase::odd;
        outcome.reference = fp4_quantize(code(0), phase);
        outcome.rtl = probe_.fp4(code(0), phase, 0, Fp4Tie::up);
        break;
      }
      case VectorKind::pact:
        outcome.reference = pact_quantize(code(0), code(1));
        outcome.rtl = probe_.pact(code(0), code(1));
        break;
      case VectorKind::gemm:
        break;
    }
    return outcome;
  }

 private:
  [[nodiscard]] Outcome run_gemm(const GemmVector& gemm) {
    std::vector<Fp16Code> reference(gemm.c.size());
    gemm_reference(gemm.shape, gemm.arithmetic, gemm.a.data(), gemm.b.data(), reference.data());
    std::vector<Fp16Code> rtl(gemm.c.size());
    TileCommand command;
    command.arithmetic = gemm.arithmetic;
    command.shape = gemm.shape;
    command.m_end = gemm.shape.m;
    command.n_end = gemm.shape.n;
    command.k_end = gemm.shape.k;
    const TileOperands operands{gemm.a.data(), gemm.b.data(), rtl.data()};
    try {
      static_cast<void>(tile_->execute(command, &operands));
    } catch (const std::logic_error& fault) {
      tile_ = make_tile();  // what is left in the pipeline must not meet the next vector
      Outcome outcome;
      outcome.fault = fault.what();
      return outcome;
    }
    for (std::size_t i = 0; i < gemm.c.size(); ++i) {
      if (reference[i] == gemm.c[i] && rtl[i] == gemm.c[i]) continue;
      const auto n = static_cast<std::size_t>(gemm.shape.n);
      return {gemm.c[i], reference[i], rtl[i], fmt::format(" C[{},{}]", i / n, i % n), ""};
    }
    return {};
  }

  [[nodiscard]] static std::unique_ptr<TileBackend> make_tile() {
    return make_tile_backend(Engine::rtl, {TilePrecision::nibble4, kDefaultChunkLen, 64, 128, 1});
  }

  RtlProbe probe_;
  std::unique_ptr<TileBackend> tile_ = make_tile();
};

bool four_bit_result(VectorKind kind) {
  return kind == VectorKind::fp4 || kind == VectorKind::pact;
}

std::string mismatch_text(const TestVector& vector, const Outcome& outcome) {
  const std::string head =
      fmt::format("{} {}{}", vector_kind_name(vector.kind), vector.text, outcome.where);
  if (!outcome.fault.empty()) return fmt::format("{}: RTL: {}", head, outcome.fault);
  const int digits = four_bit_result(vector.kind) ? 1 : 4;
  if (outcome.reference == outcome.rtl) {  // then the vector is as likely to be wrong
    return fmt::format("{}: the file says {:0{w}x}, reference and RTL agree on {:0{w}x}", head,
                       outcome.expected, outcome.rtl, fmt::arg("w", digits));
  }
  return fmt::format("{}: the file says {:0{w}x}, reference {:0{w}x}, RTL {:0{w}x}", head,
                     outcome.expected, outcome.reference, outcome.rtl, fmt::arg("w", digits));
}

}  // namespace

bool check_vector_file(const std::string& file, std::ostream& out) {
  const std::vector<TestVector> vectors = read_vector_file(file);
  VectorRunner runner;
  std::array<std::int64_t, kKinds> cases{};
  std::array<std::int64_t, kKinds> mismatches{};
  std::int64_t all_mismatches = 0;
  {
    Progress progress("validate", "vectors", static_cast<std::int64_t>(vectors.size()));
    for (const TestVector& vector : vectors) {
      const Outcome outcome = runner.run(vector);
      progress.advance();
      const auto kind = static_cast<std::size_t>(vector.kind);
      ++cases[kind];
      if (outcome.good()) continue;
      ++mismatches[kind];
      if (++all_mismatches > kShownMismatches) continue;
      out << fmt::format("{}:{}: {}\n", file, vector.line, mismatch_text(vector, outcome));
    }
  }
  if (all_mismatches > kShownMismatches) {
    out << fmt::format("... and {} more\n", all_mismatches - kShownMismatches);
  }
  out << fmt::format("{:<10} {:>12} {:>11}\n", "unit", "vectors", "mismatches");
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    if (cases[kind] == 0) continue;
    out << fmt::format("{:<10} {:>12} {:>11}\n", vector_kind_name(static_cast<VectorKind>(kind)),
                       cases[kind], mismatches[kind]);
  }
  return all_mismatches == 0;
}

}  // namespace nibble
