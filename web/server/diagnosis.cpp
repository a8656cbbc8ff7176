// The rules of the diagnosis (see diagnosis.h): one function each, in one list.
#include "web/server/diagnosis.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/error.h"
#include "web/server/run_folder.h"

namespace seedling::server {

namespace {

using nlohmann::json;
using SeriesRows = std::vector<SeriesIndex::Row>;

constexpr int64_t kEnoughLines = 20;
constexpr double kManyPasses = 20.0;     // over the training data
constexpr double kStaleSeconds = 600.0;  // without a checkpoint

/// What the rules look at: the series in at most 512 buckets.
struct Chart {
  const SeriesIndex& index;
  const json& description;
  const json& summary;
  const json& checkpoints;
  SeriesRows rows(const char* key) const { return index.query(key, INT64_MIN / 4, INT64_MAX / 4, 512).rows; }
};

json finding(const char* code, const char* severity, const std::string& title, const std::string& words,
             const std::string& remedy, int64_t step = -1) {
  return {{"code", code},   {"severity", severity}, {"title", title},
          {"words", words}, {"remedy", remedy},     {"step", step < 0 ? json(nullptr) : json(step)}};
}

/// Four significant digits.
std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

double mean_of(const SeriesRows& rows, size_t begin, size_t end) {
  double sum = 0.0;
  for (size_t i = begin; i < end; ++i) sum += rows[i].last;
  return end > begin ? sum / static_cast<double>(end - begin) : 0.0;
}

/// The validation loss has turned up while the training loss goes on falling.
void overfitting(const Chart& chart, json& found) {
  const SeriesRows val = chart.rows("val_loss"), loss = chart.rows("loss");
  if (val.size() < 4 || loss.empty()) return;
  const auto best =
      std::min_element(val.begin(), val.end(), [](const auto& a, const auto& b) { return a.last < b.last; });
  const double rise = val.back().last - best->last;
  if (val.end() - best < 3 || rise < 0.02 * best->last) return;
  found.push_back(finding(
      "overfitting", rise > 0.1 * best->last ? "bad" : "warning", "It learns by heart",
      concat("The validation loss was lowest at step ", best->step, " (", short_number(best->last),
             ") and is now ", short_number(val.back().last), ", while the training loss is ",
             short_number(loss.back().last), ": the model remembers its texts instead of their rules."),
      "Use the best checkpoint, give it more data or fewer steps, or raise the dropout.", best->step));
}

/// Sudden jumps upwards of the training loss.
void spikes(const Chart& chart, json& found) {
  const SeriesRows loss = chart.rows("loss");
  int64_t where = -1;
  int count = 0;
  for (size_t i = 8; i < loss.size(); ++i) {
    const double before = mean_of(loss, i - 8, i);
    if (loss[i].max > before + std::max(0.5, 0.3 * before)) ++count, where = loss[i].step;
  }
  if (count == 0) return;
  found.push_back(
      finding("spikes", count > 3 ? "bad" : "warning", "The loss jumps",
              concat("The loss jumped up ", count, count == 1 ? " time" : " times",
                     ", the last time near step ", where, ": a step was too long for where it was taken."),
              "Lower the learning rate, lengthen the warm-up, or clip gradients at 1.", where));
}

/// The loss is above where it began.
void divergence(const Chart& chart, json& found) {
  const SeriesRows loss = chart.rows("loss");
  if (loss.size() < 10) return;
  const double first = loss.front().max, last = mean_of(loss, loss.size() - 3, loss.size());
  if (last < first * 1.05) return;
  found.push_back(finding(
      "divergence", "bad", "It unlearns",
      concat("The loss began at ", short_number(first), " and is now ", short_number(last), "."),
      "Rewind to the last good checkpoint and set a learning rate of a third or a tenth.", loss.back().step));
}

/// Nothing has moved for the last third of the run.
void plateau(const Chart& chart, json& found) {
  const SeriesRows loss = chart.rows("loss");
  if (loss.size() < 60) return;
  const size_t third = loss.size() / 3;
  const double middle = mean_of(loss, loss.size() - 2 * third, loss.size() - third),
               last = mean_of(loss, loss.size() - third, loss.size());
  const double fall = loss.front().last - last;
  if (fall <= 0.0 || middle - last > 0.005 * fall || middle - last < -0.02 * fall) return;
  found.push_back(
      finding("plateau", "note", "It has stopped improving",
              concat("Over the last third of the steps the training loss moved only from ",
                     short_number(middle), " to ", short_number(last), "."),
              "It may be done. If not: a lower learning rate, a larger model or more data moves it again.",
              loss.back().step));
}

/// Gradients are much longer than they were, or than the clipping allows.
void gradients(const Chart& chart, json& found) {
  const SeriesRows norm = chart.rows("grad_norm");
  if (norm.size() < 16) return;
  const double early = mean_of(norm, norm.size() / 8, norm.size() / 2),
               last = mean_of(norm, norm.size() * 7 / 8, norm.size());
  if (early > 0.0 && last > 5.0 * early) {
    found.push_back(finding("gradient_growth", "warning", "The gradients grow",
                            concat("The gradient norm has grown from about ", short_number(early), " to ",
                                   short_number(last), "; divergence often follows."),
                            "Lower the learning rate now, or clip gradients.", norm.back().step));
  }
  if (last < 1e-5) {
    found.push_back(
        finding("gradient_vanished", "bad", "The gradients have vanished",
                concat("The gradient norm is ", short_number(last), ": nothing is learnt any more."),
                "Look at Health for the layer where it dies; start again with a lower learning rate.",
                norm.back().step));
  }
}

/// More passes over the data than it can give.
void small_data(const Chart& chart, json& found) {
  const auto tokens = chart.rows("tokens");
  const json data = run_flag(chart.description, "data");
  const json size = data.is_object() && data.contains("train_tokens") ? data["train_tokens"] : json(nullptr);
  if (tokens.empty() || !size.is_number() || size.get<double>() < 1.0) return;
  const double passes = tokens.back().last / size.get<double>();
  if (passes < kManyPasses) return;
  found.push_back(finding("small_data", "note", "The data is small for so many steps",
                          concat("Every text has been seen about ", std::lround(passes), " times."),
                          "More text teaches more than more passes over the same.", tokens.back().step));
}

/// What a power cut would cost now: the training since the last checkpoint.
void stale_checkpoint(const Chart& chart, json& found) {
  const auto seconds = chart.rows("seconds");
  if (chart.summary.value("state", "") != "running" || seconds.empty()) return;
  const int64_t saved = chart.checkpoints.empty() ? 0 : chart.checkpoints.back()["step"].get<int64_t>();
  const auto since = chart.index.query("seconds", saved, INT64_MAX / 4, 2).rows;
  const double lost = since.empty() ? 0.0 : seconds.back().last - (saved == 0 ? 0.0 : since.front().min);
  if (lost < kStaleSeconds) return;
  found.push_back(finding(
      "stale_checkpoint", lost > 6 * kStaleSeconds ? "warning" : "note", "The last checkpoint is old",
      concat(saved == 0 ? "Nothing has been saved yet" : concat("The last checkpoint is of step ", saved),
             ": if the computer went off now, ", std::lround(lost / 60.0),
             " minutes of training would be lost."),
      "Save now (Cockpit), or let it save more often with --checkpoint-every.", saved));
}

/// How far the loss is from what the data allows.
void floor_distance(const Chart& chart, json& found) {
  const SeriesRows bits = chart.rows("bits_per_byte");
  const json floor =
      chart.description.contains("entropy_floor") ? chart.description["entropy_floor"] : json(nullptr);
  const json value = floor.is_object() && floor.contains("bits_per_byte") ? floor["bits_per_byte"] : floor;
  if (bits.empty() || !value.is_number() || value.get<double>() <= 0.0) return;
  const double best =
      std::min_element(bits.begin(), bits.end(), [](auto& a, auto& b) { return a.last < b.last; })->last;
  const double over = best / value.get<double>() - 1.0;
  if (over < 0.1) {
    found.push_back(finding("near_floor", "good", "Close to all that can be known",
                            concat("The best ", short_number(best), " bits a byte are within ",
                                   std::lround(100 * over), " % of the entropy of the data."),
                            "More steps cannot win much here; change the data."));
  }
}

constexpr void (*kRules[])(const Chart&, json&) = {divergence, overfitting, spikes,           gradients,
                                                   plateau,    small_data,  stale_checkpoint, floor_distance};

int rank(const json& finding) {
  const std::string severity = finding["severity"];
  return severity == "bad" ? 0 : severity == "warning" ? 1 : severity == "note" ? 2 : 3;
}

}  // namespace

json diagnose(const SeriesIndex& index, const json& description, const json& summary,
              const json& checkpoints) {
  json found = json::array();
  if (summary.value("state", "") == "failed") {
    const json told = run_flag(description, "message");
    found.push_back(finding("failed", "bad", "The run failed",
                            told.is_string() ? told.get<std::string>() : "It ended with an error.",
                            "Correct the cause and start it again; the last checkpoint is whole."));
  }
  if (index.lines() < kEnoughLines) return found;
  const Chart chart{index, description, summary, checkpoints};
  for (const auto rule : kRules) rule(chart, found);
  std::stable_sort(found.begin(), found.end(),
                   [](const json& a, const json& b) { return rank(a) < rank(b); });
  if (found.empty()) {
    const SeriesRows loss = chart.rows("loss");
    if (!loss.empty()) {
      found.push_back(
          finding("healthy", "good", "It learns as it should",
                  concat("The loss has fallen from ", short_number(loss.front().max), " to ",
                         short_number(loss.back().last), " with no jump and no sign of learning by heart."),
                  summary.value("state", "") == "running" ? "Nothing to do but wait."
                                                          : "Nothing: try it in the Playground.",
                  loss.back().step));
    }
  }
  return found;
}

}  // namespace seedling::server
