#include "models/trace/trace.h"

#include <limits>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "models/layers/lstm_parts.h"
#include "models/trace/json_fields.h"
#include "models/trace/tensor_bytes.h"
#include "models/trace/trace_error.h"

namespace nibble {
namespace {

using Json = nlohmann::json;

constexpr const char* kSchema = "nibblesim-trace-1";
// Bounds that keep every product of sizes inside 64 bits; a sound trace is far below them.
constexpr std::int64_t kLargestSize = 1 << 20;
constexpr std::int64_t kMostElements = std::int64_t{1} << 40;
constexpr int kLargestGradScale = 96;

const std::vector<std::string> kPrecisionWords = {"nibble4", "fp16"};  // by LayerPrecision
const std::vector<std::string> kPassWords = {"forward", "dgrad", "wgrad"};
const std::vector<std::string> kStreamWords = {"u4", "s4", "fp4_even", "fp4_odd"};
// With an fp32 accumulator a GEMM has no fp16 result to be held.
const std::vector<std::string> kAccumulatorWords = {"fp16x2", "fp16"};
const std::vector<std::string> kStationaryWords = {"s4", "u4"};

template <typename Enum>
const std::string& word(const std::vector<std::string>& words, Enum value) {
  return words[static_cast<std::size_t>(value)];
}

Json conv_json(const ConvShape& conv) {
  Json json = {{"n", conv.n}, {"c", conv.c},           {"h", conv.h},
               {"w", conv.w}, {"k", conv.k},           {"r", conv.r},
               {"s", conv.s}, {"stride", conv.stride}, {"padding", conv.padding}};
  if (conv.groups != 1) json["groups"] = conv.groups;
  return json;
}

ConvShape conv_from(const JsonFields& fields) {
  const auto size = [&](const char* key, std::int64_t least) {
    return fields.integer(key, least, kLargestSize);
  };
  ConvShape conv;
  conv.n = size("n", 1);
  conv.c = size("c", 1);
  conv.h = size("h", 1);
  conv.w = size("w", 1);
  conv.k = size("k", 1);
  conv.r = size("r", 1);
  conv.s = size("s", 1);
  conv.stride = size("stride", 1);
  conv.padding = size("padding", 0);
  if (fields.has("groups")) conv.groups = size("groups", 1);
  if (conv.c % conv.groups != 0 || conv.k % conv.groups != 0) {
    fields.fail("groups " + std::to_string(conv.groups) + " do not divide c and k");
  }
  return conv;
}

Json operation_json(const TraceOperation& operation) {
  Json json = {{"layer", operation.layer},
               {"pass", word(kPassWords, operation.pass)},
               {"precision", word(kPrecisionWords, operation.precision)},
               {"conv", conv_json(operation.conv)},
               {"streamed", operation.streamed},
               {"stationary", operation.stationary},
               {"result", operation.result},
               {"scale", operation.scale},
               {"gradscale", operation.gradscale}};
  if (!operation.part.empty()) json["part"] = operation.part;
  if (operation.precision == LayerPrecision::int4_fp4) {
    json["stream_format"] = word(kStreamWords, operation.stream_format);
    json["stationary_format"] = word(kStationaryWords, operation.stationary_format);
  }
  return json;
}

/// One pixel an image: a linear layer, an lstm's matrix, or a product of activations.
bool is_matrix(const ConvShape& conv) {
  return conv.h == 1 && conv.w == 1 && conv.r == 1 && conv.s == 1;
}

/// A product of activations has the heads of each sample as its groups.
bool may_be_product(const ConvShape& conv, std::int64_t batch) {
  return is_matrix(conv) && conv.groups % batch == 0;
}

/// NUMERICS section 2: which formats a pass multiplies. Only a product of activations may have an
/// unsigned operand in the weights' place.
bool formats_fit(const TraceOperation& operation, std::int64_t batch) {
  const bool integer_stream =
      operation.stream_format == StreamFormat::u4 || operation.stream_format == StreamFormat::s4;
  const bool weights_fit = operation.stationary_format == StationaryFormat::s4 ||
                           (operation.part.empty() && may_be_product(operation.conv, batch));
  switch (operation.pass) {
    case GemmPass::forward:
      return integer_stream && weights_fit;
    case GemmPass::dgrad:
      return operation.stream_format == StreamFormat::fp4_even && weights_fit;
    case GemmPass::wgrad:
      return operation.stream_format == StreamFormat::fp4_odd;
  }
  return false;
}

/// Rows of the images of one pass: the batch, of all positions of sequences, or any of a product.
bool rows_fit(const TraceOperation& operation, std::int64_t batch) {
  const ConvShape& conv = operation.conv;
  if (!is_matrix(conv) || is_lstm_step(operation.part)) return conv.n == batch;
  return conv.n % batch == 0 || (operation.part.empty() && may_be_product(conv, batch));
}

void check_size(const JsonFields& fields, const std::vector<std::int64_t>& shape) {
  std::int64_t elements = 1;
  for (const std::int64_t size : shape) {
    if (size < 1 || __builtin_mul_overflow(elements, size, &elements) || elements > kMostElements) {
      fields.fail("conv is larger than any trace could hold");
    }
  }
}

void check_conv(const JsonFields& fields, const TraceOperation& operation, std::int64_t batch) {
  const ConvShape& conv = operation.conv;
  if (!rows_fit(operation, batch)) {
    fields.fail("conv.n is " + std::to_string(conv.n) + ", the batch is " + std::to_string(batch));
  }
  if (conv.h + 2 * conv.padding < conv.r || conv.w + 2 * conv.padding < conv.s) {
    fields.fail("the filter is larger than the padded image");
  }
  check_size(fields, streamed_shape(operation));
  check_size(fields, stationary_shape(operation));
  check_size(fields, result_shape(operation));
  check_size(fields, {conv.n * conv.p(), conv.q(), conv.r * conv.s, conv.c});
}

std::string part_from(const JsonFields& fields, const TraceOperation& operation) {
  std::string part = fields.text("part");
  if (!is_lstm_part(part, operation.pass)) {
    const std::string allowed =
        operation.pass == GemmPass::wgrad ? "input, hidden" : "input, hidden.1, hidden.2, ...";
    fields.fail("part is \"" + part + "\", allowed are " + allowed);
  }
  if (!is_matrix(operation.conv) || operation.conv.groups != 1) {
    fields.fail("part is \"" + part + "\", conv is no matrix of an lstm");
  }
  return part;
}

TraceOperation operation_from(const JsonFields& fields, std::int64_t batch) {
  TraceOperation operation;
  operation.layer = fields.text("layer");
  operation.pass = static_cast<GemmPass>(fields.choice("pass", kPassWords));
  operation.precision = static_cast<LayerPrecision>(fields.choice("precision", kPrecisionWords));
  operation.conv = conv_from(fields.object("conv"));
  if (fields.has("part")) operation.part = part_from(fields, operation);
  operation.streamed = fields.text("streamed");
  operation.stationary = fields.text("stationary");
  operation.result = fields.text("result");
  operation.scale = fields.binary32("scale");
  operation.gradscale =
      static_cast<int>(fields.integer("gradscale", -kLargestGradScale, kLargestGradScale));
  if (operation.precision == LayerPrecision::int4_fp4) {
    operation.stream_format =
        static_cast<StreamFormat>(fields.choice("stream_format", kStreamWords));
    operation.stationary_format =
        static_cast<StationaryFormat>(fields.choice("stationary_format", kStationaryWords));
    if (!formats_fit(operation, batch))
      fields.fail("stream_format and stationary_format do not fit the pass");
  }
  check_conv(fields, operation, batch);
  return operation;
}

/// Loads an operand once; a name that two operations share must mean the same shape.
void load(const std::string& name, const SafetensorsFile& file, const std::string& tensor,
          const std::vector<std::int64_t>& shape, bool packed, Trace& trace) {
  if (packed) {
    trace.codes[tensor] = codes_of(name, file, tensor, shape);
  } else {
    trace.values[tensor] = values_of(name, file, tensor, shape);
  }
}

void load_tensors(const std::string& name, const SafetensorsFile& file, Trace& trace) {
  for (const TraceOperation& operation : trace.operations) {
    const bool packed = operation.precision == LayerPrecision::int4_fp4;
    load(name, file, operation.streamed, streamed_shape(operation), packed, trace);
    load(name, file, operation.stationary, stationary_shape(operation), packed, trace);
    load(name, file, operation.result, result_shape(operation), false, trace);
  }
  for (const auto& [tensor, stored] : file.tensors) {
    if (trace.codes.count(tensor) + trace.values.count(tensor) == 0) {
      throw TraceError(name, "tensor " + tensor + " belongs to no operation");
    }
  }
}

}  // namespace

std::vector<std::int64_t> streamed_shape(const TraceOperation& operation) {
  const ConvShape& conv = operation.conv;
  if (operation.pass == GemmPass::forward) return {conv.n, conv.h, conv.w, conv.c};
  return {conv.n, conv.p(), conv.q(), conv.k};
}

std::vector<std::int64_t> stationary_shape(const TraceOperation& operation) {
  const ConvShape& conv = operation.conv;
  if (operation.pass == GemmPass::wgrad) return {conv.n, conv.h, conv.w, conv.c};
  return {conv.k, conv.r, conv.s, conv.c / conv.groups};
}

std::vector<std::int64_t> result_shape(const TraceOperation& operation) {
  const ConvShape& conv = operation.conv;
  switch (operation.pass) {
    case GemmPass::forward:
      return {conv.n, conv.p(), conv.q(), conv.k};
    case GemmPass::dgrad:
      return {conv.n, conv.h, conv.w, conv.c};
    case GemmPass::wgrad:
      return {conv.k, conv.r, conv.s, conv.c / conv.groups};
  }
  throw std::invalid_argument("result_shape: unknown pass");
}

std::string trace_bytes(const Trace& trace) {
  Json operations = Json::array();
  SafetensorsFile file;
  for (const TraceOperation& operation : trace.operations) {
    operations.push_back(operation_json(operation));
    const auto store = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
      const auto codes = trace.codes.find(name);
      file.tensors[name] = codes != trace.codes.end() ? stored_codes(codes->second)
                                                      : stored_values(trace.values.at(name), shape);
    };
    store(operation.streamed, streamed_shape(operation));
    store(operation.stationary, stationary_shape(operation));
    store(operation.result, result_shape(operation));
  }
  const Json document = {{"schema", kSchema},
                         {"network", trace.network},
                         {"task", trace.task},
                         {"dataset", trace.dataset},
                         {"batch", trace.batch},
                         {"step", trace.step},
                         {"seed", trace.seed},
                         {"chunk_len", trace.chunk_len},
                         {"fp16_chunk_len", trace.fp16_chunk_len},
                         {"accumulator", word(kAccumulatorWords, trace.accumulator)},
                         {"accuracy", accuracy_json(trace.accuracy)},
                         {"operations", operations}};
  file.json = document.dump();
  return safetensors_bytes(file);
}

