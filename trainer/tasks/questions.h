// Question answering: the passage of a context that answers, or 'no answer'. What both ways of finding it
// share.
//
// A bidirectional model points: a span head says where the answer starts and ends (spans.cpp). A causal model
// cannot point well, for it meets the answer before it has read what makes it one ("Tom gave the kite away":
// who did?). It reads context and question to the end and writes the answer, held to passages of the context
// (quotes.cpp). A context longer than the model's is read in windows that overlap by half (Devlin et al.
// 2018, the SQuAD code).
#pragma once

#include <utility>
#include <vector>

#include "tasks/task.h"

namespace seedling {

/// An answer: bytes [begin, end) of the context, empty for 'no answer', and how sure the model is of it.
struct FoundAnswer {
  size_t begin = 0, end = 0;
  double probability = 0.0;
};

class Questions : public Task {
 public:
  using Task::Task;
  Score score(Model& model, const std::vector<Example>& examples, const ScoreOptions& options) override;
  nlohmann::json predict(Model& model, const Example& example) override;

 protected:
  /// The best answer to each example over all its windows.
  virtual std::vector<FoundAnswer> find(Model& model, const std::vector<Example>& examples) = 0;
};

using Offsets = std::vector<std::pair<size_t, size_t>>;  // bytes of each token

/// Windows [first, last) over a context of so many tokens, each of at most `room`.
std::vector<std::pair<size_t, size_t>> windows_of(size_t tokens, size_t room);

/// The tokens [first, last] among those of a window in which the whole answer stands; false where it does
/// not.
bool find_tokens(const Answer& answer, const Offsets& window, size_t& first, size_t& last);

std::unique_ptr<Task> make_spans(const TaskRecord&, const Tokenizer&, const ModelConfig&);
std::unique_ptr<Task> make_quotes(const TaskRecord&, const Tokenizer&, const ModelConfig&);

}  // namespace seedling
