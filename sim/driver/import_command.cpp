#include "sim/driver/import_command.h"

#include <fmt/format.h>

#include "models/layers/layer_names.h"
#include "sim/base/atomic_file.h"
#include "sim/base/bad_input.h"
#include "sim/import/network_writer.h"
#include "sim/import/scalesim_importer.h"

namespace nibble {
namespace {

LayerPrecision parse_precision(const std::string& word) {
  if (word.empty()) return LayerPrecision::int4_fp4;
  std::string allowed;
  for (const auto& [name, precision] : kLayerPrecisionNames) {
    if (name == word) return precision;
    allowed += (allowed.empty() ? "" : ", ") + std::string(name);
  }
  throw BadInput({"--precision", 0, 0}, "", fmt::format("\"{}\" is no precision", word),
                 "allowed " + allowed);
}

void fill(const ImportCommandOptions& from, ImportOptions& options) {
  options.name = from.name;
  options.precision = parse_precision(from.precision);
}

int put_out(const ImportCommandOptions& options, const ImportedNetwork& imported) {
  const std::string text = network_text(imported, parse_precision(options.precision));
  if (options.output_file.empty()) {
    fmt::print("{}", text);
  } else {
    write_file(options.output_file, text);
  }
  for (const std::string& note : imported.notes) fmt::print(stderr, "{}\n", note);
  return 0;
}

}  // namespace

int run_import_scalesim(const ImportCommandOptions& options) {
  ScalesimOptions scalesim;
  fill(options, scalesim);
  scalesim.round_up = options.round_up;
  return put_out(options, import_scalesim(options.file, scalesim));
}

}  // namespace nibble
