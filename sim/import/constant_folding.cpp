#include "sim/import/constant_folding.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "sim/import/node_attributes.h"
#include "sim/import/slice_range.h"

namespace nibble {
namespace {

using Values = std::optional<std::vector<double>>;
using Inputs = std::vector<const TensorFacts*>;
using Operation = double (*)(double, double);

/// A result that is no number makes the constant unknown; so does a division by 0.
const std::map<std::string, Operation>& binary_operations() {
  static const std::map<std::string, Operation> operations = {
      {"Add", [](double a, double b) { return a + b; }},
      {"Sub", [](double a, double b) { return a - b; }},
      {"Mul", [](double a, double b) { return a * b; }},
      {"Div", [](double a, double b) { return a / b; }},
      {"Mod", [](double a, double b) { return a - b * std::floor(a / b); }},
      {"Pow", [](double a, double b) { return std::pow(a, b); }},
      {"Min", [](double a, double b) { return std::min(a, b); }},
      {"Max", [](double a, double b) { return std::max(a, b); }},
      {"Equal", [](double a, double b) { return a == b ? 1.0 : 0.0; }},
      {"Greater", [](double a, double b) { return a > b ? 1.0 : 0.0; }},
      {"GreaterOrEqual", [](double a, double b) { return a >= b ? 1.0 : 0.0; }},
      {"Less", [](double a, double b) { return a < b ? 1.0 : 0.0; }},
      {"LessOrEqual", [](double a, double b) { return a <= b ? 1.0 : 0.0; }},
      {"And", [](double a, double b) { return a != 0 && b != 0 ? 1.0 : 0.0; }},
      {"Or", [](double a, double b) { return a != 0 || b != 0 ? 1.0 : 0.0; }}};
  return operations;
}

const std::map<std::string, double (*)(double)>& unary_operations() {
  static const std::map<std::string, double (*)(double)> operations = {
      {"Neg", [](double a) { return -a; }},
      {"Abs", [](double a) { return std::abs(a); }},
      {"Floor", [](double a) { return std::floor(a); }},
      {"Ceil", [](double a) { return std::ceil(a); }},
      {"Sqrt", [](double a) { return std::sqrt(a); }},
      {"Not", [](double a) { return a == 0 ? 1.0 : 0.0; }}};
  return operations;
}

bool is_integer_type(int type) {
  return type == onnx::TensorProto::INT64 || type == onnx::TensorProto::INT32;
}

/// Element `flat` of a tensor of shape `dims`, taken from one that is broadcast to it.
double broadcast_element(const TensorFacts& from, const std::vector<std::int64_t>& dims,
                         std::int64_t flat) {
  const std::vector<std::int64_t>& own = from.dims.value();
  std::int64_t index = 0, stride = 1;
  for (std::size_t i = 0; i < dims.size(); ++i) {  // the fastest axis first
    const std::int64_t position = flat % dims[dims.size() - 1 - i];
    flat /= dims[dims.size() - 1 - i];
    if (i >= own.size()) continue;
    const std::int64_t size = own[own.size() - 1 - i];
    if (size > 1) index += position * stride;
    stride *= size;
  }
  return from.values.value()[static_cast<std::size_t>(index)];
}

bool broadcasts_to(const TensorFacts& from, const std::vector<std::int64_t>& dims) {
  const std::vector<std::int64_t>& own = from.dims.value();
  if (own.size() > dims.size()) return false;
  for (std::size_t i = 0; i < own.size(); ++i) {
    const std::int64_t size = own[own.size() - 1 - i];
    if (size != 1 && size != dims[dims.size() - 1 - i]) return false;
  }
  return true;
}

template <typename Combine>
Values elementwise(const Inputs& inputs, const TensorFacts& output, Combine combine) {
  const std::vector<std::int64_t>& dims = output.dims.value();
  for (const TensorFacts* input : inputs) {
    if (!broadcasts_to(*input, dims)) return std::nullopt;
  }
  std::vector<double> values;
  for (std::int64_t i = 0; i < elements_of(dims); ++i) {
    values.push_back(
        combine([&](std::size_t input) { return broadcast_element(*inputs[input], dims, i); }));
  }
  return values;
}

Values gather(const onnx::NodeProto& node, const Inputs& inputs) {
  const std::vector<double>& data = *inputs[0]->values;
  if (inputs[0]->dims->size() != 1 || int_attribute(node, "axis", 0) > 0) return std::nullopt;
  std::vector<double> values;
  for (const double index : *inputs[1]->values) {
    const std::int64_t place = axis_from_front(to_integer(index), data.size());
    if (place < 0) return std::nullopt;
    values.push_back(data[static_cast<std::size_t>(place)]);
  }
  return values;
}

/// Each element of the output comes from where begin and strides (along the output's axes) say.
Values picked(const std::vector<double>& from, const std::vector<std::int64_t>& dims,
              std::int64_t begin, const std::vector<std::int64_t>& strides) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < elements_of(dims); ++i) {
    std::int64_t place = begin, rest = i;
    for (std::size_t axis = dims.size(); axis-- > 0;) {
      place += rest % dims[axis] * strides[axis];
      rest /= dims[axis];
    }
    if (place < 0 || place >= static_cast<std::int64_t>(from.size())) return std::nullopt;
    values.push_back(from[static_cast<std::size_t>(place)]);
  }
  return values;
}

