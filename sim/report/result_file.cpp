#include "sim/report/result_file.h"

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "sim/base/bad_input.h"

namespace nibble {
namespace {

constexpr const char* kAllowed = "allowed is a result.json, or the folder of `nibblesim run -o`";

Json parsed(const std::string& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) {
    throw bad_file(file, "is a directory", kAllowed);
  }
  std::ifstream stream(file);
  if (!stream) throw bad_file(file, system_fault("cannot be read", errno), kAllowed);
  Json json = Json::parse(stream, nullptr, false);
  if (json.is_discarded()) throw bad_file(file, "is not JSON", kAllowed);
  return json;
}

/// Asks for keys of one file.
class Checker {
 public:
  explicit Checker(std::string file) : file_(std::move(file)) {}

  void numbers(const Json& of, const std::string& path,
               std::initializer_list<const char*> keys) const {
    for (const char* key : keys) need(of, path, key, &Json::is_number, "a number");
  }
  void integers(const Json& of, const std::string& path,
                std::initializer_list<const char*> keys) const {
    for (const char* key : keys) need(of, path, key, &Json::is_number_integer, "a whole number");
  }
  void texts(const Json& of, const std::string& path,
             std::initializer_list<const char*> keys) const {
    for (const char* key : keys) need(of, path, key, &Json::is_string, "a text");
  }
  [[nodiscard]] const Json& map(const Json& of, const std::string& path, const char* key) const {
    return need(of, path, key, &Json::is_object, "a map");
  }
  void is_map(const Json& json, const std::string& path) const {
    if (!json.is_object()) throw fault(path, "is not a map");
  }
  [[nodiscard]] const Json& list(const Json& of, const std::string& path, const char* key) const {
    return need(of, path, key, &Json::is_array, "a list");
  }
  /// Numbers that others are divided by.
  void above_zero(const Json& of, std::initializer_list<const char*> keys) const {
    for (const char* key : keys) {
      if (of.at(key).get<double>() <= 0) throw fault(key, "is " + of.at(key).dump());
    }
  }
  void stalls(const Json& of, const std::string& path) const {
    const Json& at = map(of, path, "stalls");
    for (const std::string_view cause : kStallCauseNames) {
      integers(at, path + "stalls.", {std::string(cause).c_str()});
    }
  }
  void all_numbers(const Json& of, const std::string& path) const {
    for (const auto& [key, value] : of.items()) numbers(of, path, {key.c_str()});
  }
  void all_lists_of_texts(const Json& of, const std::string& path) const {
    for (const auto& [key, value] : of.items()) {
      for (const Json& item : list(of, path, key.c_str())) {
        if (!item.is_string()) throw fault(path + key, "is no list of texts");
      }
    }
  }

 private:
  using Is = bool (Json::*)() const noexcept;

  [[nodiscard]] BadInput fault(const std::string& key, const std::string& what) const {
    return {{file_, 0, 0}, key, what, kAllowed};
  }
  const Json& need(const Json& of, const std::string& path, const char* key, Is is,
                   const char* kind) const {
    const auto at = of.find(key);
    if (at == of.end()) throw fault(path + key, "is missing");
    if (!((*at).*is)()) throw fault(path + key, std::string("is not ") + kind);
    return *at;
  }

  std::string file_;
};

void check_layers(const Checker& check, const Json& layers) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::string name = "layers[" + std::to_string(i) + "]";
    check.is_map(layers[i], name);
    const std::string path = name + ".";
    check.texts(layers[i], path, {"name", "pass", "shape"});
    check.integers(layers[i], path, {"cycles", "streaming"});
    check.stalls(layers[i], path);
  }
}

}  // namespace

Json read_result(const std::string& path) {
  std::error_code ignored;
  const bool folder = std::filesystem::is_directory(path, ignored);
  const std::string file = folder ? (std::filesystem::path(path) / "result.json").string() : path;
  Json result = parsed(file);
  if (!result.is_object() || !result.contains("schema")) {
    throw bad_file(file, "is no result of nibblesim run", kAllowed);
  }
  if (result.at("schema") != kResultSchema) {
    throw BadInput({file, 0, 0}, "schema", "is " + result.at("schema").dump(),
                   std::string("allowed is ") + kResultSchema);
  }
  const Checker check(file);
  check.texts(result, "", {"experiment", "network", "mode", "engine", "sample", "chip"});
  check.integers(result, "", {"batch", "cores", "cycles", "streaming_cycles"});
  check.numbers(
      result, "",
      {"clock_mhz", "time_s", "utilization", "sustained_tops", "peak_tops", "average_power_w"});
  check.above_zero(result, {"batch", "cores", "clock_mhz"});
  check.stalls(result, "");
  check.all_lists_of_texts(check.map(result, "", "precision"), "precision.");
  const Json& energy = check.map(result, "", "energy_j");
  check.numbers(energy, "energy_j.", {"total"});
  check.all_numbers(energy, "energy_j.");
  check.numbers(check.map(result, "", "area_mm2"), "area_mm2.", {"total"});
  check.integers(check.map(result, "", "dram"), "dram.", {"bytes_read", "bytes_written"});
  check_layers(check, check.list(result, "", "layers"));
  return result;
}

}  // namespace nibble
