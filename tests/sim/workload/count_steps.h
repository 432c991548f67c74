// How often an element-wise step occurs in a workload.
#pragma once

#include <algorithm>

#include "sim/workload/workload.h"

namespace nibble::test {

inline int count_steps(const Workload& workload, SfuStep step) {
  int count = 0;
  for (const Operation& operation : workload.operations) {
    if (const auto* sfu = std::get_if<SfuWork>(&operation.work)) {
      count += static_cast<int>(std::count(sfu->steps.begin(), sfu->steps.end(), step));
    }
  }
  return count;
}

}  // namespace nibble::test
