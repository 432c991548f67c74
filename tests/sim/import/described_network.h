// Networks as lines that a test can state: "name kind(inputs) HxWxC", by this file's own words.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "models/layers/network.h"

namespace nibble {

/// `kind` is followed by the sizes that matter: conv3/2 is a kernel of 3 and a stride of 2, g8
/// eight groups, b a bias, h4 four heads, T a transposed operand.
[[nodiscard]] std::vector<std::string> described(const Network& network);

/// The lines of what an import finds out, without the pact layers, whose readers read what they do.
[[nodiscard]] std::vector<std::string> described_without_pacts(const Network& network);

/// what() of the BadInput that the action throws, "" if it throws nothing.
[[nodiscard]] std::string fault_of(const std::function<void()>& action);

}  // namespace nibble
