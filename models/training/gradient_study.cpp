#include "models/training/gradient_study.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include "models/formats/int4.h"
#include "models/layers/fp16_values.h"
#include "models/quantize/grad_scale.h"
#include "models/training/gradient_statistics.h"
#include "models/training/operation_sink.h"
#include "models/training/trained_gemm.h"
#include "models/training/training_options.h"

namespace nibble {
namespace {

constexpr int kDivisors = 61;  // of the threshold: 1.00, 1.05 ... 4.00
constexpr const char* kAllLayers = "all";

/// Six digits are more than a sample of one batch has.
std::string text_of(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::general, 6);
  return {text, end.ptr};
}

double divisor(int index) { return 1.0 + 0.05 * index; }

/// X as numbers, its step left out: no statistic depends on it.
std::vector<double> operand_values(const GemmOperand& operand) {
  std::vector<double> values;
  if (operand.codes != nullptr) {
    const bool is_signed = operand.integer == StationaryFormat::s4;
    for (const NibbleCode code : *operand.codes) {
      values.push_back(is_signed ? s4_value(code) : u4_value(code));
    }
  } else {
    for (const Fp16Code code : *operand.values) values.push_back(fp16_to_float(code));
  }
  return values;
}

/// Measures each layer when its weight gradient is due.
class GradientSink : public OperationSink {
 public:
  GradientSink(std::uint32_t step, int loss_exponent, std::string& lines)
      : step_(std::to_string(step)), loss_exponent_(loss_exponent), lines_(lines) {}

  void record(const ObservedOperation& /*operation*/) override {}

  void observe(const ObservedGradient& observed) override {
    const float largest = fp16_to_float(max_magnitude_code(observed.dy.data(), observed.dy.size()));
    const std::optional<int> fitting = grad_scale_initial(largest);
    if (!fitting) return;
    layer_ = observed.part.empty() ? observed.layer : observed.layer + '.' + observed.part;
    if (observed.exponent) line("gradscale", "log2", *observed.exponent);
    const int gradscale = observed.exponent.value_or(*fitting);
    const CodeCounts counts = count_codes(observed.dy);
    write_levels(level_shares(counts, gradscale));
    write_threshold_errors(counts, gradscale, observed.exponent.has_value());
    const GradientValues values = gradient_values(observed.dy, gradscale);
    write_variances(values);
    write_mean_shifts(values, observed.conv.k);
    write_weight_gradients(observed.conv, operand_values(observed.x), values);
  }

  /// The mean over the layers that are trained with an exponent.
  void finish() {
    layer_ = kAllLayers;
    for (int i = 0; i < kDivisors && rounded_layers_ > 0; ++i) {
      line("threshold_error", text_of(divisor(i)), error_sums_[i] / rounded_layers_);
    }
  }

 private:
  void line(const char* quantity, const std::string& key, double value) {
    lines_ += step_ + ',' + layer_ + ',' + quantity + ',' + key + ',' + text_of(value) + '\n';
  }

  void write_levels(const LevelShares& shares) {
    for (int code = 0; code < 16; ++code) {
      if (code == 8) continue;  // -0, which the quantiser never makes
      const double level =
          std::ldexp(fp4_units(static_cast<NibbleCode>(code)), fp4_unit_exponent(Fp4Phase::even));
      line("histogram", text_of(level), shares.even[static_cast<std::size_t>(code)]);
    }
    line("zeros", "exact", shares.exact_zeros);
    line("zeros", "even", shares.even[0]);
    line("zeros", "odd", shares.odd_zeros);
    line("clipped", "even", shares.even_clipped);
    line("clipped", "odd", shares.odd_clipped);
  }

  void write_threshold_errors(const CodeCounts& counts, int gradscale, bool is_rounded) {
    for (int i = 0; i < kDivisors; ++i) {
      const double error = threshold_error(counts, gradscale, divisor(i));
      line("threshold_error", text_of(divisor(i)), error);
      if (is_rounded) error_sums_[i] += error;
    }
    if (is_rounded) ++rounded_layers_;
  }

  void write_variances(const GradientValues& values) {
    const auto of = [&](const char* key, const std::vector<double>& numbers) {
      line("variance", key, std::ldexp(variance(numbers), -2 * loss_exponent_));
    };
    of("exact", values.exact);
    of("even", values.even);
    of("odd", values.odd);
  }

  /// `both` is the mean of the two phases; `cosine` how far they are shifted alike.
  void write_mean_shifts(const GradientValues& values, std::int64_t channels) {
    std::vector<double> both(values.even.size());
    std::transform(values.even.begin(), values.even.end(), values.odd.begin(), both.begin(),
                   [](double even, double odd) { return (even + odd) / 2; });
    const std::vector<double> even = mean_shifts(values.even, channels);
    const std::vector<double> odd = mean_shifts(values.odd, channels);
    line("mean_shift", "exact", root_mean_square(mean_shifts(values.exact, channels)));
    line("mean_shift", "even", root_mean_square(even));
    line("mean_shift", "odd", root_mean_square(odd));
    line("mean_shift", "both", root_mean_square(mean_shifts(both, channels)));
    line("mean_shift", "cosine", cosine(even, odd));
  }

  void write_weight_gradients(const ConvShape& conv, const std::vector<double>& x,
                              const GradientValues& values) {
    const std::vector<double> exact = weight_gradient(conv, x, values.exact);
    const double magnitudes = product_magnitudes(conv, x, values.exact);
    if (root_mean_square(exact) == 0) return;
    const auto of = [&](const std::string& phase, const std::vector<double>& dy) {
      const WeightGradientBias bias =
          weight_gradient_bias(exact, weight_gradient(conv, x, dy), magnitudes);
      line("weight_gradient", phase + ".length", bias.length);
      line("weight_gradient", phase + ".cosine", bias.cosine);
      line("weight_gradient", phase + ".mean", bias.mean);
      line("weight_gradient", phase + ".mean_size", bias.mean_size);
    };
    of("even", values.even);
    of("odd", values.odd);
  }

  std::string step_, layer_;
  int loss_exponent_;
  std::string& lines_;
  double error_sums_[kDivisors] = {};
  int rounded_layers_ = 0;
};

}  // namespace

GradientStudy::GradientStudy(const GradientSteps& chosen, std::int64_t steps,
                             TrainingArithmetic arithmetic)
    : chosen_(chosen) {
  if (!chosen.empty() && arithmetic == TrainingArithmetic::fp32) {
    throw std::invalid_argument(
        "--gradient-steps: an fp32 training has no fp16 gradients to measure");
  }
  for (std::int64_t& step : chosen_.steps) {
    step = step_of("--gradient-steps", step, steps);
  }
}

void GradientStudy::measure(TrainedNetwork& network, const Batch& batch) {
  const std::int64_t step = batch.step;
  const bool is_named =
      std::find(chosen_.steps.begin(), chosen_.steps.end(), step) != chosen_.steps.end();
  if (!is_named && (chosen_.every == 0 || step % chosen_.every != 0)) return;
  GradientSink sink(batch.step, network.loss_exponent(), lines_);
  network.capture(batch, batch.samples, sink);
  sink.finish();
}

std::string GradientStudy::choice() const {
  if (chosen_.every > 0) return "every:" + std::to_string(chosen_.every);
  std::string text;
  for (const std::int64_t step : chosen_.steps) {
    text += (text.empty() ? "" : ",") + std::to_string(step);
  }
  return text;
}

std::string GradientStudy::csv() const { return "step,layer,quantity,key,value\n" + lines_; }

}  // namespace nibble
