#include "models/trace/trace.h"

#include <catch2/catch.hpp>

#include "models/trace/replay.h"
#include "models/trace/trace_error.h"
#include "tests/models/trace/file_bytes.h"
#include "tests/models/trace/small_trace.h"

namespace nibble {
namespace {

using nlohmann::json;

std::string message_of(const std::string& bytes) {
  try {
    (void)parse_trace("t", bytes);
  } catch (const TraceError& error) {
    return error.what();
  }
  return "accepted";
}

TEST_CASE("A trace comes back from its bytes, and the same trace gives the same bytes") {
  const Trace trace = test::small_trace();
  const std::string bytes = trace_bytes(trace);
  const Trace read = parse_trace("t", bytes);
  CHECK(read.codes == trace.codes);
  CHECK(read.values == trace.values);
  CHECK(read.operations.size() == 6);
  CHECK(read.operations[0].scale == 0.0123F);
  CHECK(read.operations[2].gradscale == 9);
  CHECK(read.operations[4].stream_format == StreamFormat::fp4_odd);
  CHECK(read.accuracy.nibble4 == 12.5);
  CHECK_FALSE(read.accuracy.fp32.has_value());
  CHECK(read.seed == 4);
  CHECK(trace_bytes(read) == bytes);
}

TEST_CASE(
    "Replaying a trace with either GEMM gives the stored results, an altered one is counted") {
  Trace trace = parse_trace("t", trace_bytes(test::small_trace()));
  for (const TraceOperation& operation : trace.operations) {
    CHECK(count_mismatches(trace, operation, slow_gemm) == 0);
    CHECK(count_mismatches(trace, operation, fast_gemm) == 0);
  }
  trace.values["conv.dx"][3] ^= 1;
  trace.values["conv.dx"][9] ^= 0x4000;
  CHECK(count_mismatches(trace, trace.operations[2], fast_gemm) == 2);
}

TEST_CASE("A wrong shape, word or number in the document is named") {
  const std::string bytes = trace_bytes(test::small_trace());
  const auto message = [&](const test::JsonChange& change) {
    return message_of(test::change_document(bytes, change));
  };
  const auto in_operation = [&](std::size_t index, const test::JsonChange& change) {
    return message([&](json& document) { change(document["operations"][index]); });
  };
  CHECK(in_operation(0, [](json& o) { o["conv"]["k"] = 5; }) ==
        "t: tensor conv.w holds 18 bytes, wrong for 4-bit codes of shape [5,3,3,1]");
  CHECK(in_operation(1, [](json& o) { o["conv"]["c"] = 3; }) ==
        "t: tensor shortcut.x has shape [3,4,4,2], expected [3,4,4,3]");
  CHECK(in_operation(0, [](json& o) { o["conv"]["n"] = 4; }) ==
        "t: operations[0]: conv.n is 4, the batch is 3");
  CHECK(in_operation(0, [](json& o) { o["conv"]["groups"] = 1000; }) ==
        "t: operations[0].conv: groups 1000 do not divide c and k");
  CHECK(in_operation(0, [](json& o) { o["conv"]["h"] = -5; }) ==
        "t: operations[0].conv: h is -5, allowed are integers from 1 to 1048576");
  CHECK(in_operation(0, [](json& o) { o["conv"]["r"] = 9; }) ==
        "t: operations[0]: the filter is larger than the padded image");
  CHECK(in_operation(0, [](json& o) {
          o["conv"] = {1, 2};
        }) == "t: operations[0].conv: is not a JSON object");
  CHECK(in_operation(1, [](json& o) {
          for (const char* key : {"h", "w", "c", "k"}) o["conv"][key] = 1048576;
        }) == "t: operations[1]: conv is larger than any trace could hold");
  CHECK(in_operation(0, [](json& o) { o["pass"] = "backward"; }) ==
        "t: operations[0]: pass is \"backward\", allowed are forward, dgrad, wgrad");
  CHECK(in_operation(0, [](json& o) { o["stream_format"] = "fp4_odd"; }) ==
        "t: operations[0]: stream_format and stationary_format do not fit the pass");
  CHECK(in_operation(0, [](json& o) { o["streamed"] = "conv.q"; }) ==
        "t: tensor conv.q is missing");
  CHECK(in_operation(0, [](json& o) { o["streamed"] = "conv.y"; }) ==
        "t: tensor conv.y must have dtype U8");
  CHECK(in_operation(0, [](json& o) { o["result"] = "conv.x"; }) ==
        "t: tensor conv.x must have dtype U16");
  CHECK(in_operation(0, [](json& o) { o.erase("scale"); }) == "t: operations[0]: scale is missing");
  CHECK(in_operation(0, [](json& o) { o["scale"] = 1e300; }) ==
        "t: operations[0]: scale must be a finite binary32 number");
  CHECK(in_operation(0, [](json& o) { o["gradscale"] = 1000; }) ==
        "t: operations[0]: gradscale is 1000, allowed are integers from -96 to 96");
}

TEST_CASE("A wrong field of the whole step is named") {
  const std::string bytes = trace_bytes(test::small_trace());
  const auto message = [&](const test::JsonChange& change) {
    return message_of(test::change_document(bytes, change));
  };
  CHECK(message([](json& d) { d["schema"] = "nibblesim-trace-9"; }) ==
        "t: metadata: schema is nibblesim-trace-9, expected nibblesim-trace-1");
  CHECK(message([](json& d) { d["network"] = 3; }) == "t: metadata: network must be a string");
  CHECK(message([](json& d) { d["batch"] = 2.5; }) ==
        "t: metadata: batch is 2.5, allowed are integers from 1 to 1048576");
  CHECK(message([](json& d) { d["chunk_len"] = 0; }) ==
        "t: metadata: chunk_len is 0, allowed are integers from 1 to 256");
  CHECK(message([](json& d) { d["accumulator"] = "int32"; }) ==
        "t: metadata: accumulator is \"int32\", allowed are fp16x2, fp16");
  CHECK(message([](json& d) { d["accumulator"] = "fp32"; }) ==
        "t: metadata: accumulator is \"fp32\", allowed are fp16x2, fp16");
  CHECK(message([](json& d) { d["operations"] = 1; }) == "t: metadata: operations must be a list");
  CHECK(message([](json& d) { d["operations"] = json::array(); }).find("belongs to no operation") !=
        std::string::npos);
  CHECK(message([](json& d) { d["accuracy"].erase("epochs"); }) ==
        "t: metadata.accuracy: epochs is missing");
}

TEST_CASE("Groups, products of activations and an LSTM's parts come back, and replay") {
  for (const auto& [batch, heads] : {std::pair{2, 3}, std::pair{1, 1}}) {
    INFO("batch " << batch << ", heads " << heads);
    const Trace trace = test::small_sequence_trace(batch, heads);
    const std::string bytes = trace_bytes(trace);
    const Trace read = parse_trace("t", bytes);
    CHECK(read.codes == trace.codes);
    CHECK(trace_bytes(read) == bytes);
    REQUIRE(read.operations.size() == trace.operations.size());
    for (std::size_t i = 0; i < read.operations.size(); ++i) {
      CHECK(read.operations[i].part == trace.operations[i].part);
      CHECK(read.operations[i].stationary_format == trace.operations[i].stationary_format);
      CHECK(read.operations[i].conv.groups == trace.operations[i].conv.groups);
      CHECK(count_mismatches(read, read.operations[i], fast_gemm) == 0);
    }
  }
}

TEST_CASE("A batch, a format or a part that its layer cannot have is named") {
  const std::string bytes = trace_bytes(test::small_sequence_trace());
  enum : std::size_t { grouped, context, input, hidden_1, back_hidden_2 };
  const auto message = [&](std::size_t index, const test::JsonChange& change) {
    return message_of(test::change_document(
        bytes, [&](json& document) { change(document["operations"][index]); }));
  };
  // Twice the batch is no convolution's, nor is a batch that the groups happen to divide.
  CHECK(message(grouped, [](json& o) { o["conv"]["n"] = 4; }) ==
        "t: operations[0]: conv.n is 4, the batch is 2");
  CHECK(message(grouped, [](json& o) { o["conv"]["n"] = 3; }) ==
        "t: operations[0]: conv.n is 3, the batch is 2");
  CHECK(message(input, [](json& o) { o["conv"]["n"] = 5; }) ==
        "t: operations[2]: conv.n is 5, the batch is 2");
  CHECK(message(hidden_1, [](json& o) { o["conv"]["n"] = 6; }) ==
        "t: operations[3]: conv.n is 6, the batch is 2");
  const std::string formats = ": stream_format and stationary_format do not fit the pass";
  CHECK(message(grouped, [](json& o) { o["stationary_format"] = "u4"; }) ==
        "t: operations[0]" + formats);
  CHECK(message(input, [](json& o) { o["stationary_format"] = "u4"; }) ==
        "t: operations[2]" + formats);
  for (const std::string part :
       {"", "output", "hidden", "hidden.", "hidden.0", "hidden.1x", "up.input"}) {
    CHECK(message(input, [&](json& o) { o["part"] = part; }) ==
          "t: operations[2]: part is \"" + part + "\", allowed are input, hidden.1, hidden.2, ...");
  }
  CHECK(message(grouped, [](json& o) { o["part"] = "input"; }) ==
        "t: operations[0]: part is \"input\", conv is no matrix of an lstm");
}

TEST_CASE("A code behind the last one is refused") {
  Trace trace = test::small_trace();
  SafetensorsFile file = parse_safetensors("t", trace_bytes(trace));
  std::string& bytes = file.tensors.at("conv.x").bytes;
  bytes.back() = static_cast<char>(bytes.back() | 0x10);
  CHECK(message_of(safetensors_bytes(file)) == "t: tensor conv.x: its padding nibble is not zero");
}

}  // namespace
}  // namespace nibble
