// --config and suggestions, on a small command line of its own.
#include "commands/options.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/files.h"

using namespace seedling;

namespace {

struct CommandLine {
  CommandContext context;
  CLI::App app{"test", "seedling"};
  std::filesystem::path file = std::filesystem::temp_directory_path() / "seedling-test-config.json";

  CommandLine() {
    CLI::App* train = add_command(app, context, "train", "");
    train->add_option("--batch-size")->take_last();
    train->add_option("--names")->expected(0, 9);
    train->add_flag("--resume");
    CLI::App* tokenizer = app.add_subcommand("tokenizer");
    add_command(*tokenizer, context, "encode", "")->add_option("--text");
  }
  ~CommandLine() { std::filesystem::remove(file); }

  std::vector<std::string> expand(const nlohmann::json& config, std::vector<std::string> arguments) {
    write_json_atomic(file, config);
    arguments.push_back("--config");
    arguments.push_back(file.string());
    auto expanded = expand_config(app, arguments);
    expanded.erase(expanded.begin() + static_cast<std::ptrdiff_t>(arguments.size() - 2),
                   expanded.begin() + static_cast<std::ptrdiff_t>(arguments.size()));
    return expanded;
  }
  std::string refused(const std::vector<std::string>& arguments) {
    try {
      check_arguments(app, arguments);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  }
};

using Words = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(options, CommandLine)

BOOST_AUTO_TEST_CASE(config_keys_become_flags) {
  BOOST_TEST((expand({{"batch-size", 4}, {"resume", true}}, {"train"}) ==
              Words{"train", "--batch-size=4", "--resume"}));
  BOOST_TEST((expand({{"resume", false}, {"batch-size", nullptr}}, {"train"}) == Words{"train"}));
  BOOST_TEST((expand({{"names", {"a", "b"}}}, {"train"}) == Words{"train", "--names=a", "--names=b"}));
  BOOST_TEST(
      (expand({{"text", "-x y"}}, {"tokenizer", "encode"}) == Words{"tokenizer", "encode", "--text=-x y"}));
}

BOOST_AUTO_TEST_CASE(flags_given_by_hand_win) {
  BOOST_TEST(
      (expand({{"batch-size", 4}}, {"train", "--batch-size", "8"}) == Words{"train", "--batch-size", "8"}));
  BOOST_TEST((expand({{"batch-size", 4}}, {"train", "--batch-size=8"}) == Words{"train", "--batch-size=8"}));
}

BOOST_AUTO_TEST_CASE(unknown_keys_name_the_nearest) {
  BOOST_CHECK_EXCEPTION(expand({{"batchsize", 4}}, {"train"}), UsageError, [](const UsageError& error) {
    return std::string(error.what()).find("--batch-size") != std::string::npos;
  });
  BOOST_CHECK_THROW(expand({{"config", "x"}}, {"train"}), UsageError);
  BOOST_CHECK_THROW(expand({{"batch-size", {{"a", 1}}}}, {"train"}), UsageError);
  BOOST_CHECK_THROW(expand(nlohmann::json::array(), {"train"}), UsageError);
}

BOOST_AUTO_TEST_CASE(unknown_words_name_the_nearest) {
  BOOST_TEST(refused({"trian"}).find("train") != std::string::npos);
  BOOST_TEST(refused({"train", "--batch-sise", "3"}).find("--batch-size") != std::string::npos);
  BOOST_TEST(refused({"tokenizer", "encod"}).find("encode") != std::string::npos);
  BOOST_TEST(refused({"train", "--batch-size=3", "--json", "--seed", "7"}) == "");
}

BOOST_AUTO_TEST_CASE(the_common_flags_are_read) {
  app.parse(std::vector<std::string>{"5", "--seed", "--json", "train"});
  BOOST_TEST(context.common.json);
  BOOST_TEST(context.common.seed == 5u);
  BOOST_TEST(context.common.seed_given);
  BOOST_CHECK_THROW(app.parse(std::vector<std::string>{"fp16", "--precision", "train"}), CLI::ParseError);
}

BOOST_AUTO_TEST_SUITE_END()
