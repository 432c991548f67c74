#include <filesystem>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "sim/base/bad_input.h"
#include "sim/driver/validate.h"

namespace nibble {
namespace {

const std::string kVectors = std::string(NIBBLE_SOURCE_DIR) + "/tests/sim/driver/validate/vectors/";
const std::vector<std::string> kKinds = {"round32", "add", "fma", "fp4", "pact", "gemm"};

/// A file that lives as long as the test.
class TextFile {
 public:
  explicit TextFile(const std::string& text)
      : path_(std::filesystem::temp_directory_path() /
              ("nibble_vectors_" + std::to_string(getpid()) + ".csv")) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~TextFile() { std::filesystem::remove(path_); }
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

struct Outcome {
  int exit_code = 0;
  std::string text;
};

Outcome check_file(const std::string& path) {
  ValidateOptions options;
  options.vectors_file = path;
  std::ostringstream out;
  const int exit_code = run_validate(options, out);
  return {exit_code, out.str()};
}

Outcome check_text(const std::string& text) {
  const TextFile file(text);
  Outcome outcome = check_file(file.path());
  // The tests do not want to know where the file was.
  for (std::size_t at = 0; (at = outcome.text.find(file.path())) != std::string::npos;) {
    outcome.text.replace(at, file.path().size(), "FILE");
  }
  return outcome;
}

/// The message of the BadInput that a text causes, without the file's name.
std::string complaint(const std::string& text) {
  const TextFile file(text);
  try {
    static_cast<void>(check_file(file.path()));
  } catch (const BadInput& fault) {
    return std::string(fault.what()).substr(file.path().size() + 1);
  }
  return "nothing";
}

std::vector<std::string> lines_of(const std::string& kind) {
  std::ifstream stream(kVectors + kind + ".csv");
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) {
    if (line[0] != '#') lines.push_back(line);
  }
  REQUIRE(lines.size() > 90);
  return lines;
}

TEST_CASE("Vectors computed elsewhere in exact fractions match the reference and the RTL") {
  for (const std::string& kind : kKinds) {
    const Outcome outcome = check_file(kVectors + kind + ".csv");
    INFO(kind << '\n' << outcome.text);
    CHECK(outcome.exit_code == 0);
    CHECK(outcome.text.find(kind) != std::string::npos);
  }
}

TEST_CASE("Every wrong result in a vectors file is counted") {
  for (const std::string& kind : kKinds) {
    std::string text;
    const std::vector<std::string> lines = lines_of(kind);
    for (std::string line : lines) {
      // The result's last digit, one off.
      line.back() = line.back() == 'f' ? 'e' : (line.back() == '9' ? '8' : line.back() + 1);
      text += line + '\n';
    }
    const Outcome outcome = check_text(text);
    CHECK(outcome.exit_code == 1);
    INFO(outcome.text);
    const auto count = std::to_string(lines.size());
    CHECK(outcome.text.find("... and " + std::to_string(lines.size() - 20) + " more") !=
          std::string::npos);
    std::istringstream last(outcome.text.substr(outcome.text.rfind(kind)));
    std::string name, vectors, mismatches;
    last >> name >> vectors >> mismatches;
    CHECK(vectors == count);
    CHECK(mismatches == count);
  }
}

TEST_CASE("A mismatch names its line, the expected result and what both sides got") {
  const Outcome outcome = check_text(
      "# comment\n\nround32,3f800000,3e01\nadd,3e00,3e00,4000\nfp4,3e00,0,5\n"
      "gemm,2,1,3,ui,123321,111,4300 4301\n");
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.text ==
        "FILE:3: round32 3f800000: the file says 3e01, reference and RTL agree on 3e00\n"
        "FILE:5: fp4 3e00,0: the file says 5, reference and RTL agree on 4\n"
        "FILE:6: gemm 2x1x3 ui C[1,0]: the file says 4301, reference and RTL agree on 4300\n"
        "unit            vectors  mismatches\n"
        "round32               1           1\n"
        "add                   1           0\n"
        "fp4                   1           1\n"
        "gemm                  1           1\n");
}

TEST_CASE("Spaces, capitals, 0x and carriage returns do not matter") {
  CHECK(check_text("add, 3E00 ,0x3e00,\t4000\r\n  fma,0000,0000,0001,0001\r\n"
                   " gemm, 1, 1, 2, ui, 1F, 17,  0x4b50  \n")
            .exit_code == 0);
}

TEST_CASE("A malformed line is answered with line, column, field and what is allowed") {
  CHECK(complaint("add,0001,0002,0003\nmul,1,2,3\n") ==
        "2:1: kind: unknown kind 'mul', allowed round32, add, fma, fp4, pact or gemm");
  CHECK(complaint("add,1,2\n") == "1:7: add: 2 values, allowed add,a,b,r");
  CHECK(complaint("add,1,2,3,4\n") == "1:11: add: 4 values, allowed add,a,b,r");
  CHECK(complaint("\n  fma,0001,0002,x3,4\n") ==
        "2:17: fma.c: 'x3', allowed a hexadecimal code of 4 digits");
  CHECK(complaint("add,,2,3\n") == "1:5: add.a: '', allowed a hexadecimal code of 4 digits");
  CHECK(complaint("round32,123456789,0\n") ==
        "1:9: round32.x: '123456789', allowed a hexadecimal code of 8 digits");
  CHECK(complaint("fp4,3e00,2,0\n") == "1:10: fp4.phase: '2', allowed 0 or 1");
  CHECK(complaint("fp4,3e00,0,10\n") == "1:12: fp4.r: '10', allowed a hexadecimal code of 1 digit");
  CHECK(complaint("pact,3e00,-1,0\n") ==
        "1:11: pact.scale: '-1', allowed a hexadecimal code of 4 digits");
  // A decimal number, or a code that lost a digit, is no mismatch of the RTL.
  CHECK(complaint("add,1,2,3\n") == "1:5: add.a: '1', allowed a hexadecimal code of 4 digits");
  CHECK(complaint("round32,3f80000,3e00\n") ==
        "1:9: round32.x: '3f80000', allowed a hexadecimal code of 8 digits");
  CHECK(complaint("add,3e00,3e00,400\n") ==
        "1:15: add.r: '400', allowed a hexadecimal code of 4 digits");
  CHECK(complaint("gemm,1,1,1,ui,1,1,0x0\n") ==
        "1:19: gemm.C: '0x0', allowed a hexadecimal code of 4 digits");
  CHECK(complaint("gemm,0,1,1,ui,1,1,0\n") ==
        "1:6: gemm.M: '0', allowed a decimal number, 1 to 65536");
  CHECK(complaint("gemm,1,99999999999999999999,1,ui,1,1,0\n") ==
        "1:8: gemm.N: '99999999999999999999', allowed a decimal number, 1 to 65536");
  CHECK(complaint("gemm,1,1,a,ui,1,1,0\n") ==
        "1:10: gemm.K: 'a', allowed a decimal number, 1 to 65536");
  CHECK(complaint("gemm,1,1,1,ue,1,1,0\n") ==
        "1:12: gemm.mode: 'ue', allowed u, i, e or o (streaming u4, s4, fp4 even, fp4 odd), then u "
        "or i "
        "(stationary u4, s4)");
  CHECK(complaint("gemm,1,1,2,ui,1,11,0\n") == "1:15: gemm.A: 1 codes, allowed M*K = 2 codes");
  CHECK(complaint("gemm,1,1,2,ui,11,1g,0\n") ==
        "1:19: gemm.B: 'g' is no hexadecimal digit, allowed one digit a code");
  CHECK(complaint("gemm,1,1,1,ui,1,1,0000 0000\n") ==
        "1:19: gemm.C: 2 codes, allowed M*N = 1 codes separated by spaces");
  CHECK(complaint("gemm,1,1,1,ui,1,1,0fffff\n") ==
        "1:19: gemm.C: '0fffff', allowed a hexadecimal code of 4 digits");
  CHECK(complaint("gemm,1,1,1,ui,1,1\n") == "1:17: gemm: 6 values, allowed gemm,M,N,K,mode,A,B,C");
  CHECK(complaint(std::string(1000, 'z')) ==
        "1:1: kind: unknown kind 'zzzzzzzzzzzzzzzzzzzzz...', allowed round32, add, fma, fp4, pact "
        "or gemm");
}

TEST_CASE("A malformed line is found before anything is checked") {
  CHECK(complaint("add,3e00,3e00,0001\nadd,3e00\n").substr(0, 4) == "2:5:");
}

TEST_CASE("A vectors file that is missing, unreadable or empty is bad input") {
  CHECK(complaint("# nothing\n\n") == " holds no vector, allowed at least one line");
  CHECK(complaint("") == " holds no vector, allowed at least one line");
  CHECK_THROWS_WITH(check_file("/no/such/file"),
                    "/no/such/file: cannot be opened (No such file or directory)");
  CHECK_THROWS_WITH(check_file("/"), "/: is a directory, allowed a file of vectors");
}

}  // namespace
}  // namespace nibble