Trace parse_trace(const std::string& name, std::string_view bytes) {
  const SafetensorsFile file = parse_safetensors(name, bytes);
  const JsonFields fields = JsonFields::document(name, file.json, kSchema);
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  Trace trace;
  trace.network = fields.text("network");
  trace.task = fields.text("task");
  trace.dataset = fields.text("dataset");
  trace.batch = fields.integer("batch", 1, kLargestSize);
  trace.step = fields.integer("step", 0, kMost);
  trace.seed = static_cast<std::uint64_t>(fields.integer("seed", 0, kMost));
  trace.chunk_len = static_cast<int>(fields.integer("chunk_len", 1, kMaxChunkLen));
  trace.fp16_chunk_len = static_cast<int>(fields.integer("fp16_chunk_len", 1, kMaxChunkLen));
  trace.accumulator = static_cast<AccumulatorType>(fields.choice("accumulator", kAccumulatorWords));
  trace.accuracy = accuracy_from(fields.object("accuracy"));
  for (const JsonFields& operation : fields.list("operations")) {
    trace.operations.push_back(operation_from(operation, trace.batch));
  }
  load_tensors(name, file, trace);
  return trace;
}

Trace read_trace(const std::string& path) { return parse_trace(path, read_bytes(path)); }

}  // namespace nibble
