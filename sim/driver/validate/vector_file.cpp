#include "sim/driver/validate/vector_file.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "sim/base/bad_input.h"

namespace nibble {
namespace {

constexpr std::int64_t kMaxDimension = 1 << 16;

/// A field of a kind other than gemm: hex digits, the largest value it may have.
struct FieldRule {
  const char* name;
  std::size_t digits;
  std::uint32_t largest;
};
struct KindRule {
  VectorKind kind;
  const char* name;
  std::vector<FieldRule> fields;
};

const std::vector<KindRule>& kind_rules() {
  static const auto fp16 = [](const char* name) { return FieldRule{name, 4, 0xFFFF}; };
  static const std::vector<KindRule> rules = {
      {VectorKind::round32, "round32", {{"x", 8, 0xFFFFFFFF}, fp16("r")}},
      {VectorKind::add, "add", {fp16("a"), fp16("b"), fp16("r")}},
      {VectorKind::fma, "fma", {fp16("a"), fp16("b"), fp16("c"), fp16("r")}},
      {VectorKind::fp4, "fp4", {fp16("x"), {"phase", 1, 1}, {"r", 1, 0xF}}},
      {VectorKind::pact, "pact", {fp16("x"), fp16("scale"), {"r", 1, 0xF}}},
      {VectorKind::gemm, "gemm", {}},
  };
  return rules;
}

/// For messages: a gemm's field may be thousands of characters long.
std::string in_quotes(const std::string& text) {
  return text.size() <= 24 ? "'" + text + "'" : "'" + text.substr(0, 21) + "...'";
}

struct Field {
  std::string text;
  int column = 1;  // of its first character
};

class LineReader {
 public:
  LineReader(const std::string& file, int line, const std::string& text)
      : file_(file), line_(line) {
    std::size_t begin = 0;
    while (true) {
      const std::size_t end = std::min(text.find(',', begin), text.size());
      std::size_t first = begin;
      std::size_t last = end;
      while (first < last && is_space(text[first])) ++first;
      while (last > first && is_space(text[last - 1])) --last;
      fields_.push_back({text.substr(first, last - first), static_cast<int>(first) + 1});
      if (end == text.size()) break;
      begin = end + 1;
    }
  }

  [[nodiscard]] TestVector read() {
    for (const KindRule& rule : kind_rules()) {
      if (fields_[0].text == rule.name) return read_kind(rule);
    }
    fail(fields_[0], "kind", "unknown kind " + in_quotes(fields_[0].text),
         "round32, add, fma, fp4, pact or gemm");
  }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

  [[noreturn]] void fail(const Field& field, const std::string& key, const std::string& fault,
                         const std::string& allowed) const {
    throw BadInput({file_, line_, field.column}, key, fault, "allowed " + allowed);
  }

  void expect_fields(const std::string& form, std::size_t count) const {
    if (fields_.size() == count) return;
    // A missing field is reported at the last one, a surplus one where it stands.
    const Field& at = fields_.size() < count ? fields_.back() : fields_[count];
    fail(at, fields_[0].text,
         fmt::format("{} {}", fields_.size() - 1, fields_.size() == 2 ? "value" : "values"), form);
  }

  [[nodiscard]] TestVector read_kind(const KindRule& rule) const {
    TestVector vector;
    vector.line = line_;
    vector.kind = rule.kind;
    if (rule.kind == VectorKind::gemm) {
      read_gemm(vector);
      return vector;
    }
    std::string form = rule.name;
    for (const FieldRule& field : rule.fields) form += fmt::format(",{}", field.name);
    expect_fields(form, rule.fields.size() + 1);
    for (std::size_t i = 0; i + 1 < rule.fields.size(); ++i) {
      vector.operands[i] = hex(fields_[i + 1], rule.name, rule.fields[i]);
      vector.text += (i == 0 ? "" : ",") + fields_[i + 1].text;
    }
    vector.expected = hex(fields_.back(), rule.name, rule.fields.back());
    return vector;
  }

  [[nodiscard]] std::uint32_t hex(const Field& field, const std::string& kind,
                                  const FieldRule& rule) const {
    const std::string digits = field.text.rfind("0x", 0) == 0 ? field.text.substr(2) : field.text;
    std::uint32_t value = 0;
    // A short code is more often a slip, or a decimal number, than a code without its zeros.
    bool good = digits.size() == rule.digits;
    for (const char c : digits) {
      const int digit = hex_digit(c);
      good = good && digit >= 0;
      value = value << 4 | static_cast<std::uint32_t>(digit & 0xF);
    }
    if (!good || value > rule.largest) {
      fail(field, fmt::format("{}.{}", kind, rule.name), in_quotes(field.text),
           rule.largest == 1 ? "0 or 1"
                             : fmt::format("a hexadecimal code of {} digit{}", rule.digits,
                                           rule.digits == 1 ? "" : "s"));
    }
    return value;
  }

  static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  }

