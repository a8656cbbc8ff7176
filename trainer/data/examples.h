// Fine-tuning examples from files: JSON lines, CSV, TSV, and SQuAD's own JSON; each also as .gz.
//
//   classification   {"text", "label"}
//   qa               {"context", "question", "answers": [{"text", "start"}]}
//   generation       {"prompt", "completion"}
//   summarization    {"document", "summary"}
//   translation      {"source", "target"}
//   dialogue         {"messages": [{"role", "content"}]}
//
// In CSV and TSV the first line names the columns; a list (answers, messages) stands in its cell as JSON.
// Every error names file and line. Called by tasks/.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace seedling {

/// An answer and the bytes [begin, end) of the context where it stands.
struct Answer {
  std::string text;
  size_t begin = 0, end = 0;
  int64_t start = 0;  // `begin` counted in code points, as files do
};

struct Message {
  std::string role;  // "system", "user", "assistant"
  std::string content;
};

/// One example; a task fills only its own fields.
struct Example {
  std::string input;                 // text, question, prompt, document or source
  std::string label;                 // classification; whole numbers become their digits
  std::string context;               // qa
  std::vector<Answer> answers;       // qa; empty: no answer
  std::vector<std::string> targets;  // completion, summary or target; several where the file has a list
  std::vector<Message> messages;     // dialogue
  int64_t line = 0;                  // of the file, from 1
};

/// The tasks by name: "classification", "qa", "generation", "summarization", "translation", "dialogue".
const std::vector<std::string>& example_tasks();

/// Calls `take` with each example in the file's order, holding one at a time. Throws Error naming file and
/// line: a missing field, a wrong type, a line beyond 8 MB, bytes that are not UTF-8, an answer that is not
/// where it should be, no examples at all; UsageError for an unknown task.
void read_examples(const std::filesystem::path& path, const std::string& task,
                   const std::function<void(Example&&)>& take);

/// All of them.
std::vector<Example> load_examples(const std::filesystem::path& path, const std::string& task);

}  // namespace seedling
