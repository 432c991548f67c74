#include "models/layers/inference.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "models/quantize/pact.h"
#include "tests/models/layers/small_network.h"

namespace nibble {
namespace {

using Codes = std::vector<Fp16Code>;

float value(Fp16Code code) { return fp16_to_float(code); }

/// The forward pass of one image written a second time, on fp16 codes, pixel by pixel, with the
/// chunked accumulation spelled out; the order of k is filter row, filter column, channel.
class NaiveInference {
 public:
  NaiveInference(const Network& network, const NetworkWeights& weights) : network_(network) {
    for (const LayerWeights& entry : weights.layers) weights_[entry.name] = entry;
    chunk_len_[LayerPrecision::int4_fp4] = weights.chunk_len;
    chunk_len_[LayerPrecision::fp16] = weights.fp16_chunk_len;
  }

  Codes run(const Codes& image) {
    std::vector<Codes> outputs;
    for (const Layer& layer : network_.layers) {
      std::vector<Codes> inputs;
      for (const int input : layer.inputs) {
        inputs.push_back(input < 0 ? image : outputs[static_cast<std::size_t>(input)]);
      }
      outputs.push_back(compute(layer, inputs));
    }
    return outputs.back();
  }

 private:
  Codes compute(const Layer& layer, const std::vector<Codes>& inputs) {
    const Codes& x = inputs[0];
    const auto channels = static_cast<std::size_t>(layer.input_shape.c);
    const LayerWeights& weights = weights_[layer.name];
    if (layer.kind == LayerKind::conv || layer.kind == LayerKind::linear) {
      return convolve(layer, weights, x);
    }
    if (layer.kind == LayerKind::max_pool) return largest(layer, x);
    if (layer.kind == LayerKind::global_avg_pool) {
      Codes mean;
      for (std::size_t c = 0; c < channels; ++c) {
        float sum = 0;
        for (std::size_t i = c; i < x.size(); i += channels) sum += value(x[i]);
        mean.push_back(fp16_from_float(sum / static_cast<float>(x.size() / channels)));
      }
      return mean;
    }
    Codes y = x;
    for (std::size_t i = 0; i < y.size(); ++i) {
      if (layer.kind == LayerKind::batch_norm) {
        const float product = value(x[i]) * weights.scale[i % channels];
        y[i] = fp16_from_float(product + weights.shift[i % channels]);
      } else if (layer.kind == LayerKind::pact) {
        y[i] = fp16_from_float(std::min(std::max(value(x[i]), 0.0F), weights.alpha));
      } else if (layer.kind == LayerKind::relu) {
        y[i] = value(x[i]) > 0 ? x[i] : Fp16Code{0};
      } else {
        y[i] = fp16_add(x[i], inputs[1][i]);
      }
    }
    return y;
  }

  static Codes largest(const Layer& layer, const Codes& x) {
    Codes y;
    const FeatureShape& in = layer.input_shape;
    for (std::int64_t p = 0; p < layer.output_shape.h; ++p) {
      for (std::int64_t q = 0; q < layer.output_shape.w; ++q) {
        for (std::int64_t c = 0; c < in.c; ++c) {
          float best = -1e30F;
          for (std::int64_t i = 0; i < layer.kernel * layer.kernel; ++i) {
            const std::int64_t h = p * layer.stride + i / layer.kernel;
            const std::int64_t w = q * layer.stride + i % layer.kernel;
            best = std::max(best, value(x[static_cast<std::size_t>((h * in.w + w) * in.c + c)]));
          }
          y.push_back(fp16_from_float(best));
        }
      }
    }
    return y;
  }

