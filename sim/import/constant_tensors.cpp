#include <cmath>
#include <cstring>

#include "sim/import/constant_folding.h"

namespace nibble {
namespace {

using Values = std::optional<std::vector<double>>;

/// The elements as they stand in the file's bytes, which ONNX fixes as little-endian.
template <typename Element>
Values raw_values(const std::string& bytes) {
  std::vector<double> values;
  for (std::size_t at = 0; at + sizeof(Element) <= bytes.size(); at += sizeof(Element)) {
    Element element;
    std::memcpy(&element, bytes.data() + at, sizeof(Element));
    values.push_back(static_cast<double>(element));
  }
  if (values.size() * sizeof(Element) != bytes.size()) return std::nullopt;
  return values;
}

template <typename Element, typename Field>
Values values_of(const onnx::TensorProto& tensor, const Field& field) {
  if (tensor.has_raw_data()) return raw_values<Element>(tensor.raw_data());
  return std::vector<double>(field.begin(), field.end());
}

}  // namespace

Values tensor_values(const onnx::TensorProto& tensor) {
  if (tensor.data_location() == onnx::TensorProto::EXTERNAL) return std::nullopt;
  const std::vector<std::int64_t> dims(tensor.dims().begin(), tensor.dims().end());
  const std::int64_t count = elements_of(dims);
  if (count == 0 || count > kMostKnownValues) return std::nullopt;
  Values values;
  switch (tensor.data_type()) {
    case onnx::TensorProto::INT64:
      values = values_of<std::int64_t>(tensor, tensor.int64_data());
      break;
    case onnx::TensorProto::INT32:
      values = values_of<std::int32_t>(tensor, tensor.int32_data());
      break;
    case onnx::TensorProto::BOOL:
      values = values_of<std::uint8_t>(tensor, tensor.int32_data());
      break;
    case onnx::TensorProto::FLOAT:
      values = values_of<float>(tensor, tensor.float_data());
      break;
    case onnx::TensorProto::DOUBLE:
      values = values_of<double>(tensor, tensor.double_data());
      break;
    default:
      break;
  }
  if (!values || static_cast<std::int64_t>(values->size()) != count) return std::nullopt;
  for (const double value : *values) {
    if (!std::isfinite(value)) return std::nullopt;
  }
  return values;
}

std::optional<onnx::TensorProto> as_tensor(const TensorFacts& facts) {
  onnx::TensorProto tensor;
  tensor.set_data_type(facts.type);
  for (const std::int64_t dim : facts.dims.value()) tensor.add_dims(dim);
  for (const double value : facts.values.value()) {
    switch (facts.type) {
      case onnx::TensorProto::INT64:
        tensor.add_int64_data(to_integer(value));
        break;
      case onnx::TensorProto::INT32:
      case onnx::TensorProto::BOOL:
        tensor.add_int32_data(static_cast<std::int32_t>(to_integer(value)));
        break;
      case onnx::TensorProto::FLOAT:
        tensor.add_float_data(static_cast<float>(value));
        break;
      case onnx::TensorProto::DOUBLE:
        tensor.add_double_data(value);
        break;
      default:
        return std::nullopt;
    }
  }
  return tensor;
}

}  // namespace nibble
