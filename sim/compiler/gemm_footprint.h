// Which bytes of its three tensors a block of a lowered convolution touches.
//
// A GEMM's operands are tensors, not matrices: a block of im2col rows touches the image rows under
// its filter window (halos included), a block of the wgrad's k touches the same for X. Simplified:
//   - a result tensor lies in the order in which blocks finish: within the rows of each core by
//     output phase, then column block, then row; readers walk it in that order;
//   - a dgrad reads W as if it lay by input channel, as a forward pass reads it by filter;
//   - a slice of the channels of a range of pixels (a block of dW, a group of a convolution, a part
//     of a long reduction) counts as that share of their bytes, in one piece: what a DMA with
//     two-dimensional descriptors gathers, at the price of contiguous bytes;
//   - so do the rows of X that a stride larger than the filter reads, without the rows between;
//   - the groups of attention products lie one after the other.
#pragma once

#include <vector>

#include "sim/compiler/sharing.h"
#include "sim/workload/workload.h"

namespace nibble {

/// A range of a tensor.
struct Piece {
  TensorId tensor = 0;
  Bytes begin = 0, end = 0;
  Bytes skipped = 0;  // of them, spread evenly: a stride steps over them, nobody reads them
  [[nodiscard]] Bytes bytes() const { return end - begin - skipped; }
};
[[nodiscard]] bool operator==(const Piece& a, const Piece& b);

/// Bytes [begin, end) of a piece, with their share of what it skips.
[[nodiscard]] Piece part_of(const Piece& piece, Bytes begin, Bytes end);

/// A block of a GEMM: half-open ranges of its groups and its three dimensions. `k` counts from the
/// begin of the whole reduction, also if a core computes a part of it.
struct GemmBlock {
  std::int64_t g_begin = 0, g_end = 1;
  std::int64_t m_begin = 0, m_end = 0;
  std::int64_t n_begin = 0, n_end = 0;
  std::int64_t k_begin = 0, k_end = 0;
};

/// Nothing to compute.
[[nodiscard]] bool empty(const GemmBlock& block);

/// All of a lowered GEMM.
[[nodiscard]] GemmBlock whole_gemm(const LoweredGemm& lowered);

/// Groups that are products of their own (attention), not slices of an image's channels.
[[nodiscard]] bool independent_groups(const ConvShape& conv);

/// One operand pair's view of a lowered GEMM. Element widths come from the tensors.
class GemmFootprint {
 public:
  /// `result_bases`: for each core the element of the result tensor at which its rows of this GEMM
  /// begin (an operation may have several GEMMs, one an output phase).
  GemmFootprint(const Workload& workload, const Sharing& sharing, const GemmWork& work,
                const LoweredGemm& lowered, std::vector<std::int64_t> result_bases);

  [[nodiscard]] std::vector<Piece> streamed(const GemmBlock& block) const;
  [[nodiscard]] std::vector<Piece> stationary(const GemmBlock& block) const;
  /// The block's slice of the result: one piece for each core that owns some of its rows.
  [[nodiscard]] std::vector<Piece> result(const GemmBlock& block) const;

 private:
  /// Rows of an image tensor under pixels [begin, end), before groups are looked at.
  [[nodiscard]] std::vector<Piece> input_rows(std::int64_t begin, std::int64_t end) const;
  [[nodiscard]] Piece without_skipped(const TensorSlice& x, Piece piece, std::int64_t rows) const;
  [[nodiscard]] std::vector<Piece> gradient_rows(std::int64_t begin, std::int64_t end) const;
  [[nodiscard]] std::vector<Piece> of_groups(std::vector<Piece> pieces,
                                             const GemmBlock& block) const;
  [[nodiscard]] std::vector<Piece> of_reduction(std::vector<Piece> pieces,
                                                const GemmBlock& block) const;
  /// Channels [begin, end) of `channels` in every pixel of the pieces.
  [[nodiscard]] static std::vector<Piece> of_channels(std::vector<Piece> pieces, std::int64_t begin,
                                                      std::int64_t end, std::int64_t channels);
  /// Rows [begin, end) of `row_elements` in each group of an operand stacked by group.
  [[nodiscard]] Piece stacked(const TensorSlice& slice, const GemmBlock& block, std::int64_t rows,
                              std::int64_t row_elements, std::int64_t begin,
                              std::int64_t end) const;
  [[nodiscard]] Piece elements(const TensorSlice& slice, std::int64_t begin,
                               std::int64_t end) const;
  [[nodiscard]] const Tensor& at(const TensorSlice& slice) const {
    return workload_.tensors[static_cast<std::size_t>(slice.tensor)];
  }

  const Workload& workload_;
  const Sharing& sharing_;
  const GemmWork& work_;
  LoweredGemm lowered_;
  std::vector<std::int64_t> result_bases_;
  bool independent_groups_;
};

/// Those that are not skipped.
[[nodiscard]] Bytes total_bytes(const std::vector<Piece>& pieces);

}  // namespace nibble
