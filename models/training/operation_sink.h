// Who listens to the GEMMs of a captured training step. TraceRecorder writes them into a Trace.
#pragma once

#include <string>
#include <vector>

#include "models/layers/gemm_call.h"

namespace nibble {

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

class OperationSink {
 public:
  virtual ~OperationSink() = default;
  virtual void record(const ObservedOperation& operation) = 0;
};

}  // namespace nibble
