// Topologies: MACs are the file's own, whatever the shapes between its layers.
#include <catch2/catch.hpp>

#include "described_network.h"
#include "sim/config/network_reader.h"
#include "sim/import/network_writer.h"
#include "sim/import/scalesim_importer.h"

namespace nibble {
namespace {

using Lines = std::vector<std::string>;

ImportedNetwork import(const std::string& text, const ScalesimOptions& options = {}) {
  ImportedNetwork imported = import_scalesim_text(text, "nets/small.csv", options);
  // What is written is what was imported.
  const Network read = parse_network(network_text(imported, options.precision), "read back");
  REQUIRE(described(read) == described(imported.network));
  return imported;
}

constexpr const char* kHeader =
    "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, "
    "Strides,\n";

}  // namespace

TEST_CASE("layers that chain read each other, others a traffic layer of the size they ask for") {
  const ImportedNetwork imported = import(std::string(kHeader) +
                                          "first, 18, 18, 3, 3, 3, 8, 1,\n"
                                          "chained, 16, 16, 1, 1, 8, 4, 1,\n"
                                          "padded, 18, 18, 3, 3, 4, 16, 1,\n"
                                          "fc, 1, 1, 1, 1, 64, 10, 1,\n");
  const Network& network = imported.network;
  REQUIRE(network.name == "small");
  REQUIRE(described_without_pacts(network) ==
          Lines{"first conv3/1(input) 16x16x8", "chained conv1/1(first) 16x16x4",
                "padded.in traffic(chained) 18x18x4", "padded conv3/1(padded.in) 16x16x16",
                "fc.in traffic(padded) 1x1x64", "fc conv1/1(fc.in) 1x1x10"});
  REQUIRE(forward_macs(network) ==
          16 * 16 * 9 * 3 * 8 + 16 * 16 * 8 * 4 + 16 * 16 * 9 * 4 * 16 + 64 * 10);
  REQUIRE(network.classes == 10);
  REQUIRE(
      imported.notes ==
      Lines{"nets/small.csv: padded.in inserted (traffic): 16x16x4 come from the row before, "
            "18x18x4 are read",
            "nets/small.csv: fc.in inserted (traffic): 16x16x16 come from the row before, 1x1x64 "
            "are read"});
}

TEST_CASE("the same elements in another shape are a reshape") {
  const ImportedNetwork imported = import(std::string(kHeader) +
                                          "conv, 4, 4, 1, 1, 3, 2, 1,\n"
                                          "fc, 1, 1, 1, 1, 32, 10, 1,\n");
  REQUIRE(described_without_pacts(imported.network) == Lines{"conv conv1/1(input) 4x4x2",
                                                             "fc.in reshape(conv) 1x1x32",
                                                             "fc conv1/1(fc.in) 1x1x10"});
}

TEST_CASE("the GEMM form is linear layers on M tokens of K channels") {
  const ImportedNetwork imported = import("Layer,M,N,K,\r\nscores,6,6,4,\r\nmix,6,4,6,\r\n");
  REQUIRE(described_without_pacts(imported.network) ==
          Lines{"scores linear(input) 6x1x6", "mix linear(scores) 6x1x4"});
  REQUIRE(forward_macs(imported.network) == 2 * 6 * 6 * 4);
}

TEST_CASE("more rows than an image is high become an image") {
  const ImportedNetwork imported = import("Layer,M,N,K,\nlong,1000000,2,3,\n");
  REQUIRE(forward_macs(imported.network) == 6000000);
  const FeatureShape& in = imported.network.input;
  REQUIRE(in.h * in.w == 1000000);
  REQUIRE(in.c == 3);
}

TEST_CASE("filters as wide as the IFMAP are rows of a GEMM, square or not") {
  const ImportedNetwork imported = import(std::string(kHeader) +
                                          "gemm, 20, 32, 1, 32, 1, 8, 1,\n"  // M 20, K 32, N 8
                                          "whole, 5, 7, 5, 7, 3, 6, 1,\n"    // M 1, K 105, N 6
                                          "square, 5, 5, 5, 5, 2, 4, 1,\n");
  REQUIRE(described_without_pacts(imported.network) ==
          Lines{"gemm linear(input) 20x1x8", "whole.in traffic(gemm) 1x1x105",
                "whole linear(whole.in) 1x1x6", "square.in traffic(whole) 5x5x2",
                "square conv5/1(square.in) 1x1x4"});
  REQUIRE(forward_macs(imported.network) == 20 * 32 * 8 + 105 * 6 + 25 * 2 * 4);
}

TEST_CASE("DP in a name is SCALE-Sim's mark of a depthwise layer") {
  const ImportedNetwork imported = import(std::string(kHeader) +
                                          "DP1, 10, 10, 3, 3, 16, 1, 1,\n"
                                          "pw, 8, 8, 1, 1, 16, 4, 1,\n");
  REQUIRE(described_without_pacts(imported.network).front() == "DP1 conv3/1g16(input) 8x8x16");
  REQUIRE(forward_macs(imported.network) == 64 * 9 * 16 + 64 * 16 * 4);
}

TEST_CASE("a stride that leaves a rest counts as SCALE-Sim counts it, if that is asked for") {
  const std::string text = std::string(kHeader) + "conv1, 224, 224, 7, 7, 3, 64, 2,\n";
  ScalesimOptions options;
  options.round_up = true;
  const ImportedNetwork imported = import(text, options);
  // ceil((224 - 7 + 2) / 2) = 110
  REQUIRE(forward_macs(imported.network) == 110 * 110 * 49 * 3 * 64);
}

TEST_CASE(
    "notes, blank lines, tabs, a byte order mark and two strides are read as they are meant") {
  const ImportedNetwork notes = import(std::string("\xEF\xBB\xBF") +
                                       "Layer name, IFMAP Height, IFMAP Width, Filter Height, "
                                       "Filter Width, Channels, Num Filter, Strides,,,Eh,Ew\n"
                                       ",,,,,,,,,,,\n"
                                       "a,5,5,1,1,3,4,1,,,110,110\n\n"
                                       "b,5,5,1,1,4,2,1,#dw\n");
  REQUIRE(forward_macs(notes.network) == 25 * 3 * 4 + 25 * 4 * 2);
  const ImportedNetwork tabs = import(
      "Layer name\tIFMAP Height\tIFMAP Width\tFilter Height\tFilter Width\tChannels\tNum "
      "Filter\tStrides\n1\t5\t5\t3\t3\t3\t4\t1\n");
  REQUIRE(described(tabs.network) == Lines{"n1 conv3/1(input) 3x3x4"});
  const ImportedNetwork strides = import(
      "Layer, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Stride "
      "Height, Stride Width,\nrow, 3, 9, 3, 3, 1, 2, 1, 2,\n");
  REQUIRE(forward_macs(strides.network) == 4 * 9 * 2);
}

TEST_CASE("a single number at the end decides between two classes") {
  const ImportedNetwork imported = import("Layer,M,N,K,\nscore,1,1,64,\n");
  REQUIRE(described(imported.network) ==
          Lines{"score linear(input) 1x1x1", "score.out traffic(score) 1x1x2"});
  REQUIRE(described(import("Layer,M,N,K,\nscore,5,1,64,\n").network) ==
          Lines{"score linear(input) 5x1x1", "score.out reshape(score) 1x1x5"});
}

TEST_CASE("layers of the same name stay apart") {
  const ImportedNetwork imported = import("Layer,M,N,K,\nGate x,2,2,2,\nGate x,2,2,2,\n");
  REQUIRE(described_without_pacts(imported.network) ==
          Lines{"Gate_x linear(input) 2x1x2", "Gate_x_2 linear(Gate_x) 2x1x2"});
}

}  // namespace nibble
