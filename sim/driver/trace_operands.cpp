#include "sim/driver/trace_operands.h"

#include <algorithm>

#include "models/gemm/operand_values.h"

namespace nibble {
namespace {

/// Of a tensor's elements, those that `is_zero` denies.
template <typename Value, typename IsZero>
double nonzero_share(const std::vector<Value>& tensor, IsZero is_zero) {
  const auto zeros = std::count_if(tensor.begin(), tensor.end(), is_zero);
  return 1 - static_cast<double>(zeros) / static_cast<double>(tensor.size());
}

/// Means over products.
class SharesSum {
 public:
  void add(double products, double streamed, double stationary) {
    products_ += products;
    sum_.streamed_nonzero += products * streamed;
    sum_.nonzero += products * streamed * stationary;
  }
  [[nodiscard]] OperandShares mean_or(const OperandShares& otherwise) const {
    if (products_ == 0 || otherwise.given) return otherwise;
    return {sum_.streamed_nonzero / products_, sum_.nonzero / products_, false};
  }

 private:
  double products_ = 0;
  OperandShares sum_;
};

}  // namespace

WorkloadOperands trace_operands(const Trace& trace, const WorkloadOperands& otherwise) {
  SharesSum int4, fp4_even, fp4_odd, fp16, fp16_step;
  for (const TraceOperation& operation : trace.operations) {
    const auto products = static_cast<double>(operation.conv.macs());
    if (operation.precision == LayerPrecision::int4_fp4) {
      const double streamed = nonzero_share(
          trace.codes.at(operation.streamed),
          [&](NibbleCode code) { return stream_value(operation.stream_format, code) == 0; });
      const double stationary = nonzero_share(trace.codes.at(operation.stationary),
                                              [](NibbleCode code) { return code == 0; });
      SharesSum& kind = is_integer(operation.stream_format)                ? int4
                        : operation.stream_format == StreamFormat::fp4_odd ? fp4_odd
                                                                           : fp4_even;
      kind.add(products, streamed, stationary);
      // In fp16 activations have their zeros of ReLU; weights and gradients have hardly any.
      const bool forward = operation.pass == GemmPass::forward;
      const bool wgrad = operation.pass == GemmPass::wgrad;
      fp16_step.add(products, forward ? streamed : 1, wgrad ? stationary : 1);
    } else if (operation.precision == LayerPrecision::fp16) {
      constexpr unsigned kMagnitude = 0x7FFF;
      const auto is_zero = [](Fp16Code code) { return (code & kMagnitude) == 0; };
      const double streamed = nonzero_share(trace.values.at(operation.streamed), is_zero);
      const double stationary = nonzero_share(trace.values.at(operation.stationary), is_zero);
      fp16.add(products, streamed, stationary);
      fp16_step.add(products, streamed, stationary);
    }
  }
  const bool given = otherwise.int4.given || otherwise.fp4_even.given || otherwise.fp4_odd.given ||
                     otherwise.fp16.given || otherwise.fp16_step.given;
  return {
      int4.mean_or(otherwise.int4),           fp4_even.mean_or(otherwise.fp4_even),
      fp4_odd.mean_or(otherwise.fp4_odd),     fp16.mean_or(otherwise.fp16),
      fp16_step.mean_or(otherwise.fp16_step), given ? "silicon.operands, else the trace" : "trace"};
}

}  // namespace nibble
