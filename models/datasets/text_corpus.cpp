#include "models/datasets/text_corpus.h"

#include "models/datasets/text_source.h"

namespace nibble {

TextCorpus split_chapters(const std::vector<std::string>& chapters) {
  TextCorpus corpus;
  for (std::size_t i = 0; i < chapters.size(); ++i) {
    std::string& part = i % 20 == 9 ? corpus.validation : i % 20 == 19 ? corpus.test : corpus.train;
    part += chapters[i];
  }
  return corpus;
}

const TextCorpus& bible_corpus() {
  static const TextCorpus corpus = split_chapters(read_bible().chapters);
  return corpus;
}

CharacterVocabulary bible_vocabulary() {
  const TextCorpus& corpus = bible_corpus();
  return CharacterVocabulary(corpus.train + corpus.validation + corpus.test);
}

}  // namespace nibble
