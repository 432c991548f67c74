#include "models/training/pool_layers.h"

#include <algorithm>
#include <cmath>

#include "models/layers/elementwise.h"

namespace nibble {

GlobalAveragePoolLayer::GlobalAveragePoolLayer(const Layer& layer, LayerTensor& input,
                                               LayerTensor& output)
    : name_(layer.name), input_(input), output_(output) {
  input.wants_values = true;
}

void GlobalAveragePoolLayer::forward(const TrainingPass& pass) {
  const auto [samples, pixels, channels] = input_.layout();
  global_avg_pool(input_.values.data(), pass.samples, pixels, channels, output_.values.data());
}

void GlobalAveragePoolLayer::backward(const TrainingPass& pass) {
  const auto [samples, pixels, channels] = input_.layout();
  const Fp16Code* dy = output_.gradient().data();
  Fp16Code* dx = input_.new_gradient();
  for (std::int64_t n = 0; n < pass.samples; ++n, dy += channels) {
    Fp16Code* first = dx;
    for (std::int64_t c = 0; c < channels; ++c) {
      *dx++ = fp16_from_float(fp16_to_float(dy[c]) / static_cast<float>(pixels));
    }
    for (std::int64_t p = 1; p < pixels; ++p) dx = std::copy_n(first, channels, dx);
  }
  input_.added_gradient();
}

MaxPoolLayer::MaxPoolLayer(const Layer& layer, LayerTensor& input, LayerTensor& output)
    : layer_(layer), input_(input), output_(output) {
  input.wants_values = true;
}

void MaxPoolLayer::forward(const TrainingPass& pass) {
  const FeatureShape& in = input_.shape;
  const FeatureShape& out = output_.shape;
  winners_.resize(output_.elements());
  std::size_t index = 0;
  for (std::int64_t n = 0; n < pass.samples; ++n) {
    const Fp16Code* x = input_.values.data() + n * in.elements();
    for (std::int64_t i = 0; i < out.elements(); ++i, ++index) {
      const std::int64_t c = i % out.c, q = i / out.c % out.w, p = i / out.c / out.w;
      const std::int64_t top = p * layer_.stride - layer_.padding;
      const std::int64_t left = q * layer_.stride - layer_.padding;
      std::int64_t winner = -1;
      float best = 0;
      for (std::int64_t h = std::max<std::int64_t>(top, 0); h < std::min(top + layer_.kernel, in.h);
           ++h) {
        for (std::int64_t w = std::max<std::int64_t>(left, 0);
             w < std::min(left + layer_.kernel, in.w); ++w) {
          const std::int64_t place = (h * in.w + w) * in.c + c;
          const float value = fp16_to_float(x[place]);
          if (winner < 0 || value > best || std::isnan(value)) winner = place, best = value;
        }
      }
      winners_[index] = static_cast<std::int32_t>(winner);
      output_.values[index] = x[winner];
    }
  }
}

void MaxPoolLayer::backward(const TrainingPass& pass) {
  std::vector<float> sums(static_cast<std::size_t>(input_.shape.elements()));
  const Fp16Code* dy = output_.gradient().data();
  Fp16Code* dx = input_.new_gradient();
  const std::int64_t outputs = output_.shape.elements();
  for (std::int64_t n = 0; n < pass.samples; ++n) {
    std::fill(sums.begin(), sums.end(), 0.0F);
    for (std::int64_t i = n * outputs; i < (n + 1) * outputs; ++i) {
      sums[static_cast<std::size_t>(winners_[static_cast<std::size_t>(i)])] += fp16_to_float(dy[i]);
    }
    fp16_from_floats(sums.data(), sums.size(), dx);
    dx += sums.size();
  }
  input_.added_gradient();
}

}  // namespace nibble
