#include "sim/compiler/gemm_footprint.h"

#include <algorithm>

namespace nibble {
namespace {

Bytes floor_bytes(std::int64_t elements, int bits) { return elements * bits / 8; }
Bytes ceil_bytes(std::int64_t elements, int bits) { return (elements * bits + 7) / 8; }

/// Calls visit(image, first_row, last_row) for every image that a range of pixels touches, pixels
/// counted image by image, `rows` x `columns` an image.
template <typename Visit>
void for_each_image(std::int64_t pixel_begin, std::int64_t pixel_end, std::int64_t rows,
                    std::int64_t columns, Visit visit) {
  const std::int64_t pixels = rows * columns;
  for (std::int64_t image = pixel_begin / pixels; image * pixels < pixel_end; ++image) {
    const std::int64_t begin = std::max(pixel_begin - image * pixels, std::int64_t{0});
    const std::int64_t end = std::min(pixel_end - image * pixels, pixels);
    visit(image, begin / columns, (end - 1) / columns);
  }
}

/// Appends rows [first, last] of an image to `pieces`, merging with a piece that they continue.
void append_rows(std::vector<Piece>& pieces, TensorId tensor, int bits, std::int64_t row_elements,
                 std::int64_t rows_an_image, std::int64_t image, std::int64_t first,
                 std::int64_t last) {
  if (first > last) return;
  const std::int64_t base = image * rows_an_image;
  const Bytes begin = floor_bytes((base + first) * row_elements, bits);
  const Bytes end = ceil_bytes((base + last + 1) * row_elements, bits);
  if (!pieces.empty() && pieces.back().end >= begin) {
    pieces.back().end = std::max(pieces.back().end, end);
  } else {
    pieces.push_back({tensor, begin, end});
  }
}

}  // namespace

Bytes total_bytes(const std::vector<Piece>& pieces) {
  Bytes bytes = 0;
  for (const Piece& piece : pieces) bytes += piece.end - piece.begin;
  return bytes;
}

GemmFootprint::GemmFootprint(const Workload& workload, const GemmWork& work,
                             const LoweredGemm& lowered, Bytes result_offset)
    : workload_(workload), work_(work), lowered_(lowered), result_offset_(result_offset) {}

std::vector<Piece> GemmFootprint::input_rows(std::int64_t pixel_begin,
                                             std::int64_t pixel_end) const {
  const ConvShape& conv = lowered_.conv;
  const TensorId tensor =
      lowered_.pass == GemmPass::wgrad ? work_.stationary.tensor : work_.streamed.tensor;
  std::vector<Piece> pieces;
  for_each_image(
      pixel_begin, pixel_end, conv.p(), conv.q(),
      [&](std::int64_t image, std::int64_t first, std::int64_t last) {
        const std::int64_t top = std::max(first * conv.stride - conv.padding, std::int64_t{0});
        const std::int64_t bottom =
            std::min(last * conv.stride - conv.padding + conv.r - 1, conv.h - 1);
        append_rows(pieces, tensor, bits(tensor), conv.w * conv.c, conv.h, image, top, bottom);
      });
  return pieces;
}

std::vector<Piece> GemmFootprint::gradient_rows(std::int64_t pixel_begin,
                                                std::int64_t pixel_end) const {
  const ConvShape& conv = lowered_.conv;
  // Pixels of one output phase: rows phase_h, phase_h + stride, ... of dX.
  const std::int64_t columns = (conv.w - lowered_.phase_w + conv.stride - 1) / conv.stride;
  const std::int64_t rows = (conv.h - lowered_.phase_h + conv.stride - 1) / conv.stride;
  std::vector<Piece> pieces;
  for_each_image(
      pixel_begin, pixel_end, rows, columns,
      [&](std::int64_t image, std::int64_t first, std::int64_t last) {
        const std::int64_t h_first = lowered_.phase_h + first * conv.stride + conv.padding;
        const std::int64_t h_last = lowered_.phase_h + last * conv.stride + conv.padding;
        const std::int64_t above = h_first - (conv.r - 1);
        const std::int64_t top = above <= 0 ? 0 : (above + conv.stride - 1) / conv.stride;
        const std::int64_t bottom = std::min(h_last / conv.stride, conv.p() - 1);
        append_rows(pieces, work_.streamed.tensor, bits(work_.streamed.tensor), conv.q() * conv.k,
                    conv.p(), image, top, bottom);
      });
  return pieces;
}

std::vector<Piece> GemmFootprint::streamed(const GemmBlock& block) const {
  switch (lowered_.pass) {
    case GemmPass::forward:
      return input_rows(block.m_begin, block.m_end);
    case GemmPass::dgrad:
      return gradient_rows(block.m_begin, block.m_end);
    case GemmPass::wgrad:
      break;
  }
  const std::int64_t filters = lowered_.conv.k;
  const int width = bits(work_.streamed.tensor);
  return {{work_.streamed.tensor, floor_bytes(block.k_begin * filters, width),
           ceil_bytes(block.k_end * filters, width)}};
}

std::vector<Piece> GemmFootprint::stationary(const GemmBlock& block) const {
  if (lowered_.pass == GemmPass::wgrad) return input_rows(block.k_begin, block.k_end);
  const ConvShape& conv = lowered_.conv;
  const int width = bits(work_.stationary.tensor);
  if (lowered_.pass == GemmPass::forward) {
    const std::int64_t filter = conv.r * conv.s * conv.c;
    return {{work_.stationary.tensor, floor_bytes(block.n_begin * filter, width),
             ceil_bytes(block.n_end * filter, width)}};
  }
  // dgrad reads a slice of input channels of every tap: all of W unless it is one block wide.
  return {{work_.stationary.tensor, 0, ceil_bytes(conv.k * conv.r * conv.s * conv.c, width)}};
}

Piece GemmFootprint::result(const GemmBlock& block) const {
  const std::int64_t columns = block.n_end - block.n_begin;
  const std::int64_t before = block.n_begin * lowered_.shape.m + block.m_begin * columns;
  const int width = bits(work_.result.tensor);
  return {work_.result.tensor, result_offset_ + floor_bytes(before, width),
          result_offset_ + ceil_bytes(before + (block.m_end - block.m_begin) * columns, width)};
}

}  // namespace nibble
