// "Did you mean ...": the word of a list that a mistyped one is nearest to.
#pragma once

#include <string>
#include <vector>

namespace nibble {

/// The nearest of `words` by edit distance (insert, delete, replace, swap neighbours), or "" if
/// none is near enough to be a plausible slip: a third of the longer word's length.
[[nodiscard]] std::string nearest_word(const std::string& wrong,
                                       const std::vector<std::string>& words);

/// "unknown WHAT (did you mean X?)", or without the question if nothing is near.
[[nodiscard]] std::string unknown_fault(const std::string& what, const std::string& wrong,
                                        const std::vector<std::string>& words);

/// "allowed are a, b, c"; "allowed is a"; "nothing is allowed here" if there is none.
[[nodiscard]] std::string allowed_words(const std::vector<std::string>& words);

}  // namespace nibble
