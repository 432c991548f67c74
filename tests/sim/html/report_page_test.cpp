#include "sim/html/report_page.h"

#include <string_view>

#include <catch2/catch.hpp>
#include <zlib.h>

#include "sim/html/embedded_data.h"
#include "sim/html/report_template.h"

namespace nibble {
namespace {

using Catch::Matchers::Contains;

constexpr std::string_view kPlain = "<script id=\"data\" type=\"application/json\">";
constexpr std::string_view kGzip = "<script id=\"data\" type=\"application/gzip\">";
constexpr std::string_view kEnd = "</script>";

/// What stands in the data's element, as a browser sees it: up to the first end of a script.
std::string content(const std::string& page, std::string_view begin) {
  const std::size_t at = page.find(begin);
  REQUIRE(at != std::string::npos);
  const std::size_t first = at + begin.size();
  return page.substr(first, page.find(kEnd, first) - first);
}

std::string from_base64(const std::string& text) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char letter : text.substr(0, text.find('='))) {
    bits = bits << 6 | static_cast<unsigned>(kLetters.find(letter));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 255);
  }
  return bytes;
}

std::string gunzip(const std::string& bytes) {
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  std::string text(std::size_t{64} << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  REQUIRE(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  text.resize(stream.total_out);
  inflateEnd(&stream);
  return text;
}

TEST_CASE("no text of the data ends its element or begins a comment in it") {
  const Json data{{"kind", "run"}, {"name", "</script><!--<script> \u2028 \" \\ & '"}};
  const std::string element = data_element(data);
  const std::string json = content(element, kPlain);
  CHECK(json.find('<') == std::string::npos);
  CHECK(Json::parse(json) == data);
  CHECK(element.size() == kPlain.size() + json.size() + kEnd.size());
}

TEST_CASE("bytes that are no UTF-8 are replaced, not fatal") {
  const Json data{{"fault", std::string("\xff.yaml")}};
  CHECK(Json::parse(content(data_element(data), kPlain)).at("fault") == "\uFFFD.yaml");
}

TEST_CASE("data up to the limit stand as JSON, larger ones compressed and whole") {
  const auto data_of = [](std::size_t bytes) { return Json(std::string(bytes - 2, 'x')); };
  CHECK(content(data_element(data_of(kLargestPlainJson)), kPlain).size() == kLargestPlainJson);
  for (const std::size_t more : {1, 2, 3}) {  // the three ends of base64
    const Json data = data_of(kLargestPlainJson + more);
    CHECK(Json::parse(gunzip(from_base64(content(data_element(data), kGzip)))) == data);
  }
}

/// A build without npm's registry has no template and says why; all that it can do is refuse.
bool has_template() {
  if (fault_of_template().empty()) return true;
  WARN(fault_of_template());
  CHECK_THROWS_WITH(report_page({{"kind", "run"}}),
                    Contains("nibblesim report: " + std::string(fault_of_template())));
  return false;
}

TEST_CASE("the page is the template with the data in its place, once") {
  if (!has_template()) return;
  const std::string page = report_page({{"kind", "run"}, {"result", {{"cycles", 1}}}});
  CHECK_THAT(page, Catch::Matchers::StartsWith("<!DOCTYPE html>"));
  CHECK(content(page, kPlain) == R"({"kind":"run","result":{"cycles":1}})");
  CHECK_THAT(page, !Contains("<!--DATA-->"));
  CHECK_THAT(page, Contains("Apache ECharts"));
}

TEST_CASE("the template asks nothing of a server") {
  const std::string page(report_template());
  for (const char* word : {"src=\"http", "href=\"http", "@import", "url(http", "src=\"//"}) {
    CHECK_THAT(page, !Contains(word));
  }
}

TEST_CASE(
    "reals of a sweep's points keep six digits, but objectives, whole numbers and other data all") {
  if (!has_template()) return;
  const Json data{{"kind", "sweep"},
                  {"objectives", {{{"key", "energy_j.total"}, {"goal", "minimise"}}}},
                  {"details", {{"1", {{"energy_j", 0.123456789}}}}},
                  {"points",
                   {{"number", {1, 2}},
                    {"values",
                     {{"time_s", {0.00012345678, nullptr}},
                      {"energy_j.total", {0.00012345678, nullptr}},
                      {"cycles", {1234567890, 2}},
                      {"network", {"a", "b"}}}}}}};
  const Json shown = Json::parse(content(report_page(data), kPlain));
  CHECK(
      shown.at("points").at("values").dump() ==
      R"({"time_s":[0.000123457,null],"energy_j.total":[0.00012345678,null],"cycles":[1234567890,2],"network":["a","b"]})");
  CHECK(shown.at("details") == data.at("details"));
}

}  // namespace
}  // namespace nibble
