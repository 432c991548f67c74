// The page and the table as golden texts of a fixed result.
#include "sim/report/summary.h"

#include <fstream>

#include <catch2/catch.hpp>

#include "sim/report/layers_csv.h"
#include "tests/sim/support/golden.h"

extern "C" int sc_main(int /*argc*/, char** /*argv*/) { return 0; }

namespace nibble {
namespace {

Json fixed_result() {
  return Json::parse(std::ifstream(NIBBLE_SOURCE_DIR "/tests/sim/report/result.json"));
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("The page of a fixed result is the golden page") {
  CHECK(test::golden_difference("sim/report/summary.txt", summary_page(fixed_result())) == "");
}

TEST_CASE("layers.csv of a fixed result is the golden table") {
  CHECK(test::golden_difference("sim/report/layers.csv", layers_csv(fixed_result())) == "");
}

TEST_CASE("The page of the engine timing speaks of no compared values") {
  Json result = fixed_result();
  result["engine"] = "timing";
  for (const char* key : {"rtl", "accuracy", "inference"}) result.erase(key);
  for (const char* key : {"timing_engine_s", "timing_engine_cycles"}) result["host"].erase(key);
  const std::string page = summary_page(result);
  CHECK(!contains(page, "mismatches"));
  CHECK(!contains(page, "Accuracy"));
  CHECK(contains(page, "engine timing"));
}

TEST_CASE("A mismatch is shown with its first place") {
  Json result = fixed_result();
  result["rtl"]["mismatches"] = 12;
  result["rtl"]["first_mismatch"] = "fc dgrad: element 3, got 0001, trainer 0002";
  const std::string page = summary_page(result);
  CHECK(contains(page, "12 mismatches"));
  CHECK(contains(page, "fc dgrad: element 3, got 0001, trainer 0002"));
}

TEST_CASE("The page says which operands the tiles had, how many commands ran, and who agrees") {
  Json result = fixed_result();
  result["rtl"]["operands"] = "synthetic";
  result["rtl"]["compared"] = 0;
  std::string page = summary_page(result);
  CHECK(contains(page,
                 "every GEMM runs on Verilated tiles inside the SystemC chip, random operands"));
  CHECK(contains(page, "compared with nothing"));
  result["rtl"]["compared"] = 4321;
  result["rtl"]["commands_run"] = 17;
  page = summary_page(result);
  CHECK(contains(page, "17 of 1,680 tile commands run on Verilated tiles"));
  CHECK(contains(page, "4,321 results compared with the model's, 0 mismatches"));
}

TEST_CASE("The page has no trailing space, no tab and at most 100 columns") {
  const std::string page = summary_page(fixed_result());
  CHECK(!contains(page, " \n"));
  CHECK(!contains(page, "\t"));
  std::size_t begin = 0;
  for (std::size_t end = page.find('\n'); end != std::string::npos; end = page.find('\n', begin)) {
    INFO(page.substr(begin, end - begin));
    CHECK(end - begin <= 100);
    begin = end + 1;
  }
}

TEST_CASE("layers.csv has as many fields in every line as in its heading") {
  const std::string csv = layers_csv(fixed_result());
  std::vector<std::ptrdiff_t> commas;
  std::size_t begin = 0;
  for (std::size_t end = csv.find('\n'); end != std::string::npos; end = csv.find('\n', begin)) {
    commas.push_back(std::count(csv.begin() + static_cast<std::ptrdiff_t>(begin),
                                csv.begin() + static_cast<std::ptrdiff_t>(end), ','));
    begin = end + 1;
  }
  REQUIRE(commas.size() == 1 + fixed_result().at("layers").size());
  for (const std::ptrdiff_t count : commas) CHECK(count == commas.front());
}

}  // namespace nibble
