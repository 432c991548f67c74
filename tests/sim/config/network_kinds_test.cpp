// The keys of each kind of layer in a network file, and what a file says wrongly about them.
#include <catch2/catch.hpp>

#include "sim/config/network_reader.h"
#include "tests/sim/config/fault_text.h"

using nibble::Layer;
using nibble::LayerKind;

namespace {

/// Line 6 is the first of `layers`; whatever they are, two classes follow.
std::string file_of(const std::string& input, const std::string& layers) {
  return "network: kinds\ninput: " + input + "\nclasses: 2\nprecision: {default: fp16}\nlayers:\n" +
         layers + "  - {name: end, type: linear, filters: 2}\n";
}

const std::string kImage = "{height: 8, width: 8, channels: 4}";
const std::string kTokens = "{height: 6, width: 1, channels: 4}";
const std::string kIds = "{height: 6, width: 1, channels: 1}";

Layer first_of(const std::string& input, const std::string& layer) {
  return nibble::parse_network(file_of(input, "  - " + layer + "\n"), "n.yaml").layers.front();
}

std::string fault(const std::string& input, const std::string& layers) {
  return nibble::fault_text([&] { (void)nibble::parse_network(file_of(input, layers), "n.yaml"); });
}

}  // namespace

TEST_CASE("Every key of a layer reaches it, and its default is the plain layer") {
  Layer at = first_of(kImage,
                      "{name: x, type: conv, filters: 6, kernel: 3, stride: 2, padding: 1, "
                      "groups: 2, bias: true, shortcut: true}");
  CHECK((at.kernel == 3 && at.stride == 2 && at.padding == 1));
  CHECK((at.filters == 6 && at.groups == 2 && at.bias && at.shortcut));
  at = first_of(kImage, "{name: x, type: conv, filters: 6, kernel: 3}");
  CHECK((at.stride == 1 && at.padding == 0 && at.groups == 1 && !at.bias && !at.shortcut));

  at = first_of(kImage,
                "{name: x, type: linear, filters: 6, bias: true, flatten: false, tied: true}");
  CHECK((at.filters == 6 && at.bias && !at.flatten && at.tied));
  at = first_of(kImage, "{name: x, type: linear, filters: 6}");
  CHECK((!at.bias && at.flatten && !at.tied));

  for (const std::string type : {"max_pool", "avg_pool"}) {
    at = first_of(kImage,
                  "{name: x, type: " + type + ", kernel: 3, stride: 2, padding: 1, ceil: true}");
    CHECK((at.kernel == 3 && at.stride == 2 && at.padding == 1 && at.ceil_mode));
    CHECK(at.output_shape.h == 5);
    at = first_of(kImage, "{name: x, type: " + type + ", kernel: 3, stride: 2}");
    CHECK((at.padding == 0 && !at.ceil_mode && at.output_shape.h == 3));
  }

  at = first_of(kTokens,
                "{name: x, type: matmul, inputs: [input, input], heads: 2, transpose_b: true}");
  CHECK((at.heads == 2 && at.transpose_b && at.output_shape.w == 2));
  at = first_of("{height: 4, width: 1, channels: 4}",
                "{name: x, type: matmul, inputs: [input, input]}");
  CHECK((at.heads == 1 && !at.transpose_b));

  at = first_of(kTokens, "{name: x, type: lstm, hidden: 5, bidirectional: true}");
  CHECK((at.filters == 5 && at.bidirectional && at.output_shape.c == 10));
  CHECK(!first_of(kTokens, "{name: x, type: lstm, hidden: 5}").bidirectional);

  at = first_of(kIds, "{name: x, type: embedding, rows: 9, features: 3, lookups: 2, tied: true}");
  CHECK((at.table_rows == 9 && at.filters == 3 && at.lookups == 2 && at.tied));
  at = first_of(kIds, "{name: x, type: embedding, rows: 9, features: 3}");
  CHECK((at.lookups == 1 && !at.tied));

  at = first_of(kTokens, "{name: x, type: position_embedding, rows: 9, extra_tokens: 2}");
  CHECK((at.table_rows == 9 && at.extra_tokens == 2 && at.output_shape.h == 8));
  at = first_of(kTokens, "{name: x, type: position_embedding, rows: 0}");
  CHECK((at.table_rows == 0 && at.extra_tokens == 0));

  at = first_of(kImage, "{name: x, type: reshape, output: {height: 64, width: 1, channels: 4}}");
  CHECK((at.output_shape.h == 64 && at.output_shape.w == 1 && at.output_shape.c == 4));
  at = first_of(kImage,
                "{name: x, type: traffic, inputs: [input, input, input], "
                "output: {height: 3, width: 2, channels: 1}}");
  CHECK((at.inputs.size() == 3 && at.output_shape.elements() == 6));
}

