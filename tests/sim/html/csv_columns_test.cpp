#include "sim/html/csv_columns.h"

#include <catch2/catch.hpp>

#include "tests/sim/config/fault_text.h"

namespace nibble {
namespace {

TEST_CASE("cells are whole numbers, reals, nothing or texts") {
  const Json columns = csv_columns("c.csv", "step,x,name\n10,0.5,fc\n20,,-1e-3\n30,nan,a b\n", {});
  CHECK(columns.dump() == R"({"step":[10,20,30],"x":[0.5,null,null],"name":["fc",-0.001,"a b"]})");
}

TEST_CASE("a last line that is not ended is left out, as the file may be growing") {
  CHECK(csv_columns("c.csv", "step,x\n1,2\n3,4", {}).dump() == R"({"step":[1],"x":[2]})");
  CHECK(csv_columns("c.csv", "step,x\n", {"step"}).dump() == R"({"step":[],"x":[]})");
}

TEST_CASE("a line of another length and a missing column are told with their line") {
  CHECK(fault_text([] { (void)csv_columns("c.csv", "a,b\n1,2\n3\n", {}); }) ==
        "c.csv:3: has 1 columns, allowed are the header's 2");
  CHECK(fault_text([] {
          (void)csv_columns("c.csv", "a,b\n1,2\n", {"a", "loss"});
        }) == "c.csv:1: loss: is missing, allowed are the columns a,loss");
  CHECK(fault_text([] { (void)csv_columns("c.csv", "", {"a"}); }) ==
        "c.csv:1: a: is missing, allowed are the columns a");
}

}  // namespace
}  // namespace nibble
