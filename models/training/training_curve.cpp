#include "models/training/training_curve.h"

#include <charconv>

namespace nibble {
namespace {

constexpr const char* kScaleSuffix = ".gradscale";
constexpr const char* kLossScale = "loss_scale";  // of the whole network, if it adapts

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

std::string without_last_part(const std::string& name) { return name.substr(0, name.rfind('.')); }

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
  for (const auto& [name, values] : network.states()) {
    if (name != kLossScale && !ends_with(name, kScaleSuffix)) continue;
    scales_.push_back(name);
    header_ += name == kLossScale ? "," + name : ",gradscale." + without_last_part(name);
  }
  for (const ParameterArray& parameter : network.parameters()) {
    if (parameter.kind != ParameterKind::alpha) continue;
    header_ += ",alpha." + without_last_part(parameter.name);
  }
  header_ += '\n';
}

void TrainingCurve::add(const CurvePoint& point, TrainableNetwork& network) {
  lines_ += text_of(point.step) + ',' + text_of(point.epoch) + ',' + text_of(point.loss) + ',' +
            text_of(point.accuracy_percent) + ',' + text_of(point.learning_rate) + ',';
  if (point.validation) lines_ += text_of(point.validation->loss);
  lines_ += ',';
  if (point.validation) lines_ += text_of(point.validation->accuracy_percent);
  const NamedArrays states = network.states();
  for (const std::string& name : scales_) {
    lines_ += ',';
    // Nothing before the first gradient that is not zero, nor in a finish without this scale.
    const auto scale = states.find(name);
    if (scale != states.end() && !scale->second.empty()) lines_ += text_of(scale->second.front());
  }
  for (const ParameterArray& parameter : network.parameters()) {
    if (parameter.kind == ParameterKind::alpha) lines_ += ',' + text_of(*parameter.value);
  }
  lines_ += '\n';
}

}  // namespace nibble