TEST_CASE("Kinds without keys are read by name") {
  for (const auto& [type, kind] : {std::pair<std::string, LayerKind>{"gelu", LayerKind::gelu},
                                   {"pact_signed", LayerKind::pact_signed},
                                   {"layer_norm", LayerKind::layer_norm},
                                   {"softmax", LayerKind::softmax},
                                   {"select_token", LayerKind::select_token}}) {
    CHECK(first_of(kTokens, "{name: x, type: " + type + "}").kind == kind);
    CHECK(fault(kTokens, "  - {name: x, type: " + type + ", heads: 1}\n") ==
          "n.yaml:6:" + std::to_string(23 + type.size()) +
              ": layers[0].heads: unknown key, allowed are name, type, input, inputs" +
              (kind == LayerKind::softmax ? ", causal" : "") +
              (takes_dropout(kind) ? ", dropout" : ""));
  }
  CHECK(first_of(kTokens, "{name: x, type: multiply, inputs: [input, input]}").kind ==
        LayerKind::multiply);
  CHECK(first_of(kTokens, "{name: x, type: concat, inputs: [input, input]}").output_shape.c == 8);
}

TEST_CASE("A layer of the new kinds that does not fit is refused with its line") {
  const std::string fits = ", allowed is a graph whose shapes fit";
  const std::tuple<std::string, std::string, std::string> cases[] = {
      {kImage, "{name: x, type: conv, filters: 6, kernel: 3, groups: 3}",
       "n.yaml:6:5: x: 3 groups do not divide 4 input channels" + fits},
      {kImage, "{name: x, type: conv, filters: 6, kernel: 3, groups: 4}",
       "n.yaml:6:5: x: 4 groups do not divide 6 filters" + fits},
      {kImage, "{name: x, type: conv, filters: 6, kernel: 3, groups: 0}",
       "n.yaml:6:58: layers[0].groups: 0 is out of range, allowed is a whole number from 1 to "
       "1048576"},
      {kImage, "{name: x, type: max_pool, kernel: 3, stride: 2, padding: 2}",
       "n.yaml:6:62: layers[0].padding: 2 is out of range, allowed is a whole number from 0 to 1"},
      {kTokens, "{name: x, type: matmul, inputs: [input, input], heads: 3, transpose_b: true}",
       "n.yaml:6:5: x: 3 heads do not divide 4 channels" + fits},
      {kTokens, "{name: x, type: matmul, inputs: [input, input], heads: 2}",
       "n.yaml:6:5: x: multiplies shapes 6x1x4 and 6x1x4 in 2 heads" + fits},
      {kTokens, "{name: x, type: matmul}", "n.yaml:6:5: x: has 1 inputs instead of 2" + fits},
      {kImage, "{name: x, type: lstm, hidden: 5}",
       "n.yaml:6:5: x: reads 8x8x4 where a sequence Tx1xC is needed" + fits},
      {kTokens, "{name: x, type: lstm, filters: 5}",
       "n.yaml:6:5: layers[0].hidden: is missing, allowed is a whole number from 1 to 1048576"},
      {kTokens, "{name: x, type: embedding, rows: 9, features: 3}",
       "n.yaml:6:5: x: reads 6x1x4 where token ids HxWx1 are needed" + fits},
      {kTokens, "{name: x, type: position_embedding, rows: 5}",
       "n.yaml:6:5: x: has 5 rows for 6 positions" + fits},
      {kImage, "{name: x, type: reshape, output: {height: 9, width: 9, channels: 4}}",
       "n.yaml:6:5: x: makes 9x9x4 of 8x8x4, which has another number of elements" + fits},
      {kImage, "{name: x, type: reshape}",
       "n.yaml:6:5: layers[0].output: is missing, allowed is a map"},
      {kImage, "{name: x, type: concat}",
       "n.yaml:6:5: x: has 1 inputs instead of 2 or more" + fits},
      {kImage, "{name: x, type: traffic, inputs: [], output: {height: 1, width: 1, channels: 1}}",
       "n.yaml:6:5: x: has 0 inputs instead of 1 or more" + fits},
  };
  for (const auto& [input, layer, expected] : cases) {
    CHECK(fault(input, "  - " + layer + "\n") == expected);
  }
}

TEST_CASE("A mistyped key is named even where it makes shapes misfit") {
  CHECK(fault(kImage,
              "  - {name: x, type: conv, filters: 6, kernel: 3, strid: 2}\n"
              "  - {name: y, type: conv, filters: 6, kernel: 3, stride: 2}\n"
              "  - {name: z, type: add, inputs: [x, input]}\n") ==
        "n.yaml:6:50: layers[0].strid: unknown key (did you mean stride?), allowed are name, "
        "type, input, inputs, filters, kernel, stride, padding, groups, bias, shortcut");
}
