// Token files: what is written is read, and damage is found.
#include <boost/test/unit_test.hpp>

#include "base/files.h"
#include "data/dataset.h"
#include "data/token_writer.h"
#include "fakes.h"

using namespace seedling;

namespace {

std::vector<int32_t> some_ids(int64_t count, int32_t modulus) {
  std::vector<int32_t> ids(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i)
    ids[static_cast<size_t>(i)] = static_cast<int32_t>((i * 7919) % modulus);
  return ids;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(token_file)

BOOST_AUTO_TEST_CASE(round_trip_of_narrow_and_wide_ids) {
  for (const int32_t vocabulary : {300, 65536, 65537, 250000}) {
    const test::Scratch scratch;
    const auto path = scratch.path / "a.tok";
    const auto ids = some_ids(700001, vocabulary);
    {
      TokenWriter writer(path, vocabulary);
      writer.add({ids.begin(), ids.begin() + 5});
      writer.add({ids.begin() + 5, ids.end()});
      writer.add_text_bytes(12);
      writer.finish();
    }
    const auto file = TokenFile::open(path);
    BOOST_TEST(file->size() == 700001);
    BOOST_TEST(file->text_bytes() == 12);
    std::vector<int32_t> read(ids.size());
    file->read(0, file->size(), read.data());
    BOOST_TEST((read == ids));
    BOOST_TEST(file->at(700000) == ids.back());
    BOOST_TEST(std::filesystem::file_size(path) == 64 + 700001u * (vocabulary <= 65536 ? 2 : 4));
  }
}

BOOST_AUTO_TEST_CASE(an_unfinished_file_leaves_nothing) {
  const test::Scratch scratch;
  { TokenWriter(scratch.path / "a.tok", 100).add({1, 2, 3}); }
  BOOST_TEST(std::filesystem::is_empty(scratch.path));
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_and_every_cut_is_found) {
  const test::Scratch scratch;
  const auto path = scratch.path / "a.tok";
  TokenWriter writer(path, 100);
  writer.add(some_ids(33, 100));
  writer.finish();
  const std::string whole = read_file(path);
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    // The text's byte count and the reserved words say nothing about the ids.
    if ((bit / 8 >= 24 && bit / 8 < 32) || (bit / 8 >= 40 && bit / 8 < 64)) continue;
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    scratch.write("b.tok", damaged);
    BOOST_TEST(test::fails_with([&] { TokenFile::open(scratch.path / "b.tok"); }, {"b.tok"}), "bit " << bit);
  }
  for (size_t length = 0; length < whole.size(); ++length) {
    scratch.write("b.tok", whole.substr(0, length));
    BOOST_TEST(test::fails_with([&] { TokenFile::open(scratch.path / "b.tok"); }, {"b.tok"}),
               "length " << length);
  }
  BOOST_TEST(test::fails_with([&] { TokenFile::open(scratch.path / "none.tok"); }, {"none.tok"}));
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_an_error) {
  if (!std::filesystem::exists("/dev/full")) return;
  const test::Scratch scratch;
  std::filesystem::create_symlink("/dev/full", scratch.path / concat("a.tok.tmp-", ::getpid()));
  BOOST_TEST(
      test::fails_with([&] { TokenWriter(scratch.path / "a.tok", 100).finish(); }, {"a.tok", "No space"}));
}

BOOST_AUTO_TEST_SUITE_END()
