// The page and the table as golden texts of a fixed result.
#include "sim/report/summary.h"

#include <fstream>

#include <catch2/catch.hpp>
#include <fmt/format.h>

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

TEST_CASE("The page tells what an epoch takes, and of which battery") {
  Json result = fixed_result();
  CHECK(!contains(summary_page(result), "epoch"));
  result["epoch"] = {{"samples", 60000},
                     {"steps", 7500},
                     {"time_s", 2.5},
                     {"energy_j", 3.1},
                     {"battery_wh", 15},
                     {"battery_percent", 0.0057},
                     {"energy_range_j", {{"low", 1.5}, {"high", 10.1}}}};
  result["epoch"]["baseline_fp16"] = result["epoch"];
  const std::string page = summary_page(result);
  CHECK(contains(page, "An epoch: 60,000 images in 7,500 steps\n"));
  CHECK(contains(page, "of a battery of 15 Wh                   0.0057 %        0.0057 %\n"));
  result["epoch"].erase("battery_wh");
  CHECK(!contains(summary_page(result), "battery"));
}

TEST_CASE(
    "The page says what the engine timing leaves out of an experiment, and nothing else does") {
  Json result = fixed_result();
  CHECK(!contains(summary_page(result), "not computed"));
  result["engine"] = "timing";
  CHECK(contains(summary_page(result),
                 "\nnot computed: results of trace resnet8_w16_step, accuracy; "
                 "engines rtl and model do\n"));
  result.erase("inference");
  CHECK(
      contains(summary_page(result), "\nnot computed: results of trace resnet8_w16_step; engines"));
  result["trace"] = nullptr;
  CHECK(!contains(summary_page(result), "not computed"));
}

TEST_CASE(
    "Layers are told by their arithmetic and share of the MACs, those that end alike as one") {
  Json result = fixed_result();
  result["layers"][2]["name"] = "s1.conv2";
  std::string page = summary_page(result);
  // 2 x 14,450,688 and 903,168 of 29,804,544 MACs.
  CHECK(contains(page, "  int4_fp4          97.0 % of the MACs: s1.conv1, s1.conv2\n"));
  CHECK(contains(page, "  fp16               3.0 % of the MACs: conv1, fc\n"));
  result["precision"]["int4_fp4"] = {"s1.conv1", "s2.conv1", "conv1", "s1.conv2"};
  CHECK(contains(summary_page(result), "of the MACs: *.conv1 x 2, conv1, s1.conv2\n"));
  Json& many = result["precision"]["int4_fp4"];
  for (int i = 0; i < 30; ++i) many.push_back("block.layer_number_" + std::to_string(i));
  CHECK(contains(summary_page(result), "of the MACs: *.conv1 x 2, conv1, s1.conv2, and 30 more\n"));
}

TEST_CASE("A pattern stands for layers only where no layer of another arithmetic ends so") {
  Json result = fixed_result();
  result["precision"] = {{"int4_fp4", {"s1.conv1", "s2.conv1", "s1.conv2", "s2.conv2"}},
                         {"fp16", {"s3.conv1", "conv1"}}};
  const std::string page = summary_page(result);
  CHECK(contains(page, "of the MACs: 2 of 3 *.conv1, *.conv2 x 2\n"));
  CHECK(contains(page, "of the MACs: s3.conv1, conv1\n"));
}

