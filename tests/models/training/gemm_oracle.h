// What TrainedGemm is tested against: operands quantised one by one with the scalar quantisers, the
// readable GEMMs over matrices gathered element by element (gemm_places.h), one rounding of
// accumulator times scale.
#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "models/formats/fp8.h"
#include "models/gemm/block_scaled_gemm.h"
#include "models/quantize/fp4_quantize.h"
#include "models/quantize/grad_scale.h"
#include "models/quantize/hadamard.h"
#include "models/training/trained_gemm.h"
#include "tests/models/training/gemm_places.h"

namespace nibble::test {

constexpr std::uint64_t kSeed = 2020;
constexpr int kIndex = 5;

inline ConvShape conv(std::int64_t c, std::int64_t size, std::int64_t k, std::int64_t kernel,
                      std::int64_t stride, std::int64_t groups) {
  ConvShape shape;
  shape.n = 3;
  shape.c = c;
  shape.h = size;
  shape.w = size > 1 ? size + 1 : 1;
  shape.k = k;
  shape.r = shape.s = kernel;
  shape.stride = stride;
  shape.padding = kernel / 2;
  shape.groups = groups;
  return shape;
}

inline ConvShape oblong(ConvShape shape) {
  shape.s -= 1;
  return shape;
}

/// 3x3, strided, 1x1, grouped, depthwise, linear, 1x1 with stride (phases that no tap meets), 3x2.
inline const std::vector<ConvShape> kShapes = {
    conv(5, 6, 7, 3, 1, 1), conv(4, 7, 6, 3, 2, 1),        conv(9, 4, 5, 1, 1, 1),
    conv(6, 5, 4, 3, 1, 2), conv(6, 5, 6, 3, 2, 6),        conv(70, 1, 11, 1, 1, 1),
    conv(4, 6, 5, 1, 2, 1), oblong(conv(5, 6, 4, 3, 2, 1))};

constexpr LayerPrecision kPrecisions[] = {
    LayerPrecision::int4_fp4,       LayerPrecision::fp16,      LayerPrecision::fp8,
    LayerPrecision::int4_fp8,       LayerPrecision::int4_fp16, LayerPrecision::int4_fp4_dw_fp8,
    LayerPrecision::int4_fp8_dw_fp4};

/// The operands of forward, dgrad and wgrad that each precision is named after.
inline LayerFormats table_formats(LayerPrecision precision, bool blocks) {
  const GemmOperands integer = blocks ? GemmOperands::block : GemmOperands::nibble;
  const GemmOperands fp8 = GemmOperands::fp8, fp16 = GemmOperands::fp16;
  switch (precision) {
    case LayerPrecision::int4_fp4:
      return {integer, integer, integer};
    case LayerPrecision::fp16:
      return {fp16, fp16, fp16};
    case LayerPrecision::fp8:
      return {fp8, fp8, fp8};
    case LayerPrecision::int4_fp8:
      return {integer, fp8, fp8};
    case LayerPrecision::int4_fp16:
      return {integer, fp16, fp16};
    case LayerPrecision::int4_fp4_dw_fp8:
      return {integer, integer, fp8};
    case LayerPrecision::int4_fp8_dw_fp4:
      return {integer, fp8, integer};
  }
  return {};
}

/// The stream of a 4-bit gradient, likewise.
inline StreamFormat table_stream(GradientGrid grid) {
  switch (grid) {
    case GradientGrid::radix4_even:
      return StreamFormat::fp4_even;
    case GradientGrid::radix4_odd:
      return StreamFormat::fp4_odd;
    case GradientGrid::radix4_3bit_even:
      return StreamFormat::radix4_3bit_even;
    case GradientGrid::radix4_3bit_odd:
      return StreamFormat::radix4_3bit_odd;
    case GradientGrid::radix4_2bit_even:
      return StreamFormat::radix4_2bit_even;
    case GradientGrid::radix4_2bit_odd:
      return StreamFormat::radix4_2bit_odd;
    case GradientGrid::radix2:
      return StreamFormat::radix2;
    case GradientGrid::e2m1:
      return StreamFormat::e2m1;
  }
  return StreamFormat::u4;
}

/// A layer, its operands and what the test says that each GEMM makes of them.
class Oracle {
 public:
  /// `integer` is what X is where it comes as codes.
  Oracle(const ConvShape& shape, LayerPrecision precision, const TrainingRecipe& recipe,
         const LayerArithmetic& arithmetic, StationaryFormat integer = StationaryFormat::u4)
      : shape_(shape),
        arithmetic_(arithmetic),
        integer_(integer),
        formats_(table_formats(precision, recipe.blocks.has_value())),
        takes_codes_(formats_.forward == GemmOperands::nibble),
        recipe_(recipe),
        random_(kSeed),
        x_step_(0.1F),  // of values too: attention's scores have a factor in every format
        w_step_(takes_codes_ ? 0.03F : 1.0F) {
    const auto x = static_cast<std::size_t>(shape.n * shape.c * shape.h * shape.w);
    const auto w = static_cast<std::size_t>(shape.k * shape.r * shape.s * (shape.c / shape.groups));
    for (std::size_t i = 0; i < x; ++i) x_codes_.push_back(random_() % 16);
    for (std::size_t i = 0; i < w; ++i) w_codes_.push_back((random_() % 15 + 9) % 16);
    x_values_ = normal(x, 1.0F);
    w_values_ = normal(w, 0.2F);
  }

