#include "models/layers/packed_geometry.h"

#include <algorithm>

#include "models/layers/phase_axis.h"

namespace nibble {
namespace {

RowGrid forward_grid(const ConvShape& conv, const PaddedShape& images) {
  RowGrid grid;
  grid.rows = conv.p(), grid.columns = conv.q();
  grid.step = conv.stride;
  const std::int64_t run = conv.s * conv.c;
  for (std::int64_t r = 0; r < conv.r; ++r) {
    grid.runs.push_back({r * images.row_elements(), r * run, run});
  }
  return grid;
}

RowGrid dgrad_grid(const LoweredGemm& gemm, const PaddedShape& images) {
  const ConvShape& conv = gemm.conv;
  const PhaseAxis rows = phase_axis(conv.h, conv.r, conv.stride, conv.padding, gemm.phase_h);
  const PhaseAxis columns = phase_axis(conv.w, conv.s, conv.stride, conv.padding, gemm.phase_w);
  RowGrid grid;
  grid.rows = rows.positions, grid.columns = columns.positions;
  grid.first_h = rows.first_source + images.top;
  grid.first_w = columns.first_source + images.left;
  grid.result_h = gemm.phase_h, grid.result_w = gemm.phase_w;
  grid.result_step = conv.stride;
  for (std::int64_t r = 0; r < rows.taps; ++r) {
    for (std::int64_t s = 0; s < columns.taps; ++s) {
      grid.runs.push_back(
          {-r * images.row_elements() - s * conv.k, (r * columns.taps + s) * conv.k, conv.k});
    }
  }
  return grid;
}

}  // namespace

PaddedShape padded_inputs(const ConvShape& conv) {
  return {conv.h,
          conv.w,
          conv.c,
          conv.padding,
          conv.padding,
          conv.h + 2 * conv.padding,
          conv.w + 2 * conv.padding};
}

PaddedShape padded_gradients(const ConvShape& conv) {
  PaddedShape images{conv.p(), conv.q(), conv.k};
  std::int64_t bottom = images.h, right = images.w;
  for (std::int64_t phase = 0; phase < conv.stride; ++phase) {
    const PhaseAxis rows = phase_axis(conv.h, conv.r, conv.stride, conv.padding, phase);
    const PhaseAxis columns = phase_axis(conv.w, conv.s, conv.stride, conv.padding, phase);
    images.top = std::max(images.top, rows.taps - 1 - rows.first_source);
    images.left = std::max(images.left, columns.taps - 1 - columns.first_source);
    bottom = std::max(bottom, rows.first_source + rows.positions);
    right = std::max(right, columns.first_source + columns.positions);
  }
  images.height = images.top + bottom;
  images.width = images.left + right;
  return images;
}

RowGrid row_grid(const LoweredGemm& gemm, const PaddedShape& images) {
  return gemm.pass == GemmPass::forward ? forward_grid(gemm.conv, images)
                                        : dgrad_grid(gemm, images);
}

void list_rows(const LoweredGemm& gemm, const RowGrid& grid, const PaddedShape& images,
               std::int64_t count, RowOffsets& offsets) {
  const ConvShape& conv = gemm.conv;
  const bool forward = gemm.pass == GemmPass::forward;
  const std::int64_t height = forward ? conv.p() : conv.h, width = forward ? conv.q() : conv.w;
  const std::int64_t channels = forward ? conv.k : conv.c;
  offsets.sources.clear();
  offsets.results.clear();
  for (std::int64_t image = 0; image < count; ++image) {
    for (std::int64_t i = 0; i < grid.rows; ++i) {
      for (std::int64_t j = 0; j < grid.columns; ++j) {
        const std::int64_t h = image * images.height + grid.first_h + i * grid.step;
        const std::int64_t result_h = image * height + grid.result_h + i * grid.result_step;
        offsets.sources.push_back(static_cast<std::int32_t>(
            (h * images.width + grid.first_w + j * grid.step) * images.channels));
        offsets.results.push_back(static_cast<std::int32_t>(
            (result_h * width + grid.result_w + j * grid.result_step) * channels));
      }
    }
  }
}

}  // namespace nibble
