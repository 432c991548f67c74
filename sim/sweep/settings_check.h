// What is wrong with a sweep's settings at every point, told before any point runs.
#pragma once

#include "sim/sweep/sweep.h"

namespace nibble {

/// Throws BadInput at the line of the sweep's file for a setting or an axis whose key is none,
/// whatever stands beside it; for a value that spoils the first point and, in the same words, those
/// that differ from it in one axis; and for any value of an axis that its reader takes for none (no
/// number, out of bounds, an unknown word), in the same words beside each value of each other axis.
/// Some 128 values of each axis are tried. What a combination spoils is the fault of its points.
void check_settings(const Sweep& sweep);

}  // namespace nibble