  Codes convolve(const Layer& layer, const LayerWeights& weights, const Codes& x) {
    const ConvShape conv = conv_shape(layer, 1);
    const bool nibbles = layer.precision == LayerPrecision::int4_fp4;
    const float alpha =
        nibbles ? weights_[network_.layers[static_cast<std::size_t>(layer.inputs[0])].name].alpha
                : 1.0F;
    const float scale = nibbles ? alpha / 15.0F * weights.weight.step : 1.0F;
    Codes y;
    for (std::int64_t i = 0; i < conv.p() * conv.q() * conv.k; ++i) {
      const std::int64_t p = i / conv.k / conv.q();
      const std::int64_t q = i / conv.k % conv.q();
      const Fp16Code sum = accumulate(layer, weights, x, alpha, p, q, i % conv.k);
      Fp16Code result = fp16_from_float(value(sum) * scale);
      if (layer.bias) {
        result = fp16_from_float(value(result) + weights.bias[static_cast<std::size_t>(i)]);
      }
      y.push_back(result);
    }
    return y;
  }

  Fp16Code accumulate(const Layer& layer, const LayerWeights& weights, const Codes& x, float alpha,
                      std::int64_t p, std::int64_t q, std::int64_t k) {
    const ConvShape conv = conv_shape(layer, 1);
    const bool nibbles = layer.precision == LayerPrecision::int4_fp4;
    Fp16Code total = 0, chunk = 0;
    std::int64_t integer = 0, length = 0, chunks = 0;
    const auto close_chunk = [&] {
      if (nibbles) chunk = fp16_from_scaled_integer(integer, 0);
      total = chunks++ == 0 ? chunk : fp16_add(total, chunk);
      integer = length = 0;
      chunk = 0;
    };
    for (std::int64_t tap = 0; tap < conv.r * conv.s * conv.c; ++tap) {
      const std::int64_t h = p * conv.stride + tap / conv.c / conv.s - conv.padding;
      const std::int64_t w = q * conv.stride + tap / conv.c % conv.s - conv.padding;
      const bool inside = h >= 0 && h < conv.h && w >= 0 && w < conv.w;
      const Fp16Code pixel =
          inside ? x[static_cast<std::size_t>((h * conv.w + w) * conv.c + tap % conv.c)]
                 : Fp16Code{0};
      const auto weight = static_cast<std::size_t>(k * conv.r * conv.s * conv.c + tap);
      if (nibbles) {
        integer += u4_value(pact_quantize(pixel, pact_reciprocal(alpha))) *
                   s4_value(weights.weight.codes[weight]);
      } else {
        chunk = fp16_fma(pixel, weights.weight.values[weight], chunk);
      }
      if (++length == chunk_len_[layer.precision]) close_chunk();
    }
    if (length > 0) close_chunk();
    return total;
  }

