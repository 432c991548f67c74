// Strided dgrad along one image axis: which dX positions belong to a phase (position mod stride)
// and which filter taps reach them.
#pragma once

#include <cstdint>

namespace nibble {

/// position = phase + stride*i, tap = first_tap + stride*j, and then
/// (position + padding - tap) / stride = first_source + i - j is the dY position.
struct PhaseAxis {
  std::int64_t positions = 0;
  std::int64_t taps = 0;
  std::int64_t first_tap = 0;
  std::int64_t first_source = 0;
};

[[nodiscard]] constexpr PhaseAxis phase_axis(std::int64_t size, std::int64_t filter,
                                             std::int64_t stride, std::int64_t padding,
                                             std::int64_t phase) {
  PhaseAxis axis;
  axis.positions = phase < size ? (size - phase + stride - 1) / stride : 0;
  axis.first_tap = (phase + padding) % stride;
  axis.taps = axis.first_tap < filter ? (filter - axis.first_tap + stride - 1) / stride : 0;
  axis.first_source = (phase + padding) / stride;
  return axis;
}

}  // namespace nibble
