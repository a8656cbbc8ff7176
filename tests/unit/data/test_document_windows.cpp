// Windows that begin where documents begin: every token once in an evaluation, every window once an epoch.
#include <boost/test/unit_test.hpp>
#include <set>

#include "data/dataset.h"
#include "data/token_writer.h"
#include "data/windows.h"
#include "fakes.h"

using namespace seedling;

namespace {

constexpr int32_t kEnd = 256;  // ByteTokenizer's

/// Documents of these lengths, each with its end token behind it; the other ids count up.
std::shared_ptr<TokenFile> document_file(const test::Scratch& scratch, const std::vector<int64_t>& lengths) {
  const std::filesystem::path path = scratch.path / "documents.tok";
  TokenWriter writer(path, 60000);
  int32_t next = kEnd + 1;
  for (const int64_t length : lengths) {
    std::vector<int32_t> ids;
    for (int64_t i = 0; i < length; ++i) ids.push_back(next++);
    ids.push_back(kEnd);
    writer.add(ids);
  }
  writer.finish();
  return TokenFile::open(path);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(document_windows_of_a_text)

BOOST_AUTO_TEST_CASE(windows_begin_where_documents_begin) {
  const test::Scratch scratch;
  // Ends stand at 5, 9, 30, 34. A window of 8 from 0 cuts the second document, which begins at 5; from 5 it
  // cuts the third, which begins at 9 and is longer than a window: 17 and 25 go on within it; 25 ends at 33
  // and cuts the fourth, from 30.
  const DocumentWindows windows = document_windows(*document_file(scratch, {5, 3, 20, 3}), kEnd, 8);
  BOOST_TEST(windows.documents == 4);
  BOOST_TEST(windows.starts == (std::vector<int64_t>{0, 5, 9, 17, 25, 30}), boost::test_tools::per_element());
  BOOST_TEST(
      document_windows(*document_file(scratch, {20}), -1, 8).starts == (std::vector<int64_t>{0, 8, 16}),
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(training_on_documents_takes_every_window_once_an_epoch) {
  const test::Scratch scratch;
  std::vector<int64_t> lengths;
  for (int64_t i = 0; i < 200; ++i) lengths.push_back(3 + i * 7 % 23);
  const auto file = document_file(scratch, lengths);
  const CausalLoader loader(file, 16, 7, kEnd);
  const DocumentWindows expected = document_windows(*file, kEnd, 16);
  BOOST_TEST(expected.documents == 200);
  BOOST_TEST(loader.windows() <= static_cast<int64_t>(expected.starts.size()));
  BOOST_TEST(loader.windows() >=
             static_cast<int64_t>(expected.starts.size()) - 2);  // of those that pass the end
  std::vector<std::set<std::pair<int32_t, int32_t>>> seen(
      2);  // the first two tokens of each window tell them apart
  int64_t from_a_beginning = 0;
  for (int64_t i = 0; i < 2 * loader.windows(); ++i) {
    const Batch batch = loader.batch(i, 1);
    BOOST_TEST(batch.target_count() == 16);
    from_a_beginning += batch.tokens[0] == kEnd;
    BOOST_TEST(
        seen[static_cast<size_t>(i / loader.windows())].insert({batch.tokens[0], batch.tokens[1]}).second);
  }
  BOOST_TEST((seen[0] == seen[1]));
  BOOST_TEST(from_a_beginning > loader.windows());  // of two epochs: more than half
  // Documents of many windows are cut anew each epoch, like one long text.
  const auto books = document_file(scratch, {500, 700});
  BOOST_TEST(CausalLoader(books, 16, 7, kEnd).windows() == CausalLoader(books, 16, 7).windows());
}

BOOST_AUTO_TEST_CASE(evaluation_by_document_predicts_every_token_once_and_from_its_beginning) {
  const test::Scratch scratch;
  const auto file = document_file(scratch, {5, 3, 20, 3, 9, 9});
  for (const int64_t B : {1, 4}) {
    int64_t position = 1;  // of the next target
    for (const Batch& batch :
         evaluation_batches(*file, test::ByteTokenizer(), false, B, 8, 0, WindowRule::by_document)) {
      for (size_t i = 0; i < batch.targets.size(); ++i) {
        if (batch.targets[i] < 0) continue;
        BOOST_TEST(batch.targets[i] == file->at(position));
        BOOST_TEST(batch.tokens[i] == file->at(position - 1));
        ++position;
      }
    }
    BOOST_TEST(position == file->size());
  }
}

BOOST_AUTO_TEST_SUITE_END()
