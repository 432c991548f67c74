// A comparison's part on layers: which of them take longer or less long, and by which cause.
#pragma once

#include "sim/report/time_scale.h"

namespace nibble {

/// Sets `layers`, `only_in_a`, `only_in_b`. Stages are matched by name and pass; several of one
/// name and pass in their order. Those whose layers differ in a number only, with the same shapes
/// and cycles in A as in B, are one entry. The largest difference first.
void compare_layers(Json& comparison, const Json& a, const Json& b, const TimeScale& scale_a,
                    const TimeScale& scale_b);

}  // namespace nibble
