// The event hub: one ring of events that every stream reads at its own pace.
//
// Producers (trainer threads, the folder watcher) append and never wait for a reader. A reader is a cursor
// into the ring, so a thousand slow readers cost nothing; one that falls out of the ring is told how much it
// missed ("gap"). Metrics lines are gathered for a moment, so that a run of a thousand steps a second is a
// few events a second.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <thread>
#include <vector>

namespace seedling::server {

class EventHub {
 public:
  /// `boot` names this start of the server in event ids. `gather_milliseconds` 0: publish() and add_point()
  /// act at once.
  explicit EventHub(std::string boot, size_t capacity = 4096, int gather_milliseconds = 20);
  ~EventHub();
  EventHub(const EventHub&) = delete;
  EventHub& operator=(const EventHub&) = delete;

  /// A line of metrics of a run; several are joined into one event.
  void add_point(const std::string& run, const nlohmann::json& line);
  /// Any other event; what was gathered so far goes first, so the order is the trainer's.
  void publish(const std::string& kind, const nlohmann::json& data);
  /// Wakes every reader for good.
  void close();
  bool closed() const;

  /// Where the next event will stand.
  uint64_t position() const;
  /// The position after the event with that id ("BOOT-17"), if it is still in the ring.
  bool find(const std::string& id, uint64_t& position) const;
  /// Waits up to the given time for events at and after the cursor, and moves it past them. `dropped` counts
  /// those that had left the ring before they were read. Frames are whole server-sent events. Before the
  /// moment `metrics_from`, metrics alone are no reason to return: a reader that wants them a few times a
  /// second sleeps through the steps in between, and still hears of everything else at once.
  std::vector<std::shared_ptr<const std::string>> read(
      uint64_t& cursor, uint64_t& dropped, int milliseconds,
      std::chrono::steady_clock::time_point metrics_from = {});

  /// One server-sent event without an id.
  static std::string frame(const std::string& kind, const std::string& data);

 private:
  void append(const std::string& kind, const std::string& data);  // mutex_ held
  void flush();                                                   // mutex_ held
  void gather();

  const std::string boot_;
  const size_t capacity_;
  const int gather_milliseconds_;
  mutable std::mutex mutex_;
  std::condition_variable wake_readers_, wake_gatherer_;
  std::deque<std::shared_ptr<const std::string>> ring_;
  uint64_t first_ = 1;       // the number of the ring's oldest event
  uint64_t after_news_ = 1;  // one more than that of the newest event that is not metrics
  size_t bytes_ = 0;
  std::map<std::string, std::vector<std::string>> points_;  // by run, lines as JSON text
  bool closed_ = false;
  std::thread gatherer_;
};

}  // namespace seedling::server
