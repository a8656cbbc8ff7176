// All embedded tasks in a few minutes: before, after, and what pre-training is worth (see finetune_run.h).
//
// The minutes are divided by need: reading answers out of a text takes many more steps than telling letters
// apart. What a run needs besides its steps (reading examples, scoring, writing) is learned from the runs
// before it and set aside, so that the whole keeps to its time on any machine.
#include <algorithm>

#include "base/clock.h"
#include "base/error.h"
#include "base/files.h"
#include "checkpoint/checkpoint.h"
#include "commands/finetune_run.h"
#include "training/run_directory.h"

namespace seedling {

namespace {

using nlohmann::json;

constexpr double kDefaultAllMinutes = 3.8;
/// Examples of the runs that learn from few.
constexpr int64_t kFew = 200;
/// Test examples that are scored after learning from all, after learning from few, and before. They are asked
/// in the time of the whole: a hundred more of everything would cost a set seconds of its training.
constexpr int64_t kScoredAll = 500, kScoredFew = 150, kScoredBefore = 100;

/// Seconds that a set gets of every hundred: with all its examples, and with 200 from each start.
///
/// In the order in which they are learned. What is to be written has soon been learned, but takes long to be
/// scored, and how long is not known beforehand. So it comes first; then verdicts that hang on how words are
/// combined, and last the answers out of a text, which take the most steps and get what the others left over.
struct Need {
  const char* set;
  double all, few;
};
constexpr Need kNeeds[] = {
    {"facts", 2.5, 0.6},     {"dialogue", 2.5, 0.6}, {"summary", 3, 0.6},    {"style", 3, 1},
    {"translation", 3.5, 1}, {"spam", 15, 1.5},      {"sentiment", 18, 1.2}, {"qa", 44, 2}};

/// The embedded sets as they are learned, with their tasks.
std::vector<std::pair<Need, std::string>> sets_in_order() {
  std::vector<std::pair<Need, std::string>> sets;
  const auto known = embedded_sets();
  for (const Need& need : kNeeds)
    for (const auto& [name, task] : known)
      if (name == need.set) sets.emplace_back(need, task);
  require(sets.size() == known.size(), "every embedded set has its share of the time");
  return sets;
}

/// Divides what is left of the time among the runs that are left.
class Purse {
 public:
  Purse(double seconds, double needs, int runs) : seconds_(seconds), needs_(needs), runs_(runs) {}

  /// Minutes of training for a run.
  double minutes(double need) {
    const double left = seconds_ - seconds_since(begin_) - overhead_ * static_cast<double>(runs_);
    given_ = std::max(0.5, left * need / needs_);
    started_ = Clock::now();
    needs_ -= need, runs_ -= 1;
    return given_ / 60.0;
  }
  /// The run is over; `trained` is what its training took.
  void settle(double trained) {
    const double beside = std::max(0.0, seconds_since(started_) - trained);
    overhead_ = settled_ == 0 ? beside : 0.7 * overhead_ + 0.3 * beside;
    settled_ += 1;
  }

 private:
  Clock::time_point begin_ = Clock::now(), started_;
  double seconds_, needs_, overhead_ = 1.5, given_ = 0.0;
  int runs_, settled_ = 0;
};

}  // namespace

json train_all_tasks(const FinetuneJob& job, CommandContext& context, Session&) {
  if (*job.given.training.from == "scratch") fail_usage("--task all needs a pre-trained model in --from");
  if (job.resume) fail_usage("--task all cannot be resumed; begin it anew in another --out");
  if (*job.given.data != "storyworld")
    fail_usage("--task all is for the embedded data; give a --task for ", *job.given.data);
  const ModelConfig config = load_config(resolve_model_dir(*job.given.training.from));
  std::vector<std::pair<Need, std::string>> sets;
  double needs = 0.0;
  for (const auto& [need, kind] : sets_in_order()) {
    if (!config.causal && task_writes(kind)) continue;
    sets.emplace_back(need, kind);
    needs += need.all + 2 * need.few;
  }
  if (!config.causal)
    context.say("a masked model cannot write: only classification and question answering are learned");
  Purse purse(60.0 * job.given.training.minutes.value_or(kDefaultAllMinutes), needs,
              3 * static_cast<int>(sets.size()));

  json rows = json::array();
  const std::string head = left_cell("set", 13) + left_cell("metric", 12) +
                           "    majority      before       after   after@200 scratch@200\n";
  std::string table = head;
  for (const auto& [need, kind] : sets) {
    const std::string set = need.set;
    const auto learn = [&](const std::string& name, bool few, bool random) {
      FinetuneJob run = job;
      run.folder = job.folder / (set + name);
      run.given.task = kind;
      run.given.data = "storyworld/" + set;
      run.given.examples = few ? kFew : 0;
      run.given.training.out = run.folder.string();
      run.given.training.minutes = purse.minutes(few ? need.few : need.all);
      run.random_weights = random;
      run.brief = true;
      run.ask_before = !few;
      run.look_back = false;
      run.score_limit = few ? kScoredFew : kScoredAll;
      run.before_limit = kScoredBefore;
      const json report = run_part(run, context);
      purse.settle(report["seconds"].get<double>());
      return report;
    };
    const json few = learn("-200", true, false), scratch = learn("-200-scratch", true, true);
    const json tuned = learn("", false, false);  // last, so that the last set of all gets what is left
    json row = {{"set", set},
                {"task", kind},
                {"majority", tuned.value("majority", json())},
                {"before", tuned["before"]},
                {"after", tuned["scores"]},
                {"after_200", few["scores"]},
                {"scratch_200", scratch["scores"]}};
    const std::string metric = headline(kind, tuned["scores"]).first;
    std::string line = left_cell(set, 13) + left_cell(metric, 12);
    for (const char* column : {"majority", "before", "after", "after_200", "scratch_200"})
      line += number_cell(row[column].is_object() ? row[column].value(metric, json()) : json());
    context.say(head + line);
    table += line + "\n";
    rows.push_back(row);
  }
  table += concat("test examples asked: ", kScoredBefore, " before, ", kScoredAll, " after, ", kScoredFew,
                  " after learning from ", kFew,
                  " of the training examples, pre-trained and from random weights\n");
  const json result = {
      {"run", job.folder.string()},
      {"base", *job.given.training.from},
      {"seed", context.common.seed},
      {"scored_examples", {{"before", kScoredBefore}, {"after", kScoredAll}, {"few", kScoredFew}}},
      {"rows", rows},
      {"table", table}};
  write_json_atomic(job.folder / "report.json", result);
  return result;
}

}  // namespace seedling