  const Network& network_;
  std::map<std::string, LayerWeights> weights_;
  std::map<LayerPrecision, std::int64_t> chunk_len_;
};

Codes random_images(std::uint64_t seed, std::size_t count) {
  std::mt19937_64 random(seed);
  return test::to_fp16(test::random_floats(random, count, -1, 2));
}

TEST_CASE("Inference gives the bits of a second, pixel by pixel implementation") {
  const Network network = test::small_network();
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    NetworkWeights weights = test::random_weights(network, seed);
    weights.chunk_len = seed == 3 ? 8 : 64;  // short ones, so that they round
    weights.fp16_chunk_len = seed == 1 ? 16 : 3;
    const InferenceNetwork inference(network, weights);
    NaiveInference naive(network, weights);
    const std::size_t pixels = 64, images = 5;
    const Codes input = random_images(seed + 100, images * pixels);
    const Codes logits = inference.logits(input.data(), images, fast_gemm);
    REQUIRE(logits.size() == images * 3);
    for (std::size_t n = 0; n < images; ++n) {
      const Codes image(input.begin() + static_cast<std::ptrdiff_t>(n * pixels),
                        input.begin() + static_cast<std::ptrdiff_t>((n + 1) * pixels));
      INFO("seed " << seed << ", image " << n);
      CHECK(naive.run(image) == Codes(logits.begin() + static_cast<std::ptrdiff_t>(n * 3),
                                      logits.begin() + static_cast<std::ptrdiff_t>(n * 3 + 3)));
    }
  }
}

TEST_CASE("Any GEMM that obeys NUMERICS yields the same logits, and each layer calls it by name") {
  const Network network = test::small_network();
  const InferenceNetwork inference(network, test::random_weights(network, 7));
  const Codes images = random_images(8, 4 * 64);
  std::set<std::string> called;
  const GemmFunction counted = [&](const GemmCall& call, const void* a, const void* b,
                                   Fp16Code* c) {
    called.insert(call.layer);
    slow_gemm(call, a, b, c);
  };
  CHECK(inference.logits(images.data(), 4, counted) ==
        inference.logits(images.data(), 4, fast_gemm));
  CHECK(called == std::set<std::string>{"conv1", "conv2", "shortcut", "conv3", "fc"});
}

TEST_CASE("An image's logits do not depend on the batch it comes in") {
  const Network network = test::small_network();
  const InferenceNetwork inference(network, test::random_weights(network, 9));
  const std::int64_t count = 700;  // more than one gathering
  const Codes images = random_images(10, 700 * 64);
  const Codes together = inference.logits(images.data(), count, fast_gemm);
  const Codes last = inference.logits(images.data() + (count - 1) * 64, 1, fast_gemm);
  CHECK(last == Codes(together.end() - 3, together.end()));
}

TEST_CASE("Classification takes the first of equal logits, and NaN-infinity before any number") {
  Network network;
  network.name = "identity";
  network.input = {1, 1, 2};
  network.classes = 4;
  network.layers.push_back(test::layer("fc", LayerKind::linear, {-1}));
  network.layers.back().filters = 4;
  LayerWeights fc;
  fc.name = "fc";
  const Codes weights = test::to_fp16({1, 0, 1, 0, 0, 1, 0, 1});
  fc.weight.values = weights;
  NetworkWeights all;
  all.layers = {fc};
  const InferenceNetwork inference(network, all);
  const Codes images = {fp16_from_float(2), fp16_from_float(1), fp16_from_float(1),
                        fp16_from_float(2), fp16_from_float(1), kFp16NanInfinity};
  // 0 * NaN-infinity is NaN-infinity too: in the third image every logit is, and the first wins.
  CHECK(inference.classify(images.data(), 3, fast_gemm) == std::vector<int>{0, 2, 0});
}

TEST_CASE("Weights that do not fit the network are refused by layer name") {
  const Network network = test::small_network();
  const NetworkWeights good = test::random_weights(network, 1);
  using Catch::Contains;
  NetworkWeights bad = good;
  bad.layers[0].weight.values.pop_back();
  CHECK_THROWS_WITH(InferenceNetwork(network, bad), Contains("conv1") && Contains("36"));
  bad = good;
  bad.layers[1].shift.push_back(0);
  CHECK_THROWS_WITH(InferenceNetwork(network, bad), Contains("bn1"));
  bad = good;
  bad.layers[2].alpha = 0;
  CHECK_THROWS_WITH(InferenceNetwork(network, bad), Contains("act1: alpha"));
  bad = good;
  bad.layers[3].weight.step = std::nanf("");
  CHECK_THROWS_WITH(InferenceNetwork(network, bad), Contains("conv2: weight_scale"));
  bad = good;
  bad.layers.pop_back();
  CHECK_THROWS_WITH(InferenceNetwork(network, bad), Contains("fc: has no weights"));
  bad = good;
  std::swap(bad.layers[0], bad.layers[1]);
  CHECK_THROWS_WITH(InferenceNetwork(network, bad), Contains("conv1"));
  bad = good;
  bad.layers.push_back(good.layers.back());
  CHECK_THROWS_WITH(InferenceNetwork(network, bad), Contains("not in the network"));
}

}  // namespace
}  // namespace nibble
