#include "sim/report/text_layout.h"

#include <catch2/catch.hpp>

namespace nibble {

TEST_CASE("Numbers take the prefix that leaves one to three digits before the point") {
  CHECK(with_unit(0, "s") == "0 s");
  CHECK(with_unit(1, "s") == "1.00 s");
  CHECK(with_unit(0.00123, "s") == "1.23 ms");
  CHECK(with_unit(12.34e-6, "J") == "12.3 uJ");
  CHECK(with_unit(123.4e-9, "J") == "123 nJ");
  CHECK(with_unit(4.5e-12, "J") == "4.50 pJ");
  CHECK(with_unit(1234, "W") == "1.23 kW");
  CHECK(with_unit(2.5e6, "W") == "2.50 MW");
  CHECK(with_unit(7e9, "W") == "7.00 GW");
  CHECK(with_unit(2.048e12, "B/s") == "2.05 TB/s");
  CHECK(with_unit(-0.25, "W") == "-250 mW");
}

TEST_CASE("A number that rounds up to the next prefix takes it") {
  CHECK(with_unit(0.9994, "s") == "999 ms");
  CHECK(with_unit(0.9995, "s") == "1.00 s");
  CHECK(with_unit(999.4, "s") == "999 s");
  CHECK(with_unit(999.5, "s") == "1.00 ks");
  CHECK(with_unit(9.994, "s") == "9.99 s");
  CHECK(with_unit(9.996, "s") == "10.0 s");
  CHECK(with_unit(99.94, "s") == "99.9 s");
  CHECK(with_unit(99.96, "s") == "100 s");
}

TEST_CASE("Bytes are counted in powers of 1024") {
  CHECK(bytes_text(0) == "0 B");
  CHECK(bytes_text(1023) == "1023 B");
  CHECK(bytes_text(1024) == "1.00 KiB");
  CHECK(bytes_text(1234567) == "1.18 MiB");
  CHECK(bytes_text(3.0 * (1 << 30)) == "3.00 GiB");
  CHECK(bytes_text(5000.0 * (1 << 30)) == "5000 GiB");
}

TEST_CASE("Large counts are grouped by thousands") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1,000");
  CHECK(grouped(1234567) == "1,234,567");
  CHECK(grouped(-999) == "-999");
  CHECK(grouped(-1234567) == "-1,234,567");
}

TEST_CASE("A bar is as long as its share, and never longer than its width") {
  CHECK(bar(0, 10).empty());
  CHECK(bar(0.5, 10) == "#####");
  CHECK(bar(0.04, 10).empty());
  CHECK(bar(0.05, 10) == "#");
  CHECK(bar(1, 10) == "##########");
  CHECK(bar(1.7, 10) == "##########");
  CHECK(bar(-1, 10).empty());
}

TEST_CASE("A text that is too long loses its middle") {
  CHECK(shortened("abcdefgh", 8) == "abcdefgh");
  CHECK(shortened("abcdefghi", 8) == "abc..ghi");
  CHECK(shortened("abcdefghij", 7) == "ab..hij");
  CHECK(shortened("", 7).empty());
}

TEST_CASE("A text is broken at spaces into lines of a width") {
  CHECK(wrapped("", 9).empty());
  CHECK(wrapped("one two  three", 7) == std::vector<std::string>{"one two", "three"});
  CHECK(wrapped("one two three", 6) == std::vector<std::string>{"one", "two", "three"});
  CHECK(wrapped("a longer-word b", 4) == std::vector<std::string>{"a", "longer-word", "b"});
}

}  // namespace nibble
