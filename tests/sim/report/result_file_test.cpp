// Results read back, and what is no result.
#include "sim/report/result_file.h"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "sim/base/bad_input.h"

namespace nibble {
namespace {

constexpr const char* kFixed = NIBBLE_SOURCE_DIR "/tests/sim/report/result.json";

class Folder {
 public:
  Folder()
      : path_(std::filesystem::temp_directory_path() /
              ("nibble_result_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string str() const { return path_.string(); }
  void write(const std::string& text) const { std::ofstream(path_ / "result.json") << text; }

  /// What is said of the folder's result, without where it lies.
  [[nodiscard]] std::string fault() const {
    try {
      (void)read_result(str());
    } catch (const BadInput& bad) {
      return (bad.key().empty() ? "" : bad.key() + ": ") + bad.fault();
    }
    return "";
  }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("A result is read from its file or from the folder it lies in") {
  const Folder folder;
  const Json fixed = Json::parse(std::ifstream(kFixed));
  folder.write(fixed.dump());
  CHECK(read_result(kFixed) == fixed);
  CHECK(read_result(folder.str()) == fixed);
  CHECK(read_result(folder.str() + "/result.json") == fixed);
}

TEST_CASE("What is no result of nibblesim run is refused by name") {
  const Folder folder;
  CHECK(folder.fault() == "cannot be read (No such file or directory)");
  for (const char* text : {"", "{", "time,cycles\n1,2\n", "{\"schema\": \"nib"}) {
    folder.write(text);
    CHECK(folder.fault() == "is not JSON");
  }
  for (const char* text : {"[]", "3", "{}", "{\"type\": \"FeatureCollection\"}"}) {
    folder.write(text);
    CHECK(folder.fault() == "is no result of nibblesim run");
  }
  folder.write("{\"schema\": \"nibblesim-result-2\"}");
  CHECK(folder.fault() == "schema: is \"nibblesim-result-2\"");
  folder.write("{\"schema\": 1}");
  CHECK(folder.fault() == "schema: is 1");
  folder.write("{\"schema\": \"nibblesim-result-1\"}");
  CHECK(folder.fault() == "experiment: is missing");
}

TEST_CASE("A key that a comparison reads and that is missing or of another kind is named") {
  const Folder folder;
  const auto fault_without = [&](const char* pointer) {
    Json result = Json::parse(std::ifstream(kFixed));
    const Json::json_pointer at(pointer);
    result.at(at.parent_pointer()).erase(at.back());
    folder.write(result.dump());
    return folder.fault();
  };
  CHECK(fault_without("/cycles") == "cycles: is missing");
  CHECK(fault_without("/stalls") == "stalls: is missing");
  CHECK(fault_without("/stalls/dram") == "stalls.dram: is missing");
  CHECK(fault_without("/energy_j/total") == "energy_j.total: is missing");
  CHECK(fault_without("/layers") == "layers: is missing");
  Json result = Json::parse(std::ifstream(kFixed));
  result["layers"][1]["stalls"].erase("sfu");
  folder.write(result.dump());
  CHECK(folder.fault() == "layers[1].stalls.sfu: is missing");
  result = Json::parse(std::ifstream(kFixed));
  result["batch"] = "eight";
  folder.write(result.dump());
  CHECK(folder.fault() == "batch: is not a whole number");
  result["batch"] = 8;
  result["layers"] = 3;
  folder.write(result.dump());
  CHECK(folder.fault() == "layers: is not a list");
  result["layers"] = {3};
  folder.write(result.dump());
  CHECK(folder.fault() == "layers[0]: is not a map");
  result["layers"] = Json::array();
  result["batch"] = 0;
  folder.write(result.dump());
  CHECK(folder.fault() == "batch: is 0");
}

}  // namespace nibble