  std::vector<Fp16Code> normal(std::size_t count, float spread) {
    std::normal_distribution<float> distribution(0, spread);
    std::vector<Fp16Code> codes(count);
    for (Fp16Code& code : codes) code = fp16_from_float(distribution(random_));
    return codes;
  }

  std::vector<Fp16Code> gradient(float spread) {
    return normal(static_cast<std::size_t>(shape_.n * shape_.p() * shape_.q() * shape_.k), spread);
  }

  [[nodiscard]] GemmOperand x() const {
    if (!takes_codes_) return {nullptr, &x_values_, x_step_};
    return {&x_codes_, nullptr, x_step_, integer_};
  }
  [[nodiscard]] GemmOperand w() const {
    if (!takes_codes_) return {nullptr, &w_values_};
    return {&w_codes_, nullptr, w_step_, StationaryFormat::s4};
  }

  /// The step that follows and the gradscale that the layer must have in it.
  void begin(const TrainingPass& pass, int gradscale) {
    pass_ = pass;
    gradscale_ = gradscale;
  }

  [[nodiscard]] std::vector<Fp16Code> forward() const {
    return run(GemmPass::forward, nullptr, x_step_ * w_step_);
  }
  [[nodiscard]] std::vector<Fp16Code> dgrad(const std::vector<Fp16Code>& dy) const {
    return run(GemmPass::dgrad, &dy, w_step_);
  }
  [[nodiscard]] std::vector<Fp16Code> wgrad(const std::vector<Fp16Code>& dy) const {
    return run(GemmPass::wgrad, &dy, x_step_);
  }

  [[nodiscard]] bool has_grad_scale() const {
    const auto scaled = [](GemmOperands kind) {
      return kind == GemmOperands::nibble || kind == GemmOperands::fp8;
    };
    return recipe_.scaling == RecipeScaling::grad_scale &&
           (scaled(formats_.dgrad) || scaled(formats_.wgrad));
  }

 private:
  [[nodiscard]] RandomStream stream(std::uint32_t use) const {
    return {pass_.seed, pass_.step, kIndex, use};
  }

  /// An operand other than the gradient as the GEMM's own codes: fp8 from fp16, fp16 from integers.
  [[nodiscard]] std::vector<std::uint8_t> bytes(const GemmOperand& operand) const {
    if (operand.codes != nullptr) return *operand.codes;
    std::vector<std::uint8_t> codes;
    for (const Fp16Code value : *operand.values) {
      codes.push_back(fp8_from_fp16(Fp8Format::e4m3b11, value));
    }
    return codes;
  }
  [[nodiscard]] static std::vector<Fp16Code> values(const GemmOperand& operand) {
    if (operand.values != nullptr) return *operand.values;
    std::vector<Fp16Code> result;
    for (const NibbleCode code : *operand.codes) {
      const int value = operand.integer == StationaryFormat::u4 ? u4_value(code) : s4_value(code);
      result.push_back(fp16_from_float(static_cast<float>(value)));
    }
    return result;
  }

