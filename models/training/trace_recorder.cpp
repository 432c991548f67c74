#include "models/training/trace_recorder.h"

#include <utility>

namespace nibble {
namespace {

struct TensorNames {
  const char *streamed, *stationary, *result;
};

TensorNames names_of(GemmPass pass, bool nibbles) {
  switch (pass) {
    case GemmPass::dgrad:
      return {nibbles ? ".dy_even" : ".dy", ".w", ".dx"};
    case GemmPass::wgrad:
      return {nibbles ? ".dy_odd" : ".dy", ".x", ".dw"};
    case GemmPass::forward:
      break;
  }
  return {".x", ".w", ".y"};
}

}  // namespace

void TraceRecorder::record(const ObservedOperation& observed) {
  const std::string& layer = observed.layer;
  const bool nibbles = observed.operands == GemmOperands::nibble;
  const TensorNames names = names_of(observed.pass, nibbles);
  TraceOperation operation;
  operation.layer = layer;
  operation.pass = observed.pass;
  operation.precision = nibbles ? LayerPrecision::int4_fp4 : LayerPrecision::fp16;
  operation.stream_format = observed.arithmetic.stream;
  operation.stationary_format = observed.arithmetic.stationary;
  operation.conv = observed.conv;
  operation.part = observed.part;
  // A colon cannot be in a layer's name. The weights of all time steps are the same.
  const std::string& part = observed.part;
  const std::string prefix = part.empty() ? layer : layer + ":" + part;
  const std::string weights = part.empty() ? layer : layer + ":" + part.substr(0, part.find('.'));
  operation.streamed = prefix + names.streamed;
  operation.stationary = (observed.pass == GemmPass::wgrad ? prefix : weights) + names.stationary;
  operation.result = prefix + names.result;
  operation.scale = observed.scale;
  operation.gradscale = observed.gradscale;
  if (observed.streamed_codes != nullptr) {
    trace_.codes[operation.streamed] = *observed.streamed_codes;
    trace_.codes[operation.stationary] = *observed.stationary_codes;
  } else {
    trace_.values[operation.streamed] = *observed.streamed_values;
    trace_.values[operation.stationary] = *observed.stationary_values;
  }
  trace_.values[operation.result] = observed.accumulators;
  trace_.operations.push_back(std::move(operation));
}

}  // namespace nibble
