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
    if (products_ == 0) return otherwise;
    return {sum_.streamed_nonzero / products_, sum_.nonzero / products_};
  }

 private:
  double products_ = 0;
  OperandShares sum_;
};

}  // namespace

WorkloadOperands trace_operands(const Trace& trace, const WorkloadOperands& otherwise) {
  SharesSum int4, fp4, fp16;
  for (const TraceOperation& operation : trace.operations) {
    const auto products = static_cast<double>(operation.conv.macs());
    if (operation.precision == LayerPrecision::int4_fp4) {
      (is_integer(operation.stream_format) ? int4 : fp4)
          .add(products,
               nonzero_share(trace.codes.at(operation.streamed),
                             [&](NibbleCode code) {
                               return stream_value(operation.stream_format, code) == 0;
                             }),
               nonzero_share(trace.codes.at(operation.stationary),
                             [](NibbleCode code) { return code == 0; }));
    } else if (operation.precision == LayerPrecision::fp16) {
      constexpr unsigned kMagnitude = 0x7FFF;
      const auto is_zero = [](Fp16Code code) { return (code & kMagnitude) == 0; };
      fp16.add(products, nonzero_share(trace.values.at(operation.streamed), is_zero),
               nonzero_share(trace.values.at(operation.stationary), is_zero));
    }
  }
  return {int4.mean_or(otherwise.int4), fp4.mean_or(otherwise.fp4), fp16.mean_or(otherwise.fp16),
          "trace"};
}

}  // namespace nibble
