// The page's parts on what a run spent: cycles by cause, bytes of DRAM and ring, joules.
#pragma once

#include <string>

#include "sim/report/page.h"

namespace nibble {

/// What a cause of cycles means, for a reader who meets its word for the first time: the word that
/// all tables, result.json and layers.csv say. explained: the word and its meaning.
[[nodiscard]] const char* meaning_of(const std::string& cause);
[[nodiscard]] std::string explained(const std::string& cause);

void add_costs(Page& page, const Json& result);

}  // namespace nibble
