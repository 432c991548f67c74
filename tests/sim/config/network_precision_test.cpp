// The `precision:` block: which rule wins, names and patterns, and a policy in another's place.
#include "sim/config/network_precision.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "sim/config/network_reader.h"
#include "tests/sim/config/tiny_network.h"

using nibble::Layer;
using nibble::LayerPrecision;
using nibble::Network;
using nibble::PrecisionPolicy;
using nibble::YamlMap;

namespace {

using namespace nibble::test;

/// h for fp16, 4 for int4_fp4, 8 for fp8 of each layer that multiplies.
std::string precisions_of(const Network& network) {
  std::string text;
  for (const Layer& each : network.layers) {
    if (!nibble::multiplies(each)) continue;
    text += each.precision == LayerPrecision::fp16  ? 'h'
            : each.precision == LayerPrecision::fp8 ? '8'
                                                    : '4';
  }
  return text;
}

/// Every kind that a rule speaks of: conv, depthwise, 1x1, lstm, matmul and linear layers.
const std::string kAllKinds =
    "network: kinds\n"
    "input: {height: 6, width: 1, channels: 4}\n"
    "classes: 5\n"
    "precision: {default: fp16}\n"
    "layers:\n"
    "  - {name: stem, type: conv, filters: 8, kernel: 1}\n"
    "  - {name: stem.act, type: pact}\n"
    "  - {name: b1.wide, type: conv, filters: 8, kernel: 1, groups: 8}\n"
    "  - {name: b1.wide.act, type: pact}\n"
    "  - {name: b1.narrow, type: conv, filters: 8, kernel: 1, groups: 2}\n"
    "  - {name: b1.act, type: pact_signed}\n"
    "  - {name: b2.lstm, type: lstm, hidden: 8}\n"
    "  - {name: b2.act, type: pact_signed}\n"
    "  - {name: b2.scores, type: matmul, inputs: [b2.act, b1.act], heads: 2, transpose_b: true}\n"
    "  - {name: b2.scores.act, type: pact}\n"
    "  - {name: fc, type: linear, filters: 5}\n";

Network replaced(const std::string& policy) {
  Network network = parse(kAllKinds);
  PrecisionPolicy(YamlMap::parse(policy, "e.yaml")).replace(network);
  return network;
}

std::string replaced_fault(const std::string& policy) {
  return nibble::fault_text([&] { (void)replaced(policy); });
}

}  // namespace

TEST_CASE("The narrower precision policy wins over the wider one") {
  const std::string layers = kFirst +
                             "  - {name: c2, type: conv, filters: 4, kernel: 1, shortcut: true}\n"
                             "  - {name: a2, type: pact}\n"
                             "  - {name: c3, type: conv, filters: 4, kernel: 1}\n"
                             "  - {name: a3, type: pact}\n" +
                             kLast;
  const auto precisions = [&](const std::string& policy) {
    return precisions_of(parse(kHead + "precision: " + policy + "\n" + layers));
  };
  CHECK(precisions("{default: fp16}") == "hhhh");
  CHECK(precisions("{default: int4_fp4, first: fp16}") == "h444");
  CHECK(precisions("{default: fp16, last: int4_fp4}") == "hhh4");
  CHECK(precisions("{default: fp16, conv1x1: int4_fp4}") == "h44h");
  CHECK(precisions("{default: fp16, conv1x1: int4_fp4, shortcut: fp16}") == "hh4h");
  CHECK(precisions("{default: int4_fp4, last_conv: fp8}") == "4484");
  CHECK(precisions("{default: int4_fp4, first: fp16, layers: {c3: fp16}}") == "h4h4");
}

TEST_CASE("A precision policy that names no layer is refused") {
  const auto fault = [](const std::string& policy) {
    return fault_in(kHead + "precision: " + policy + "\n" + kFirst + kLast);
  };
  const std::string precisions =
      "int4_fp4, fp16, fp8, int4_fp8, int4_fp16, int4_fp4_dw_fp8, int4_fp8_dw_fp4";
  CHECK(fault("{first: fp16}") ==
        "n.yaml:4:12: precision.default: is missing, allowed are " + precisions);
  CHECK(fault("{default: fp4}") ==
        "n.yaml:4:22: precision.default: unknown value fp4 (did you mean fp8?), allowed are " +
            precisions);
  CHECK(fault("{default: fp16, shortcut: fp16}") ==
        "n.yaml:4:38: precision.shortcut: names no layer of this network, allowed is to leave it "
        "out");
  CHECK(fault("{default: fp16, layers: {c9: fp16}}") ==
        "n.yaml:4:41: precision.layers.c9: unknown layer that multiplies (did you mean c1?), "
        "allowed are c1, fc");
  CHECK(fault("{default: fp16, layers: {a1: fp16}}") ==
        "n.yaml:4:41: precision.layers.a1: unknown layer that multiplies (did you mean c1?), "
        "allowed are c1, fc");
  CHECK(fault("{default: fp16, frist: fp16}") ==
        "n.yaml:4:28: precision.frist: unknown key (did you mean first?), allowed are default, "
        "conv1x1, depthwise, attention, lstm, shortcut, last_conv, first, last, layers");
}

