#include "sim/import/shape_table.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <onnx/shape_inference/implementation.h>

#include "sim/import/constant_folding.h"
#include "sim/import/node_attributes.h"

namespace nibble {
namespace {

bool is_standard(const onnx::NodeProto& node) {
  return node.domain().empty() || node.domain() == "ai.onnx";
}

/// Nothing unless every size is known.
std::optional<std::vector<std::int64_t>> fixed_dims(const onnx::TypeProto& type) {
  if (!type.has_tensor_type() || !type.tensor_type().has_shape()) return std::nullopt;
  std::vector<std::int64_t> dims;
  for (const auto& dim : type.tensor_type().shape().dim()) {
    if (!dim.has_dim_value()) return std::nullopt;
    dims.push_back(dim.dim_value());
  }
  return dims;
}

onnx::TypeProto tensor_type(int element, const std::vector<std::int64_t>& dims) {
  onnx::TypeProto type;
  type.mutable_tensor_type()->set_elem_type(element);
  auto& shape = *type.mutable_tensor_type()->mutable_shape();
  for (const std::int64_t dim : dims) shape.add_dim()->set_dim_value(dim);
  return type;
}

/// What is out of bounds in an attribute that libonnx divides by or multiplies with; empty if
/// nothing is.
std::string attribute_fault(const onnx::NodeProto& node) {
  constexpr std::int64_t kMost = std::int64_t{1} << 24;
  constexpr std::array<const char*, 8> kSizes = {"kernel_shape", "strides",     "dilations",
                                                 "group",        "hidden_size", "blocksize",
                                                 "output_shape", "size"};
  constexpr std::array<const char*, 2> kPads = {"pads", "output_padding"};
  const auto named = [](const auto& names, const std::string& name) {
    return std::any_of(names.begin(), names.end(), [&](const char* one) { return name == one; });
  };
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    const bool size = named(kSizes, attribute.name());
    if (!size && !named(kPads, attribute.name())) continue;
    std::vector<std::int64_t> values(attribute.ints().begin(), attribute.ints().end());
    if (attribute.type() == onnx::AttributeProto::INT) values.push_back(attribute.i());
    for (const std::int64_t value : values) {
      if (value < (size ? 1 : -kMost) || value > kMost) {
        return fmt::format("attribute {} of {}", attribute.name(), value);
      }
    }
  }
  return "";
}

/// A mask: the layers that make it are none that a network has.
bool is_mask(const TensorFacts& facts) { return facts.type == onnx::TensorProto::BOOL; }

}  // namespace

ShapeTable::ShapeTable(OnnxModel& model) : model_(model) {
  const onnx::GraphProto& graph = model.proto.graph();
  for (const onnx::ValueInfoProto& info : graph.value_info()) declared_[info.name()] = &info;
  for (const onnx::ValueInfoProto& info : graph.output()) declared_[info.name()] = &info;
  const auto inputs = real_inputs(graph);
  if (inputs.empty()) throw model.error("has no input", "allowed is a graph that reads something");
  for (const onnx::ValueInfoProto* info : inputs) {
    TensorFacts facts;
    facts.type = info->type().tensor_type().elem_type();
    facts.dims = fixed_dims(info->type());
    facts.constant = info != inputs.front();
    put(info->name(), std::move(facts));
  }
  for (const onnx::TensorProto& tensor : graph.initializer()) add_initializer(tensor);
}

void ShapeTable::add_initializer(const onnx::TensorProto& tensor) {
  TensorFacts facts;
  facts.type = tensor.data_type();
  facts.dims = std::vector<std::int64_t>(tensor.dims().begin(), tensor.dims().end());
  facts.constant = true;
  facts.values = tensor_values(tensor);
  facts.table = tensor.name();
  facts.table_elements = elements_of(*facts.dims);
  put(tensor.name(), std::move(facts));
}

void ShapeTable::put(const std::string& tensor, TensorFacts facts) {
  onnx::TypeProto& type = types_[tensor];
  type.mutable_tensor_type()->set_elem_type(facts.type);
  if (facts.dims) type = tensor_type(facts.type, *facts.dims);
  type_pointers_[tensor] = &type;
  if (facts.dims && facts.values) {
    if (auto data = as_tensor(facts)) {
      data_[tensor] = std::move(*data);
      data_pointers_[tensor] = &data_[tensor];
    }
  }
  facts_[tensor] = std::move(facts);
}