  void read_gemm(TestVector& vector) const {
    expect_fields("gemm,M,N,K,mode,A,B,C", 8);
    GemmVector gemm;
    gemm.shape.m = dimension(fields_[1], "gemm.M");
    gemm.shape.n = dimension(fields_[2], "gemm.N");
    gemm.shape.k = dimension(fields_[3], "gemm.K");
    gemm.arithmetic = mode(fields_[4]);
    gemm.a = codes(fields_[5], "gemm.A", "M*K", gemm.shape.m * gemm.shape.k);
    gemm.b = codes(fields_[6], "gemm.B", "K*N", gemm.shape.k * gemm.shape.n);
    gemm.c = results(fields_[7], gemm.shape.m * gemm.shape.n);
    vector.text =
        fmt::format("{}x{}x{} {}", gemm.shape.m, gemm.shape.n, gemm.shape.k, fields_[4].text);
    vector.gemm = std::make_unique<const GemmVector>(std::move(gemm));
  }

  [[nodiscard]] std::int64_t dimension(const Field& field, const std::string& key) const {
    std::int64_t value = 0;
    bool good = !field.text.empty();
    for (const char c : field.text) {
      good = good && c >= '0' && c <= '9';
      value = good ? std::min(10 * value + (c - '0'), kMaxDimension + 1) : 0;
    }
    if (value < 1 || value > kMaxDimension) {
      fail(field, key, in_quotes(field.text),
           fmt::format("a decimal number, 1 to {}", kMaxDimension));
    }
    return value;
  }

  [[nodiscard]] GemmArithmetic mode(const Field& field) const {
    static const std::string streams = "uieo";
    static const std::string stationaries = "iu";
    const std::size_t stream = field.text.size() == 2 ? streams.find(field.text[0]) : 4;
    const std::size_t stationary = field.text.size() == 2 ? stationaries.find(field.text[1]) : 2;
    if (stream >= 4 || stationary >= 2) {
      fail(field, "gemm.mode", in_quotes(field.text),
           "u, i, e or o (streaming u4, s4, fp4 even, fp4 odd), then u or i (stationary u4, s4)");
    }
    GemmArithmetic arithmetic;
    arithmetic.stream = static_cast<StreamFormat>(stream);
    arithmetic.stationary = static_cast<StationaryFormat>(stationary);
    arithmetic.accumulator = AccumulatorType::fp16;
    arithmetic.chunk_len = kDefaultChunkLen;
    return arithmetic;
  }

  [[nodiscard]] std::vector<NibbleCode> codes(const Field& field, const std::string& key,
                                              const std::string& formula,
                                              std::int64_t count) const {
    std::vector<NibbleCode> result;
    for (std::size_t i = 0; i < field.text.size(); ++i) {
      const int digit = hex_digit(field.text[i]);
      if (digit < 0) {
        fail({"", field.column + static_cast<int>(i)}, key,
             fmt::format("'{}' is no hexadecimal digit", field.text[i]), "one digit a code");
      }
      result.push_back(static_cast<NibbleCode>(digit));
    }
    if (static_cast<std::int64_t>(result.size()) != count) {
      fail(field, key, fmt::format("{} codes", result.size()),
           fmt::format("{} = {} codes", formula, count));
    }
    return result;
  }

  [[nodiscard]] std::vector<Fp16Code> results(const Field& field, std::int64_t count) const {
    std::vector<Fp16Code> result;
    std::size_t at = 0;
    const std::string& text = field.text;
    while (at < text.size()) {
      const std::size_t end = std::min(text.find_first_of(" \t", at), text.size());
      const Field word{text.substr(at, end - at), field.column + static_cast<int>(at)};
      result.push_back(static_cast<Fp16Code>(hex(word, "gemm", {"C", 4, 0xFFFF})));
      at = std::min(text.find_first_not_of(" \t", end), text.size());
    }
    if (static_cast<std::int64_t>(result.size()) != count) {
      fail(field, "gemm.C", fmt::format("{} codes", result.size()),
           fmt::format("M*N = {} codes separated by spaces", count));
    }
    return result;
  }

  const std::string& file_;
  int line_;
  std::vector<Field> fields_;
};

}  // namespace

const char* vector_kind_name(VectorKind kind) {
  return kind_rules()[static_cast<std::size_t>(kind)].name;
}

std::vector<TestVector> read_vector_file(const std::string& file) {
  // A directory can be opened, and then reads as if it were empty.
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) {
    throw bad_file(file, "is a directory", "allowed a file of vectors");
  }
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw bad_file(file, system_fault("cannot be opened", errno));
  std::ostringstream content;
  content << stream.rdbuf();
  if (stream.bad()) throw bad_file(file, system_fault("cannot be read", errno));
  std::vector<TestVector> vectors;
  std::istringstream lines(content.str());
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first == std::string::npos || line[first] == '#') continue;
    vectors.push_back(LineReader(file, number, line).read());
  }
  if (vectors.empty()) throw bad_file(file, "holds no vector", "allowed at least one line");
  return vectors;
}

}  // namespace nibble