TEST_CASE("Each rule names the layers of its kind") {
  // stem, depthwise b1.wide, b1.narrow in two groups, lstm, matmul, fc
  CHECK(precisions_of(parse(kAllKinds)) == "hhhhhh");
  CHECK(precisions_of(replaced("{default: fp16, conv1x1: fp8}")) == "888hhh");
  CHECK(precisions_of(replaced("{default: fp16, depthwise: fp8}")) == "h8hhhh");
  CHECK(precisions_of(replaced("{default: fp16, conv1x1: fp8, depthwise: fp16}")) == "8h8hhh");
  CHECK(precisions_of(replaced("{default: fp16, attention: fp8}")) == "hhhh8h");
  CHECK(precisions_of(replaced("{default: fp16, lstm: fp8}")) == "hhh8hh");
  CHECK(precisions_of(replaced("{default: fp8, first: fp16, last: fp16}")) == "h8888h");
  CHECK(precisions_of(replaced("{default: fp8, conv1x1: fp16, first: int4_fp4}")) == "4hh888");
}

TEST_CASE("Names may hold stars, and the one written later wins") {
  const auto by_name = [](const std::string& layers) {
    return precisions_of(replaced("{default: fp16, layers: {" + layers + "}}"));
  };
  CHECK(by_name("\"*\": fp8") == "888888");
  CHECK(by_name("\"b1.*\": fp8") == "h88hhh");
  CHECK(by_name("\"*s\": fp8") == "hhhh8h");
  CHECK(by_name("\"*.*\": fp8") == "h8888h");
  CHECK(by_name("\"*1.*rr*\": fp8") == "hh8hhh");
  CHECK(by_name("\"b*.lstm*\": fp8") == "hhh8hh");
  CHECK(by_name("\"st*em\": fp8") == "8hhhhh");
  CHECK(by_name("\"b1.*\": fp8, b1.wide: fp16") == "hh8hhh");
  CHECK(by_name("b1.wide: fp16, \"b1.*\": fp8") == "h88hhh");
  // A star does not take the same letters twice, and pact layers multiply nothing.
  for (const std::string pattern : {"s*stem", "*em*m", "stem*m", "*.act", "x*", "*x"}) {
    CHECK(replaced_fault(fmt::format("{{default: fp16, layers: {{\"{}\": fp8}}}}", pattern)) ==
          fmt::format("e.yaml:1:{}: layers.{}: names no layer of this network, allowed is to leave "
                      "it out",
                      30 + pattern.size(), pattern));
  }
}

TEST_CASE("A policy takes the place of another one whole") {
  Network network =
      nibble::parse_network(kAllKinds, "n.yaml", {nibble::parse_override("precision.last=fp8")});
  CHECK(precisions_of(network) == "hhhhh8");
  PrecisionPolicy(YamlMap::parse("{default: int4_fp4, first: fp16}", "e.yaml")).replace(network);
  CHECK(precisions_of(network) == "h44444");
  CHECK(network.layers.back().precision == LayerPrecision::int4_fp4);
}

TEST_CASE("A policy that takes another's place is refused where it stands") {
  CHECK(replaced_fault("{default: fp16, shortcut: fp8}") ==
        "e.yaml:1:27: shortcut: names no layer of this network, allowed is to leave it out");
  CHECK(replaced_fault("{default: fp16, layers: {b1: fp8}}") ==
        "e.yaml:1:30: layers.b1: unknown layer that multiplies, allowed are stem, b1.wide, "
        "b1.narrow, b2.lstm, b2.scores, fc");
  CHECK(replaced_fault("first: fp16") ==
        "e.yaml:1:1: default: is missing, allowed are int4_fp4, fp16, fp8, int4_fp8, int4_fp16, "
        "int4_fp4_dw_fp8, int4_fp8_dw_fp4");
  Network plain = parse(kHead + "precision: {default: fp16}\n" + kFirst +
                        "  - {name: pool, type: global_avg_pool}\n" + kLast);
  const auto fault = [&](const std::string& text) {
    const YamlMap experiment = YamlMap::parse(text, "e.yaml");
    return nibble::fault_text([&] { PrecisionPolicy(experiment.map("precision")).replace(plain); });
  };
  CHECK(fault("batch: 1\nprecision: {default: int4_fp8}\n") ==
        "e.yaml:2:12: precision: layer fc: is int4_fp8 but does not read a pact or pact_signed "
        "layer, allowed are policies that every layer can follow");
  CHECK(fault("precision: {default: int4_fp8, last: fp8}\n") == "no fault");
}
