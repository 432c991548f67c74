#include <algorithm>
#include <functional>

#include <catch2/catch.hpp>

#include "models/datasets/fashion_mnist.h"
#include "models/datasets/text_corpus.h"
#include "models/datasets/text_source.h"
#include "models/datasets/text_vocabulary.h"
#include "models/datasets/text_windows.h"

namespace nibble {
namespace {

std::string fault_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const DatasetError& error) {
    return error.what();
  }
  return "none";
}

TEST_CASE("The Debian package prints 31,102 verses of 1,189 chapters") {
  const BibleText bible = read_bible();
  CHECK(bible.verses == 31102);
  REQUIRE(bible.chapters.size() == 1189);
  const std::string& first = bible.chapters.front();
  CHECK(first.substr(0, first.find('\n')) ==
        "In the beginning God created the heaven and the earth.");
  const std::string last = "The grace of our Lord Jesus Christ be with you all. Amen.\n";
  CHECK(bible.chapters.back().substr(bible.chapters.back().size() - last.size()) == last);
}

TEST_CASE("The text is split by chapters, with 90 % to train on") {
  const TextCorpus& corpus = bible_corpus();
  CHECK(corpus.train.size() == 3738911);
  CHECK(corpus.validation.size() == 196904);
  CHECK(corpus.test.size() == 202035);
  CHECK(corpus.validation.substr(0, 26) == "Now these are the generati");  // Genesis 10
  CHECK(&corpus == &bible_corpus());

  std::vector<std::string> chapters;
  chapters.reserve(41);
  for (int i = 0; i < 41; ++i) chapters.push_back(std::to_string(i) + " ");
  const TextCorpus small = split_chapters(chapters);
  CHECK(small.validation == "9 29 ");
  CHECK(small.test == "19 39 ");
  CHECK(small.train.substr(small.train.size() - 9) == "37 38 40 ");
}

TEST_CASE("A missing program names the Debian package, one that fails or prints less too") {
  CHECK(fault_of([] { (void)read_bible("no-such-program"); }) ==
        "no-such-program: missing: install the Debian package bible-kjv");
  CHECK(fault_of([] { (void)read_bible("false"); }) ==
        "false: failed to print its text: install the Debian package bible-kjv");
  CHECK(fault_of([] { (void)read_bible("true"); }) ==
        "true: prints 0 verses of 0 chapters instead of 31102 of 1189: install the Debian package "
        "bible-kjv");
  CHECK(fault_of([] { (void)read_bible("/etc"); }) == "/etc: cannot be run: Permission denied");
}

TEST_CASE("Verses lose their references, and a line that is none is refused") {
  const BibleText text =
      parse_bible("Ge1:1 One: a.\nGe1:2 Two.\n1Sm1:1 Three.\n1Sm2:1 Four.", "text");
  CHECK(text.verses == 4);
  CHECK(text.chapters == std::vector<std::string>{"One: a.\nTwo.\n", "Three.\n", "Four.\n"});
  for (const char* bad : {"Ge1:1 One.\n\n", "Ge1:1 One.\nGe1:2\n", "Ge1:1 One.\nGe1:2 \n",
                          "Ge1:1 One.\nIn the: beginning\n"}) {
    CHECK(fault_of([&] { (void)parse_bible(bad, "text"); }) == "text: line 2 is no verse");
  }
}

TEST_CASE("The text has 63 characters, and decoding gives it back") {
  const TextCorpus& corpus = bible_corpus();
  const CharacterVocabulary vocabulary(corpus.train);
  CHECK(vocabulary.size() == 63);
  TokenIds all;
  for (std::int32_t id = 0; id < 63; ++id) all.push_back(id);
  CHECK(vocabulary.decode(all) ==
        "\n !'(),-.:;?ABCDEFGHIJKLMNOPQRSTUVWYZabcdefghijklmnopqrstuvwxyz");
  for (const std::string& part : {corpus.train, corpus.validation, corpus.test}) {
    const TokenIds ids = vocabulary.encode(part);
    CHECK(ids.size() == part.size());
    CHECK(vocabulary.decode(ids) == part);
  }
  CHECK_THROWS_AS(vocabulary.encode("X"), std::invalid_argument);
  CHECK(CharacterVocabulary("\xFF"
                            "a")
            .encode("a\xFF") == TokenIds{0, 1});
}

TEST_CASE("Windows follow each other from any offset, each token's target is the one after it") {
  const TextWindows windows({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 3);
  CHECK(windows.count() == 3);
  CHECK(windows.window() == 3);
  TokenIds inputs, targets;
  windows.append(0, 0, inputs, targets);
  windows.append(1, 0, inputs, targets);
  CHECK(inputs == TokenIds{0, 1, 2, 3, 4, 5});
  CHECK(targets == TokenIds{1, 2, 3, 4, 5, 6});
  windows.append(2, 2, inputs, targets);  // the last one at the largest offset
  CHECK(inputs == TokenIds{0, 1, 2, 3, 4, 5, 8, 9, 10});
  CHECK(targets == TokenIds{1, 2, 3, 4, 5, 6, 9, 10, 11});
}

TEST_CASE("The last token is a target only, and too few tokens are refused") {
  CHECK(TextWindows({0, 1, 2, 3}, 2).count() == 1);
  CHECK_THROWS_WITH(TextWindows({0, 1, 2}, 2), "a text of 3 tokens has no sequence of 2");
  CHECK_THROWS_AS(TextWindows({0, 1, 2}, 0), std::invalid_argument);
}

TEST_CASE("Epochs begin at offsets that depend on seed and epoch alone") {
  std::vector<std::int64_t> offsets;
  offsets.reserve(400);
  for (std::int64_t epoch = 0; epoch < 400; ++epoch) offsets.push_back(window_offset(7, epoch, 20));
  for (std::int64_t offset = 0; offset < 20; ++offset) {
    CHECK(std::count(offsets.begin(), offsets.end(), offset) > 5);
  }
  CHECK(std::vector<std::int64_t>(offsets.begin(), offsets.begin() + 4) ==
        std::vector<std::int64_t>{13, 9, 1, 1});
  CHECK(window_offset(8, 1, 1000000) != window_offset(7, 1, 1000000));
  CHECK(window_offset(std::uint64_t{7} + (std::uint64_t{1} << 32), 1, 1000000) !=
        window_offset(7, 1, 1000000));
}

}  // namespace
}  // namespace nibble
