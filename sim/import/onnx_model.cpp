#include "sim/import/onnx_model.h"

#include <map>
#include <set>

#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>
#include <onnx/common/version.h>
#include <onnx/defs/schema.h>

namespace nibble {
namespace {

constexpr std::int64_t kMaxDimension = std::int64_t{1} << 31;

void check_versions(OnnxModel& model) {
  const onnx::ModelProto& proto = model.proto;
  if (!proto.has_graph() || proto.graph().node_size() == 0) {
    throw model.error("holds no ONNX graph", "allowed is an ONNX model, whole and undamaged");
  }
  const std::string library = std::string("libonnx ") + onnx::LAST_RELEASE_VERSION;
  if (proto.ir_version() > onnx::IR_VERSION) {
    throw model.error(
        fmt::format("IR version {} is too new for {}", proto.ir_version(), library),
        fmt::format("allowed up to {}: export again for an older version", +onnx::IR_VERSION));
  }
  const auto& known = onnx::OpSchemaRegistry::DomainToVersionRange::Instance().Map();
  for (const onnx::OperatorSetIdProto& opset : proto.opset_import()) {
    const std::string domain = opset.domain() == "ai.onnx" ? "" : opset.domain();
    const auto range = known.find(domain);
    if (range == known.end()) continue;  // its nodes are unknown, not the file
    if (opset.version() < 1) throw model.error("has no opset version", "allowed from 1 on");
    if (opset.version() > range->second.second) {
      throw model.error(
          fmt::format("opset {} is too new for {}", opset.version(), library),
          fmt::format("allowed up to {}: export again for an older opset", range->second.second));
    }
    model.opsets[domain] = static_cast<int>(opset.version());
  }
  if (model.opsets.count("") == 0) {
    throw model.error("names no opset of ai.onnx", "allowed is one");
  }
}

/// Puts sizes in the place of symbolic dimensions and remembers what it met.
class DimBinder {
 public:
  DimBinder(const OnnxModel& model, const std::vector<std::pair<std::string, std::int64_t>>& dims)
      : model_(model) {
    for (const auto& [name, value] : dims) {
      if (value < 1 || value > kMaxDimension) {
        throw BadInput({"--dim", 0, 0}, name, fmt::format("{} is out of range", value),
                       fmt::format("allowed from 1 to {}", kMaxDimension));
      }
      sizes_[name] = value;
    }
  }

  void bind(onnx::ValueInfoProto& info, bool must_be_fixed) {
    if (!info.type().has_tensor_type() || !info.type().tensor_type().has_shape()) {
      if (!must_be_fixed) return;
      throw model_.error("input " + info.name() + " has no shape",
                         "allowed is a tensor of known shape");
    }
    auto& shape = *info.mutable_type()->mutable_tensor_type()->mutable_shape();
    for (int axis = 0; axis < shape.dim_size(); ++axis) {
      bind(info.name(), axis, *shape.mutable_dim(axis), must_be_fixed);
    }
  }

  /// A --dim that names nothing is a slip.
  void check_all_used() const {
    for (const auto& [name, value] : sizes_) {
      if (met_.count(name) != 0) continue;
      std::string names;
      for (const std::string& known : met_) names += (names.empty() ? "" : ", ") + known;
      throw BadInput({"--dim", 0, 0}, name, "no dimension of an input has this name",
                     names.empty() ? "allowed is none: all sizes are fixed" : "allowed " + names);
    }
  }

 private:
  void bind(const std::string& input, int axis, onnx::TensorShapeProto::Dimension& dim,
            bool must_be_fixed) {
    const std::string place = fmt::format("{}.{}", input, axis);
    const std::string symbol = dim.has_dim_param() ? dim.dim_param() : "";
    if (!dim.has_dim_value()) {
      const std::string& name = symbol.empty() ? place : symbol;
      if (must_be_fixed) met_.insert(name);
      auto size = sizes_.find(name);
      if (size == sizes_.end()) {
        if (!must_be_fixed) return;
        throw model_.error(fmt::format("input {}: dimension {} ({}) is dynamic", input, axis,
                                       symbol.empty() ? "without a name" : symbol),
                           fmt::format("allowed are fixed sizes: give one with --dim {}=1", name));
      }
      dim.set_dim_value(size->second);
    }
    if (must_be_fixed && (dim.dim_value() < 1 || dim.dim_value() > kMaxDimension)) {
      throw model_.error(fmt::format("{}: dimension {} is {}", input, axis, dim.dim_value()),
                         fmt::format("allowed from 1 to {}", kMaxDimension));
    }
  }

  const OnnxModel& model_;
  std::map<std::string, std::int64_t> sizes_;
  std::set<std::string> met_;
};

}  // namespace

OnnxModel parse_onnx_model(const std::string& bytes, const std::string& file,
                           const std::vector<std::pair<std::string, std::int64_t>>& dims) {
  OnnxModel model;
  model.file = file;
  const google::protobuf::LogSilencer silencer;  // our one line says it all
  if (bytes.empty()) throw model.error("is empty", "allowed is an ONNX model");
  if (!model.proto.ParseFromString(bytes)) {
    throw model.error("is no ONNX file, or a damaged one",
                      "allowed is an ONNX model, whole and undamaged, of less than 2 GiB");
  }
  check_versions(model);
  onnx::GraphProto& graph = *model.proto.mutable_graph();
  std::set<std::string> real;
  for (const onnx::ValueInfoProto* input : real_inputs(graph)) real.insert(input->name());
  DimBinder binder(model, dims);
  for (onnx::ValueInfoProto& input : *graph.mutable_input()) {
    binder.bind(input, real.count(input.name()) != 0);
  }
  for (onnx::ValueInfoProto& info : *graph.mutable_value_info()) binder.bind(info, false);
  for (onnx::ValueInfoProto& output : *graph.mutable_output()) binder.bind(output, false);
  binder.check_all_used();
  return model;
}

std::string node_text(const onnx::NodeProto& node) {
  std::string name = node.name();
  if (name.empty() && node.output_size() > 0) name = node.output(0);
  return fmt::format("node {} ({})", name, node.op_type());
}

std::vector<const onnx::ValueInfoProto*> real_inputs(const onnx::GraphProto& graph) {
  std::set<std::string> initializers;
  for (const onnx::TensorProto& tensor : graph.initializer()) initializers.insert(tensor.name());
  std::vector<const onnx::ValueInfoProto*> inputs;
  for (const onnx::ValueInfoProto& input : graph.input()) {
    if (initializers.count(input.name()) == 0) inputs.push_back(&input);
  }
  return inputs;
}

}  // namespace nibble
