// Text comes back from fewer bytes, however few; what is no such text is told.
#include "sim/sweep/deflated_text.h"

#include <random>

#include <catch2/catch.hpp>

namespace nibble {

TEST_CASE("A text comes back whole, be it nothing, noise, or one letter a million times") {
  CHECK(inflated(deflated("")) == "");
  CHECK(inflated(deflated("layers")) == "layers");
  std::string noise;
  for (std::mt19937 random(1); noise.size() < 1'000'000;) noise += static_cast<char>(random());
  CHECK(inflated(deflated(noise)) == noise);
  std::string letters;
  letters.resize(10'000'000, 'a');
  const std::string bytes = deflated(letters);
  CHECK(bytes.size() * 1000 < letters.size());  // about the most that the format can
  CHECK((inflated(bytes) == letters));
}

TEST_CASE("Bytes that are no deflated text, or not all of one, or more than one, are none") {
  const std::string bytes = deflated(std::string(100'000, 'a') + "b");
  CHECK_FALSE(inflated("").has_value());
  CHECK_FALSE(inflated("these are plain words").has_value());
  CHECK_FALSE(inflated(bytes.substr(0, bytes.size() - 1)).has_value());
  CHECK_FALSE(inflated(bytes.substr(0, 20)).has_value());
  CHECK_FALSE(inflated(bytes + "x").has_value());
}

}  // namespace nibble
