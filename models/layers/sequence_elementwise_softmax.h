// Softmax over the channels of each position, and the loss of a language model, on fp16 codes;
// work is in binary32 with own functions (sfu_functions.h), sums in the order of
// sequence_elementwise_sums.h, each stored value is rounded once. Arrays may not overlap.
//
// fp16 has no infinity that could mask a score: NaN-infinity of either sign is sticky and makes its
// whole row NaN-infinity. A mask is therefore part of the shape, and what it hides is not read.
#pragma once

#include <cstdint>

#include "models/formats/fp16.h"
#include "models/layers/network.h"

namespace nibble {

/// With e = exp(x - largest x of the row): y = fp16(e * (1 / sum(e))). x, y [rows, channels].
void softmax(const Fp16Code* x, std::int64_t rows, std::int64_t channels, Fp16Code* y);

/// dx = fp16(y * (dy - sum(y * dy))), y as it was stored.
void softmax_backward(const Fp16Code* y, const Fp16Code* dy, std::int64_t rows,
                      std::int64_t channels, Fp16Code* dx);

/// Attention scores [samples, queries, heads, keys]. The last query sees all keys, each one before
/// it one key less, so queries may not be more than keys.
struct CausalScores {
  std::int64_t samples = 0, queries = 0, heads = 0, keys = 0;
};
/// `scores` [queries, heads, keys] are one sample's.
[[nodiscard]] inline CausalScores causal_scores(const FeatureShape& scores, std::int64_t samples) {
  return {samples, scores.h, scores.w, scores.c};
}

/// softmax over the keys that a query sees; +0 for the others.
void causal_softmax(const Fp16Code* x, const CausalScores& shape, Fp16Code* y);
void causal_softmax_backward(const Fp16Code* y, const Fp16Code* dy, const CausalScores& shape,
                             Fp16Code* dx);

struct CrossEntropy {
  float loss_sum = 0;        // in nats over the tokens, added in order; NaN if any logit is
  std::int64_t correct = 0;  // tokens whose target is the first of the largest logits
};

/// A token's loss is log(sum(e)) - (x[target] - largest x). If dx is given,
/// dx = fp16((e * (1 / sum(e)) - [c = target]) * gradient_scale): for the gradient of the mean
/// times a loss scale s, gradient_scale = s / tokens. logits, dx [tokens, classes], targets below
/// classes.
[[nodiscard]] CrossEntropy cross_entropy(const Fp16Code* logits, const std::int32_t* targets,
                                         std::int64_t tokens, std::int64_t classes,
                                         float gradient_scale, Fp16Code* dx);

}  // namespace nibble
