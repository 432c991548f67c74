#include "models/trace/weights_file.h"

#include <algorithm>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "models/trace/json_fields.h"
#include "models/trace/tensor_bytes.h"
#include "models/trace/trace_error.h"

namespace nibble {
namespace {

using Json = nlohmann::json;

constexpr const char* kSchema = "nibblesim-weights-1";

/// By LayerPrecision.
const std::vector<std::string> kPrecisionWords = {
    "nibble4", "fp16", "fp8", "int4_fp8", "int4_fp16", "int4_fp4_dw_fp8", "int4_fp8_dw_fp4"};

const std::vector<std::string>& block_words() {
  static const std::vector<std::string> words = [] {
    std::vector<std::string> names;
    names.reserve(kBlockFormats.size());
    for (const BlockFormatRow& row : kBlockFormats) names.emplace_back(row.name);
    return names;
  }();
  return words;
}

const Layer* find_layer(const Network& network, const std::string& name) {
  const auto place = std::find_if(network.layers.begin(), network.layers.end(),
                                  [&](const Layer& layer) { return layer.name == name; });
  return place == network.layers.end() ? nullptr : &*place;
}

using Sizes = std::vector<std::int64_t>;

/// An lstm's gates stand in its rows.
Sizes weight_shape(const Layer& layer) {
  if (layer.kind == LayerKind::lstm) return {4 * layer.filters, layer.input_shape.c};
  const ConvShape conv = conv_shape(layer, 1);
  return {conv.k, conv.r, conv.s, conv.c / conv.groups};
}

Sizes hidden_shape(const Layer& layer) { return {4 * layer.filters, layer.filters}; }

bool is_table(const Layer& layer) {
  return layer.kind == LayerKind::embedding || layer.kind == LayerKind::position_embedding;
}

bool is_norm(const Layer& layer) {
  return layer.kind == LayerKind::batch_norm || layer.kind == LayerKind::layer_norm;
}

bool is_clip(const Layer& layer) {
  return layer.kind == LayerKind::pact || layer.kind == LayerKind::pact_signed;
}

Json store_gemm_layer(const Layer& layer, const LayerWeights& weights, SafetensorsFile& file) {
  Json json = {{"precision", kPrecisionWords[static_cast<std::size_t>(weights.precision)]}};
  const auto store = [&](const std::string& key, const WeightMatrix& matrix, const Sizes& shape) {
    const std::string tensor = layer.name + "." + key;
    const bool nibbles = !matrix.codes.empty();
    json[key] = tensor;
    file.tensors[tensor] =
        nibbles ? stored_codes(matrix.codes) : stored_values(matrix.values, shape);
    if (nibbles) json[key + "_scale"] = matrix.step;
  };
  store("weight", weights.weight, weight_shape(layer));
  if (layer.kind == LayerKind::lstm) {
    store("hidden_weight", weights.hidden, hidden_shape(layer));
  }
  if (!weights.bias.empty()) {
    json["bias"] = layer.name + ".bias";
    file.tensors[layer.name + ".bias"] = stored_floats(weights.bias);
  }
  return json;
}

Json store_layer(const Layer& layer, const LayerWeights& weights, SafetensorsFile& file) {
  Json json;
  if (multiplies(layer)) {
    json = store_gemm_layer(layer, weights, file);
  } else if (is_norm(layer)) {
    file.tensors[layer.name + ".scale"] = stored_floats(weights.scale);
    file.tensors[layer.name + ".shift"] = stored_floats(weights.shift);
    json = {{"scale", layer.name + ".scale"}, {"shift", layer.name + ".shift"}};
  } else if (is_table(layer)) {
    file.tensors[layer.name + ".table"] =
        stored_values(weights.table, {layer.table_rows, layer.output_shape.c});
    json = {{"table", layer.name + ".table"}};
  } else {
    json = {{"alpha", weights.alpha}};
  }
  json["name"] = layer.name;
  return json;
}

class Reader {
 public:
  /// `blocks`: whether 4-bit layers multiply block-scaled operands.
  Reader(const std::string& name, const SafetensorsFile& file, const Network& network, bool blocks)
      : name_(name), file_(file), network_(network), blocks_(blocks) {}

  LayerWeights layer_from(const JsonFields& fields) {
    LayerWeights weights;
    weights.name = fields.text("name");
    const Layer* layer = find_layer(network_, weights.name);
    if (layer == nullptr) {
      fields.fail("layer " + weights.name + " is not in network " + network_.name);
    }
    if (multiplies(*layer) && layer->kind != LayerKind::matmul) {
      gemm_layer(fields, *layer, weights);
    } else if (is_norm(*layer)) {
      weights.scale = floats(fields.text("scale"));
      weights.shift = floats(fields.text("shift"));
    } else if (is_table(*layer)) {
      weights.table = values(fields.text("table"), {layer->table_rows, layer->output_shape.c});
    } else if (is_clip(*layer)) {
      weights.alpha = fields.binary32("alpha");
    } else {
      fields.fail("layer " + weights.name + " has no weights");
    }
    return weights;
  }

