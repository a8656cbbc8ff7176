// What a run writes: lines, state, directory, and what "set" may change.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/files.h"
#include "training/interventions.h"
#include "training/line_file.h"
#include "training/plan.h"
#include "training/progress.h"
#include "training/run_directory.h"

using namespace seedling;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

/// A folder that goes away with the test.
struct Folder {
  fs::path path;
  Folder() {
    std::string name = (fs::temp_directory_path() / "seedling-test-XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
};

TrainingFlags some_settings() {
  PretrainFlags flags;
  flags.model.preset = "nano";
  flags.recipe = "classic";
  flags.training.steps = 100;
  flags.training.prompt = "Once";
  return finish_flags(complete_flags(flags)).training;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(records)

BOOST_FIXTURE_TEST_CASE(lines_are_json_and_can_be_cut_back, Folder) {
  LineFile file(path / "metrics.jsonl");
  file.append({{"step", 1}, {"loss", std::nan("")}});
  const int64_t size = file.size();
  file.append({{"step", 2}, {"text", "half a character: \xE2\x82"}});
  BOOST_TEST(read_lines(path / "metrics.jsonl").size() == 2);
  BOOST_TEST(read_lines(path / "metrics.jsonl")[0]["loss"].is_null());
  file.truncate(size);
  BOOST_TEST(read_lines(path / "metrics.jsonl").size() == 1);
  file.append({{"step", 2}});
  BOOST_TEST(read_lines(path / "metrics.jsonl")[1]["step"] == 2);
  BOOST_CHECK_THROW(file.truncate(1 << 20), Error);
}

BOOST_FIXTURE_TEST_CASE(a_half_written_last_line_is_left_out, Folder) {
  std::ofstream(path / "lines") << "{\"a\":1}\n{\"b\":";
  BOOST_TEST(read_lines(path / "lines").size() == 1);
  std::ofstream(path / "broken") << "{\"a\":1}\nnonsense\n";
  BOOST_CHECK_EXCEPTION(read_lines(path / "broken"), Error, [](const Error& error) {
    return std::string(error.what()).find("broken:2") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(state_survives_its_file) {
  TrainerState state;
  state.step = 41;
  state.examples = 492;
  state.seconds = 1.0 / 3.0;
  state.seed = 0xFFFFFFFFFFFFFFFFull;
  state.has_best = true;
  state.best_score = 1.0 / 7.0;
  state.best_fields = {{"val_loss", 1.0 / 7.0}};
  state.settings = some_settings();
  const json text = json::parse(state_to_json(state).dump());
  BOOST_TEST((state_to_json(state_from_json(text, "file")) == text));
  BOOST_TEST(state_from_json(text, "file").best_score == 1.0 / 7.0);
  json broken = text;
  broken.erase("examples");
  BOOST_CHECK_THROW(state_from_json(broken, "file"), Error);
  broken = text;
  broken["step"] = "many";
  BOOST_CHECK_THROW(state_from_json(broken, "file"), Error);
}

BOOST_AUTO_TEST_CASE(set_takes_known_flags_in_range) {
  const auto refused = [](json arguments) {
    try {
      check_command({"id", "set", std::move(arguments)});
      return std::string();
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
  };
  BOOST_TEST(refused({{"learning-rate", 1e-4}, {"dropout", 0.1}}) == "");
  BOOST_TEST(refused({{"learning-rat", 1e-4}}).find("learning-rate") != std::string::npos);
  BOOST_TEST(refused({{"dropout", 1.5}}) != "");
  BOOST_TEST(refused({{"layers", 3}}) != "");
  BOOST_TEST(refused({{"batch-size", "many"}}) != "");
  BOOST_TEST(refused({{"batch-size", 1.5}}) != "");
  BOOST_TEST(refused(json::object()) != "");
  BOOST_CHECK_THROW(check_command({"id", "rewind", json::object()}), UsageError);
  BOOST_CHECK_THROW(check_command({"id", "fork", {{"name", "../elsewhere"}}}), UsageError);
  BOOST_CHECK_THROW(check_command({"id", "explode", json::object()}), UsageError);
  BOOST_CHECK_NO_THROW(check_command({"id", "rewind", {{"step", 3}}}));
}

BOOST_AUTO_TEST_CASE(a_new_learning_rate_takes_its_lowest_along) {
  const TrainingFlags settings = some_settings();  // 1e-3 down to 1e-4
  const TrainingFlags changed = changed_settings(settings, {{"learning-rate", 1e-5}});
  BOOST_TEST(*changed.learning_rate == 1e-5);
  BOOST_TEST(*changed.min_learning_rate == 1e-6, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(
      *changed_settings(settings, {{"learning-rate", 1e-5}, {"min-learning-rate", 0}}).min_learning_rate ==
      0.0);
}

BOOST_AUTO_TEST_CASE(new_steps_end_the_clock_and_new_minutes_wind_it) {
  TrainingFlags settings = some_settings();
  settings.minutes = 3.0, settings.epochs = 4.0;
  BOOST_TEST(!changed_settings(settings, {{"steps", 500}}).minutes.has_value());
  BOOST_TEST(*changed_settings(settings, {{"dropout", 0.1}}).minutes == 3.0);
  const TrainingFlags longer = changed_settings(settings, {{"minutes", 6}});
  BOOST_TEST(*longer.minutes == 6.0);
  BOOST_TEST(*longer.steps == 100);
  BOOST_TEST(!longer.epochs.has_value());
  BOOST_CHECK_THROW(check_command({"id", "set", {{"steps", 500}, {"minutes", 6}}}), UsageError);
}

BOOST_AUTO_TEST_CASE(a_resumed_run_keeps_what_cannot_change) {
  const json record = {{"flags", {{"epochs", 2}, {"layers", 4}}},
                       {"plan", {{"layers", 4}, {"heads", 4}, {"steps", 100}, {"learning-rate", 0.01}}}};
  const auto changes = [&](const json& given) { return changes_by_hand(given, record, "run.json"); };
  BOOST_TEST(changes({{"layers", 4}, {"heads", 4}, {"epochs", 2}, {"steps", 100}, {"resume", true}}).empty());
  BOOST_TEST((changes({{"steps", 200}, {"learning-rate", 0.01}}) == json{{"steps", 200}}));
  BOOST_TEST((changes({{"minutes", 1.5}}) == json{{"minutes", 1.5}}));
  for (const json& given : {json{{"layers", 3}}, json{{"epochs", 3}}, json{{"beta1", 0.5}}})
    BOOST_CHECK_THROW(changes(given), UsageError);
}

BOOST_FIXTURE_TEST_CASE(checkpoints_are_found_and_pruned_but_latest_and_best_stay, Folder) {
  create_run_directory(path / "run");
  for (int step : {10, 20, 30, 40})
    fs::create_directory(path / "run" / "checkpoints" / checkpoint_name(step));
  fs::create_symlink("step-000040", path / "run" / "checkpoints" / "latest");
  fs::create_symlink("step-000010", path / "run" / "checkpoints" / "best");
  BOOST_TEST(latest_checkpoint(path / "run").filename() == "step-000040");
  BOOST_TEST(checkpoint_at_or_before(path / "run", 35).filename() == "step-000030");
  BOOST_TEST(checkpoint_at_or_before(path / "run", 5).empty());
  prune_checkpoints(path / "run", 1);
  BOOST_TEST(fs::exists(path / "run" / "checkpoints" / "step-000010"));
  BOOST_TEST(!fs::exists(path / "run" / "checkpoints" / "step-000020"));
  BOOST_TEST(fs::exists(path / "run" / "checkpoints" / "step-000030"));
  BOOST_TEST(checkpoint_name(1234567) == "step-1234567");
}

BOOST_FIXTURE_TEST_CASE(a_directory_that_holds_a_run_is_not_taken, Folder) {
  create_run_directory(path / "run");
  write_json_atomic(path / "run" / "run.json", json::object());
  BOOST_CHECK_THROW(create_run_directory(path / "run"), Error);
  BOOST_TEST(free_run_directory(path, "text").filename() == "text-1");
  fs::create_directory(path / "text-1");
  BOOST_TEST(free_run_directory(path, "text").filename() == "text-2");
}

BOOST_AUTO_TEST_CASE(time_left_reads_like_a_clock) {
  BOOST_TEST(clock_text(7.4) == "0:07");
  BOOST_TEST(clock_text(3909) == "1:05:09");
}

BOOST_AUTO_TEST_SUITE_END()
