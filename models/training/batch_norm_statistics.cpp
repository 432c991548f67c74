// Mean and variance of a batch: a sample is summed and measured while it is in cache.
#include <algorithm>
#include <cmath>
#include <type_traits>
#include <utility>

#include "models/training/pointwise_arithmetic.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/training/batch_norm_statistics.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.h:
#include "models/training/pointwise_columns-inl.h"

HWY_BEFORE_NAMESPACE();
namespace nibble {
namespace HWY_NAMESPACE {

HWY_INLINE bool finite_lanes(VecF32 sums) {
  // The difference of an infinite or NaN number and itself is no zero.
  return hn::AllTrue(TagF32(), hn::Eq(hn::Sub(sums, sums), all(0.0F)));
}

/// Per sample: its sum, added to `sums`; its mean and its sum of squared distances from that.
void sample_statistics(const Fp16Code* x, const TensorShape& shape, std::vector<float>& sums,
                       float* means, float* squares) {
  const VecF32 pixels = all(static_cast<float>(shape.pixels));
  for_each_column(shape, [&](const Column& column) HWY_ATTR {
    VecF32 sum = all(0.0F), square = all(0.0F);
    for (std::int64_t i = column.begin; i < column.end; i += shape.channels) {
      prefetch(i, x);
      sum = hn::Add(sum, decode(x + i, column.width));
    }
    const VecF32 mean = hn::Div(sum, pixels);
    const auto add_squares = [&](auto finite) HWY_ATTR {
      for (std::int64_t i = column.begin; i < column.end; i += shape.channels) {
        const VecF32 distance = hn::Sub(decode<decltype(finite)::value>(x + i, column.width), mean);
        square = hn::Add(square, hn::Mul(distance, distance));
      }
    };
    if (finite_lanes(sum)) {
      add_squares(std::true_type());
    } else {
      add_squares(std::false_type());
    }
    add_channels(sum, column, sums);
    const std::int64_t place = column.sample * shape.channels + column.channel;
    store_some(mean, TagF32(), column.width, means + place);
    store_some(square, TagF32(), column.width, squares + place);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace nibble
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace nibble {
namespace {

HWY_EXPORT(sample_statistics);

std::size_t size(std::int64_t count) { return static_cast<std::size_t>(count); }

}  // namespace

std::vector<float> divided(std::vector<float> sums, float count) {
  for (float& sum : sums) sum /= count;
  return sums;
}

bool all_finite(const std::vector<float>& sums) {
  return std::all_of(sums.begin(), sums.end(), [](float sum) { return std::isfinite(sum); });
}

bool BatchStatistics::finite() const { return all_finite(mean) && all_finite(variance); }

void batch_statistics(const Fp16Code* x, const TensorShape& shape, BatchStatistics& statistics) {
  const std::size_t channels = size(shape.channels);
  const auto pixels = static_cast<float>(shape.pixels);
  const auto count = static_cast<float>(shape.per_channel());
  std::vector<float> sums(channels), means(size(shape.samples) * channels), squares(means.size());
  HWY_DYNAMIC_DISPATCH(sample_statistics)(x, shape, sums, means.data(), squares.data());
  statistics.mean = divided(std::move(sums), count);
  std::vector<float> distances(channels);
  for (std::size_t n = 0; n < means.size(); n += channels) {
    for (std::size_t c = 0; c < channels; ++c) {
      const float distance = means[n + c] - statistics.mean[c];
      distances[c] += squares[n + c] + pixels * (distance * distance);
    }
  }
  statistics.variance = divided(std::move(distances), count);
}

}  // namespace nibble
#endif  // HWY_ONCE
