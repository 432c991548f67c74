#include "tests/sim/compiler/touched_bytes.h"

#include <utility>

namespace nibble::test {
namespace {

constexpr std::int64_t kPadding = -1;

/// X[n,h,w,c] under output pixel `pixel` and position `tap` of its patch, or padding.
std::int64_t input_element(const ConvShape& conv, std::int64_t pixel, std::int64_t tap) {
  const std::int64_t q = pixel % conv.q();
  const std::int64_t p = pixel / conv.q() % conv.p();
  const std::int64_t n = pixel / conv.q() / conv.p();
  const std::int64_t c = tap % conv.c;
  const std::int64_t s = tap / conv.c % conv.s;
  const std::int64_t r = tap / conv.c / conv.s;
  const std::int64_t h = p * conv.stride + r - conv.padding;
  const std::int64_t w = q * conv.stride + s - conv.padding;
  if (h < 0 || h >= conv.h || w < 0 || w >= conv.w) return kPadding;
  return ((n * conv.h + h) * conv.w + w) * conv.c + c;
}

/// The positions of an output phase along one axis, and the filter taps that meet it.
std::vector<std::int64_t> phase_positions(std::int64_t size, std::int64_t stride,
                                          std::int64_t phase) {
  std::vector<std::int64_t> positions;
  for (std::int64_t at = 0; at < size; ++at) {
    if (at % stride == phase) positions.push_back(at);
  }
  return positions;
}
std::vector<std::int64_t> phase_taps(std::int64_t filter, const ConvShape& conv,
                                     std::int64_t phase) {
  std::vector<std::int64_t> taps;
  for (std::int64_t tap = 0; tap < filter; ++tap) {
    if ((phase + conv.padding + filter * conv.stride - tap) % conv.stride == 0) taps.push_back(tap);
  }
  return taps;
}

/// dY[n,p,q,k] and W[c,k,r,s] of a dgrad GEMM.
class DgradElements {
 public:
  explicit DgradElements(const LoweredGemm& gemm)
      : conv_(gemm.conv),
        rows_(phase_positions(conv_.h, conv_.stride, gemm.phase_h)),
        columns_(phase_positions(conv_.w, conv_.stride, gemm.phase_w)),
        row_taps_(phase_taps(conv_.r, conv_, gemm.phase_h)),
        column_taps_(phase_taps(conv_.s, conv_, gemm.phase_w)) {}

  [[nodiscard]] std::int64_t gradient(std::int64_t m, std::int64_t k) const {
    const auto row_count = static_cast<std::int64_t>(rows_.size());
    const auto column_count = static_cast<std::int64_t>(columns_.size());
    const auto [r, s] = tap(k);
    const std::int64_t above =
        rows_[static_cast<std::size_t>(m / column_count % row_count)] + conv_.padding - r;
    const std::int64_t left =
        columns_[static_cast<std::size_t>(m % column_count)] + conv_.padding - s;
    const std::int64_t n = m / column_count / row_count;
    if (above < 0 || left < 0 || above / conv_.stride >= conv_.p() ||
        left / conv_.stride >= conv_.q()) {
      return kPadding;
    }
    return ((n * conv_.p() + above / conv_.stride) * conv_.q() + left / conv_.stride) * conv_.k +
           k % conv_.k;
  }
  [[nodiscard]] std::int64_t weight(std::int64_t k, std::int64_t channel) const {
    const auto [r, s] = tap(k);
    return ((channel * conv_.k + k % conv_.k) * conv_.r + r) * conv_.s + s;
  }

 private:
  [[nodiscard]] std::pair<std::int64_t, std::int64_t> tap(std::int64_t k) const {
    const auto across = static_cast<std::int64_t>(column_taps_.size());
    const std::int64_t index = k / conv_.k;
    return {row_taps_[static_cast<std::size_t>(index / across)],
            column_taps_[static_cast<std::size_t>(index % across)]};
  }

  const ConvShape& conv_;
  std::vector<std::int64_t> rows_, columns_, row_taps_, column_taps_;
};

TouchedBytes nothing(std::int64_t elements, int bits) {
  return TouchedBytes(static_cast<std::size_t>((elements * bits + 7) / 8), false);
}

void touch(TouchedBytes& bytes, std::int64_t element, int bits) {
  if (element == kPadding) return;
  for (std::int64_t byte = element * bits / 8; byte * 8 < (element + 1) * bits; ++byte) {
    bytes[static_cast<std::size_t>(byte)] = true;
  }
}

}  // namespace

TouchedBytes touched_streamed(const LoweredGemm& gemm, int bits, std::int64_t m_begin,
                              std::int64_t m_end, std::int64_t k_begin, std::int64_t k_end) {
  const ConvShape& conv = gemm.conv;
  const bool forward = gemm.pass == GemmPass::forward;
  TouchedBytes bytes =
      nothing(conv.n * (forward ? conv.h * conv.w * conv.c : conv.p() * conv.q() * conv.k), bits);
  const DgradElements dgrad(gemm);
  for (std::int64_t m = m_begin; m < m_end; ++m) {
    for (std::int64_t k = k_begin; k < k_end; ++k) {
      touch(bytes,
            forward                        ? input_element(conv, m, k)
            : gemm.pass == GemmPass::dgrad ? dgrad.gradient(m, k)
                                           : k * conv.k + m,
            bits);
    }
  }
  return bytes;
}

TouchedBytes touched_stationary(const LoweredGemm& gemm, int bits, std::int64_t k_begin,
                                std::int64_t k_end, std::int64_t n_begin, std::int64_t n_end) {
  const ConvShape& conv = gemm.conv;
  const bool wgrad = gemm.pass == GemmPass::wgrad;
  TouchedBytes bytes =
      nothing(wgrad ? conv.n * conv.h * conv.w * conv.c : conv.k * conv.r * conv.s * conv.c, bits);
  const DgradElements dgrad(gemm);
  for (std::int64_t k = k_begin; k < k_end; ++k) {
    for (std::int64_t n = n_begin; n < n_end; ++n) {
      touch(bytes,
            wgrad                          ? input_element(conv, k, n)
            : gemm.pass == GemmPass::dgrad ? dgrad.weight(k, n)
                                           : n * conv.r * conv.s * conv.c + k,
            bits);
    }
  }
  return bytes;
}

}  // namespace nibble::test
