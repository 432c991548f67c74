// A text cut into what a language model is trained, tuned and judged on.
#pragma once

#include <string>
#include <vector>

#include "models/datasets/text_vocabulary.h"

namespace nibble {

struct TextCorpus {
  std::string train, validation, test;
};

/// Of every twenty chapters, counted from 0, the tenth goes to validation, the twentieth to test:
/// every part has all kinds of books, and none depends on a seed.
[[nodiscard]] TextCorpus split_chapters(const std::vector<std::string>& chapters);

/// split_chapters of read_bible(), which runs once a process.
[[nodiscard]] const TextCorpus& bible_corpus();

/// Of all its characters, those of validation and test text too.
[[nodiscard]] CharacterVocabulary bible_vocabulary();

}  // namespace nibble
