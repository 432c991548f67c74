// NIBBLE_VECTOR_CLONES lives with the formats, which may include nothing else of models.
#pragma once

#include "models/formats/vector_clones.h"
