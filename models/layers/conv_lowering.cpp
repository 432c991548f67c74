// Gathers and scatters of a convolution's three GEMMs. They run over whole training batches, so the
// inner loops copy runs of neighbouring elements and never divide: all index arithmetic is done
// once a pixel or once a filter tap.
#include "models/layers/conv_lowering.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

#include "models/layers/phase_axis.h"

namespace nibble {

namespace {

void check_conv(const ConvShape& conv) {
  const bool sizes = conv.n >= 1 && conv.c >= 1 && conv.h >= 1 && conv.w >= 1 && conv.k >= 1 &&
                     conv.r >= 1 && conv.s >= 1 && conv.stride >= 1 && conv.padding >= 0;
  const bool fits = conv.h + 2 * conv.padding >= conv.r && conv.w + 2 * conv.padding >= conv.s;
  const bool divides = conv.groups >= 1 && conv.c % conv.groups == 0 && conv.k % conv.groups == 0;
  if (sizes && fits && divides) return;
  throw std::invalid_argument(
      "convolution n=" + std::to_string(conv.n) + " c=" + std::to_string(conv.c) +
      " h=" + std::to_string(conv.h) + " w=" + std::to_string(conv.w) +
      " k=" + std::to_string(conv.k) + " r=" + std::to_string(conv.r) +
      " s=" + std::to_string(conv.s) + " stride=" + std::to_string(conv.stride) +
      " padding=" + std::to_string(conv.padding) + " groups=" + std::to_string(conv.groups) +
      (!sizes  ? ": sizes and stride must be at least 1, padding at least 0"
       : !fits ? ": the filter is larger than the padded image"
               : ": groups must divide c and k"));
}

/// std::copy_n without a call for the few elements of a small layer's run.
template <typename Value>
inline Value* copy_run(const Value* source, std::int64_t count, Value* out) {
  constexpr std::int64_t kLong = 64, kStep = 4;
  if (count >= kLong) return std::copy_n(source, count, out);
  for (; count >= kStep; count -= kStep, source += kStep, out += kStep) {
    std::memcpy(out, source, kStep * sizeof(Value));
  }
  if ((count & 2) != 0) {
    std::memcpy(out, source, 2 * sizeof(Value));
    source += 2, out += 2;
  }
  if ((count & 1) != 0) *out++ = *source;
  return out;
}

/// `pixels` neighbours of a tensor with `all` channels, the `channels` of one group of each.
template <typename Value>
Value* copy_pixels(const Value* source, std::int64_t pixels, std::int64_t all,
                   std::int64_t channels, Value* out) {
  if (channels == all) return copy_run(source, pixels * all, out);
  for (std::int64_t i = 0; i < pixels; ++i, source += all) out = copy_run(source, channels, out);
  return out;
}

PhaseAxis phase_rows(const LoweredGemm& gemm) {
  const ConvShape& conv = gemm.conv;
  return phase_axis(conv.h, conv.r, conv.stride, conv.padding, gemm.phase_h);
}

PhaseAxis phase_columns(const LoweredGemm& gemm) {
  const ConvShape& conv = gemm.conv;
  return phase_axis(conv.w, conv.s, conv.stride, conv.padding, gemm.phase_w);
}

/// out [columns, rows] = in [rows, columns] transposed, in blocks that stay in the first cache.
template <typename Value>
void transpose(const Value* in, std::int64_t rows, std::int64_t columns, Value* out) {
  constexpr std::int64_t kBlock = 32;
  for (std::int64_t row_block = 0; row_block < rows; row_block += kBlock) {
    const std::int64_t row_end = std::min(row_block + kBlock, rows);
    for (std::int64_t column_block = 0; column_block < columns; column_block += kBlock) {
      const std::int64_t column_end = std::min(column_block + kBlock, columns);
      for (std::int64_t column = column_block; column < column_end; ++column) {
        for (std::int64_t row = row_block; row < row_end; ++row) {
          out[column * rows + row] = in[row * columns + column];
        }
      }
    }
  }
}

/// out [N*P*Q, R*S*C/G]: a group's inputs of each output pixel. For one filter row the inputs are
/// neighbours in memory, so without groups a row of the patch is one copy with zeros where it
/// leaves the image.
template <typename Value>
void im2col(const ConvShape& conv, std::int64_t group, const Value* x, Value* out) {
  const std::int64_t p_size = conv.p();
  const std::int64_t q_size = conv.q();
  const std::int64_t channels = conv.c / conv.groups;
  for (std::int64_t n = 0; n < conv.n; ++n) {
    const Value* image = x + n * conv.h * conv.w * conv.c + group * channels;
    for (std::int64_t p = 0; p < p_size; ++p) {
      const std::int64_t h_begin = p * conv.stride - conv.padding;
      for (std::int64_t q = 0; q < q_size; ++q) {
        const std::int64_t w_begin = q * conv.stride - conv.padding;
        const std::int64_t s_begin = std::clamp<std::int64_t>(-w_begin, 0, conv.s);
        const std::int64_t s_end = std::clamp<std::int64_t>(conv.w - w_begin, s_begin, conv.s);
        for (std::int64_t r = 0; r < conv.r; ++r) {
          const std::int64_t h = h_begin + r;
          if (h < 0 || h >= conv.h || s_begin == s_end) {
            out = std::fill_n(out, conv.s * channels, Value{0});
            continue;
          }
          const Value* source = image + (h * conv.w + w_begin + s_begin) * conv.c;
          out = std::fill_n(out, s_begin * channels, Value{0});
          out = copy_pixels(source, s_end - s_begin, conv.c, channels, out);
          out = std::fill_n(out, (conv.s - s_end) * channels, Value{0});
        }
      }
    }
  }
}

/// out [N * rows * columns of the phase, taps*K/G]: for each dX pixel, a group's channels of the dY
/// pixels its taps come from.
template <typename Value>
void gather_output_gradients(const LoweredGemm& gemm, std::int64_t group, const Value* dy,
                             Value* out) {
  const ConvShape& conv = gemm.conv;
  const std::int64_t channels = conv.k / conv.groups;
  const PhaseAxis rows = phase_rows(gemm);
  const PhaseAxis columns = phase_columns(gemm);
  const std::int64_t p_size = conv.p();
  const std::int64_t q_size = conv.q();
  for (std::int64_t n = 0; n < conv.n; ++n) {
    const Value* image = dy + n * p_size * q_size * conv.k + group * channels;
    for (std::int64_t i = 0; i < rows.positions; ++i) {
      for (std::int64_t j = 0; j < columns.positions; ++j) {
        for (std::int64_t r = 0; r < rows.taps; ++r) {
          const std::int64_t p = rows.first_source + i - r;
          const bool row_inside = p >= 0 && p < p_size;
          for (std::int64_t s = 0; s < columns.taps; ++s, out += channels) {
            const std::int64_t q = columns.first_source + j - s;
            if (row_inside && q >= 0 && q < q_size) {
              copy_run(image + (p * q_size + q) * conv.k, channels, out);
            } else {
              std::fill_n(out, channels, Value{0});
            }
          }
        }
      }
    }
  }
}

/// out [taps*K/G, C/G]: a group's filter taps of a phase, each output channel's weights one copy.
template <typename Value>
void gather_phase_weights(const LoweredGemm& gemm, std::int64_t group, const Value* w, Value* out) {
  const ConvShape& conv = gemm.conv;
  const std::int64_t channels = conv.c / conv.groups;
  const std::int64_t filters = conv.k / conv.groups;
  const PhaseAxis rows = phase_rows(gemm);
  const PhaseAxis columns = phase_columns(gemm);
  for (std::int64_t i = 0; i < rows.taps; ++i) {
    const std::int64_t r = rows.first_tap + i * conv.stride;
    for (std::int64_t j = 0; j < columns.taps; ++j) {
      const std::int64_t s = columns.first_tap + j * conv.stride;
      for (std::int64_t k = group * filters; k < (group + 1) * filters; ++k, out += channels) {
        std::copy_n(w + ((k * conv.r + r) * conv.s + s) * channels, channels, out);
      }
    }
  }
}

/// C [pixels of the phase, C/G] to a group's channels of dX [N,H,W,C].
template <typename Value>
void scatter_phase(const LoweredGemm& gemm, std::int64_t group, const Value* c, Value* dx) {
  const ConvShape& conv = gemm.conv;
  const std::int64_t channels = conv.c / conv.groups;
  const PhaseAxis rows = phase_rows(gemm);
  const PhaseAxis columns = phase_columns(gemm);
  for (std::int64_t n = 0; n < conv.n; ++n) {
    for (std::int64_t i = 0; i < rows.positions; ++i) {
      const std::int64_t h = gemm.phase_h + i * conv.stride;
      Value* pixel = dx + ((n * conv.h + h) * conv.w + gemm.phase_w) * conv.c + group * channels;
      for (std::int64_t j = 0; j < columns.positions; ++j, c += channels) {
        copy_run(c, channels, pixel + j * conv.stride * conv.c);
      }
    }
  }
}

/// C [N*P*Q, K/G] to a group's channels of Y [N,P,Q,K].
template <typename Value>
void scatter_outputs(const LoweredGemm& gemm, std::int64_t group, const Value* c, Value* y) {
  const std::int64_t channels = gemm.shape.n;
  y += group * channels;
  for (std::int64_t pixel = 0; pixel < gemm.shape.m; ++pixel, c += channels, y += gemm.conv.k) {
    copy_run(c, channels, y);
  }
}

}  // namespace

ConvShape matrix_shape(std::int64_t rows, std::int64_t in, std::int64_t out) {
  ConvShape conv;
  conv.n = rows;
  conv.c = in;
  conv.k = out;
  conv.h = conv.w = conv.r = conv.s = 1;
  return conv;
}

std::vector<LoweredGemm> lower_conv(const ConvShape& conv, GemmPass pass) {
  check_conv(conv);
  const std::int64_t pixels = conv.n * conv.p() * conv.q();
  const std::int64_t channels = conv.c / conv.groups, filters = conv.k / conv.groups;
  const std::int64_t patch = conv.r * conv.s * channels;
  if (pass == GemmPass::forward) return {{pass, conv, 0, 0, {pixels, filters, patch}}};
  if (pass == GemmPass::wgrad) return {{pass, conv, 0, 0, {filters, patch, pixels}}};
  std::vector<LoweredGemm> gemms;
  for (std::int64_t phase_h = 0; phase_h < conv.stride; ++phase_h) {
    for (std::int64_t phase_w = 0; phase_w < conv.stride; ++phase_w) {
      LoweredGemm gemm{pass, conv, phase_h, phase_w, {}};
      const PhaseAxis rows = phase_rows(gemm);
      const PhaseAxis columns = phase_columns(gemm);
      gemm.shape = {conv.n * rows.positions * columns.positions, channels,
                    rows.taps * columns.taps * filters};
      if (gemm.shape.m > 0 && gemm.shape.k > 0) gemms.push_back(gemm);
    }
  }
  return gemms;
}

template <typename Value>
void gather_a(const LoweredGemm& gemm, const Value* streamed, Value* a) {
  const ConvShape& conv = gemm.conv;
  const std::int64_t size = gemm.shape.m * gemm.shape.k;
  if (gemm.pass == GemmPass::wgrad) {  // channels of groups lie one after the other in dY^T
    transpose(streamed, conv.n * conv.p() * conv.q(), conv.k, a);
    return;
  }
  for (std::int64_t group = 0; group < conv.groups; ++group, a += size) {
    if (gemm.pass == GemmPass::forward) {
      im2col(conv, group, streamed, a);
    } else {
      gather_output_gradients(gemm, group, streamed, a);
    }
  }
}

template <typename Value>
void gather_b(const LoweredGemm& gemm, const Value* stationary, Value* b) {
  const ConvShape& conv = gemm.conv;
  const std::int64_t size = gemm.shape.k * gemm.shape.n;
  for (std::int64_t group = 0; group < conv.groups; ++group, b += size) {
    switch (gemm.pass) {
      case GemmPass::forward:  // a group's filters are as many neighbouring elements as its B
        transpose(stationary + group * size, gemm.shape.n, gemm.shape.k, b);
        break;
      case GemmPass::dgrad:
        gather_phase_weights(gemm, group, stationary, b);
        break;
      case GemmPass::wgrad:
        im2col(conv, group, stationary, b);
        break;
    }
  }
}

template <typename Value>
void scatter_c(const LoweredGemm& gemm, const Value* c, Value* result) {
  const std::int64_t size = gemm.shape.m * gemm.shape.n;
  if (result_is_c(gemm)) {
    std::copy_n(c, gemm.conv.groups * size, result);
    return;
  }
  for (std::int64_t group = 0; group < gemm.conv.groups; ++group, c += size) {
    if (gemm.pass == GemmPass::forward) {
      scatter_outputs(gemm, group, c, result);
    } else {
      scatter_phase(gemm, group, c, result);
    }
  }
}

bool result_is_c(const LoweredGemm& gemm) {
  if (gemm.pass == GemmPass::wgrad) return true;
  return gemm.conv.groups == 1 && (gemm.pass == GemmPass::forward || gemm.conv.stride == 1);
}

template void gather_a<std::uint8_t>(const LoweredGemm&, const std::uint8_t*, std::uint8_t*);
template void gather_b<std::uint8_t>(const LoweredGemm&, const std::uint8_t*, std::uint8_t*);
template void scatter_c<std::uint8_t>(const LoweredGemm&, const std::uint8_t*, std::uint8_t*);
template void gather_a<std::uint16_t>(const LoweredGemm&, const std::uint16_t*, std::uint16_t*);
template void gather_b<std::uint16_t>(const LoweredGemm&, const std::uint16_t*, std::uint16_t*);
template void scatter_c<std::uint16_t>(const LoweredGemm&, const std::uint16_t*, std::uint16_t*);

}  // namespace nibble
