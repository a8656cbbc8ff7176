// The event hub (see event_hub.h).
#include "web/server/event_hub.h"

#include <algorithm>
#include <charconv>

#include "web/server/reply.h"

namespace seedling::server {

namespace {
constexpr size_t kMinimumEvents = 512;              // the contract's replay
constexpr size_t kMaximumBytes = size_t{32} << 20;  // beyond the minimum, the ring is also bounded in memory
}  // namespace

EventHub::EventHub(std::string boot, size_t capacity, int gather_milliseconds)
    : boot_(std::move(boot)), capacity_(capacity), gather_milliseconds_(gather_milliseconds) {
  if (gather_milliseconds_ > 0) gatherer_ = std::thread([this] { gather(); });
}

EventHub::~EventHub() {
  close();
  if (gatherer_.joinable()) gatherer_.join();
}

void EventHub::close() {
  const std::lock_guard lock(mutex_);
  if (!closed_) flush();
  closed_ = true;
  wake_readers_.notify_all();
  wake_gatherer_.notify_all();
}

bool EventHub::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

void EventHub::add_point(const std::string& run, const nlohmann::json& line) {
  std::string text = dump(line);
  const std::lock_guard lock(mutex_);
  const bool first = points_.empty();
  points_[run].push_back(std::move(text));
  if (gather_milliseconds_ == 0)
    flush();
  else if (first)
    wake_gatherer_.notify_one();
}

void EventHub::publish(const std::string& kind, const nlohmann::json& data) {
  const std::string text = dump(data);
  const std::lock_guard lock(mutex_);
  flush();
  append(kind, text);
  wake_readers_.notify_all();
}

void EventHub::append(const std::string& kind, const std::string& data) {
  const uint64_t number = first_ + ring_.size();
  auto event = std::make_shared<const std::string>("id: " + boot_ + "-" + std::to_string(number) + "\n" +
                                                   frame(kind, data));
  bytes_ += event->size();
  ring_.push_back(std::move(event));
  if (kind != "metrics") after_news_ = number + 1;
  while (ring_.size() > capacity_ || (bytes_ > kMaximumBytes && ring_.size() > kMinimumEvents)) {
    bytes_ -= ring_.front()->size();
    ring_.pop_front();
    ++first_;
  }
}

void EventHub::flush() {
  for (const auto& [run, lines] : points_) {
    std::string data = "{\"run\":" + dump(run) + ",\"points\":[";
    for (size_t i = 0; i < lines.size(); ++i) data += (i > 0 ? "," : "") + lines[i];
    append("metrics", data + "]}");
  }
  if (!points_.empty()) wake_readers_.notify_all();
  points_.clear();
}

/// The gatherer's thread: a line after a silence goes out at once; those that follow quickly are sent
/// together.
void EventHub::gather() {
  const auto pause = std::chrono::milliseconds(gather_milliseconds_);
  auto next = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  while (!closed_) {
    wake_gatherer_.wait(lock, [this] { return closed_ || !points_.empty(); });
    wake_gatherer_.wait_until(lock, next, [this] { return closed_; });
    flush();
    next = std::chrono::steady_clock::now() + pause;
  }
}

uint64_t EventHub::position() const {
  const std::lock_guard lock(mutex_);
  return first_ + ring_.size();
}

bool EventHub::find(const std::string& id, uint64_t& position) const {
  const std::string start = boot_ + "-";
  if (id.compare(0, start.size(), start) != 0) return false;
  uint64_t number = 0;
  const char* end = id.data() + id.size();
  const auto [stop, error] = std::from_chars(id.data() + start.size(), end, number);
  if (error != std::errc() || stop != end || std::to_string(number) != id.substr(start.size())) return false;
  const std::lock_guard lock(mutex_);
  if (number < first_ || number >= first_ + ring_.size()) return false;
  position = number + 1;
  return true;
}

std::vector<std::shared_ptr<const std::string>> EventHub::read(
    uint64_t& cursor, uint64_t& dropped, int milliseconds,
    std::chrono::steady_clock::time_point metrics_from) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  std::unique_lock lock(mutex_);
  wake_readers_.wait_until(lock, std::min(end, metrics_from),
                           [&] { return closed_ || cursor < after_news_; });
  if (metrics_from.time_since_epoch().count() > 0) flush();  // this reader has waited long enough
  wake_readers_.wait_until(lock, end, [&] { return closed_ || cursor < first_ + ring_.size(); });
  dropped = cursor < first_ ? first_ - cursor : 0;
  cursor += dropped;
  std::vector<std::shared_ptr<const std::string>> events(
      ring_.begin() + static_cast<std::ptrdiff_t>(cursor - first_), ring_.end());
  cursor += events.size();
  return events;
}

std::string EventHub::frame(const std::string& kind, const std::string& data) {
  return "event: " + kind + "\ndata: " + data + "\n\n";
}

}  // namespace seedling::server
