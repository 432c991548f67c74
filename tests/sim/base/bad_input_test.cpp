#include "sim/base/bad_input.h"

#include <cerrno>

#include <catch2/catch.hpp>

using nibble::BadInput;
using nibble::FaultKind;

TEST_CASE("A bad input is one line with every part in order") {
  const BadInput error({"edge.yaml", 12, 3}, "lanes", "65 is out of range", "allowed is 64");
  CHECK(error.what() == std::string("edge.yaml:12:3: lanes: 65 is out of range, allowed is 64"));
  CHECK(error.file() == "edge.yaml");
  CHECK(error.line() == 12);
  CHECK(error.column() == 3);
  CHECK(error.key() == "lanes");
  CHECK(error.fault() == "65 is out of range");
  CHECK(error.allowed() == "allowed is 64");
}

TEST_CASE("A fault that is told of another place stays what it is") {
  const BadInput fault({"chip.yaml", 3, 5}, "lnaes", "unknown key", "allowed are lanes",
                       FaultKind::unknown_key);
  const BadInput moved = fault.at({"--set lnaes=3"});
  CHECK(moved.what() == std::string("--set lnaes=3: lnaes: unknown key, allowed are lanes"));
  CHECK(moved.kind() == FaultKind::unknown_key);
  CHECK(BadInput({}, "", "is odd").kind() == FaultKind::other);
}

TEST_CASE("Parts of a bad input that are unknown are left out") {
  struct Case {
    BadInput error;
    std::string text;
  };
  const Case cases[] = {
      {{{"f", 0, 0}, "k", "is bad", "allowed is good"}, "f: k: is bad, allowed is good"},
      {{{"f", 7, 0}, "k", "is bad", ""}, "f:7: k: is bad"},
      {{{"f", 0, 9}, "", "is bad", ""}, "f: is bad"},
      {{{"", 7, 2}, "k", "is bad", ""}, "7:2: k: is bad"},
      {{{"", 0, 0}, "", "is bad", ""}, "is bad"},
      {nibble::bad_file("f", "is empty", "allowed is a file"), "f: is empty, allowed is a file"},
  };
  for (const Case& c : cases) CHECK(c.error.what() == c.text);
}

TEST_CASE("A bad input stays one line whatever the input holds") {
  const BadInput error({"a\nb", 1, 1}, "k\r", "\x1b[2J is bad\t", "allowed\x7f");
  CHECK(error.what() == std::string("a?b:1:1: k?: ?[2J is bad?, allowed?"));
}

TEST_CASE("Text beyond ASCII is shown as it is") {
  CHECK(BadInput({"größe.yaml", 1, 1}, "", "is bad").what() ==
        std::string("größe.yaml:1:1: is bad"));
}

TEST_CASE("A fault of the system carries the system's words") {
  CHECK(nibble::system_fault("cannot be read", ENOENT) ==
        "cannot be read (No such file or directory)");
}
