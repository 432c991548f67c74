#include "models/layers/sequence_elementwise_softmax.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "models/formats/vector_clones.h"
#include "models/layers/sequence_elementwise_sums.h"
#include "models/layers/sequence_elementwise_values.h"
#include "models/layers/sfu_functions.h"

namespace nibble {
namespace {

#define NIBBLE_ROW_INLINE inline __attribute__((always_inline))

/// Largest value; NaN-infinity is passed over, because the exponentials carry it on anyway.
NIBBLE_ROW_INLINE float largest_of_row(const Fp16Code* x, std::int64_t count) {
  constexpr float kNone = -std::numeric_limits<float>::infinity();
  float lanes[kSumLanes];
  std::fill_n(lanes, kSumLanes, kNone);
  std::int64_t c = 0;
  const auto take = [&](std::int64_t lane) {
    const float value = fp16_value(x[c + lane]);
    lanes[lane] = value > lanes[lane] ? value : lanes[lane];
  };
  for (; c + kSumLanes <= count; c += kSumLanes) {
    for (std::int64_t lane = 0; lane < kSumLanes; ++lane) take(lane);
  }
  for (std::int64_t lane = 0; c + lane < count; ++lane) take(lane);
  return *std::max_element(lanes, lanes + kSumLanes);
}

struct Exponentials {
  float largest = 0, sum = 0;
};

/// e[c] = exp(x[c] - largest x), and their sum.
NIBBLE_ROW_INLINE Exponentials exponentials_of_row(const Fp16Code* __restrict x, std::int64_t count,
                                                   float* __restrict e) {
  const float largest = largest_of_row(x, count);
  for (std::int64_t c = 0; c < count; ++c) e[c] = sfu_exp(fp16_value(x[c]) - largest);
  return {largest, sum_channels_of_row(count, [=](std::int64_t c) { return e[c]; })};
}

/// Of equal logits the first one is the answer, as in InferenceNetwork.
NIBBLE_ROW_INLINE bool is_answer(const Fp16Code* x, std::int64_t target, float largest) {
  if (!(fp16_value(x[target]) >= largest)) return false;
  return std::none_of(x, x + target, [=](Fp16Code code) { return fp16_value(code) >= largest; });
}

NIBBLE_ROW_INLINE void softmax_row(const Fp16Code* __restrict x, std::int64_t count,
                                   float* __restrict e, Fp16Code* __restrict y) {
  const float reciprocal = 1.0F / exponentials_of_row(x, count, e).sum;
  for (std::int64_t c = 0; c < count; ++c) y[c] = fp16_from_float(e[c] * reciprocal);
}

NIBBLE_ROW_INLINE void softmax_backward_row(const Fp16Code* __restrict y,
                                            const Fp16Code* __restrict dy, std::int64_t count,
                                            Fp16Code* __restrict dx) {
  const float total = sum_channels_of_row(
      count, [=](std::int64_t c) { return fp16_value(y[c]) * fp16_value(dy[c]); });
  for (std::int64_t c = 0; c < count; ++c) {
    dx[c] = fp16_from_float(fp16_value(y[c]) * (fp16_value(dy[c]) - total));
  }
}

/// work(offset of the row, keys that its query sees), row by row.
template <typename Work>
NIBBLE_ROW_INLINE void for_causal_rows(const CausalScores& shape, const Work& work) {
  std::int64_t offset = 0;
  for (std::int64_t n = 0; n < shape.samples; ++n) {
    for (std::int64_t query = 0; query < shape.queries; ++query) {
      for (std::int64_t head = 0; head < shape.heads; ++head) {
        work(offset, shape.keys - shape.queries + query + 1);
        offset += shape.keys;
      }
    }
  }
}

std::vector<float> row_of(std::int64_t channels) {
  return std::vector<float>(static_cast<std::size_t>(channels));
}

}  // namespace

NIBBLE_VECTOR_CLONES
void softmax(const Fp16Code* x, std::int64_t rows, std::int64_t channels, Fp16Code* y) {
  std::vector<float> e = row_of(channels);
  for (std::int64_t row = 0; row < rows; ++row) {
    softmax_row(x + row * channels, channels, e.data(), y + row * channels);
  }
}

NIBBLE_VECTOR_CLONES
void softmax_backward(const Fp16Code* y, const Fp16Code* dy, std::int64_t rows,
                      std::int64_t channels, Fp16Code* dx) {
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::int64_t first = row * channels;
    softmax_backward_row(y + first, dy + first, channels, dx + first);
  }
}

NIBBLE_VECTOR_CLONES
void causal_softmax(const Fp16Code* x, const CausalScores& shape, Fp16Code* y) {
  std::vector<float> scratch = row_of(shape.keys);
  float* e = scratch.data();
  for_causal_rows(shape, [=](std::int64_t first, std::int64_t seen) {
    softmax_row(x + first, seen, e, y + first);
    std::fill_n(y + first + seen, shape.keys - seen, Fp16Code{0});
  });
}

NIBBLE_VECTOR_CLONES
void causal_softmax_backward(const Fp16Code* y, const Fp16Code* dy, const CausalScores& shape,
                             Fp16Code* dx) {
  for_causal_rows(shape, [=](std::int64_t first, std::int64_t seen) {
    softmax_backward_row(y + first, dy + first, seen, dx + first);
    std::fill_n(dx + first + seen, shape.keys - seen, Fp16Code{0});
  });
}

NIBBLE_VECTOR_CLONES
CrossEntropy cross_entropy(const Fp16Code* __restrict logits,
                           const std::int32_t* __restrict targets, std::int64_t tokens,
                           std::int64_t classes, float gradient_scale, Fp16Code* __restrict dx) {
  std::vector<float> scratch = row_of(classes);
  float* __restrict e = scratch.data();
  CrossEntropy result;
  for (std::int64_t token = 0; token < tokens; ++token) {
    const Fp16Code* x = logits + token * classes;
    const std::int32_t target = targets[token];
    const Exponentials row = exponentials_of_row(x, classes, e);
    const float wanted = fp16_value(x[target]);
    result.loss_sum += sfu_log(row.sum) - (wanted - row.largest);
    result.correct += is_answer(x, target, row.largest) ? 1 : 0;
    if (dx == nullptr) continue;
    const float reciprocal = 1.0F / row.sum;
    Fp16Code* out = dx + token * classes;
    for (std::int64_t c = 0; c < classes; ++c) {
      out[c] = fp16_from_float(e[c] * reciprocal * gradient_scale);
    }
    out[target] = fp16_from_float((e[target] * reciprocal - 1.0F) * gradient_scale);
  }
  return result;
}

#undef NIBBLE_ROW_INLINE

}  // namespace nibble
