// Every fault of a topology names its line and what is allowed there.
#include <catch2/catch.hpp>

#include "described_network.h"
#include "sim/import/scalesim_importer.h"

namespace nibble {
namespace {

std::string fault(const std::string& text) {
  return fault_of([&] { (void)import_scalesim_text(text, "f.csv", {}); });
}

std::string conv_fault(const std::string& row) {
  return fault(
      "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, "
      "Strides,\n" +
      row + "\n");
}

bool starts_with(const std::string& text, const std::string& start) {
  INFO(text);
  REQUIRE(text.substr(0, start.size()) == start);
  return text.find('\n') == std::string::npos;
}

}  // namespace

TEST_CASE("a header without a column is named with the column") {
  REQUIRE(starts_with(fault("Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, "
                            "Num Filter, Strides,\n"),
                      "f.csv:1: header: column 6 is \"Num Filter\" instead of Channels, allowed "));
  REQUIRE(starts_with(fault("Layer, M, N,\na,1,2,\n"),
                      "f.csv:1: header: column 4 is missing instead of K, allowed "));
  REQUIRE(starts_with(fault("a, 5, 5, 1, 1, 3, 4, 1,\n"),
                      "f.csv:1: header: column 2 is \"5\" instead of IFMAP Height, allowed "));
}

TEST_CASE("a row without a column is named with the column") {
  REQUIRE(starts_with(conv_fault("a, 5, 5, 1, 1, 3, 4,"),
                      "f.csv:2: a: column 8 (Strides) is missing, allowed "));
  REQUIRE(starts_with(conv_fault("a, 5, 5, 1, , 3, 4, 1,"),
                      "f.csv:2: a: column 5 (Filter Width) is missing, allowed "));
  REQUIRE(starts_with(fault("Layer,M,N,K,\nok,1,2,2,\nb,1,2,\n"),
                      "f.csv:3: b: column 4 (K) is missing, allowed "));
}

TEST_CASE("what is no number, or out of range, is quoted") {
  REQUIRE(starts_with(conv_fault("a, 5, B, 1, 1, 3, 4, 1,"),
                      "f.csv:2: a: IFMAP Width \"B\" is not a whole number, allowed "));
  REQUIRE(starts_with(conv_fault("a, 5, 5.5, 1, 1, 3, 4, 1,"),
                      "f.csv:2: a: IFMAP Width \"5.5\" is not a whole number, allowed "));
  REQUIRE(starts_with(conv_fault("a, 5, 5, 1, 1, 0, 4, 1,"),
                      "f.csv:2: a: Channels 0 is out of range, allowed is a whole number from 1 "));
  REQUIRE(starts_with(conv_fault("a, 5, 5, 1, 1, 3, -4, 1,"),
                      "f.csv:2: a: Num Filter -4 is out of range, allowed "));
  REQUIRE(starts_with(conv_fault("a, 5, 5, 1, 1, 3, 99999999999999999999, 1,"),
                      "f.csv:2: a: Num Filter 99999999999999999999 is out of range, allowed "));
  REQUIRE(starts_with(conv_fault("a, 17000, 5, 1, 1, 3, 4, 1,"),
                      "f.csv:2: a: an IFMAP of 17000 x 5, allowed up to 16384 x 16384"));
}

TEST_CASE("a shape that does not fit or divide is named with the sizes that would") {
  REQUIRE(starts_with(conv_fault("a, 5, 5, 7, 7, 3, 4, 1,"),
                      "f.csv:2: a: filter height 7 is larger than the IFMAP's 5, allowed "));
  REQUIRE(starts_with(conv_fault("a, 224, 224, 7, 7, 3, 64, 2,"),
                      "f.csv:2: a: height 224: stride 2 does not divide 224 - 7, allowed are sizes "
                      "that divide, 223 or 225 here"));
  REQUIRE(starts_with(conv_fault("a, 225, 224, 7, 7, 3, 64, 2,"),
                      "f.csv:2: a: width 224: stride 2 does not divide 224 - 7"));
}

TEST_CASE("filters and strides that a network cannot hold say which limit") {
  REQUIRE(starts_with(conv_fault("a, 41, 40, 20, 5, 1, 32, 1,"),
                      "f.csv:2: a: a filter of 20 x 5, allowed are square filters"));
  REQUIRE(starts_with(fault("Layer, IFMAP Height, IFMAP Width, Filter Height, Filter Width, "
                            "Channels, Num Filter, Stride Height, Stride Width,\n"
                            "a, 9, 9, 3, 3, 1, 2, 1, 2,\n"),
                      "f.csv:2: a: strides 1 and 2 differ, allowed is one stride"));
  REQUIRE(starts_with(fault("Layer,M,N,K,\na,16411,2,2,\n"),  // a prime
                      "f.csv:2: a: 16411 rows are too many, allowed are 16384 or a product"));
}

TEST_CASE("an empty file and one without layers are refused") {
  REQUIRE(starts_with(fault(""), "f.csv: is empty, allowed "));
  REQUIRE(starts_with(fault("\n ,, \n"), "f.csv: is empty, allowed "));
  REQUIRE(starts_with(fault("Layer,M,N,K,\n\n"), "f.csv:2: no layer follows the header, allowed "));
}

}  // namespace nibble
