// How the layers of a network are trained: plain data, a file of configs/recipes.
#pragma once

#include <string>

namespace nibble {

struct TrainingRecipe {
  std::string name = "int4_fp4";
};

}  // namespace nibble