  /// No copy's levels are exceeded.
  [[nodiscard]] float maximum_scale(float largest) const {
    std::vector<float> scales;
    if (formats_.dgrad == GemmOperands::nibble) {
      scales.push_back(tensor_max_factor(recipe_.dgrad.grid, largest));
    }
    if (formats_.wgrad == GemmOperands::nibble) {
      scales.push_back(tensor_max_factor(recipe_.wgrad.grid, largest));
    }
    return *std::min_element(scales.begin(), scales.end());
  }

  /// The gradient's codes, and the two factors of the GEMM's result.
  [[nodiscard]] std::vector<std::uint8_t> gradient_codes(GemmPass pass,
                                                         const std::vector<Fp16Code>& dy,
                                                         float& factor, float& gain) const {
    const GradientCopy& copy = pass == GemmPass::dgrad ? recipe_.dgrad : recipe_.wgrad;
    float largest = 0;
    for (const Fp16Code code : dy) largest = std::max(largest, std::fabs(fp16_to_float(code)));
    const bool by_maximum = recipe_.scaling == RecipeScaling::tensor_max;
    std::vector<std::uint8_t> codes;
    if (formats_.of(pass) == GemmOperands::fp8) {
      const int exponent = by_maximum ? grad_scale_initial(largest).value_or(0) : gradscale_;
      for (const Fp16Code code : dy) {
        codes.push_back(fp8_from_fp16(Fp8Format::e5m2, code, exponent));
      }
      factor = std::ldexp(1.0F, -exponent);
      return codes;
    }
    const float scale = by_maximum ? maximum_scale(largest) : std::ldexp(1.0F, gradscale_);
    const RandomStream bits = stream(pass == GemmPass::dgrad ? 0 : 1);
    for (std::size_t i = 0; i < dy.size(); ++i) {
      codes.push_back(
          gradient_quantize(copy.grid, copy.rounding, dy[i], scale, random_word(bits, i)));
    }
    factor = 1.0F / scale *
             gradient_correction(recipe_.correction, copy.grid, dy.data(), dy.size(), scale,
                                 codes.data());
    gain = copy.gain;
    return codes;
  }

  [[nodiscard]] std::vector<Fp16Code> run(GemmPass pass, const std::vector<Fp16Code>* dy,
                                          float step) const {
    const GemmOperands kind = formats_.of(pass);
    const GemmOperand other = pass == GemmPass::wgrad ? x() : w();
    float factor = 1.0F, gain = 1.0F;
    std::vector<Fp16Code> accumulators;
    if (kind == GemmOperands::nibble || kind == GemmOperands::fp8) {
      const auto streamed = dy == nullptr ? bytes(x()) : gradient_codes(pass, *dy, factor, gain);
      accumulators = gemms(pass, streamed, bytes(other));
    } else {
      accumulators = gemms(pass, dy == nullptr ? values(x()) : *dy, values(other));
    }
    for (Fp16Code& code : accumulators) {
      code = fp16_from_float(fp16_to_float(code) * (step * factor * gain));
    }
    return accumulators;
  }

  template <typename Value>
  [[nodiscard]] std::vector<Fp16Code> gemms(GemmPass pass, const std::vector<Value>& streamed,
                                            const std::vector<Value>& stationary) const {
    std::vector<Fp16Code> result(static_cast<std::size_t>(result_size(pass)));
    const auto gathered = [](const std::vector<Value>& from, const std::vector<std::int64_t>& at) {
      std::vector<Value> values;
      for (const std::int64_t place : at) {
        values.push_back(place < 0 ? Value{} : from[static_cast<std::size_t>(place)]);
      }
      return values;
    };
    std::uint32_t part = 0;
    for (const GemmPlaces& gemm : places_of(shape_, pass)) {
      std::vector<Fp16Code> c(gemm.c.size());
      multiply(pass, gemm.shape, gathered(streamed, gemm.a).data(),
               gathered(stationary, gemm.b).data(), c.data(), part++);
      for (std::size_t i = 0; i < c.size(); ++i) {
        result[static_cast<std::size_t>(gemm.c[i])] = c[i];
      }
    }
    return result;
  }

  [[nodiscard]] std::int64_t result_size(GemmPass pass) const {
    if (pass == GemmPass::wgrad) return static_cast<std::int64_t>(w_codes_.size());
    if (pass == GemmPass::dgrad) return static_cast<std::int64_t>(x_codes_.size());
    return shape_.n * shape_.p() * shape_.q() * shape_.k;
  }

