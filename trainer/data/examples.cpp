// Fine-tuning examples from files: see examples.h.
#include "data/examples.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "data/cache.h"
#include "data/mapped_file.h"
#include "data/records.h"
#include "data/text.h"

namespace seedling {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// A task's fields: what is given, and what is to be produced.
struct TaskFields {
  std::string task, input, target;
  std::vector<std::string> keys;
  std::string shape;
};

const TaskFields kTasks[] = {
    {"classification", "text", "label", {"text", "label"}, "{\"text\", \"label\"}"},
    {"qa",
     "question",
     "",
     {"context", "question", "answers"},
     "{\"context\", \"question\", \"answers\": [{\"text\", \"start\"}]}"},
    {"generation", "prompt", "completion", {"prompt", "completion"}, "{\"prompt\", \"completion\"}"},
    {"summarization", "document", "summary", {"document", "summary"}, "{\"document\", \"summary\"}"},
    {"translation", "source", "target", {"source", "target"}, "{\"source\", \"target\"}"},
    {"dialogue", "", "", {"messages"}, "{\"messages\": [{\"role\", \"content\"}]}"},
};

/// Makes Examples of one file's records; its errors name the place.
class Maker {
 public:
  Maker(const TaskFields& fields, std::string name, bool columns)
      : fields_(fields), name_(std::move(name)), columns_(columns) {}

  /// `part` says which part of the line is meant, where a line holds many: ", question 17".
  Example make(int64_t line, const json& record, const std::string& part = "") {
    line_ = line;
    part_ = part;
    for (const std::string& key : fields_.keys) {
      if (columns_ && !record.contains(key)) {
        fail(name_, ", line 1: no column is named \"", key, "\". The first line must name the columns of ",
             fields_.shape, ".");
      }
    }
    Example example;
    example.line = line;
    if (!fields_.input.empty()) example.input = text(record, fields_.input);
    if (fields_.task == "classification") {
      example.label = label(record);
    } else if (fields_.task == "qa") {
      example.context = text(record, "context");
      for (const json& answer : list(record, "answers"))
        example.answers.push_back(find(answer, example.context));
    } else if (fields_.task == "dialogue") {
      for (const json& message : list(record, "messages")) example.messages.push_back(one_message(message));
      check_messages(example.messages);
    } else {
      example.targets = targets(record);
    }
    return example;
  }

 private:
  template <typename... Parts>
  [[noreturn]] void wrong(const Parts&... parts) const {
    fail(name_, ", line ", line_, part_, ": ", parts..., ". An example for ", fields_.task, " has ",
         fields_.shape, ".");
  }

  const json& field(const json& record, const std::string& key) const {
    const auto found = record.find(key);
    if (found == record.end()) wrong("the field \"", key, "\" is missing");
    return *found;
  }

  std::string text(const json& record, const std::string& key) const {
    const json& value = field(record, key);
    if (!value.is_string()) wrong("the field \"", key, "\" is not a text but ", value.type_name());
    return value.get<std::string>();
  }

  std::string label(const json& record) const {
    const json& value = field(record, "label");
    if (value.is_number_integer()) return value.dump();
    std::string name = text(record, "label");
    if (name.empty()) wrong("the label is empty");
    return name;
  }

  /// A list; in CSV and TSV it stands in its cell as JSON.
  json list(const json& record, const std::string& key) const {
    json value = field(record, key);
    if (value.is_string()) value = json::parse(value.get<std::string>(), nullptr, false);
    if (!value.is_array()) wrong("the field \"", key, "\" is not a list");
    return value;
  }

  std::vector<std::string> targets(const json& record) const {
    const json& value = field(record, fields_.target);
    if (!value.is_array()) return {text(record, fields_.target)};
    std::vector<std::string> all;
    for (const json& each : value) {
      if (!each.is_string()) wrong("the list \"", fields_.target, "\" holds something that is not a text");
      all.push_back(each.get<std::string>());
    }
    if (all.empty()) wrong("the list \"", fields_.target, "\" is empty");
    return all;
  }

  /// The answer's place in bytes; without a start, its first occurrence.
  Answer find(const json& record, const std::string& context) const {
    if (!record.is_object()) wrong("an answer is not an object");
    Answer answer{text(record, "text"), 0, 0, 0};
    if (answer.text.empty()) wrong("an answer is empty; no answer is \"answers\": []");
    if (!record.contains("start")) {
      answer.begin = context.find(answer.text);
      if (answer.begin == context.npos)
        wrong("the answer \"", answer.text, "\" does not occur in the context");
      answer.start =
          std::count_if(context.begin(), context.begin() + static_cast<std::ptrdiff_t>(answer.begin),
                        [](char c) { return (c & 0xC0) != 0x80; });
    } else {
      const json& start = record["start"];
      if (!start.is_number_integer() || start.get<int64_t>() < 0) {
        wrong("an answer's \"start\" is not a number of characters");
      }
      answer.start = start.get<int64_t>();
      int64_t characters = -1;
      while (answer.begin < context.size()) {
        if ((context[answer.begin] & 0xC0) != 0x80 && ++characters == answer.start) break;
        ++answer.begin;
      }
      if (context.compare(answer.begin, answer.text.size(), answer.text) != 0) {
        wrong("the answer \"", answer.text, "\" does not stand at character ", answer.start,
              " of the context", context.find(answer.text) == context.npos ? ", nor anywhere in it" : "");
      }
    }
    answer.end = answer.begin + answer.text.size();
    return answer;
  }

