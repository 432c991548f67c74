#include "sim/html/report_data.h"

#include <catch2/catch.hpp>

#include "sim/html/json_file.h"
#include "sim/report/summary.h"
#include "tests/sim/config/fault_text.h"
#include "tests/sim/html/scratch_folder.h"

namespace nibble {
namespace {

using Catch::Matchers::Contains;
using test::ScratchFolder;

std::string committed(const std::string& name) { return read_text(NIBBLE_SOURCE_DIR "/" + name); }
std::string result_text() { return committed("tests/sim/report/result.json"); }
std::string metrics_text() { return committed("configs/traces/resnet8_w16_nibble4_metrics.json"); }

std::string fault_of(const ScratchFolder& folder) {
  const std::string fault = fault_text([&] { (void)report_data(folder.path()); });
  return fault.substr(fault.rfind(folder.path(), 0) == 0 ? folder.path().size() : 0);
}

/// What is said of a folder with one file.
std::string fault_with(const std::string& name, const std::string& text) {
  const ScratchFolder folder;
  folder.write(name, text);
  return fault_of(folder);
}

std::string without(const std::string& text, const char* pointer, const char* key) {
  Json json = Json::parse(text);
  json.at(Json::json_pointer(pointer)).erase(key);
  return json.dump();
}

TEST_CASE("a run goes along whole, with the page and the words of its last parts") {
  const ScratchFolder folder;
  folder.write("result.json", result_text());
  const Json data = report_data(folder.path());
  const Json result = Json::parse(result_text());
  CHECK(data.at("kind") == "run");
  CHECK(data.at("result") == result);
  const std::string page = summary_page(result);
  CHECK(data.at("page") == page);
  CHECK_THAT(page, Contains(data.at("rests_on").get<std::string>()));
  CHECK_THAT(page, Contains(data.at("checks").get<std::string>()));
}

TEST_CASE("of a training goes along what its folder holds") {
  const ScratchFolder folder;
  folder.write("metrics.json", metrics_text());
  Json data = report_data(folder.path());
  CHECK(data.at("kind") == "training");
  CHECK(data.at("metrics") == Json::parse(metrics_text()));
  CHECK(data.at("curve").is_null());
  CHECK(data.at("gradients").is_null());

  folder.write("curve.csv", "step,loss,accuracy_percent,learning_rate\n10,2.5,11,0.1\n");
  folder.write("gradients.csv", "step,layer,quantity,key,value\n0,fc,zeros,even,0.25\n");
  data = report_data(folder.path());
  CHECK(data.at("curve").at("loss").dump() == "[2.5]");
  CHECK(data.at("gradients").at("key").dump() == R"(["even"])");
}

TEST_CASE("a training that is not finished has a curve and no metrics") {
  const ScratchFolder folder;
  folder.write("curve.csv", "step,loss,accuracy_percent,learning_rate\n10,2.5,11,0.1\n20,2.");
  const Json data = report_data(folder.path());
  CHECK(data.at("metrics").is_null());
  CHECK(data.at("curve").at("step").dump() == "[10]");
}

TEST_CASE("a folder without results is told what it should hold") {
  const ScratchFolder folder;
  CHECK_THAT(fault_of(folder), Contains(": holds nothing to report, allowed is a folder that"));
  CHECK_THAT(fault_text([&] { (void)report_data(folder.path() + "/none"); }),
             Contains("/none: does not exist, allowed is a folder that"));
  folder.write("file", "");
  CHECK_THAT(fault_text([&] { (void)report_data(folder.path() + "/file"); }),
             Contains("/file: is not a folder, allowed is a folder that"));
}

TEST_CASE("a file that is no JSON is told with line and column") {
  CHECK(fault_with("result.json", "{\n  \"schema\": nibble\n}") ==
        "/result.json:2:14: is no JSON here, allowed is a whole file of schema "
        "nibblesim-result-1");
  CHECK_THAT(fault_with("result.json", ""), Contains("/result.json:1:1: is no JSON here"));
  const std::string whole = metrics_text();
  CHECK_THAT(fault_with("metrics.json", whole.substr(0, whole.size() / 2)),
             Contains("is no JSON here"));
}

TEST_CASE("a file of another schema is refused") {
  CHECK(fault_with("result.json", "{}") ==
        "/result.json: schema: is missing, allowed is nibblesim-result-1");
  CHECK(fault_with("result.json", "[1]") ==
        "/result.json: schema: is missing, allowed is nibblesim-result-1");
  CHECK(fault_with("result.json", metrics_text()) ==
        "/result.json: schema: \"nibblesim-training-3\" is another one, allowed is "
        "nibblesim-result-1");
  CHECK(fault_with("metrics.json", R"({"schema": 3})") ==
        "/metrics.json: schema: 3 is another one, allowed is nibblesim-training-3");
}

TEST_CASE("a file that lacks a part of its schema is refused, and the part named") {
  CHECK_THAT(fault_with("result.json", without(result_text(), "", "stalls")),
             Contains("/result.json: lacks a part of its schema: key 'stalls' not found"));
  CHECK_THAT(fault_with("result.json", without(result_text(), "/energy_j", "total")),
             Contains("lacks a part of its schema: key 'total' not found"));
  CHECK_THAT(fault_with("metrics.json", without(metrics_text(), "/settings", "precision")),
             Contains("/metrics.json: lacks a part of its schema: key 'precision' not found"));
}

TEST_CASE("a folder in place of a result is refused") {
  const ScratchFolder folder;
  std::filesystem::create_directory(folder.path() + "/result.json");
  CHECK_THAT(fault_of(folder),
             Contains("/result.json: is a directory, allowed is a readable file"));
}

}  // namespace
}  // namespace nibble
