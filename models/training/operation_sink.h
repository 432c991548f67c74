// Who listens to the GEMMs of a captured training step. TraceRecorder writes them into a Trace,
// GradientStudy measures what becomes of the gradients.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/layers/gemm_call.h"

namespace nibble {

struct GemmOperand;

/// One operation; exactly one of the two operand pairs is set.
struct ObservedOperation {
  const std::string& layer;
  GemmOperands operands;
  GemmPass pass;
  GemmArithmetic arithmetic;
  ConvShape conv;
  const std::vector<NibbleCode>* streamed_codes = nullptr;
  const std::vector<NibbleCode>* stationary_codes = nullptr;
  const std::vector<Fp16Code>* streamed_values = nullptr;
  const std::vector<Fp16Code>* stationary_values = nullptr;
  const std::vector<Fp16Code>& accumulators;
  float scale = 1;    // real value of one unit of the accumulator
  int gradscale = 0;  // of the gradient passes
  /// Which of the layer's GEMMs of this pass, if it has several; see TraceOperation::part.
  std::string part = {};
};

/// The gradient of a layer's output before it is rounded, and the other operand of wgrad.
struct ObservedGradient {
  const std::string& layer;
  ConvShape conv;
  const std::vector<Fp16Code>& dy;
  const GemmOperand& x;
  /// The power of two that dY is multiplied by before it is rounded; nothing where it is rounded
  /// not at all or after another factor.
  std::optional<int> exponent;
  std::string part;  // as that of ObservedOperation
};

class OperationSink {
 public:
  virtual ~OperationSink() = default;
  virtual void record(const ObservedOperation& operation) = 0;
  /// Before the wgrad of each layer.
  virtual void observe(const ObservedGradient& gradient) { (void)gradient; }
};

}  // namespace nibble
