// What the command line and an earlier run.json say (see pretrain_run.h).
#include "commands/pretrain_run.h"
#include "commands/run_record.h"
#include "training/interventions.h"
#include "training/plan.h"
#include "training/run_directory.h"

namespace seedling {

namespace {

using nlohmann::json;

/// Joins what run.json says with what was given by hand: the shape and the data of a run cannot change.
void read_stored_run(PretrainRun& run, CommandContext& context) {
  run.stored = read_run_record(run.folder, "pretrain");
  run.flags = pretrain_flags_from_json(run.stored["plan"]);
  run.changes = changes_by_hand(flags_to_json(run.given), run.stored, (run.folder / "run.json").string());
  go_on_as(run.stored, run.folder, context);
  run.seed = context.common.seed;
}

/// Each part of --data that is a path is stored from the root; a name stays a name.
void make_data_absolute(std::optional<std::string>& data) {
  if (!data) return;
  std::string list;
  for (std::optional<std::string> part : data_parts(*data)) {
    if (!is_data_name(*part)) make_absolute(part);
    list += (list.empty() ? "" : ",") + *part;
  }
  data = list;
}

}  // namespace

PretrainRun understand(const PretrainFlags& given, CommandContext& context) {
  PretrainRun run;
  run.given = given;
  make_data_absolute(run.given.data);
  for (auto* path : {&run.given.model.tokenizer, &run.given.training.from, &run.given.training.replay}) {
    make_absolute(*path);
  }
  run.seed = context.common.seed;
  const bool wants_resume = given.training.resume.value_or(false);
  if (wants_resume && !given.training.out) fail_usage("--resume needs --out RUN_DIR, the run to go on with");
  if (given.training.out) {
    run.folder = *given.training.out;
  } else {
    const std::string data = data_parts(given.data.value_or("storyworld")).front();
    run.folder = free_run_directory("runs", std::filesystem::path(data).stem().string());
  }
  run.folder = std::filesystem::absolute(run.folder).lexically_normal();
  if (!run.folder.has_filename()) run.folder = run.folder.parent_path();
  run.resume = wants_resume && std::filesystem::exists(run.folder / "run.json");
  if (run.resume) {
    read_stored_run(run, context);
  } else {
    if (wants_resume) context.say(concat(run.folder.string(), ": holds no run yet; beginning a new one"));
    run.flags = complete_flags(run.given);
  }
  return run;
}

}  // namespace seedling
