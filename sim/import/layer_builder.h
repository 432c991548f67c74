// The Network under construction and which layer's output each ONNX tensor is. The converters
// (converters.h) add to it, node by node. Internal to sim/import.
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include <onnx/onnx_pb.h>

#include "models/layers/network.h"
#include "sim/import/axis_view.h"
#include "sim/import/distinct_names.h"
#include "sim/import/shape_table.h"

namespace nibble {

/// A tensor that depends on the sample: a layer's output (-1: the network's input) through a view.
struct Activation {
  int layer = -1;
  AxisView view;
};

/// Thrown by a converter: the node is kept as traffic for this reason.
struct Unsupported {
  std::string reason;
};

/// Thrown when the axis taken for the batch turns out to be a sequence's.
struct WrongBatchAxis {};

class LayerBuilder {
 public:
  /// `batch_axis`: of the network's input.
  LayerBuilder(const OnnxModel& model, const ShapeTable& shapes, std::size_t batch_axis);

  [[nodiscard]] bool is_activation(const std::string& tensor) const;
  /// Throws Unsupported if the input is a constant.
  [[nodiscard]] const Activation& activation(const onnx::NodeProto& node, int input) const;
  void set(const std::string& tensor, Activation activation);

  [[nodiscard]] const TensorFacts& facts(const std::string& tensor) const;
  [[nodiscard]] const std::vector<std::int64_t>& dims(const std::string& tensor) const;
  /// How many nodes read a tensor, and graph outputs.
  [[nodiscard]] int readers(const std::string& tensor) const;

  [[nodiscard]] const Network& network() const { return network_; }
  [[nodiscard]] Layer& layer(int index) { return network_.layers[static_cast<std::size_t>(index)]; }
  [[nodiscard]] const FeatureShape& shape(int layer) const;
  [[nodiscard]] std::int64_t batch() const { return batch_; }
  [[nodiscard]] std::size_t batch_axis() const { return batch_axis_; }

  /// Adds a layer. Throws Unsupported if its inputs do not fit.
  int append_named(Layer layer);
  /// Named after the node, its own name behind that.
  int append(const onnx::NodeProto& node, Layer layer);
  /// The node's first output is this layer's, seen through this view.
  void finish(const onnx::NodeProto& node, Layer layer, AxisView view);

  // The same tensor in an order of axes that a layer can read; where the view has another one, a
  // reshape layer makes it.
  [[nodiscard]] Activation image(const onnx::NodeProto& node, const Activation& from);  // [N,C,H,W]
  /// The last axis is all channels.
  [[nodiscard]] Activation positions(const onnx::NodeProto& node, const Activation& from);
  /// The layer's output is Tx1xC, whatever the axes are.
  [[nodiscard]] Activation joined(const onnx::NodeProto& node, const Activation& from);
  /// Both.
  [[nodiscard]] Activation sequence(const onnx::NodeProto& node, const Activation& from);
  /// [N,C,H,W] if there are four axes, else channels last.
  [[nodiscard]] Activation plain(const onnx::NodeProto& node, const Activation& from,
                                 const std::vector<std::int64_t>& dims);

  /// Every output that somebody reads becomes a traffic layer.
  void keep_as_traffic(const onnx::NodeProto& node, const std::string& reason);

  /// The weights that an embedding looks up; a linear layer with the same ones is tied to it.
  void remember_table(const std::string& table) { tables_.insert(table); }
  [[nodiscard]] bool is_embedding_table(const std::string& table) const {
    return tables_.count(table) != 0;
  }

  /// `part` computes some of the channels of `whole`, whose other readers may be gone.
  void remember_part(int part, int whole);

  /// Removes what the output does not need. Throws BadInput if it depends on no input.
  [[nodiscard]] Network finished(const std::string& output);
  [[nodiscard]] std::vector<std::string>& notes() { return notes_; }

 private:
  struct Layout {
    FeatureShape shape;
    AxisView view;
  };
  void read_input(const onnx::ValueInfoProto& info);
  [[nodiscard]] Layout plain_layout(const std::vector<std::int64_t>& dims) const;
  [[nodiscard]] Layout channels_last(const std::vector<std::int64_t>& dims) const;
  [[nodiscard]] Activation laid_out(const onnx::NodeProto& node, const Activation& from,
                                    Layout layout);
  [[nodiscard]] int find_batch(const std::vector<std::int64_t>& dims) const;

  const OnnxModel& model_;
  const ShapeTable& shapes_;
  std::size_t batch_axis_;
  std::int64_t batch_ = 1;
  Network network_;
  DistinctNames names_;
  std::unordered_map<std::string, Activation> activations_;
  std::unordered_map<std::string, int> readers_;
  std::map<std::string, std::string> whole_of_part_;  // by layers' names
  std::set<std::string> tables_;
  std::vector<std::string> notes_;
};

}  // namespace nibble
