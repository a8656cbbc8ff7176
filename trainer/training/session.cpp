// The one place where the trainer's thread and all others meet (see session.h).
#include "training/session.h"

#include <chrono>

namespace seedling {

/// A function to run between two steps, and whether it has been run or refused.
struct Session::Look {
  std::function<void()> run;
  bool done = false, refused = false;
  std::exception_ptr error;
};

void Session::publish(Snapshot snapshot) {
  auto next = std::make_shared<const Snapshot>(std::move(snapshot));
  const std::lock_guard lock(mutex_);
  snapshot_ = std::move(next);
}

std::shared_ptr<const Snapshot> Session::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

void Session::add_listener(Listener listener) {
  const std::lock_guard lock(mutex_);
  listeners_.push_back(std::move(listener));
}

void Session::notify(const std::string& kind, const nlohmann::json& line) {
  std::vector<Listener> listeners;
  {
    const std::lock_guard lock(mutex_);
    listeners = listeners_;  // called without the lock: a listener may call back
  }
  for (const Listener& listener : listeners) listener(kind, line);
}

void Session::post(Command command) {
  {
    const std::lock_guard lock(mutex_);
    commands_.push_back(std::move(command));
  }
  wake_.notify_all();
}

std::vector<Command> Session::take_commands(bool wait) {
  std::unique_lock lock(mutex_);
  if (wait) {
    wake_.wait_for(lock, std::chrono::milliseconds(50),
                   [this] { return !commands_.empty() || !looks_.empty(); });
  }
  std::vector<Command> taken(std::make_move_iterator(commands_.begin()),
                             std::make_move_iterator(commands_.end()));
  commands_.clear();
  return taken;
}

bool Session::run_between_steps(std::function<void()> look) {
  auto mine = std::make_shared<Look>();
  mine->run = std::move(look);
  std::unique_lock lock(mutex_);
  if (closed_) return false;
  looks_.push_back(mine);
  wake_.notify_all();
  wake_.wait(lock, [&] { return mine->done || mine->refused; });
  if (mine->error) std::rethrow_exception(mine->error);
  return mine->done;
}

void Session::serve_looks() {
  for (;;) {
    std::shared_ptr<Look> look;
    {
      const std::lock_guard lock(mutex_);
      if (looks_.empty()) return;
      look = looks_.front();
      looks_.pop_front();
    }
    try {
      look->run();
    } catch (...) {
      look->error = std::current_exception();  // the asker's mistake, not the trainer's: rethrown over there
    }
    {
      const std::lock_guard lock(mutex_);
      look->done = true;
    }
    wake_.notify_all();
  }
}

void Session::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (const auto& look : looks_) look->refused = true;
    looks_.clear();
  }
  wake_.notify_all();
}

}  // namespace seedling
