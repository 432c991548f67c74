#include "models/training/training_curve.h"

#include <charconv>

namespace nibble {
namespace {

template <typename Number>
std::string text_of(Number value) {
  char text[64];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

}  // namespace

TrainingCurve::TrainingCurve(TrainableNetwork& network)
    : header_(
          "step,epoch,loss,accuracy_percent,learning_rate,validation_loss,"
          "validation_accuracy_percent") {
  for (const auto& [column, exponent] : network.scales()) {
    columns_.push_back(column);
    header_ += ',' + column;
  }
  for (const ParameterArray& parameter : network.parameters()) {
    if (parameter.kind != ParameterKind::alpha) continue;
    header_ += ",alpha." + layer_of_parameter(parameter.name);
  }
  header_ += '\n';
}

void TrainingCurve::add(const CurvePoint& point, TrainableNetwork& network) {
  lines_ += text_of(point.step) + ',' + text_of(point.epoch) + ',' + text_of(point.loss) + ',' +
            text_of(point.accuracy_percent) + ',' + text_of(point.learning_rate) + ',';
  if (point.validation) lines_ += text_of(point.validation->loss);
  lines_ += ',';
  if (point.validation) lines_ += text_of(point.validation->accuracy_percent);
  const auto scales = network.scales();
  for (const std::string& column : columns_) {
    lines_ += ',';
    // Nothing before the first gradient that is not zero, nor in a finish without this scale.
    const auto scale = scales.find(column);
    if (scale != scales.end() && scale->second) lines_ += text_of(*scale->second);
  }
  for (const ParameterArray& parameter : network.parameters()) {
    if (parameter.kind == ParameterKind::alpha) lines_ += ',' + text_of(*parameter.value);
  }
  lines_ += '\n';
}

}  // namespace nibble