std::vector<const TensorFacts*> ShapeTable::inputs(const onnx::NodeProto& node) const {
  std::vector<const TensorFacts*> result;
  for (const std::string& name : node.input()) {
    result.push_back(name.empty() ? nullptr : &facts(name));
  }
  return result;
}

void ShapeTable::add(onnx::NodeProto& node) {
  for (const std::string& name : node.input()) {
    if (name.empty() || facts_.count(name) != 0) continue;
    throw fault(node, fmt::format("reads {}, which no node before it makes", name));
  }
  for (const std::string& name : node.output()) {
    if (!name.empty() && facts_.count(name) != 0) {
      throw fault(node, fmt::format("makes {}, which exists", name));
    }
  }
  if (const std::string wrong = attribute_fault(node); !wrong.empty()) throw fault(node, wrong);
  infer(node);
  const std::vector<const TensorFacts*> in = inputs(node);
  for (int i = 0; i < node.output_size(); ++i) {
    if (node.output(i).empty()) continue;
    TensorFacts facts = facts_[node.output(i)];
    const bool known_anyway =
        is_standard(node) && (node.op_type() == "Shape" || node.op_type() == "Size");
    facts.constant = known_anyway || is_mask(facts) ||
                     std::all_of(in.begin(), in.end(), [](const TensorFacts* input) {
                       return input == nullptr || input->constant;
                     });
    if (facts.constant && is_standard(node) && i == 0) {
      facts.values = fold_constant(node, in, facts);
    }
    if (!known_anyway) {
      for (const TensorFacts* input : in) {
        if (input == nullptr || input->table_elements <= facts.table_elements) continue;
        facts.table = input->table;
        facts.table_elements = input->table_elements;
      }
    }
    put(node.output(i), std::move(facts));
  }
}

void ShapeTable::infer(onnx::NodeProto& node) {
  const std::string domain = is_standard(node) ? "" : node.domain();
  const auto opset = model_.opsets.find(domain);
  const onnx::OpSchema* schema =
      opset == model_.opsets.end()
          ? nullptr
          : onnx::OpSchemaRegistry::Schema(node.op_type(), opset->second, domain);
  std::vector<onnx::TypeProto> types(static_cast<std::size_t>(node.output_size()));
  if (schema != nullptr) {
    try {
      schema->Verify(node);
      const std::unordered_map<std::string, const onnx::SparseTensorProto*> no_sparse;
      onnx::shape_inference::InferenceContextImpl context(node, type_pointers_, data_pointers_,
                                                          no_sparse);
      schema->GetTypeAndShapeInferenceFunction()(context);
      types = context.allOutputTypes_;
    } catch (const std::exception& error) {
      throw fault(node, error.what());
    }
  } else if (is_standard(node)) {
    throw fault(node, fmt::format("is no operator of opset {}", model_.opsets.at("")));
  }
  for (int i = 0; i < node.output_size(); ++i) {
    const std::string& name = node.output(i);
    if (name.empty()) continue;
    const onnx::TypeProto& type = types[static_cast<std::size_t>(i)];
    TensorFacts facts;
    facts.type = type.tensor_type().elem_type();
    facts.dims = fixed_dims(type);
    const auto declared = declared_.find(name);
    if (!facts.dims && declared != declared_.end()) {
      facts.dims = fixed_dims(declared->second->type());
      facts.type = declared->second->type().tensor_type().elem_type();
    }
    facts_[name] = std::move(facts);
  }
}

const TensorFacts& ShapeTable::facts(const std::string& tensor) const { return facts_.at(tensor); }

const std::vector<std::int64_t>& ShapeTable::dims(const std::string& tensor) const {
  const TensorFacts& known = facts(tensor);
  if (!known.dims) {
    throw model_.error("tensor " + tensor + ": its shape cannot be known before the model runs",
                       "allowed are fixed shapes: export with fixed sizes, or give --dim");
  }
  if (elements_of(*known.dims) == 0) {
    throw model_.error("tensor " + tensor + ": its shape is out of range",
                       "allowed are sizes of at least 1");
  }
  return *known.dims;
}

BadInput ShapeTable::fault(const onnx::NodeProto& node, const std::string& what) const {
  return model_.error(node_text(node) + ": " + what, "allowed is a valid ONNX graph");
}

}  // namespace nibble
