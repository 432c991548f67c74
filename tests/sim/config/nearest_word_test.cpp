#include "sim/config/nearest_word.h"

#include <catch2/catch.hpp>

using nibble::nearest_word;

TEST_CASE("A slip of one or two letters finds its word") {
  const std::vector<std::string> words = {"lanes", "cols", "clock_mhz", "scratchpad_kib"};
  CHECK(nearest_word("lane", words) == "lanes");          // a letter missing
  CHECK(nearest_word("laanes", words) == "lanes");        // one too many
  CHECK(nearest_word("lames", words) == "lanes");         // a wrong one
  CHECK(nearest_word("cosl", words) == "cols");           // two swapped
  CHECK(nearest_word("clok_mzh", words) == "clock_mhz");  // two slips
  CHECK(nearest_word("scratchpad_kb", words) == "scratchpad_kib");
}

TEST_CASE("A word that is near to nothing finds nothing") {
  CHECK(nearest_word("voltage", {"lanes", "cols"}).empty());
  CHECK(nearest_word("x", {"y"}).empty());
  CHECK(nearest_word("", {"a"}).empty());
  CHECK(nearest_word("lanes", {}).empty());
}

TEST_CASE("Of two near words the nearer is found, of two equally near the first") {
  CHECK(nearest_word("bank", {"banks_a", "banks"}) == "banks");
  CHECK(nearest_word("bankx", {"banka", "bankb"}) == "banka");
}

TEST_CASE("Allowed words are listed in their order") {
  CHECK(nibble::allowed_words({"rtl", "model"}) == "allowed are rtl, model");
  CHECK(nibble::allowed_words({"rtl"}) == "allowed is rtl");
  CHECK(nibble::allowed_words({}) == "nothing is allowed here");
}
