// Finding, checking and splitting text; encoding it in pieces.
#include <boost/test/unit_test.hpp>

#include "base/files.h"
#include "data/encode.h"
#include "data/prepare.h"
#include "data/split.h"
#include "data/text.h"
#include "fakes.h"

using namespace seedling;

namespace {

std::vector<std::string> texts(const Corpus& corpus, const std::vector<Document>& documents) {
  std::vector<std::string> result;
  for_each_document(corpus, documents,
                    [&](const Document&, std::string_view text) { result.emplace_back(text); });
  return result;
}

Corpus corpus_of(const std::filesystem::path& path, const test::Scratch& scratch) {
  return open_corpus(path, scratch.path / "unpacked", nullptr);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(text)

BOOST_AUTO_TEST_CASE(bad_input_is_named_with_its_place) {
  const test::Scratch scratch;
  const auto fails = [&](const std::filesystem::path& path, std::initializer_list<const char*> words) {
    return test::fails_with([&] { corpus_of(path, scratch); }, words);
  };
  BOOST_TEST(fails(scratch.write("latin1.txt", "one\ntwo\nna\xEFve\n"),
                   {"latin1.txt", "line 3", "byte 10", "0xef", "iconv"}));
  BOOST_TEST(fails(scratch.write("cut.txt", "a\n\xE2\x82"), {"cut.txt", "line 2", "byte 2"}));
  BOOST_TEST(
      fails(scratch.write("utf16.txt", std::string("a\0b\0", 4)), {"utf16.txt", "zero byte", "UTF-16"}));
  BOOST_TEST(fails(scratch.write("empty.txt", ""), {"empty.txt", "empty"}));
  BOOST_TEST(fails(scratch.write("white.txt", "\xEF\xBB\xBF \n\t\n"), {"white.txt", "empty"}));
  BOOST_TEST(fails(scratch.path / "missing.txt", {"missing.txt", "no such"}));
  scratch.write("folder/.git/config", "hidden");
  scratch.write("folder/.hidden", "hidden");
  scratch.write("folder/picture.png", std::string("\x89PNG\0\0", 6));
  scratch.write("folder/empty", "");
  BOOST_TEST(fails(scratch.path / "folder", {"folder", "no text", "2 hidden", "1 binary", "1 empty"}));
  scratch.write("folder/bad/x.txt", "ok\n\xFF");
  BOOST_TEST(fails(scratch.path / "folder", {"x.txt", "line 2", "byte 3"}));
}

BOOST_AUTO_TEST_CASE(a_folder_gives_its_files_in_order) {
  const test::Scratch scratch;
  scratch.write("books/b.txt", "second");
  scratch.write("books/a.txt", "first");
  scratch.write("books/sub/c.py", "third");
  scratch.write("books/sub/.swp", "hidden");
  const Corpus corpus = corpus_of(scratch.path / "books", scratch);
  BOOST_TEST((texts(corpus, corpus.documents) == std::vector<std::string>{"first", "second", "third"}));
  BOOST_TEST(corpus.bytes == 16u);
  BOOST_TEST(corpus.skipped == "1 hidden");
  BOOST_TEST(corpus.hash == sha256(sha256("first") + "  a.txt\n" + sha256("second") + "  b.txt\n" +
                                   sha256("third") + "  sub/c.py\n"));
}

BOOST_AUTO_TEST_CASE(documents_of_one_file) {
  const test::Scratch scratch;
  const Corpus corpus = corpus_of(scratch.write("a.txt",
                                                "\xEF\xBB\xBF"
                                                "one\n<|endoftext|>\n\ntwo\n\nmore<|endoftext|> \n"),
                                  scratch);
  BOOST_TEST((texts(corpus, corpus.documents) == std::vector<std::string>{"one", "two\n\nmore"}));
  const Corpus plain = corpus_of(scratch.write("b.txt",
                                               "\xEF\xBB\xBF"
                                               "a\n\nb\n\nc\n"),
                                 scratch);
  BOOST_TEST((texts(plain, plain.documents) == std::vector<std::string>{"a\n\nb\n\nc\n"}));
  BOOST_TEST(plain.hash == sha256("\xEF\xBB\xBF"
                                  "a\n\nb\n\nc\n"));
}

BOOST_AUTO_TEST_CASE(gzip_is_unpacked) {
  const test::Scratch scratch;
  const auto path = scratch.write("a.txt", std::string(100000, 'a') + "\nend\n");
  BOOST_REQUIRE(std::system(concat("gzip -k ", path.string()).c_str()) == 0);
  const Corpus corpus = corpus_of(scratch.path / "a.txt.gz", scratch);
  BOOST_TEST(texts(corpus, corpus.documents)[0] == read_file(path));
  BOOST_TEST(corpus.hash == sha256(read_file(path)));
  const std::string packed = read_file(scratch.path / "a.txt.gz");
  const auto cut = scratch.write("cut.gz", packed.substr(0, packed.size() / 2));
  BOOST_TEST(test::fails_with([&] { corpus_of(cut, scratch); }, {"cut.gz", "gzip"}));
}

BOOST_AUTO_TEST_CASE(one_text_is_cut_behind_nine_tenths_of_its_characters) {
  const test::Scratch scratch;
  std::string text;
  for (int i = 0; i < 1000; ++i) text += i < 500 ? "\xC3\xA9" : "x";  // é counts as one
  const Corpus corpus = corpus_of(scratch.write("a.txt", text), scratch);
  const Split split = split_corpus(corpus, 0.1);
  BOOST_TEST(!split.by_documents);
  BOOST_TEST(texts(corpus, split.train)[0] == text.substr(0, 1400));
  BOOST_TEST(texts(corpus, split.validation)[0] == text.substr(1400));
  const Split half = split_corpus(corpus, 0.75);  // the cut falls within the two-byte characters
  BOOST_TEST(texts(corpus, half.train)[0].size() == 500u);
}

BOOST_AUTO_TEST_CASE(documents_are_split_whole) {
  const test::Scratch scratch;
  for (int i = 0; i < 200; ++i)
    scratch.write(concat("d/", i, ".txt"), concat("document ", i, std::string(static_cast<size_t>(i), '.')));
  const Corpus corpus = corpus_of(scratch.path / "d", scratch);
  const Split split = split_corpus(corpus, 0.1);
  BOOST_TEST(split.by_documents);
  BOOST_TEST(split.train.size() + split.validation.size() == 200u);
  uint64_t bytes = 0;
  for (const Document& document : split.validation) bytes += document.end - document.begin;
  BOOST_TEST(std::abs(static_cast<double>(bytes) / static_cast<double>(corpus.bytes) - 0.1) < 0.02);
  auto all = texts(corpus, split.train);
  for (const auto& text : texts(corpus, split.validation)) all.push_back(text);
  std::sort(all.begin(), all.end());
  auto whole = texts(corpus, corpus.documents);
  std::sort(whole.begin(), whole.end());
  BOOST_TEST((all == whole));
}

BOOST_AUTO_TEST_CASE(two_large_documents_are_cut_at_the_end) {
  const test::Scratch scratch;
  scratch.write("d/a.txt", std::string(1000, 'a'));
  scratch.write("d/b.txt", std::string(1000, 'b'));
  const Corpus corpus = corpus_of(scratch.path / "d", scratch);
  const Split split = split_corpus(corpus, 0.1);
  BOOST_TEST(!split.by_documents);
  BOOST_TEST((texts(corpus, split.train) ==
              std::vector<std::string>{std::string(1000, 'a'), std::string(800, 'b')}));
  BOOST_TEST((texts(corpus, split.validation) == std::vector<std::string>{std::string(200, 'b')}));
  BOOST_TEST(test::fails_with([&] { split_corpus(corpus, 0.0); }, {"fraction"}));
  BOOST_TEST(test::fails_with([&] { split_corpus(corpus, 1.0); }, {"fraction"}));
  BOOST_TEST(test::fails_with([&] { split_corpus(corpus_of(scratch.write("x", "x"), scratch), 0.1); },
                              {"too short"}));
}

BOOST_AUTO_TEST_CASE(pieces_end_in_front_of_line_breaks) {
  const test::ByteTokenizer tokenizer;
  std::string text;
  for (int i = 0; i < 3000; ++i)
    text += concat("line ", i, i % 3 == 0 ? " \n\n" : i % 3 == 1 ? "\xC2\xA0\n" : "\n");
  std::vector<int32_t> ids;
  encode_pieces(
      tokenizer, text,
      [&](const std::vector<int32_t>& piece) {
        if (!ids.empty()) {
          BOOST_TEST(piece[0] == '\n');
          BOOST_TEST((ids.back() > ' ' && ids.back() < 127));
        }
        ids.insert(ids.end(), piece.begin(), piece.end());
      },
      1000);
  BOOST_TEST(tokenizer.calls > 20);
  BOOST_TEST((ids == tokenizer.encode(text)));
}

BOOST_AUTO_TEST_CASE(token_files_end_documents) {
  const test::Scratch scratch;
  const test::ByteTokenizer tokenizer;
  const auto ids_of = [&](const Corpus& corpus, const std::vector<Document>& documents) {
    write_tokens(corpus, documents, tokenizer, scratch.path / "t.tok");
    const auto file = TokenFile::open(scratch.path / "t.tok");
    std::vector<int32_t> ids(static_cast<size_t>(file->size()));
    file->read(0, file->size(), ids.data());
    BOOST_TEST(file->text_bytes() == static_cast<int64_t>(std::count_if(
                                         ids.begin(), ids.end(), [](int32_t id) { return id < 256; })));
    return ids;
  };
  const Corpus two = corpus_of(scratch.write("a.txt", "ab<|endoftext|>c"), scratch);
  BOOST_TEST((ids_of(two, two.documents) == std::vector<int32_t>{'a', 'b', 256, 'c', 256}));
  const Corpus one = corpus_of(scratch.write("b.txt", "ab c"), scratch);
  BOOST_TEST((ids_of(one, one.documents) == std::vector<int32_t>{'a', 'b', ' ', 'c'}));
}

BOOST_AUTO_TEST_CASE(an_evaluated_text_is_taken_as_it_is) {
  const test::Scratch scratch;
  const test::ByteTokenizer tokenizer;
  const std::string text = "\xEF\xBB\xBF one\n<|endoftext|>\n two\n";
  write_raw_tokens(scratch.write("a.txt", text), tokenizer, scratch.path, scratch.path / "t.tok");
  const auto file = TokenFile::open(scratch.path / "t.tok");
  std::vector<int32_t> ids(static_cast<size_t>(file->size()));
  file->read(0, file->size(), ids.data());
  BOOST_TEST((ids == tokenizer.encode(text)));
  BOOST_TEST(file->text_bytes() == static_cast<int64_t>(text.size()));
}

BOOST_AUTO_TEST_CASE(prompts_are_beginnings) {
  const test::Scratch scratch;
  const Corpus corpus = corpus_of(scratch.write("a.txt",
                                                "Once upon a time there was.\n<|endoftext|>\nThe old miller "
                                                "walked home\n<|endoftext|>\nTwo words\n"),
                                  scratch);
  BOOST_TEST((find_prompts(corpus, corpus.documents, 3) ==
              std::vector<std::string>{"Once upon a time", "The old miller walked", "Two words"}));
  std::string katakana;
  for (int i = 0; i < 100; ++i) katakana += "\xE3\x82\xAB";  // no spaces, no line breaks
  const Corpus unbroken = corpus_of(scratch.write("c.txt", katakana), scratch);
  BOOST_TEST(
      (find_prompts(unbroken, unbroken.documents, 4) == std::vector<std::string>{katakana.substr(0, 39)}));
  std::string lines;
  for (int i = 0; i < 100; ++i) lines += concat("line number ", i, " of this text\n");
  const Corpus one = corpus_of(scratch.write("b.txt", lines), scratch);
  const auto prompts = find_prompts(one, one.documents, 4);
  BOOST_TEST(prompts.size() == 4u);
  for (const auto& prompt : prompts) BOOST_TEST(prompt.starts_with("line number "));
}

BOOST_AUTO_TEST_SUITE_END()