  /// fp32 is an accumulator of 4-bit GEMMs only.
  [[nodiscard]] AccumulatorType high_accumulator() const {
    return arithmetic_.accumulator == AccumulatorType::fp32 ? AccumulatorType::fp16x2
                                                            : arithmetic_.accumulator;
  }

  void multiply(GemmPass pass, const GemmShape& shape, const std::uint8_t* a, const std::uint8_t* b,
                Fp16Code* c, std::uint32_t) const {
    const bool wgrad = pass == GemmPass::wgrad, forward = pass == GemmPass::forward;
    if (formats_.of(pass) == GemmOperands::nibble) {
      const GradientGrid grid = wgrad ? recipe_.wgrad.grid : recipe_.dgrad.grid;
      const bool is_signed = integer_ == StationaryFormat::s4;
      const GemmArithmetic arithmetic{!forward    ? table_stream(grid)
                                      : is_signed ? StreamFormat::s4
                                                  : StreamFormat::u4,
                                      wgrad ? integer_ : StationaryFormat::s4,
                                      arithmetic_.accumulator, arithmetic_.chunk_len};
      if (arithmetic_.accumulator != AccumulatorType::fp32) {
        return gemm_reference(shape, arithmetic, a, b, c);
      }
      std::vector<float> sums(static_cast<std::size_t>(shape.m * shape.n));
      gemm_reference_fp32(shape, arithmetic, a, b, sums.data());
      for (std::size_t i = 0; i < sums.size(); ++i) c[i] = fp16_from_float(sums[i]);
      return;
    }
    const bool is_u4 = wgrad && integer_ == StationaryFormat::u4;
    const Fp8Operand integer = is_u4 ? Fp8Operand::u4 : Fp8Operand::s4;
    fp8_gemm_reference(shape, high_accumulator(), 2 * arithmetic_.fp16_chunk_len,
                       forward ? Fp8Operand::e4m3b11 : Fp8Operand::e5m2, a,
                       takes_codes_ ? integer : Fp8Operand::e4m3b11, b, c);
  }

  void multiply(GemmPass pass, const GemmShape& shape, const Fp16Code* a, const Fp16Code* b,
                Fp16Code* c, std::uint32_t part) const {
    if (formats_.of(pass) == GemmOperands::fp16) {
      return fp16_gemm_reference(shape, high_accumulator(), arithmetic_.fp16_chunk_len, a, b, c);
    }
    const BlockRecipe& recipe = *recipe_.blocks;
    const bool wgrad = pass == GemmPass::wgrad;
    RandomStream bits = stream(wgrad ? 1 : 0);
    bits.use += 8 * part;
    const RandomStream* rounding =
        recipe.stochastic_gradients && pass != GemmPass::forward ? &bits : nullptr;
    BlockScaled left, right;
    if (recipe.hadamard_wgrad && wgrad) {
      const std::int64_t padded = hadamard_padded(shape.k);
      std::vector<float> a_turned, b_turned;
      hadamard_transform(BlockAxis::k_last, shape.m, shape.k, a, stream(2), a_turned);
      hadamard_transform(BlockAxis::k_first, shape.k, shape.n, b, stream(2), b_turned);
      block_quantize(recipe.format, BlockAxis::k_last, shape.m, padded, a_turned.data(), rounding,
                     left);
      block_quantize(recipe.format, BlockAxis::k_first, padded, shape.n, b_turned.data(), nullptr,
                     right);
    } else {
      block_quantize(recipe.format, BlockAxis::k_last, shape.m, shape.k, a, rounding, left);
      block_quantize(recipe.format, BlockAxis::k_first, shape.k, shape.n, b, nullptr, right);
    }
    std::vector<float> sums(static_cast<std::size_t>(shape.m * shape.n));
    block_scaled_gemm_reference(left, right, sums.data());
    for (std::size_t i = 0; i < sums.size(); ++i) c[i] = fp16_from_float(sums[i]);
  }

  ConvShape shape_;
  LayerArithmetic arithmetic_;
  StationaryFormat integer_;
  LayerFormats formats_;
  bool takes_codes_;
  TrainingRecipe recipe_;
  std::mt19937_64 random_;
  float x_step_, w_step_;
  std::vector<NibbleCode> x_codes_, w_codes_;
  std::vector<Fp16Code> x_values_, w_values_;
  TrainingPass pass_;
  int gradscale_ = 0;
};

}  // namespace nibble::test
