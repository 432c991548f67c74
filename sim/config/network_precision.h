// The `precision:` block of a network file or an experiment: which layer that multiplies does so in
// which arithmetic.
//
//   precision: {default, conv1x1?, depthwise?, attention?, lstm?, shortcut?, last_conv?, first?,
//               last?, layers?: {NAME: ..., "PATTERN*": ...}}
//
// The later of this order wins; of two names or patterns under `layers` the one written later. A
// rule that names no layer is an error, as it would be a silent slip. A recipe of training changes
// some rules of its network's policy: its block may leave out `default` too.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/layers/network.h"
#include "sim/config/yaml_reader.h"

namespace nibble {

/// What the rule `depthwise` means: a convolution with a group for each input channel.
[[nodiscard]] bool is_depthwise(const Layer& layer);

class PrecisionPolicy {
 public:
  /// Reads all keys of the block. Throws BadInput on an unknown precision; unknown rules are found
  /// by finish() of the block or of the map that holds it.
  explicit PrecisionPolicy(const YamlMap& block);
  /// Of a block that only changes another policy.
  [[nodiscard]] static PrecisionPolicy changes(const YamlMap& block);
  /// This policy with every rule that `changes` has instead of its own; the names of `changes` come
  /// last. Faults are told at the block of `changes`.
  [[nodiscard]] PrecisionPolicy changed_by(const PrecisionPolicy& changes) const;

  /// Whether the block has this rule.
  [[nodiscard]] bool has(const std::string& rule) const { return block_.has(rule); }

  /// Sets Layer::precision of every layer that multiplies, whatever it was. Needs shapes; throws
  /// BadInput on a rule that names no such layer. Whether the layers can compute so is for
  /// infer_shapes to say.
  void set(Network& network) const;

  /// set() on a network that was read with another policy. Throws BadInput, at this block, also if
  /// a layer then cannot multiply: 4-bit layers need a pact layer in front.
  void replace(Network& network) const;

 private:
  struct Choice {
    LayerPrecision precision;
    YamlMap map;  // where it stands
  };
  PrecisionPolicy(const YamlMap& block, std::optional<LayerPrecision> by_default);

  YamlMap block_;
  std::optional<LayerPrecision> default_;
  std::vector<std::optional<Choice>> rules_;           // by kRules in network_precision.cpp
  std::vector<std::pair<std::string, Choice>> names_;  // in the file's order
};

}  // namespace nibble