std::vector<std::int64_t> strides_of(const std::vector<std::int64_t>& dims) {
  std::vector<std::int64_t> strides(dims.size(), 1);
  for (std::size_t i = dims.size(); i-- > 1;) strides[i - 1] = strides[i] * dims[i];
  return strides;
}

Values slice(const onnx::NodeProto& node, const Inputs& inputs, const TensorFacts& output) {
  const auto ranges = slice_ranges(node, inputs, *inputs[0]->dims);
  if (!ranges || output.dims->size() != inputs[0]->dims->size()) return std::nullopt;
  std::vector<std::int64_t> strides = strides_of(*inputs[0]->dims);
  std::int64_t begin = 0;
  for (const SliceRange& range : *ranges) {
    std::int64_t& stride = strides[static_cast<std::size_t>(range.axis)];
    begin += range.begin * stride;
    stride *= range.step;
  }
  return picked(*inputs[0]->values, *output.dims, begin, strides);
}

Values transposed(const onnx::NodeProto& node, const TensorFacts& of, const TensorFacts& output) {
  const std::vector<std::int64_t> strides = strides_of(*of.dims);
  std::vector<std::int64_t> order = ints_attribute(node, "perm"), moved;
  if (order.empty()) {
    for (std::size_t i = strides.size(); i-- > 0;) order.push_back(static_cast<std::int64_t>(i));
  }
  if (order.size() != strides.size() || output.dims->size() != order.size()) return std::nullopt;
  for (const std::int64_t axis : order) {
    if (axis < 0 || axis >= static_cast<std::int64_t>(strides.size())) return std::nullopt;
    moved.push_back(strides[static_cast<std::size_t>(axis)]);
  }
  return picked(*of.values, *output.dims, 0, moved);
}

Values concat(const Inputs& inputs) {
  std::vector<double> values;
  for (const TensorFacts* input : inputs) {
    if (input->dims->size() != 1) return std::nullopt;
    values.insert(values.end(), input->values->begin(), input->values->end());
  }
  return values;
}

Values shape(const onnx::NodeProto& node, const TensorFacts& of, const TensorFacts& output) {
  if (!of.dims) return std::nullopt;
  const auto rank = static_cast<std::int64_t>(of.dims->size());
  const std::int64_t start = int_attribute(node, "start", 0);
  const std::int64_t begin = std::clamp<std::int64_t>(start < 0 ? start + rank : start, 0, rank);
  std::vector<double> values;
  for (std::int64_t i = 0; i < elements_of(*output.dims) && begin + i < rank; ++i) {
    values.push_back(static_cast<double>((*of.dims)[static_cast<std::size_t>(begin + i)]));
  }
  return values;
}

Values filled(const onnx::NodeProto& node, const TensorFacts& output) {
  const onnx::AttributeProto* value = find_attribute(node, "value");
  const Values one = value != nullptr ? tensor_values(value->t()) : Values{{0.0}};
  if (!one || one->size() != 1) return std::nullopt;
  return std::vector<double>(static_cast<std::size_t>(elements_of(*output.dims)), one->front());
}

