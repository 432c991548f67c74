#include "sim/compiler/gemm_footprint.h"

#include <algorithm>

namespace nibble {
namespace {

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

/// Appends a piece, merged with the last one if it continues it. Pieces that skip something are one
/// with what lies between them.
void append(std::vector<Piece>& pieces, const Piece& piece) {
  const bool skips = piece.skipped > 0;
  if (pieces.empty() || (pieces.back().end < piece.begin && !skips)) {
    pieces.push_back(piece);
    return;
  }
  Piece& last = pieces.back();
  const Bytes bytes = last.bytes() + piece.bytes();
  last.end = std::max(last.end, piece.end);
  if (skips) last.skipped = std::max<Bytes>(0, last.end - last.begin - bytes);
}

/// Rows of an image under the windows first..last, which do not overlap.
std::int64_t rows_under(const ConvShape& conv, std::int64_t first, std::int64_t last) {
  std::int64_t rows = 0;
  for (std::int64_t at = first; at <= last; ++at) {
    const std::int64_t begin = at * conv.stride - conv.padding;
    const std::int64_t end = std::min(begin + conv.r, conv.h);
    rows += std::max<std::int64_t>(0, end - std::max<std::int64_t>(0, begin));
  }
  return rows;
}

}  // namespace

bool operator==(const Piece& a, const Piece& b) {
  return a.tensor == b.tensor && a.begin == b.begin && a.end == b.end && a.skipped == b.skipped;
}

Piece part_of(const Piece& piece, Bytes begin, Bytes end) {
  const auto skipped_before = [&](Bytes at) {
    return proportion(piece.skipped, at - piece.begin, piece.end - piece.begin);
  };
  return {piece.tensor, begin, end, skipped_before(end) - skipped_before(begin)};
}

Bytes total_bytes(const std::vector<Piece>& pieces) {
  Bytes bytes = 0;
  for (const Piece& piece : pieces) bytes += piece.bytes();
  return bytes;
}

bool empty(const GemmBlock& block) {
  return block.g_begin >= block.g_end || block.m_begin >= block.m_end ||
         block.n_begin >= block.n_end || block.k_begin >= block.k_end;
}

GemmBlock whole_gemm(const LoweredGemm& lowered) {
  const GemmShape& shape = lowered.shape;
  return {0, lowered.conv.groups, 0, shape.m, 0, shape.n, 0, shape.k};
}

bool independent_groups(const ConvShape& conv) {
  return conv.groups > 1 && conv.h == 1 && conv.w == 1 && conv.r == 1 && conv.s == 1;
}

GemmFootprint::GemmFootprint(const Workload& workload, const Sharing& sharing, const GemmWork& work,
                             const LoweredGemm& lowered, std::vector<std::int64_t> result_bases)
    : workload_(workload),
      sharing_(sharing),
      work_(work),
      lowered_(lowered),
      result_bases_(std::move(result_bases)),
      independent_groups_(independent_groups(lowered.conv)) {}

/// Elements [begin, end) of a slice; bytes that hold some of them. A byte amid which two slices
/// meet belongs to the later one.
Piece GemmFootprint::elements(const TensorSlice& slice, std::int64_t begin,
                              std::int64_t end) const {
  const int bits = at(slice).bits;
  const Bytes base = at(slice).bytes() * slice.part / slice.parts;
  const Bytes next = at(slice).bytes() * (slice.part + 1) / slice.parts;
  return {slice.tensor, base + begin * bits / 8, std::min(base + ceil_div(end * bits, 8), next)};
}

std::vector<Piece> GemmFootprint::input_rows(std::int64_t begin, std::int64_t end) const {
  const ConvShape& conv = lowered_.conv;
  const TensorSlice& x = lowered_.pass == GemmPass::wgrad ? work_.stationary : work_.streamed;
  std::vector<Piece> pieces;
  for_each_image(begin, end, conv.p(), conv.q(),
                 [&](std::int64_t image, std::int64_t first, std::int64_t last) {
                   const std::int64_t top =
                       std::max(first * conv.stride - conv.padding, std::int64_t{0});
                   const std::int64_t bottom =
                       std::min(last * conv.stride - conv.padding + conv.r - 1, conv.h - 1);
                   const std::int64_t row = conv.w * conv.c;
                   const std::int64_t base = image * conv.h;
                   if (top > bottom) return;
                   const std::int64_t rows =
                       conv.stride > conv.r ? rows_under(conv, first, last) : bottom - top + 1;
                   const Piece read = without_skipped(
                       x, elements(x, (base + top) * row, (base + bottom + 1) * row), rows);
                   if (read.bytes() > 0) append(pieces, read);
                 });
  return pieces;
}

/// Image rows of which so many `rows` are read. The pixels that a stride steps over within a row
/// are read with it: the memory interleaves its channels by pieces as long as such a pixel, so that
/// every other one takes the time of all of them.
Piece GemmFootprint::without_skipped(const TensorSlice& x, Piece piece, std::int64_t rows) const {
  const ConvShape& conv = lowered_.conv;
  const Bytes read = ceil_div(rows * conv.w * conv.c * at(x).bits, 8);
  if (conv.stride > conv.r) piece.skipped = std::max<Bytes>(0, piece.end - piece.begin - read);
  return piece;
}

std::vector<Piece> GemmFootprint::gradient_rows(std::int64_t begin, std::int64_t end) const {
  const ConvShape& conv = lowered_.conv;
  // Pixels of one output phase: rows phase_h, phase_h + stride, ... of dX.
  const std::int64_t columns = (conv.w - lowered_.phase_w + conv.stride - 1) / conv.stride;
  const std::int64_t rows = (conv.h - lowered_.phase_h + conv.stride - 1) / conv.stride;
  std::vector<Piece> pieces;
  for_each_image(
      begin, end, rows, columns, [&](std::int64_t image, std::int64_t first, std::int64_t last) {
        const std::int64_t h_first = lowered_.phase_h + first * conv.stride + conv.padding;
        const std::int64_t h_last = lowered_.phase_h + last * conv.stride + conv.padding;
        const std::int64_t above = h_first - (conv.r - 1);
        const std::int64_t top = above <= 0 ? 0 : (above + conv.stride - 1) / conv.stride;
        const std::int64_t bottom = std::min(h_last / conv.stride, conv.p() - 1);
        const std::int64_t row = conv.q() * conv.k;
        const std::int64_t base = image * conv.p();
        if (top > bottom) return;
        append(pieces, elements(work_.streamed, (base + top) * row, (base + bottom + 1) * row));
      });
  return pieces;
}

std::vector<Piece> GemmFootprint::of_groups(std::vector<Piece> pieces,
                                            const GemmBlock& block) const {
  return of_channels(std::move(pieces), block.g_begin, block.g_end, lowered_.conv.groups);
}

/// A part of the reduction is a slice of the channels if there is only one tap.
std::vector<Piece> GemmFootprint::of_reduction(std::vector<Piece> pieces,
                                               const GemmBlock& block) const {
  const ConvShape& conv = lowered_.conv;
  if (conv.r * conv.s > 1) return pieces;
  return of_channels(std::move(pieces), block.k_begin, block.k_end, lowered_.shape.k);
}

std::vector<Piece> GemmFootprint::of_channels(std::vector<Piece> pieces, std::int64_t begin,
                                              std::int64_t end, std::int64_t channels) {
  for (Piece& piece : pieces) {
    const auto first = [&](Bytes bytes) { return bytes * begin / channels; };
    const auto last = [&](Bytes bytes) { return ceil_div(bytes * end, channels); };
    const Bytes all = piece.end - piece.begin;
    const Bytes bytes = last(piece.bytes()) - first(piece.bytes());
    piece.end = piece.begin + last(all);
    piece.begin += first(all);
    piece.skipped = std::max<Bytes>(0, piece.end - piece.begin - bytes);
  }
  return pieces;
}

Piece GemmFootprint::stacked(const TensorSlice& slice, const GemmBlock& block, std::int64_t rows,
                             std::int64_t row_elements, std::int64_t begin,
                             std::int64_t end) const {
  return elements(slice, (block.g_begin * rows + begin) * row_elements,
                  ((block.g_end - 1) * rows + end) * row_elements);
}

std::vector<Piece> GemmFootprint::streamed(const GemmBlock& block) const {
  const ConvShape& conv = lowered_.conv;
  const std::int64_t pixels = conv.n * conv.p() * conv.q();
  const std::int64_t filters = conv.k / conv.groups;
  const TensorSlice& a = work_.streamed;
  if (independent_groups_) {
    if (lowered_.pass == GemmPass::wgrad) {
      return {stacked(a, block, pixels, filters, block.k_begin, block.k_end)};
    }
    return {stacked(a, block, pixels, lowered_.shape.k, block.m_begin, block.m_end)};
  }
  switch (lowered_.pass) {
    case GemmPass::forward:
      return of_reduction(of_groups(input_rows(block.m_begin, block.m_end), block), block);
    case GemmPass::dgrad:
      return of_reduction(of_groups(gradient_rows(block.m_begin, block.m_end), block), block);
    case GemmPass::wgrad:
      break;
  }
  return of_channels(of_groups({elements(a, block.k_begin * conv.k, block.k_end * conv.k)}, block),
                     block.m_begin, block.m_end, lowered_.shape.m);
}

std::vector<Piece> GemmFootprint::stationary(const GemmBlock& block) const {
  const ConvShape& conv = lowered_.conv;
  const TensorSlice& b = work_.stationary;
  if (lowered_.pass == GemmPass::wgrad) {
    if (independent_groups_) {
      return {stacked(b, block, conv.n, conv.c / conv.groups, block.k_begin, block.k_end)};
    }
    // Columns of dW are taps x channels: a slice within one tap needs its channels only.
    const std::int64_t channels = conv.c / conv.groups;
    const std::int64_t first = block.n_begin % channels;
    const std::int64_t last = first + block.n_end - block.n_begin;
    std::vector<Piece> rows = of_groups(input_rows(block.k_begin, block.k_end), block);
    return last > channels ? rows : of_channels(std::move(rows), first, last, channels);
  }
  // By filter for the forward pass, by input channel for the dgrad.
  const bool forward = lowered_.pass == GemmPass::forward;
  const std::int64_t across = (forward ? conv.c : conv.k) / conv.groups;
  return of_channels({stacked(b, block, (forward ? conv.k : conv.c) / conv.groups,
                              conv.r * conv.s * across, block.n_begin, block.n_end)},
                     block.k_begin, block.k_end, lowered_.shape.k);
}

std::vector<Piece> GemmFootprint::result(const GemmBlock& block) const {
  const GemmShape& shape = lowered_.shape;
  const std::int64_t columns = block.n_end - block.n_begin;
  if (independent_groups_ || lowered_.pass == GemmPass::wgrad) {
    const std::int64_t first =
        block.g_begin * shape.m * shape.n + block.n_begin * shape.m + block.m_begin * columns;
    const std::int64_t count =
        (block.g_end - block.g_begin) * (block.m_end - block.m_begin) * columns;
    return {elements(work_.result, first, first + count)};
  }
  // The columns of all groups side by side.
  const std::int64_t wide = columns * (block.g_end - block.g_begin);
  const std::int64_t column =
      block.g_begin * shape.n + block.n_begin * (block.g_end - block.g_begin);
  std::vector<Piece> pieces;
  for (int core = 0; core < sharing_.cores(); ++core) {
    const std::int64_t row = sharing_.first_row(shape.m, core);
    const std::int64_t rows = sharing_.first_row(shape.m, core + 1) - row;
    const std::int64_t begin = std::max(block.m_begin, row);
    const std::int64_t end = std::min(block.m_end, row + rows);
    if (begin >= end) continue;
    const std::int64_t first =
        result_bases_[static_cast<std::size_t>(core)] + column * rows + (begin - row) * wide;
    pieces.push_back(elements(work_.result, first, first + (end - begin) * wide));
  }
  return pieces;
}

}  // namespace nibble
