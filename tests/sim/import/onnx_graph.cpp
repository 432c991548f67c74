#include "onnx_graph.h"

namespace nibble {

OnnxGraph::OnnxGraph(int opset) {
  model_.set_ir_version(7);
  model_.set_producer_name("test");
  model_.add_opset_import()->set_version(opset);
  model_.mutable_graph()->set_name("graph");
}

void OnnxGraph::input(const std::string& name, const Dims& dims, int type) {
  onnx::ValueInfoProto& info = *model_.mutable_graph()->add_input();
  info.set_name(name);
  info.mutable_type()->mutable_tensor_type()->set_elem_type(type);
  for (const std::int64_t dim : dims) {
    info.mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(dim);
  }
}

void OnnxGraph::symbolic_input(const std::string& name, const Dims& dims,
                               const std::string& symbol) {
  input(name, dims);
  onnx::ValueInfoProto& info =
      *model_.mutable_graph()->mutable_input(model_.graph().input_size() - 1);
  for (auto& dim : *info.mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim()) {
    if (dim.dim_value() != -1) continue;
    dim.clear_dim_value();
    if (!symbol.empty()) dim.set_dim_param(symbol);
  }
}

void OnnxGraph::output(const std::string& name) {
  onnx::ValueInfoProto& info = *model_.mutable_graph()->add_output();
  info.set_name(name);
  info.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
}

std::string OnnxGraph::weights(const std::string& name, const Dims& dims) {
  onnx::TensorProto& tensor = *model_.mutable_graph()->add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  std::int64_t count = 1;
  for (const std::int64_t dim : dims) {
    tensor.add_dims(dim);
    count *= dim;
  }
  tensor.set_raw_data(std::string(static_cast<std::size_t>(count) * sizeof(float), '\0'));
  return name;
}

std::string OnnxGraph::integers(const std::string& name, const Dims& values) {
  onnx::TensorProto& tensor = *model_.mutable_graph()->add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::INT64);
  tensor.add_dims(static_cast<std::int64_t>(values.size()));
  for (const std::int64_t value : values) tensor.add_int64_data(value);
  return name;
}

std::string OnnxGraph::index(const std::string& name, std::int64_t value) {
  integers(name, {value});
  model_.mutable_graph()->mutable_initializer()->rbegin()->clear_dims();
  return name;
}

std::string OnnxGraph::scalar(const std::string& name, float value) {
  onnx::TensorProto& tensor = *model_.mutable_graph()->add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  tensor.add_float_data(value);
  return name;
}

std::string OnnxGraph::node(const std::string& op, const std::string& name,
                            const std::vector<std::string>& inputs) {
  last_ = model_.mutable_graph()->add_node();
  last_->set_op_type(op);
  last_->set_name(name);
  for (const std::string& input : inputs) last_->add_input(input);
  return also(name + "_output_0");
}

std::string OnnxGraph::also(const std::string& name) {
  last_->add_output(name);
  return name;
}

onnx::AttributeProto& OnnxGraph::attribute(const std::string& name,
                                           onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto& attribute = *last_->add_attribute();
  attribute.set_name(name);
  attribute.set_type(type);
  return attribute;
}

OnnxGraph& OnnxGraph::with(const std::string& name, const Dims& ints) {
  onnx::AttributeProto& list = attribute(name, onnx::AttributeProto::INTS);
  for (const std::int64_t value : ints) list.add_ints(value);
  return *this;
}

OnnxGraph& OnnxGraph::with(const std::string& name, std::int64_t value) {
  attribute(name, onnx::AttributeProto::INT).set_i(value);
  return *this;
}

OnnxGraph& OnnxGraph::with(const std::string& name, const std::string& text) {
  attribute(name, onnx::AttributeProto::STRING).set_s(text);
  return *this;
}

std::string OnnxGraph::bytes() const { return model_.SerializeAsString(); }

}  // namespace nibble
