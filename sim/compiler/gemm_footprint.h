// Which bytes of its three tensors a block of a lowered convolution touches.
#pragma once

#include <vector>

#include "sim/compiler/tiling.h"

namespace nibble {

/// A block of a GEMM: half-open ranges of its three dimensions.
struct GemmBlock {
  std::int64_t m_begin = 0, m_end = 0;
  std::int64_t n_begin = 0, n_end = 0;
  std::int64_t k_begin = 0, k_end = 0;
};

/// One operand pair's view of a lowered GEMM. Element widths come from the tensors.
class GemmFootprint {
 public:
  GemmFootprint(const Workload& workload, const GemmWork& work, const LoweredGemm& lowered,
                Bytes result_offset);

  [[nodiscard]] std::vector<Piece> streamed(const GemmBlock& block) const;
  [[nodiscard]] std::vector<Piece> stationary(const GemmBlock& block) const;
  /// The block's slice of the result, in the order blocks finish.
  [[nodiscard]] Piece result(const GemmBlock& block) const;

 private:
  [[nodiscard]] std::vector<Piece> input_rows(std::int64_t pixel_begin,
                                              std::int64_t pixel_end) const;
  [[nodiscard]] std::vector<Piece> gradient_rows(std::int64_t pixel_begin,
                                                 std::int64_t pixel_end) const;
  [[nodiscard]] int bits(TensorId tensor) const {
    return workload_.tensors[static_cast<std::size_t>(tensor)].bits;
  }

  const Workload& workload_;
  const GemmWork& work_;
  const LoweredGemm& lowered_;
  Bytes result_offset_;
};

/// The sum of the pieces' lengths.
[[nodiscard]] Bytes total_bytes(const std::vector<Piece>& pieces);

}  // namespace nibble
