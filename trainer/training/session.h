// Where the trainer and the world meet: immutable snapshots out, commands in.
//
// The trainer publishes after each step and drains commands between two steps; it takes one short lock for
// each and never waits for a reader. The web server (or anything else) reads snapshots and posts commands
// from its own threads.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace seedling {

class Model;
class Tokenizer;

/// A request to the trainer: "pause", "resume", "step", "stop", "save", "set", "rewind", "fork", "sample".
struct Command {
  std::string id;  // unique in the run; stands in events.jsonl
  std::string name;
  nlohmann::json arguments;  // of "set": flag names and values; of "rewind": {"step"}; ...
};

/// What the trainer says of itself after each step.
struct Snapshot {
  std::string run;  // id: the folder's name
  std::filesystem::path folder;
  std::string command;             // "pretrain" or "finetune"
  std::string state = "starting";  // starting, running, paused, stopped, finished, failed
  std::string message;             // why it failed or stopped, in words
  int64_t step = 0, steps = 0;
  nlohmann::json metrics;  // the last line of metrics.jsonl
};

class Session {
 public:
  /// Listeners are called on the trainer's thread with every line written to metrics.jsonl ("metrics"),
  /// samples.jsonl
  /// ("sample"), events.jsonl ("intervention"), for each checkpoint ("checkpoint") and change of state
  /// ("state"). They must return at once (queue it, do not work).
  using Listener = std::function<void(const std::string& kind, const nlohmann::json& line)>;

  void publish(Snapshot snapshot);
  std::shared_ptr<const Snapshot> snapshot() const;
  void add_listener(Listener listener);
  void notify(const std::string& kind, const nlohmann::json& line);

  /// Any thread: queues a command. Its id is given by the caller.
  void post(Command command);
  /// Trainer's thread: takes everything queued. With `wait`, blocks up to 50 ms for something to come
  /// (paused).
  std::vector<Command> take_commands(bool wait);
  /// Runs a function on the trainer's thread between two steps with access to the live model, and waits for
  /// it: how the page looks inside live weights. Returns false if the trainer ended first. The function must
  /// be quick.
  bool run_between_steps(std::function<void()> look);
  /// Trainer's thread: runs what run_between_steps queued.
  void serve_looks();
  /// Trainer's thread, at the very end: refuses later looks and wakes those waiting.
  void close();
  /// Trainer's thread: the model and tokenizer that looks may use; called once they stand, and with nulls
  /// before they go.
  void show_model(Model* model, const Tokenizer* tokenizer) { model_ = model, tokenizer_ = tokenizer; }
  /// Only inside a look (so on the trainer's thread): null where there is none yet.
  Model* model() const { return model_; }
  const Tokenizer* tokenizer() const { return tokenizer_; }

 private:
  struct Look;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::shared_ptr<const Snapshot> snapshot_ = std::make_shared<Snapshot>();
  std::vector<Listener> listeners_;
  std::deque<Command> commands_;
  std::deque<std::shared_ptr<Look>> looks_;
  bool closed_ = false;
  Model* model_ = nullptr;  // touched by the trainer's thread alone
  const Tokenizer* tokenizer_ = nullptr;
};

}  // namespace seedling
