// A word of a command as a shell has to be given it.
#pragma once

#include <string>

namespace nibble {

/// The word itself where no shell would read anything else into it; in single quotes otherwise.
[[nodiscard]] std::string shell_word(const std::string& word);

}  // namespace nibble
