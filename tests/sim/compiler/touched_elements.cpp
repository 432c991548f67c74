#include "tests/sim/compiler/touched_elements.h"

#include <algorithm>
#include <utility>

namespace nibble::test {
namespace {

constexpr std::int64_t kPadding = -1;

/// X[n,h,w,c] of channel `c` under output pixel `pixel` and filter tap `tap`, or padding.
std::int64_t input_element(const ConvShape& conv, std::int64_t pixel, std::int64_t tap,
                           std::int64_t c) {
  const std::int64_t q = pixel % conv.q();
  const std::int64_t p = pixel / conv.q() % conv.p();
  const std::int64_t n = pixel / conv.q() / conv.p();
  const std::int64_t h = p * conv.stride + tap / conv.s - conv.padding;
  const std::int64_t w = q * conv.stride + tap % conv.s - conv.padding;
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

/// Element numbers of A[g][m,k] and B[g][k,n] in their tensors. Tensors lie as NUMERICS says, but
/// for two things: products of activations lie group after group, and the W that a dgrad reads by
/// input channel.
class Elements {
 public:
  explicit Elements(const LoweredGemm& gemm)
      : conv_(gemm.conv),
        pass_(gemm.pass),
        apart_(conv_.groups > 1 && conv_.h * conv_.w * conv_.r * conv_.s == 1),
        c_(conv_.c / conv_.groups),
        k_(conv_.k / conv_.groups),
        rows_(phase_positions(conv_.h, conv_.stride, gemm.phase_h)),
        columns_(phase_positions(conv_.w, conv_.stride, gemm.phase_w)),
        row_taps_(phase_taps(conv_.r, conv_, gemm.phase_h)),
        column_taps_(phase_taps(conv_.s, conv_, gemm.phase_w)) {}

  [[nodiscard]] std::int64_t inputs() const { return conv_.n * conv_.h * conv_.w * conv_.c; }
  [[nodiscard]] std::int64_t outputs() const { return conv_.n * conv_.p() * conv_.q() * conv_.k; }
  [[nodiscard]] std::int64_t weights() const { return conv_.k * conv_.r * conv_.s * c_; }

  [[nodiscard]] std::int64_t streamed(std::int64_t g, std::int64_t m, std::int64_t k) const {
    switch (pass_) {
      case GemmPass::forward:
        return input(g, m, k);
      case GemmPass::dgrad:
        return gradient(g, m, k);
      case GemmPass::wgrad:
        break;
    }
    return output(g, k, m);
  }
  [[nodiscard]] std::int64_t stationary(std::int64_t g, std::int64_t k, std::int64_t n) const {
    switch (pass_) {
      case GemmPass::forward:
        return (g * k_ + n) * conv_.r * conv_.s * c_ + k;
      case GemmPass::dgrad: {
        const auto [r, s] = tap(k);
        return (((g * c_ + n) * k_ + k % k_) * conv_.r + r) * conv_.s + s;
      }
      case GemmPass::wgrad:
        break;
    }
    return input(g, k, n);
  }

 private:
  /// Pixel `pixel`, column `column` of im2col(X).
  [[nodiscard]] std::int64_t input(std::int64_t g, std::int64_t pixel, std::int64_t column) const {
    if (apart_) return (g * conv_.n + pixel) * c_ + column;
    return input_element(conv_, pixel, column / c_, g * c_ + column % c_);
  }
  [[nodiscard]] std::int64_t output(std::int64_t g, std::int64_t pixel, std::int64_t filter) const {
    return apart_ ? (g * conv_.n + pixel) * k_ + filter : pixel * conv_.k + g * k_ + filter;
  }
  [[nodiscard]] std::int64_t gradient(std::int64_t g, std::int64_t m, std::int64_t k) const {
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
    return output(g, (n * conv_.p() + above / conv_.stride) * conv_.q() + left / conv_.stride,
                  k % k_);
  }
  [[nodiscard]] std::pair<std::int64_t, std::int64_t> tap(std::int64_t k) const {
    const auto across = static_cast<std::int64_t>(column_taps_.size());
    const std::int64_t index = k / k_;
    return {row_taps_[static_cast<std::size_t>(index / across)],
            column_taps_[static_cast<std::size_t>(index % across)]};
  }

  const ConvShape& conv_;
  GemmPass pass_;
  bool apart_;          // groups that share no tensor rows
  std::int64_t c_, k_;  // channels of a group
  std::vector<std::int64_t> rows_, columns_, row_taps_, column_taps_;
};

std::vector<bool> walk_streamed(const LoweredGemm& gemm, const GemmBlock& block) {
  const Elements elements(gemm);
  std::vector<bool> touched(static_cast<std::size_t>(
      gemm.pass == GemmPass::forward ? elements.inputs() : elements.outputs()));
  for (std::int64_t g = block.g_begin; g < block.g_end; ++g) {
    for (std::int64_t m = block.m_begin; m < block.m_end; ++m) {
      for (std::int64_t k = block.k_begin; k < block.k_end; ++k) {
        const std::int64_t at = elements.streamed(g, m, k);
        if (at != kPadding) touched[static_cast<std::size_t>(at)] = true;
      }
    }
  }
  return touched;
}

std::vector<bool> walk_stationary(const LoweredGemm& gemm, const GemmBlock& block) {
  const Elements elements(gemm);
  std::vector<bool> touched(static_cast<std::size_t>(
      gemm.pass == GemmPass::wgrad ? elements.inputs() : elements.weights()));
  for (std::int64_t g = block.g_begin; g < block.g_end; ++g) {
    for (std::int64_t k = block.k_begin; k < block.k_end; ++k) {
      for (std::int64_t n = block.n_begin; n < block.n_end; ++n) {
        const std::int64_t at = elements.stationary(g, k, n);
        if (at != kPadding) touched[static_cast<std::size_t>(at)] = true;
      }
    }
  }
  return touched;
}

bool is_part(std::int64_t begin, std::int64_t end, std::int64_t all) { return end - begin < all; }

/// Pixels between the windows are read by nobody.
bool steps_over_pixels(const ConvShape& conv) {
  return conv.stride > conv.r || conv.stride > conv.s;
}

}  // namespace

Touched touched_streamed(const LoweredGemm& gemm, const GemmBlock& block) {
  const ConvShape& conv = gemm.conv;
  const bool apart = independent_groups(conv);
  GemmBlock rows = block;
  Touched touched;
  if (!apart) {
    touched.sliced = is_part(block.g_begin, block.g_end, conv.groups);
    rows.g_begin = 0, rows.g_end = conv.groups;
  }
  if (gemm.pass == GemmPass::wgrad) {
    if (!apart) {
      touched.sliced |= is_part(block.m_begin, block.m_end, gemm.shape.m);
      rows.m_begin = 0, rows.m_end = gemm.shape.m;
    }
  } else {
    // With several taps a part of the reduction is given all channels.
    touched.sliced |= conv.r * conv.s == 1 && is_part(block.k_begin, block.k_end, gemm.shape.k);
    rows.k_begin = 0, rows.k_end = gemm.shape.k;
  }
  if (gemm.pass == GemmPass::forward) touched.sliced |= steps_over_pixels(conv);
  touched.elements = walk_streamed(gemm, block);
  if (touched.sliced) touched.within = walk_streamed(gemm, rows);
  if (gemm.pass == GemmPass::forward) touched.unit_elements = conv.h * conv.w * conv.c;
  if (gemm.pass != GemmPass::forward) touched.unit_elements = conv.p() * conv.q() * conv.k;
  return touched;
}

Touched touched_stationary(const LoweredGemm& gemm, const GemmBlock& block) {
  const ConvShape& conv = gemm.conv;
  GemmBlock rows = block;
  Touched touched;
  if (gemm.pass != GemmPass::wgrad) {
    touched.sliced = is_part(block.k_begin, block.k_end, gemm.shape.k);
    rows.k_begin = 0, rows.k_end = gemm.shape.k;
    const bool forward = gemm.pass == GemmPass::forward;
    touched.unit_elements = conv.r * conv.s * (forward ? conv.c : conv.k) / conv.groups;
  } else if (!independent_groups(conv)) {
    const std::int64_t channels = conv.c / conv.groups;
    const bool one_tap = (block.n_end - 1) / channels == block.n_begin / channels;
    touched.sliced = is_part(block.g_begin, block.g_end, conv.groups) ||
                     (one_tap && is_part(block.n_begin, block.n_end, channels)) ||
                     steps_over_pixels(conv);
    rows.g_begin = 0, rows.g_end = conv.groups;
    rows.n_begin = 0, rows.n_end = gemm.shape.n;
    touched.unit_elements = conv.h * conv.w * conv.c;
  }
  touched.elements = walk_stationary(gemm, block);
  if (touched.sliced) touched.within = walk_stationary(gemm, rows);
  return touched;
}

std::vector<bool> bytes_of_elements(const std::vector<bool>& elements, int bits, Bytes bytes) {
  std::vector<bool> touched(static_cast<std::size_t>(bytes), false);
  for (std::size_t element = 0; element < elements.size(); ++element) {
    if (!elements[element]) continue;
    const std::size_t width = static_cast<std::size_t>(bits);
    const std::size_t end = std::min(touched.size(), ((element + 1) * width + 7) / 8);
    for (std::size_t byte = element * width / 8; byte < end; ++byte) touched[byte] = true;
  }
  return touched;
}

Bytes missing_byte(const Touched& touched, int bits, const std::vector<bool>& given) {
  const auto bytes = static_cast<Bytes>(given.size());
  if (!touched.sliced) {
    const std::vector<bool> wanted = bytes_of_elements(touched.elements, bits, bytes);
    for (std::size_t byte = 0; byte < wanted.size(); ++byte) {
      if (wanted[byte] && !given[byte]) return static_cast<Bytes>(byte);
    }
    return -1;
  }
  if (std::count(touched.elements.begin(), touched.elements.end(), true) == 0) return -1;
  // A slice lies within the whole images, or filters, that hold what it was cut from.
  const auto all = static_cast<std::int64_t>(touched.within.size());
  const std::int64_t unit = touched.unit_elements;
  const std::int64_t first =
      (std::find(touched.within.begin(), touched.within.end(), true) - touched.within.begin()) /
      unit * unit;
  const std::int64_t last = std::find(touched.within.rbegin(), touched.within.rend(), true).base() -
                            touched.within.begin();
  const Bytes begin = first * bits / 8;
  const Bytes end = std::min(bytes, ceil_div(std::min(all, ceil_div(last, unit) * unit) * bits, 8));
  const auto found = std::count(given.begin() + begin, given.begin() + end, true);
  const auto elements = std::count(touched.elements.begin(), touched.elements.end(), true);
  const bool whole_bytes = all * bits == bytes * 8;
  const std::int64_t spare = whole_bytes ? 0 : 8;  // a tensor's slice may end amid a byte
  return found * 8 + spare >= elements * bits ? -1 : end - 1;
}

}  // namespace nibble::test