TEST_CASE("Both tables call a cause by the same word, that of the result") {
  Json result = fixed_result();
  for (const auto& [cause, stall] : fixed_result().at("stalls").items()) {
    INFO(cause);
    result["stalls"][cause] = 1000;
    result["layers"][0]["stalls"] = {{cause, 77}};
    const std::string page = summary_page(result);
    CHECK(contains(page, "\n  " + cause + " "));
    CHECK(contains(page, " " + cause + "\n"));
  }
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

TEST_CASE("A chip of several cores has the stalls of all of them, and a part on ring and link") {
  Json result = fixed_result();
  CHECK(!contains(summary_page(result), "Between cores"));
  for (Json* chip : {&result, &result["baseline_fp16"]}) (*chip)["cores"] = 4;
  result["stalls"]["ring"] = 110'000;
  result["stalls"]["idle"] = 55'000;
  result["ring"] = {{"byte_hops", 3 << 20},      {"memory_stops", 1}, {"load_utilization", 0.5},
                    {"store_utilization", 0.25}, {"link_bytes", 0},   {"workers", 1}};
  std::string page = summary_page(result);
  CHECK(contains(page, "cores x tiles x lanes x columns      4 x 1x64x64     4 x 1x64x13"));
  CHECK(contains(page, "Where the cycles of the 4 cores' arrays went"));
  CHECK(contains(page, "ring         between cores or chips      110,000   50.0 %"));
  CHECK(contains(page, "idle         others still work            55,000   25.0 %"));
  CHECK(contains(page, "ring: 3.00 MiB, each byte counted on every link"));
  CHECK(contains(page, "at the memory's stop: links out used 50.0 % of the time, links in 25.0 %"));
  CHECK(!contains(page, "link: "));
  result["ring"]["workers"] = 8;
  result["ring"]["memory_stops"] = 4;
  result["ring"]["link_bytes"] = 1024;
  page = summary_page(result);
  CHECK(contains(page, "link: 1.00 KiB of gradients sent by each of 8 chips"));
  CHECK(contains(page, "at the memory's 4 stops: links out"));
}

TEST_CASE("A search of mappings tells what it saved and shows the best of what it found") {
  Json result = fixed_result();
  CHECK(!contains(summary_page(result), "Mappings"));
  Json pins = Json::array();
  for (const char* name : {"conv1", "fc"}) {
    pins.push_back({{"name", name},
                    {"pass", "forward"},
                    {"gemms", 1},
                    {"mapping", "split rows, hold streamed, blocks 8 x auto x auto"}});
  }
  result["mapping"] = {{"search", 0}, {"pinned", 2}, {"pins", pins}, {"changed", Json::array()}};
  std::string page = summary_page(result);
  CHECK(contains(page, "Mappings: 0 by search, 2 pinned"));
  CHECK(contains(page, "  conv1         forward        pinned  streamed, 8 x auto x auto\n"));
  CHECK(contains(page, "  fc            forward        pinned  streamed, 8 x auto x auto\n"));
  result["mapping"]["search"] = 5;
  result["cycles_saved_by_search"] = 1234;
  for (int i = 0; i < 9; ++i) {
    result["mapping"]["changed"].push_back(
        {{"name", "layer" + std::to_string(i)},
         {"pass", "dgrad"},
         {"rule", "split rows, hold stationary, blocks auto x auto x auto"},
         {"found", "split columns, hold streamed, blocks 1024 x auto x 64"},
         {"cycles_saved", i == 0 ? 1 : 1000 * i}});
  }
  page = summary_page(result);
  CHECK(contains(page, "Mappings: 9 by search, 2 pinned"));
  CHECK(contains(page, "  fc            forward        pinned  streamed, 8 x auto x auto\n"));
  CHECK(contains(page, "up to 5 others simulated for each GEMM: 1,234 cycles saved"));
  CHECK(contains(page, "  layer8        dgrad           8,000  streamed, 1024 x auto x 64\n"));
  CHECK(!contains(page, "layer0"));  // eight are shown, this one saved least
  result["cores"] = 2;
  page = summary_page(result);
  CHECK(contains(page,
                 "  layer8        dgrad           8,000  columns, streamed, 1024 x auto x 64\n"));
  result["mapping"]["pins"][1]["gemms"] = 1035;
  page = summary_page(result);
  CHECK(contains(page, "Mappings: 9 by search, 2 pinned"));
  CHECK(contains(page, "  fc            forward  1,035 pinned  rows, streamed, 8 x auto x auto\n"));
  for (int i = 0; i < 9; ++i) result["mapping"]["pins"].push_back(pins[0]);
  CHECK(contains(summary_page(result), "(and 3 more that are pinned)"));
}

TEST_CASE("Stages that were not simulated again are told, with the engine timing alone") {
  Json result = fixed_result();
  result["stages_simulated"] = 3;
  CHECK(!contains(summary_page(result), "stages simulated"));
  result["engine"] = "timing";
  CHECK(contains(summary_page(result), "3 of 4 stages simulated, the others were like one before"));
  result["stages_simulated"] = 4;
  CHECK(!contains(summary_page(result), "stages simulated"));
  result["stages_simulated"] = 17;
  result["mapping"]["search"] = 3;
  CHECK(contains(summary_page(result), "17 simulations for 4 stages"));
}

TEST_CASE("A twin in fp8 is called so, and the page says that no RTL does it") {
  Json result = fixed_result();
  const std::string before = summary_page(result);
  CHECK(contains(before, "its FP16 twin (equal_area)"));
  CHECK(!contains(before, "HFP8"));
  result["baseline_fp16"]["precision"] = "fp8";
  const std::string page = summary_page(result);
  CHECK(contains(page, "its FP8 twin (equal_area)"));
  CHECK(contains(page, "HFP8 at twice its rate: no RTL of that exists (an HFP8\n"));
  CHECK(contains(page, "multiply-add alone has 0.56 of the FP16 unit's area: fp8_fma_cell_1)\n"));
  result = fixed_result();
  result["fp8_macs_useful"] = 1;
  CHECK(contains(summary_page(result), "no RTL of that exists"));
}

TEST_CASE(
    "The page says which netlists, library and clock the density comes from, or who gave it") {
  Json result = fixed_result();
  CHECK(contains(
      summary_page(result),
      "  netlists  array density 7.3 x, in cells of osu018 (180 nm) at 13 ns, without wires:\n"
      "            an FP16 multiply-add 40,150 um2: fp16_fma_cell_2\n"
      "            a 4-bit MAC of 64 lanes 5,500 um2: tile_64x2 - tile_64x1\n"
      "            (configs/silicon/; other lanes and clocks: rtl/README.md)\n"
      "            to 45 nm x 0.053 "
      "(configs/scaling/stillmaker_baas.yaml)\n"));
  Json& silicon = result["silicon"];
  silicon["fp16_unit"] = "dot_product";
  silicon["fp16_netlist"] = "fp16_dot_64";
  CHECK(contains(summary_page(result),
                 "an FP16 MAC of a dot product of 64 lanes 40,150 um2: fp16_dot_64\n"));
  silicon["area_ratio"] = 5.0;
  silicon["ratio_is_given"] = true;
  silicon["nibble4_mac_um2"] = 8030.0;
  silicon["nibble4_netlist"] = "";
  const std::string page = summary_page(result);
  CHECK(contains(page, "  given     array density 5.0 x, in cells of osu018"));
  CHECK(contains(
      page,
      "a 4-bit MAC of 64 lanes 8,030 um2: by silicon.area_ratio, whatever its netlist says\n"));
}

TEST_CASE("A page without a twin speaks of the chip alone, one without a waterfall of no losses") {
  Json result = fixed_result();
  result.erase("loss_waterfall");
  std::string page = summary_page(result);
  CHECK(contains(page, "4-bit chip beside its FP16 twin"));
  CHECK(!contains(page, "From the peak ratio"));
  for (const char* key :
       {"baseline_fp16", "speedup_vs_fp16", "energy_gain_vs_fp16", "energy_gain_range_vs_fp16",
        "energy_gain_without_dram", "energy_gain_range_without_dram", "peak_ratio_vs_fp16"}) {
    result.erase(key);
  }
  page = summary_page(result);
  CHECK(contains(page, "\n  range of published energies: 75.0 uJ to 400 uJ\n"));
  CHECK(contains(page, "The chip, with no FP16 twin beside it\n"));
  CHECK(contains(page, "  time                                     55.0 us\n"));
  CHECK(!contains(page, "the twin's"));
  CHECK(!contains(page, "gain"));
}

TEST_CASE("Equal stages are one line, and those on the FP16 tile have a mark") {
  Json result = fixed_result();
  Json& layers = result["layers"];
  for (const char* name : {"s1.conv12", "s1.conv3", "s1.head1", "s2.conv1"}) {
    layers.push_back(layers[1]);
    layers.back()["name"] = name;
  }
  layers.back()["cycles"] = 23'335;  // not quite equal
  result["cycles"] = 55'000 + 3 * 23'334 + 23'335;
  std::string page = summary_page(result);
  CHECK(contains(page, "the 6 largest of 6 kinds of stages, 8 in all"));
  const double one = 100 * 23'334 / result["cycles"].get<double>();
  const auto row = [](const std::string& name, int count, const char* cycles, double share) {
    return fmt::format("  {:<14}{:<8}{:>5}{:>16}{:>12}{:>6.1f} %", name, "forward",
                       count == 1 ? "" : fmt::format("x {}", count), "6272x16x144", cycles, share);
  };
  CHECK(contains(page, row("s1.conv*", 3, "23,334", 3 * one)));
  CHECK(contains(page, row("s1.head1", 1, "23,334", one)));
  CHECK(contains(page, row("s2.conv1", 1, "23,335", one)));
  CHECK(contains(page, "35.3 %* fp16_tile\n"));
  CHECK(contains(page, "(* on the FP16 tile: of that tile's peak)"));
  for (Json& layer : layers) layer["array_macs"] = layer["macs"];
  CHECK(!contains(summary_page(result), "of that tile's peak"));
}

TEST_CASE("A batch counts what the network reads, one or several") {
  Json result = fixed_result();
  result["sample"] = "sequence";
  CHECK(contains(summary_page(result), "One training step of 8 sequences, engine"));
  result["batch"] = 1;
  CHECK(contains(summary_page(result), "One training step of 1 sequence, engine"));
}

TEST_CASE("A factor above 1 is explained where there is one") {
  Json result = fixed_result();
  CHECK(!contains(summary_page(result), "a factor above 1"));
  result["loss_waterfall"].back()["factor"] = 1.01;
  CHECK(contains(summary_page(result), "(a factor above 1: this takes a larger share"));
}

TEST_CASE("DRAM that takes no time has no traffic to compare") {
  Json result = fixed_result();
  for (const char* key : {"bytes_read", "bytes_written", "utilization", "row_hit_rate"}) {
    result["dram"][key] = 0;
  }
  const std::string page = summary_page(result);
  CHECK(contains(page, "  read 0 B, written 0 B\n"));
  CHECK(!contains(page, "compulsory:"));
}

TEST_CASE("GEMMs in fp8 are said to have no values") {
  Json result = fixed_result();
  result["rtl"]["operands"] = "synthetic";
  result["fp8_macs_useful"] = 5;
  CHECK(contains(summary_page(result), "GEMMs in fp8 are not among them"));
  result["rtl"]["compared"] = 0;
  result["rtl"]["commands_run"] = 0;
  const std::string page = summary_page(result);
  CHECK(contains(page, "engine rtl:\nno GEMM has values: all are in fp8"));
  CHECK(contains(page, "NO RESULT WAS COMPARED"));
  CHECK(!contains(page, "Verilated tiles inside"));
}

TEST_CASE("Arrays that are always at their peak are assumed, not measured") {
  Json result = fixed_result();
  result["ideal"]["array"] = true;
  const std::string page = summary_page(result);
  CHECK(contains(page, "WHAT IF: arrays always compute at their peak rate"));
  CHECK(!contains(page, "measured"));
}

TEST_CASE("Long names keep their column, and very long ones lose their middle") {
  Json result = fixed_result();
  result["layers"][0]["name"] = "layer3.0.downsample";
  result["layers"][1]["name"] = "encoder.layers.11.self_attention.output_projection";
  const std::string page = summary_page(result);
  CHECK(contains(page, "  layer3.0.downsample     forward "));
  CHECK(contains(page, "  encoder.la..projection  forward "));
  CHECK(contains(page, "  fc                      update "));
}

TEST_CASE("The page has no trailing space, no tab and at most 100 columns") {
  Json result = fixed_result();
  result["cores"] = 32;
  result["baseline_fp16"]["precision"] = "fp8";
  result["footprint"] = {{"peak_bytes", 1023 << 10},
                         {"peak_name", "encoder.layers.11.self_attention.output_projection"},
                         {"peak_pass", "backward"},
                         {"persistent_bytes", 1023 << 10}};
  result["array"]["lanes"] = 1024;
  result["silicon"]["fp16_unit"] = "dot_product";
  result["silicon"]["fp16_netlist"] = "fp16_dot_16 and fp16_dot_64";
  result["silicon"]["nibble4_netlist"] = "tile_32x2 - tile_32x1 and tile_64x2 - tile_64x1";
  result["layers"][0]["name"] = result["footprint"]["peak_name"];
  result["layers"][0]["shape"] = "100352x100352x4608 x1024";
  result["mapping"] = {
      {"search", 1000}, {"pinned", 0}, {"pins", Json::array()}, {"changed", Json::array()}};
  result["mapping"]["changed"].push_back(
      {{"name", result["footprint"]["peak_name"]},
       {"pass", "forward"},
       {"rule", ""},
       {"found", "split columns, hold stationary, blocks 100352 x 100352 x 100352"},
       {"cycles_saved", 1'234'567'890}});
  for (int i = 0; i < 1000; ++i) {
    result["precision"]["int4_fp4_dw_fp8"].push_back("blocks." + std::to_string(i) +
                                                     ".self_attention_output_projection");
    result["precision"]["fp16"].push_back("projection" + std::to_string(i));
  }
  const std::string netlists = summary_page(result);
  result["silicon"]["ratio_is_given"] = true;
  const std::string page = summary_page(result) + netlists;
  CHECK(!contains(page, " \n"));
  CHECK(!contains(page, "\t"));
  std::size_t begin = 0;
  for (std::size_t end = page.find('\n'); end != std::string::npos; end = page.find('\n', begin)) {
    INFO(page.substr(begin, end - begin));
    CHECK(end - begin <= 100);
    begin = end + 1;
  }
}

TEST_CASE("layers.csv has as many fields in every line as in its heading, also of quoted ones") {
  Json result = fixed_result();
  result["layers"][0]["name"] = "blocks,\"0\"";
  const std::string csv = layers_csv(result);
  CHECK(contains(csv, "\n\"blocks,\"\"0\"\"\",forward,"));
  CHECK(contains(csv, ",\"split rows, hold stationary, blocks auto x auto x auto\"\n"));
  std::vector<int> fields{1};
  bool quoted = false;
  for (const char letter : csv) {
    if (letter == '"') quoted = !quoted;
    if (letter == ',' && !quoted) ++fields.back();
    if (letter == '\n') fields.push_back(1);
  }
  fields.pop_back();
  REQUIRE(fields.size() == 1 + result.at("layers").size());
  for (const int count : fields) CHECK(count == fields.front());
}

}  // namespace nibble