  [[nodiscard]] std::size_t tensors_read() const { return tensors_read_; }

 private:
  void gemm_layer(const JsonFields& fields, const Layer& layer, LayerWeights& weights) {
    weights.precision = static_cast<LayerPrecision>(fields.choice("precision", kPrecisionWords));
    const auto matrix = [&](const std::string& key, const Sizes& shape) {
      WeightMatrix read;
      if (forward_is_int4(weights.precision) && !blocks_) {
        ++tensors_read_;
        read.codes = codes_of(name_, file_, fields.text(key.c_str()), shape);
        read.step = fields.binary32((key + "_scale").c_str());
      } else {
        read.values = values(fields.text(key.c_str()), shape);
      }
      return read;
    };
    weights.weight = matrix("weight", weight_shape(layer));
    if (layer.kind == LayerKind::lstm) {
      weights.hidden = matrix("hidden_weight", hidden_shape(layer));
    }
    if (fields.has("bias")) weights.bias = floats(fields.text("bias"));
  }

  std::vector<Fp16Code> values(const std::string& tensor, const Sizes& shape) {
    ++tensors_read_;
    return values_of(name_, file_, tensor, shape);
  }

  std::vector<float> floats(const std::string& tensor) {
    ++tensors_read_;
    return floats_of(name_, file_, tensor);
  }

  const std::string& name_;
  const SafetensorsFile& file_;
  const Network& network_;
  bool blocks_;
  std::size_t tensors_read_ = 0;
};

}  // namespace

std::string weights_bytes(const Network& network, const NetworkWeights& weights) {
  check_weights(network, weights);
  SafetensorsFile file;
  Json layers = Json::array();
  for (const LayerWeights& entry : weights.layers) {
    layers.push_back(store_layer(*find_layer(network, entry.name), entry, file));
  }
  Json document = {{"schema", kSchema},
                   {"network", weights.network},
                   {"dataset", weights.dataset},
                   {"chunk_len", weights.chunk_len},
                   {"fp16_chunk_len", weights.fp16_chunk_len},
                   {"accumulator", name_of(kAccumulatorNames, weights.accumulator)},
                   {"accuracy", accuracy_json(weights.accuracy)},
                   {"layers", layers}};
  if (weights.blocks) document["blocks"] = block_format(*weights.blocks).name;
  if (!weights.recipe.empty()) document["recipe"] = weights.recipe;
  file.json = document.dump();
  return safetensors_bytes(file);
}

NetworkWeights parse_weights(const std::string& name, std::string_view bytes,
                             const Network& network) {
  const SafetensorsFile file = parse_safetensors(name, bytes);
  const JsonFields fields = JsonFields::document(name, file.json, kSchema);
  NetworkWeights weights;
  weights.network = fields.text("network");
  if (weights.network != network.name) {
    fields.fail("weights of network " + weights.network + ", expected " + network.name);
  }
  weights.dataset = fields.text("dataset");
  if (fields.has("recipe")) weights.recipe = fields.text("recipe");
  weights.chunk_len = static_cast<int>(fields.integer("chunk_len", 1, kMaxChunkLen));
  weights.fp16_chunk_len = static_cast<int>(fields.integer("fp16_chunk_len", 1, kMaxChunkLen));
  weights.accumulator = fields.one_of("accumulator", kAccumulatorNames);
  weights.accuracy = accuracy_from(fields.object("accuracy"));
  if (fields.has("blocks")) {
    weights.blocks = static_cast<BlockFormat>(fields.choice("blocks", block_words()));
  }
  Reader reader(name, file, network, weights.blocks.has_value());
  for (const JsonFields& layer : fields.list("layers")) {
    weights.layers.push_back(reader.layer_from(layer));
  }
  if (reader.tensors_read() != file.tensors.size()) {
    throw TraceError(name, "holds " + std::to_string(file.tensors.size()) +
                               " tensors, its layers name " +
                               std::to_string(reader.tensors_read()));
  }
  try {
    check_weights(network, weights);
  } catch (const std::invalid_argument& error) {
    throw TraceError(name, error.what());
  }
  return weights;
}

NetworkWeights read_weights(const std::string& path, const Network& network) {
  return parse_weights(path, read_bytes(path), network);
}

std::string weights_dataset(const std::string& path) {
  const SafetensorsFile file = parse_safetensors(path, read_bytes(path));
  return JsonFields::document(path, file.json, kSchema).text("dataset");
}

}  // namespace nibble
