// Files, UTF-8, SHA-256 and the nearest word.
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"

using namespace seedling;
namespace fs = std::filesystem;

namespace {

/// A folder of its own for one test, removed at its end.
struct Folder {
  fs::path path = fs::temp_directory_path() / concat("seedling-test-", ::getpid());
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
};

std::string message_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(files)

BOOST_AUTO_TEST_CASE(atomic_write_replaces_and_leaves_nothing_behind) {
  const Folder folder;
  write_file_atomic(folder.path / "a.txt", "old");
  write_file_atomic(folder.path / "a.txt", "new");
  BOOST_TEST(read_file(folder.path / "a.txt") == "new");
  BOOST_TEST(std::distance(fs::directory_iterator(folder.path), fs::directory_iterator()) == 1);
}

BOOST_AUTO_TEST_CASE(a_failed_write_names_the_file_and_keeps_the_old_one) {
  const Folder folder;
  const std::string message = message_of([&] { write_file_atomic(folder.path / "none" / "a.txt", "x"); });
  BOOST_TEST(message.find("none/a.txt") != std::string::npos);
  BOOST_TEST(message.find("No such file") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(malformed_json_is_reported_with_its_place) {
  const Folder folder;
  write_file_atomic(folder.path / "a.json", "{\n  \"a\": 1,\n  oops\n}");
  const std::string message = message_of([&] { read_json(folder.path / "a.json"); });
  BOOST_TEST(message.find("a.json, line 3, column 3") != std::string::npos, message);
}

BOOST_AUTO_TEST_CASE(utf8_is_checked_strictly) {
  const std::string good = "a\u00e9\u20ac\U0001F331";
  BOOST_TEST(find_invalid_utf8(good) == std::string::npos);
  BOOST_TEST(find_invalid_utf8("ab\xff") == 2u);
  BOOST_TEST(find_invalid_utf8("\xC0\x80") == 0u);          // overlong
  BOOST_TEST(find_invalid_utf8("x\xED\xA0\x80") == 1u);     // surrogate
  BOOST_TEST(find_invalid_utf8("\xF4\x90\x80\x80") == 0u);  // above U+10FFFF
  BOOST_TEST(find_invalid_utf8("\xE2\x82") == 0u);          // cut short
  BOOST_TEST(replace_invalid_utf8("a\xffz") == "a\xEF\xBF\xBDz");
}

// Vectors of FIPS 180-4's examples.
BOOST_AUTO_TEST_CASE(sha256_vectors) {
  BOOST_TEST(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  BOOST_TEST(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  BOOST_TEST(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
             "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  Sha256 pieces;
  const std::string million(1000, 'a');
  for (int i = 0; i < 1000; ++i) pieces.update(million);
  BOOST_TEST(pieces.hex() == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

BOOST_AUTO_TEST_CASE(nearest_word_suggests_only_what_is_near) {
  const std::string words[] = {"learning-rate", "batch-size", "steps"};
  BOOST_TEST(nearest_word("learnig-rate", words, 3) == "learning-rate");
  BOOST_TEST(nearest_word("step", words, 3) == "steps");
  BOOST_TEST(nearest_word("zzzzzz", words, 3) == "");
}

BOOST_AUTO_TEST_SUITE_END()