  Message one_message(const json& record) const {
    if (!record.is_object()) wrong("a message is not an object");
    Message message{text(record, "role"), text(record, "content")};
    if (message.role != "user" && message.role != "assistant" && message.role != "system") {
      wrong("the role \"", message.role, "\" is not user, assistant or system");
    }
    return message;
  }

  void check_messages(const std::vector<Message>& messages) const {
    const auto replies = std::count_if(messages.begin(), messages.end(),
                                       [](const Message& message) { return message.role == "assistant"; });
    if (replies == 0) wrong("no message is the assistant's, so there is nothing to learn");
  }

  const TaskFields& fields_;
  std::string name_;
  bool columns_;  // CSV, TSV: the first line names them
  int64_t line_ = 0;
  std::string part_;
};

/// Lines of a text, for places that come in its order: each call goes on from where the last one stopped.
class LineCounter {
 public:
  explicit LineCounter(std::string_view bytes) : bytes_(bytes) {}
  /// The line of the next occurrence of `text`; the line reached so far where there is none.
  int64_t find(const std::string& text) {
    if (const size_t found = bytes_.find(text, at_); found != bytes_.npos) {
      line_ += std::count(bytes_.begin() + static_cast<std::ptrdiff_t>(at_),
                          bytes_.begin() + static_cast<std::ptrdiff_t>(found), '\n');
      at_ = found;
    }
    return line_;
  }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
  int64_t line_ = 1;
};

/// SQuAD's own JSON (version 1.1 or 2.0): data -> paragraphs -> questions. A question's place is the line of
/// its id, and its number, because the file is often one single line.
void read_squad(const fs::path& path, const std::string& name, std::string_view bytes,
                const std::function<void(int64_t, const std::string&, json&&)>& take) {
  const json file = read_json(path);
  LineCounter lines(bytes);
  int64_t number = 0, line = 1;
  try {
    for (const json& article : file.at("data")) {
      for (const json& paragraph : article.at("paragraphs")) {
        for (const json& question : paragraph.at("qas")) {
          json answers = json::array();
          ++number;
          if (question.contains("id")) line = lines.find(question["id"].dump());
          if (!question.value("is_impossible", false)) {
            for (const json& answer : question.at("answers")) {
              answers.push_back({{"text", answer.at("text")}, {"start", answer.at("answer_start")}});
            }
          }
          take(line, concat(", question ", number),
               {{"context", paragraph.at("context")},
                {"question", question.at("question")},
                {"answers", std::move(answers)}});
        }
      }
    }
  } catch (const json::exception& error) {
    fail(name, ", line ", line, ", question ", number, ": not as SQuAD's files are (", error.what(), ")");
  }
}

/// The name without .gz, for its ending.
std::string ending(const fs::path& path) {
  const fs::path name = path.extension() == ".gz" ? path.stem() : path;
  return name.extension().string();
}

}  // namespace

const std::vector<std::string>& example_tasks() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const TaskFields& fields : kTasks) list.push_back(fields.task);
    return list;
  }();
  return names;
}

void read_examples(const fs::path& path, const std::string& task,
                   const std::function<void(Example&&)>& take) {
  const auto fields = std::find_if(std::begin(kTasks), std::end(kTasks),
                                   [&](const TaskFields& each) { return each.task == task; });
  if (fields == std::end(kTasks)) {
    const std::string near = nearest_word(task, example_tasks().data(), example_tasks().size());
    fail_usage("no such task: ", task, near.empty() ? "" : concat(" (did you mean ", near, "?)"));
  }
  const std::string name = path.string(), kind = ending(path);
  if (!fs::exists(path)) fail("no such file: ", name);
  fs::path file = path;
  if (path.extension() == ".gz") {
    const fs::path folder = cache_folder("") / "unpacked";
    fs::create_directories(folder);
    file = folder / (sha256(MappedFile(path).bytes()) + ".txt");
    if (!fs::exists(file)) unpack_gzip(path, file);
  }
  int64_t count = 0;
  Maker maker(*fields, name, kind == ".csv" || kind == ".tsv");
  const TakeRecord give = [&](int64_t line, json&& record) {
    ++count;
    take(maker.make(line, record));
  };
  const MappedFile mapped(file);
  if (kind == ".csv") {
    read_csv(name, mapped.bytes(), give);
  } else if (kind == ".tsv") {
    read_tsv(name, mapped.bytes(), give);
  } else if (kind == ".json" && task == "qa") {
    read_squad(file, name, mapped.bytes(), [&](int64_t line, const std::string& part, json&& record) {
      ++count;
      take(maker.make(line, record, part));
    });
  } else if (kind == ".jsonl" || kind == ".ndjson" || kind == ".json") {
    read_json_lines(name, mapped.bytes(), give);
  } else {
    fail_usage(name, ": examples come as .jsonl, .csv, .tsv", task == "qa" ? ", SQuAD's .json" : "",
               " or one of these with .gz");
  }
  if (count == 0) fail(name, ": no examples in it. One has ", fields->shape, ".");
}

std::vector<Example> load_examples(const fs::path& path, const std::string& task) {
  std::vector<Example> examples;
  read_examples(path, task, [&](Example&& example) { examples.push_back(std::move(example)); });
  return examples;
}

}  // namespace seedling
