#include "sim/driver/import_command.h"

#include <charconv>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "models/layers/layer_names.h"
#include "sim/base/atomic_file.h"
#include "sim/base/bad_input.h"
#include "sim/config/nearest_word.h"
#include "sim/import/network_writer.h"
#include "sim/import/onnx_importer.h"
#include "sim/import/scalesim_importer.h"

namespace nibble {
namespace {

LayerPrecision parse_precision(const std::string& word) {
  if (word.empty()) return LayerPrecision::int4_fp4;
  std::vector<std::string> names;
  for (const auto& [name, precision] : kLayerPrecisionNames) {
    if (name == word) return precision;
    names.emplace_back(name);
  }
  throw BadInput({"--precision", 0, 0}, "", unknown_fault("precision " + word, word, names),
                 allowed_words(names));
}

/// NAME=VALUE; a name may hold anything but the last equals sign.
std::pair<std::string, std::int64_t> parse_dim(const std::string& text) {
  const std::size_t equals = text.find_last_of('=');
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const bool named = equals != std::string::npos && equals > 0;
  const auto [stop, fault] = std::from_chars(named ? text.data() + equals + 1 : end, end, value);
  if (!named || fault != std::errc{} || stop != end) {
    throw BadInput({"--dim " + text, 0, 0}, "", "is not a size", "allowed is NAME=VALUE");
  }
  return {text.substr(0, equals), value};
}

void fill(const ImportCommandOptions& from, ImportOptions& options) {
  options.name = from.name;
  options.precision = parse_precision(from.precision);
}

/// What stays in fp16 by the policy that is written with the network; "" if all or nothing does.
std::string precision_note(const ImportedNetwork& imported, LayerPrecision asked) {
  std::string names;
  for (const Layer& layer : imported.network.layers) {
    if (!multiplies(layer) || layer.precision == asked) continue;
    names += (names.empty() ? "" : ", ") + layer.name;
  }
  if (names.empty()) return names;
  return fmt::format(
      "{}: the first and the last layer and depthwise ones stay in fp16: {}; the rest is {}",
      imported.source, names, layer_precision_name(asked));
}

int put_out(const ImportCommandOptions& options, const ImportedNetwork& imported) {
  const LayerPrecision precision = parse_precision(options.precision);
  const std::string text = network_text(imported, precision);
  if (options.output_file.empty()) {
    fmt::print("{}", text);
  } else {
    write_file(options.output_file, text);
  }
  for (const std::string& note : imported.notes) fmt::print(stderr, "{}\n", note);
  const std::string note = precision_note(imported, precision);
  if (!note.empty()) fmt::print(stderr, "{}\n", note);
  return 0;
}

}  // namespace

int run_import_onnx(const ImportCommandOptions& options) {
  OnnxOptions onnx;
  fill(options, onnx);
  for (const std::string& dim : options.dims) onnx.dims.push_back(parse_dim(dim));
  return put_out(options, import_onnx(options.file, onnx));
}

int run_import_scalesim(const ImportCommandOptions& options) {
  ScalesimOptions scalesim;
  fill(options, scalesim);
  scalesim.round_up = options.round_up;
  return put_out(options, import_scalesim(options.file, scalesim));
}

}  // namespace nibble
