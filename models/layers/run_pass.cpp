#include "models/layers/run_pass.h"

#include <algorithm>
#include <memory>

namespace nibble {
namespace {

// Gathered operands of this size stay in a core's second-level cache until they are multiplied.
constexpr std::int64_t kGatheredBytes = 1 << 19;

std::int64_t images_at_once(const ConvShape& conv, std::size_t element_bytes) {
  const std::int64_t image_bytes = conv.p() * conv.q() * conv.r * conv.s *
                                   std::max(conv.c, conv.k) *
                                   static_cast<std::int64_t>(element_bytes);
  return std::max<std::int64_t>(1, kGatheredBytes / image_bytes);
}

/// Memory that grows and is not cleared: every gather fills it.
template <typename Value>
class Scratch {
 public:
  Value* at_least(std::int64_t count) {
    if (count > count_) {
      values_.reset(new Value[static_cast<std::size_t>(count)]);
      count_ = count;
    }
    return values_.get();
  }

 private:
  std::unique_ptr<Value[]> values_;
  std::int64_t count_ = 0;
};

}  // namespace

std::int64_t result_elements(const ConvShape& conv, GemmPass pass) {
  switch (pass) {
    case GemmPass::forward:
      return conv.n * conv.p() * conv.q() * conv.k;
    case GemmPass::dgrad:
      return conv.n * conv.h * conv.w * conv.c;
    case GemmPass::wgrad:
      return conv.k * conv.r * conv.s * (conv.c / conv.groups);
  }
  return 0;
}

GemmArithmetic pass_arithmetic(GemmPass pass, GemmArithmetic arithmetic) {
  switch (pass) {
    case GemmPass::forward:
      arithmetic.stream = StreamFormat::u4;
      arithmetic.stationary = StationaryFormat::s4;
      break;
    case GemmPass::dgrad:
      arithmetic.stream = StreamFormat::fp4_even;
      arithmetic.stationary = StationaryFormat::s4;
      break;
    case GemmPass::wgrad:
      arithmetic.stream = StreamFormat::fp4_odd;
      arithmetic.stationary = StationaryFormat::u4;
      break;
  }
  return arithmetic;
}

template <typename Value>
std::vector<Fp16Code> run_pass(const ConvShape& conv, GemmPass pass, const Value* streamed,
                               const Value* stationary, GemmCall call, const GemmFunction& gemm) {
  // Zeros stay where a dgrad phase meets no tap.
  std::vector<Fp16Code> result(static_cast<std::size_t>(result_elements(conv, pass)));
  const bool batch_in_k = pass == GemmPass::wgrad;
  // A block-scaled operand is quantised as a whole: scales and random bits are of all of it.
  const bool whole = batch_in_k || call.operands == GemmOperands::block;
  const std::int64_t images = whole ? conv.n : images_at_once(conv, sizeof(Value));
  Scratch<Value> a, b;
  Scratch<Fp16Code> c;
  for (std::int64_t first = 0; first < conv.n; first += images) {
    ConvShape part = conv;
    part.n = std::min(images, conv.n - first);
    const std::int64_t x_image = conv.h * conv.w * conv.c;
    const std::int64_t y_image = conv.p() * conv.q() * conv.k;
    const std::int64_t in_image = pass == GemmPass::forward ? x_image : y_image;
    const std::int64_t out_image = batch_in_k ? 0 : (pass == GemmPass::forward ? y_image : x_image);
    call.part = 0;
    for (const LoweredGemm& lowered : lower_conv(part, pass)) {
      call.shape = lowered.shape;
      const auto& [m, n, k] = call.shape;
      const bool in_place = result_is_c(lowered);  // nothing is scattered
      Value* a_codes = a.at_least(conv.groups * m * k);
      Value* b_codes = b.at_least(conv.groups * k * n);
      Fp16Code* part_result = result.data() + first * out_image;
      Fp16Code* c_codes = in_place ? part_result : c.at_least(conv.groups * m * n);
      gather_a(lowered, streamed + first * in_image, a_codes);
      gather_b(lowered, stationary, b_codes);
      for (std::int64_t g = 0; g < conv.groups; ++g, ++call.part) {
        gemm(call, a_codes + g * m * k, b_codes + g * k * n, c_codes + g * m * n);
      }
      if (!in_place) scatter_c(lowered, c_codes, part_result);
    }
  }
  return result;
}

template std::vector<Fp16Code> run_pass<NibbleCode>(const ConvShape&, GemmPass, const NibbleCode*,
                                                    const NibbleCode*, GemmCall,
                                                    const GemmFunction&);
template std::vector<Fp16Code> run_pass<Fp16Code>(const ConvShape&, GemmPass, const Fp16Code*,
                                                  const Fp16Code*, GemmCall, const GemmFunction&);

}  // namespace nibble
