#include "models/trace/safetensors.h"

#include <catch2/catch.hpp>

#include "models/trace/trace_error.h"
#include "tests/models/trace/file_bytes.h"

namespace nibble {
namespace {

using Catch::Matchers::Message;
using nlohmann::json;

SafetensorsFile small_file() {
  SafetensorsFile file;
  file.json = R"({"schema":"test"})";
  file.tensors["a"] = {TensorType::u8, {3}, "\x01\x02\x03"};
  file.tensors["b"] = {TensorType::u16, {2, 1}, std::string("\x10\x00\x20\x00", 4)};
  file.tensors["c"] = {TensorType::f32, {1}, std::string("\x00\x00\x80\x3F", 4)};
  return file;
}

std::string message_of(const std::string& bytes) {
  try {
    (void)parse_safetensors("f", bytes);
  } catch (const TraceError& error) {
    return error.what();
  }
  return "accepted";
}

TEST_CASE("What is written is read back, and the same content gives the same bytes") {
  const std::string bytes = safetensors_bytes(small_file());
  const SafetensorsFile file = parse_safetensors("f", bytes);
  CHECK(file.json == small_file().json);
  CHECK(file.tensors.at("a").bytes == "\x01\x02\x03");
  CHECK(file.tensors.at("b").shape == std::vector<std::int64_t>{2, 1});
  CHECK(file.tensors.at("c").type == TensorType::f32);
  CHECK(safetensors_bytes(file) == bytes);
}

TEST_CASE("The header is one any safetensors reader understands") {
  const json header = json::parse(test::header_of(safetensors_bytes(small_file())));
  CHECK(header["b"]["dtype"] == "U16");
  CHECK(header["b"]["shape"] == json({2, 1}));
  CHECK(header["c"]["data_offsets"] == json({0, 4}));
  CHECK(header["a"]["data_offsets"] == json({8, 11}));
  CHECK(header["__metadata__"]["nibblesim"].is_string());
  CHECK((8 + test::header_of(safetensors_bytes(small_file())).size()) % 8 == 0);
}

TEST_CASE("CRC-32 is zlib's, in lower-case hex") {
  CHECK(crc32_text("123456789") == "cbf43926");
  CHECK(crc32_text("") == "00000000");
}

TEST_CASE("A file cut anywhere is refused with one line") {
  const std::string bytes = safetensors_bytes(small_file());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const std::string message = message_of(bytes.substr(0, length));
    INFO("cut to " << length << ": " << message);
    REQUIRE(message.rfind("f: ", 0) == 0);
    REQUIRE(message.find('\n') == std::string::npos);
  }
  CHECK(message_of("").find("truncated") != std::string::npos);
  CHECK(message_of(bytes + "x").find("holds 12 data bytes, its tensors 11") != std::string::npos);
}

TEST_CASE("A file with any byte of its data or document altered is refused") {
  const std::string bytes = safetensors_bytes(small_file());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const int flip : {1, 0x20, 0x80}) {
      std::string altered = bytes;
      altered[i] = static_cast<char>(altered[i] ^ flip);
      const std::string message = message_of(altered);
      if (message != "accepted") {
        REQUIRE(message.rfind("f: ", 0) == 0);
        continue;
      }
      // Only a tensor's name, which no sum covers (its reader misses it by name), and the blanks
      // behind the header may differ without harm.
      const SafetensorsFile file = parse_safetensors("f", altered);
      std::size_t known = 0;
      for (const char* name : {"a", "b", "c"}) known += file.tensors.count(name);
      INFO("byte " << i << ", flip " << flip);
      CHECK(file.tensors.size() == 3);
      CHECK((known == 2 || safetensors_bytes(file) == bytes));
    }
  }
}

TEST_CASE("A bad offset, size or type is named with its tensor") {
  const std::string bytes = safetensors_bytes(small_file());
  const auto message = [&](const test::JsonChange& change) {
    return message_of(test::change_header(bytes, change));
  };
  CHECK(message([](json& h) {
          h["b"]["data_offsets"] = {4, 12};
        }) ==
        "f: tensor b: ends at byte 12 of 11 data bytes: the file is truncated or an offset is "
        "wrong");
  CHECK(message([](json& h) {
          h["b"]["data_offsets"] = {3, 7};
        }) == "f: tensor b begins at byte 3 where byte 4 is next: a bad offset");
  CHECK(message([](json& h) {
          h["b"]["data_offsets"] = {0, 4};
        }) == "f: tensor c lies upon tensor b");
  CHECK(message([](json& h) {
          h["b"]["data_offsets"] = {8, 4};
        }) == "f: tensor b: data_offsets are not begin and end");
  CHECK(message([](json& h) {
          h["b"]["data_offsets"] = {-4, 4};
        }) == "f: tensor b: -4 is not a size or offset");
  CHECK(message([](json& h) {
          h["b"]["data_offsets"] = {4.5, 8};
        }) == "f: tensor b: 4.5 is not a size or offset");
  CHECK(message([](json& h) { h["b"]["data_offsets"] = 4; }) ==
        "f: tensor b: shape and data_offsets must be lists");
  CHECK(message([](json& h) {
          h["b"]["shape"] = {3, 1};
        }) == "f: tensor b: its shape does not fit its data_offsets");
  CHECK(message([](json& h) {
          h["b"]["shape"] = {4294967296, 4294967296};
        }) == "f: tensor b: its shape does not fit its data_offsets");
  CHECK(message([](json& h) { h["b"]["dtype"] = "F16"; }) ==
        "f: tensor b: dtype \"F16\" is not U8, U16 or F32");
  CHECK(message([](json& h) { h["b"] = 3; }) == "f: tensor b: needs dtype, shape and data_offsets");
  CHECK(message([](json& h) { h.erase("b"); }) ==
        "f: tensor a begins at byte 8 where byte 4 is next: a bad offset");
}

TEST_CASE("A file that is no safetensors file, or not ours, says so") {
  const std::string bytes = safetensors_bytes(small_file());
  CHECK(message_of("PK\x03\x04 a zip file, say").find("no safetensors file") != std::string::npos);
  CHECK(message_of(test::with_header(bytes, "[1]")) ==
        "f: no safetensors file: its header is no JSON object");
  CHECK(message_of(test::with_header(bytes, "{broken")) ==
        "f: no safetensors file: its header is no JSON object");
  CHECK(message_of(test::change_header(bytes, [](json& h) { h.erase("__metadata__"); })) ==
        "f: no file of nibblesim train: its metadata has no string nibblesim");
  CHECK(message_of(test::change_header(bytes, [](json& h) {
          h["__metadata__"]["json_crc32"] = "00000000";
        })) == "f: the metadata was altered: its CRC-32 is not json_crc32");
  CHECK(message_of(test::change_header(bytes, [](json& h) {
          h["__metadata__"]["data_crc32"] = "00000000";
        })) == "f: the data was altered: its CRC-32 is not data_crc32");
}

TEST_CASE("A file that cannot be read is named with the system's reason") {
  CHECK_THROWS_WITH(read_bytes("no/such/file"),
                    "no/such/file: cannot be read: No such file or directory");
  CHECK_THROWS_WITH(read_bytes(NIBBLE_SOURCE_DIR),
                    NIBBLE_SOURCE_DIR ": cannot be read: Is a directory");
}

}  // namespace
}  // namespace nibble
