// Where the rows of a forward or dgrad GEMM lie in padded images: a row is a few runs of
// neighbouring elements, the same for every row but for where its first pixel is. All in elements.
#pragma once

#include <cstdint>
#include <vector>

#include "models/layers/conv_lowering.h"

namespace nibble {

/// Images [H,W,C] with `top` rows and `left` columns of zeros before them, `height` x `width` in
/// all.
struct PaddedShape {
  std::int64_t h = 0, w = 0, channels = 0;
  std::int64_t top = 0, left = 0, height = 0, width = 0;

  [[nodiscard]] std::int64_t row_elements() const { return width * channels; }
  [[nodiscard]] std::int64_t image_elements() const { return height * row_elements(); }
};

/// Elements [k, k + count) of each row begin at `source` from its first pixel.
struct ElementRun {
  std::int64_t source = 0, k = 0, count = 0;
};

/// The rows of one GEMM: which padded pixel row (i,j) of an image begins at and where its result
/// goes.
struct RowGrid {
  std::int64_t rows = 0, columns = 0;                        // i, j
  std::int64_t first_h = 0, first_w = 0, step = 1;           // in the padded image
  std::int64_t result_h = 0, result_w = 0, result_step = 1;  // in the result
  std::vector<ElementRun> runs;
};

/// X with its padding, for forward and wgrad.
[[nodiscard]] PaddedShape padded_inputs(const ConvShape& conv);
/// dY with enough zeros around it for the taps of every phase of dgrad.
[[nodiscard]] PaddedShape padded_gradients(const ConvShape& conv);

/// `images` are those of the GEMM's pass.
[[nodiscard]] RowGrid row_grid(const LoweredGemm& gemm, const PaddedShape& images);

/// Offsets of a grid's rows in some images, of their sources and of their results.
struct RowOffsets {
  std::vector<std::int32_t> sources, results;
};
void list_rows(const LoweredGemm& gemm, const RowGrid& grid, const PaddedShape& images,
               std::int64_t count, RowOffsets& offsets);

}  // namespace nibble