Values range(const Inputs& inputs, const TensorFacts& output) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < elements_of(*output.dims); ++i) {
    values.push_back(inputs[0]->values->front() +
                     static_cast<double>(i) * inputs[2]->values->front());
  }
  return values;
}

Values attribute_values(const onnx::NodeProto& node) {
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    if (attribute.name() == "value") return tensor_values(attribute.t());
    if (attribute.name() == "value_int") return {{static_cast<double>(attribute.i())}};
    if (attribute.name() == "value_float") return {{static_cast<double>(attribute.f())}};
    if (attribute.name() == "value_ints") {
      return std::vector<double>(attribute.ints().begin(), attribute.ints().end());
    }
    if (attribute.name() == "value_floats") {
      return std::vector<double>(attribute.floats().begin(), attribute.floats().end());
    }
  }
  return std::nullopt;
}

Values product(const TensorFacts& of, const TensorFacts& output) {
  if (elements_of(*output.dims) != 1) return std::nullopt;
  double result = 1;
  for (const double value : *of.values) result *= value;
  return {{result}};
}

Values cast(const TensorFacts& from, int type) {
  std::vector<double> values = *from.values;
  for (double& value : values) {
    if (is_integer_type(type)) value = std::trunc(value);
    if (type == onnx::TensorProto::BOOL) value = value != 0 ? 1 : 0;
  }
  return values;
}

/// Of nodes whose inputs are all known.
Values fold_known(const onnx::NodeProto& node, const Inputs& inputs, const TensorFacts& output) {
  const std::string& op = node.op_type();
  if (const auto binary = binary_operations().find(op);
      binary != binary_operations().end() && inputs.size() == 2) {
    const bool whole = op == "Div" && is_integer_type(output.type);
    return elementwise(inputs, output, [&](auto at) {
      const double value = binary->second(at(0), at(1));
      return whole ? std::trunc(value) : value;
    });
  }
  if (const auto unary = unary_operations().find(op); unary != unary_operations().end()) {
    return elementwise(inputs, output, [&](auto at) { return unary->second(at(0)); });
  }
  if (op == "Where") {
    return elementwise(inputs, output, [](auto at) { return at(0) != 0 ? at(1) : at(2); });
  }
  if (op == "Expand") return elementwise({inputs[0]}, output, [](auto at) { return at(0); });
  if (op == "Gather") return gather(node, inputs);
  if (op == "Slice") return slice(node, inputs, output);
  if (op == "Transpose") return transposed(node, *inputs[0], output);
  if (op == "Concat") return concat(inputs);
  if (op == "ConstantOfShape") return filled(node, output);
  if (op == "Range") return range(inputs, output);
  if (op == "ReduceProd") return product(*inputs[0], output);
  if (op == "Cast") return cast(*inputs[0], output.type);
  if (op == "Identity" || op == "Unsqueeze" || op == "Squeeze" || op == "Reshape" ||
      op == "Flatten") {
    return inputs[0]->values;
  }
  return std::nullopt;
}

}  // namespace

Values fold_constant(const onnx::NodeProto& node, const Inputs& inputs, const TensorFacts& output) {
  const std::string& op = node.op_type();
  if (!output.dims || elements_of(*output.dims) == 0 ||
      elements_of(*output.dims) > kMostKnownValues) {
    return std::nullopt;
  }
  Values values;
  if (op == "Constant") {
    values = attribute_values(node);
  } else if (op == "Shape" && !inputs.empty() && inputs[0] != nullptr) {
    values = shape(node, *inputs[0], output);
  } else {
    const bool known = std::all_of(inputs.begin(), inputs.end(), [](const TensorFacts* input) {
      return input != nullptr && input->values && input->dims;
    });
    if (known && !inputs.empty()) values = fold_known(node, inputs, output);
  }
  if (!values || static_cast<std::int64_t>(values->size()) != elements_of(*output.dims)) {
    return std::nullopt;
  }
  for (const double value : *values) {
    if (!std::isfinite(value)) return std::nullopt;
  }
  return values;
}

}  // namespace nibble
