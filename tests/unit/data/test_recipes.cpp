// Recipes: complete, refused where wrong, honest without a network; conversions on small samples.
#include <boost/test/unit_test.hpp>
#include <cstdlib>

#include "base/files.h"
#include "data/convert.h"
#include "data/process.h"
#include "data/recipes.h"
#include "fakes.h"

using namespace seedling;

namespace {

/// A recipe of one file that is copied.
Recipe small_recipe(const std::string& method, const std::string& from) {
  Recipe recipe;
  recipe.name = "small";
  recipe.convert = "copy";
  recipe.files.push_back({method, from, "some-package", "small.txt", sha256("a small text\n"), 13});
  return recipe;
}

/// PATH without programs, while it lives.
struct NoPrograms {
  NoPrograms() : path(std::getenv("PATH")) { ::setenv("PATH", "/nonexistent", 1); }
  ~NoPrograms() { ::setenv("PATH", path.c_str(), 1); }
  std::string path;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(recipe)

BOOST_AUTO_TEST_CASE(all_recipes_are_complete) {
  BOOST_TEST(recipes().size() >= 6u);
  for (const Recipe& recipe : recipes()) {
    BOOST_TEST_CONTEXT(recipe.name) {
      BOOST_TEST(find_recipe(recipe.name) == &recipe);
      BOOST_TEST(!recipe.origin.empty());
      BOOST_TEST(!recipe.version.empty());
      BOOST_TEST(!recipe.licence.empty());
      BOOST_TEST(!recipe.files.empty());
      for (const RecipeFile& file : recipe.files) {
        BOOST_TEST(file.bytes > 0);
        BOOST_TEST((file.method != "debian" || !file.package.empty()));
      }
    }
  }
  BOOST_TEST(find_recipe("no-such-set") == nullptr);
}

BOOST_AUTO_TEST_CASE(a_wrong_recipe_is_refused) {
  nlohmann::json json = {{"name", "x"},  {"title", ""},   {"about", ""},
                         {"origin", ""}, {"version", ""}, {"licence", ""},
                         {"task", ""},   {"convert", ""}, {"files", nlohmann::json::array()}};
  BOOST_TEST(parse_recipe(json).name == "x");
  json["files"] = {
      {{"method", "ftp"}, {"from", ""}, {"file", "a"}, {"sha256", std::string(64, '0')}, {"bytes", 1}}};
  BOOST_TEST(test::fails_with([&] { parse_recipe(json); }, {"x", "ftp"}));
  json["files"][0]["method"] = "url";
  json["files"][0]["file"] = "../a";
  BOOST_TEST(test::fails_with([&] { parse_recipe(json); }, {"x", "../a"}));
  json.erase("licence");
  BOOST_TEST(test::fails_with([&] { parse_recipe(json); }, {"licence"}));
}

BOOST_AUTO_TEST_CASE(without_a_network_the_missing_file_is_named) {
  const test::Scratch scratch;
  const NoPrograms none;
  const std::string place = (scratch.path / "sources" / "small.txt").string();
  BOOST_TEST(
      test::fails_with([&] { prepare_recipe(small_recipe("npm", "small@1.0.0"), scratch.path, nullptr); },
                       {"npm is not installed", "npm pack small@1.0.0", place.c_str(), "13 bytes"}));
  BOOST_TEST(test::fails_with(
      [&] { prepare_recipe(small_recipe("url", "https://example.org/s"), scratch.path, nullptr); },
      {"curl is not installed", "https://example.org/s", place.c_str()}));
  BOOST_TEST(
      test::fails_with([&] { prepare_recipe(small_recipe("debian", "/nonexistent"), scratch.path, nullptr); },
                       {"apt-get install some-package", place.c_str()}));
}

BOOST_AUTO_TEST_CASE(a_file_put_in_place_is_used_and_a_wrong_one_refused) {
  const test::Scratch scratch;
  const NoPrograms none;
  const Recipe recipe = small_recipe("npm", "small@1.0.0");
  scratch.write("sources/small.txt", "another text\n");
  BOOST_TEST(test::fails_with([&] { prepare_recipe(recipe, scratch.path, nullptr); },
                              {"small.txt", "SHA-256", "Delete it"}));
  BOOST_TEST(read_file(scratch.path / "sources/small.txt") == "another text\n");
  scratch.write("sources/small.txt", "a small text\n");
  const PreparedRecipe prepared = prepare_recipe(recipe, scratch.path, nullptr);
  BOOST_TEST(read_file(prepared.text) == "a small text\n");
  BOOST_TEST(prepared.train.empty());
  std::filesystem::remove(scratch.path / "sources/small.txt");
  BOOST_TEST(prepare_recipe(recipe, scratch.path, nullptr).text == prepared.text);  // made already
}

BOOST_AUTO_TEST_CASE(what_a_client_brings_is_checked) {
  // A stand-in for curl that writes its last argument's file name into the file it is asked for.
  const test::Scratch scratch;
  const auto program = scratch.write(
      "bin/curl", "#!/bin/sh\nwhile [ \"$1\" != --output ]; do shift; done\necho \"$CONTENT\" > \"$2\"\n");
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", concat(program.parent_path().string(), ":", path).c_str(), 1);
  const Recipe recipe = small_recipe("url", "https://example.org/'; touch $HOME/harm; '");
  ::setenv("CONTENT", "not it", 1);
  BOOST_TEST(test::fails_with([&] { prepare_recipe(recipe, scratch.path / "cache", nullptr); },
                              {"not the recorded file"}));
  BOOST_TEST(!std::filesystem::exists(scratch.path / "cache/sources/small.txt"));
  ::setenv("CONTENT", "a small text", 1);
  BOOST_TEST(read_file(prepare_recipe(recipe, scratch.path / "cache", nullptr).text) == "a small text\n");
  ::setenv("PATH", path.c_str(), 1);
}

BOOST_AUTO_TEST_CASE(programs_run_without_a_shell) {
  const ProcessResult echo = run_process({"echo", "$HOME; `id`", "*"});
  BOOST_TEST(echo.code == 0);
  BOOST_TEST(echo.output == "$HOME; `id` *\n");
  BOOST_TEST(run_process({"false"}).code == 1);
  BOOST_TEST(run_process({"no-such-program-here"}).code == 127);
}

BOOST_AUTO_TEST_CASE(brown_without_tags) {
  BOOST_TEST(untag_brown("\n\n\tThe/at jury/nn said/vbd ,/, ``/`` No/at ''/'' ./.\n\n\n\tTwo/cd and/or/cc "
                         "(/( a/at )/) ;/. ;/.\n"
                         "Next/ap !/. !/.\nIvan/np Jr./np ./.\n") ==
             "The jury said, \"No\".\n\nTwo and/or (a); Next! Ivan Jr.\n");
  BOOST_TEST(untag_brown("\n \n") == "");
}

BOOST_AUTO_TEST_CASE(dictionary_entries) {
  const std::vector<std::string> entries = gcide_entries(
      "\n\n00-database-short\n   The Dictionary\n\nThe notice.\n\n"
      "Bad \\Bad\\ (b[a^]d), a. [Compar. {Worse} (w[^u]s); cf. D. qu[a^]d\n   bad. See {Bad}.]\n"
      "   1. Wanting good qualities, whether physical or moral; the\n      opposite of good; as, a bad man. "
      "[Obs.]\n"
      "      [1913 Webster]\n\n   Syn: Pernicious; deleterious; at 40[deg] c[oe]nobite\n"
      "        (evil). [1913 Webster +PJC] Badder\n\n"
      "Badder \\Bad\"der\\, compar. of {Bad}.\n   [1913 Webster]\n\n"
      "Caf\xE9 \\Ca`fe\"\\, n.\n   A coffee house; a restaurant; also, a room for coffee.\n   [PJC]\n");
  BOOST_REQUIRE(entries.size() == 2u);  // "Badder" only refers to "Bad"
  BOOST_TEST(
      entries[0] ==
      "Bad, a. 1. Wanting good qualities, whether physical or moral; the opposite of good; as, a bad man. "
      "[Obs.]\nSyn: Pernicious; deleterious; at 40 degrees coenobite (evil).\n");
  BOOST_TEST(entries[1] == "Caf\xEF\xBF\xBD, n. A coffee house; a restaurant; also, a room for coffee.\n");
  BOOST_TEST(gcide_entries("").empty());
  BOOST_TEST(gcide_entries("no \\ entry [ (").empty());
}

BOOST_AUTO_TEST_CASE(mails_as_text) {
  BOOST_TEST(
      mail_text(
          "From a@b Tue\nReceived: from x\n\tby y\nSubject: Hi\n  there\n\nHello   you,\n\n\n\nBye\n") ==
      "Subject: Hi there\n\nHello you,\n\nBye");
  BOOST_TEST(mail_text("Subject: q\nContent-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n"
                       "<b>caf=E9</b>&nbsp;=\n&amp; <!-- > --><style>x</style>more") ==
             "Subject: q\n\ncaf\xC3\xA9 & more");
  BOOST_TEST(mail_text("Subject: b\nContent-Transfer-Encoding: base64\n\nSGVsbG8s\nIHdvcmxkIQ==\n") ==
             "Subject: b\n\nHello, world!");
  const std::string parts =
      "Subject: m\nContent-Type: multipart/alternative;\n\tboundary=\"XX\"\n\npreamble\n--XX\n"
      "Content-Type: text/html\n\n<p>html</p>\n--XX\nContent-Type: text/plain\n\nplain\n--XX--\n";
  BOOST_TEST(mail_text(parts) == "Subject: m\n\nplain");
  BOOST_TEST(mail_text("Subject: i\nContent-Type: image/gif\n\nR0lGOD") == "");
  BOOST_TEST(mail_text("") == "");
}

BOOST_AUTO_TEST_SUITE_END()
