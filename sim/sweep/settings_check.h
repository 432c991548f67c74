// What is wrong with a sweep's settings at every point, told before any point runs.
#pragma once

#include "sim/sweep/sweep.h"

namespace nibble {

/// Throws BadInput at the line of the sweep's file for a setting or an axis whose key is none,
/// whatever stands beside it, and for a value that spoils the first point and, in the same words,
/// those that differ from it in one axis (up to 128 values of each). What spoils only some points
/// is the fault of these.
void check_settings(const Sweep& sweep);

}  // namespace nibble
