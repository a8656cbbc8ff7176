// The examples of a fine-tuning run: found, read, split and described.
//
//   --data FILE            JSON lines, CSV, TSV or SQuAD's JSON (data/examples.h)
//   --data FOLDER          with train.*, and validation.* and test.* where they are there
//   --data storyworld      the embedded set of the task; storyworld/spam and so on by name
//
// Without a validation file a tenth of the training examples is set aside, the same at every run, and
// examples with the same input stay together. What could mislead a reader is counted and said: inputs that
// stand in train and test alike, classes of very different size. Called by commands/ and tests.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "data/examples.h"

namespace seedling {

struct TaskDataOptions {
  std::string task, data, validation, test;  // the last two may be ""
  int64_t limit = 0;                         // training examples to use (0: all): learning from few labels
  uint64_t seed = 1;
  std::function<void(const std::string&)> say;
};

struct TaskData {
  std::string name;
  std::vector<Example> train, validation, test;
  std::filesystem::path train_file, validation_file,
      test_file;          // validation's is train's where it was split off
  std::string hash;       // SHA-256 over the files' own
  nlohmann::json report;  // sizes, labels, duplicates
};

/// Throws Error naming file, line and remedy; UsageError for a set that does not exist or is another task's.
TaskData load_task_data(const TaskDataOptions& options);

/// The test file of a name or folder; a file is itself. For `evaluate --task`.
std::filesystem::path find_test_file(const std::string& task, const std::string& data);

/// The labels of these examples: numbers by value, else words by the alphabet.
std::vector<std::string> labels_of(const std::vector<Example>& examples);

/// What an example gives to the model, as one text: duplicates are found by it.
std::string input_of(const Example& example);

/// The embedded sets by name, with their task: {"sentiment", "classification"}, ...
std::vector<std::pair<std::string, std::string>> embedded_sets();

}  // namespace seedling
