// GET /api/stream: one event stream for everything, replayed exactly after a lost connection.
//
// A stream is a thread of the pool that reads the hub with a cursor of its own. A client that stopped reading
// is cut off by the write timeout, one that has gone is noticed at the next ping: its thread is free within
// seconds.
#include <chrono>

#include "web/server/app.h"
#include "web/server/reply.h"

namespace seedling::server {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kPing = std::chrono::milliseconds(1000);
constexpr int kSlowestPace = 1000;

/// One reader: counts itself among the streams as long as it lives. Metrics come as soon as they are there,
/// or with a `pace` at most once in so many milliseconds: a page that shows them four times a second need not
/// be woken by each.
class StreamReader {
 public:
  StreamReader(App& app, const std::string& last_id, int64_t pace) : app_(app), pace_(pace) {
    if (++app_.streams > kMostStreams) {
      --app_.streams;
      throw HttpError(503, "too_many_streams",
                      "eight streams are open already; ask /api/runs from time to time instead");
    }
    greeting_ = "retry: 1000\n";
    if (!app_.hub.find(last_id, cursor_)) {
      cursor_ = app_.hub.position();  // first the position, then the snapshot: nothing in between is lost
      greeting_ += EventHub::frame("reset", dump(app_.manager.describe_all()));
    } else {
      greeting_ += "\n";
    }
  }
  ~StreamReader() { --app_.streams; }
  StreamReader(const StreamReader&) = delete;
  StreamReader& operator=(const StreamReader&) = delete;

  /// Waits for something to send, sends it. False when the client has gone; ends the stream when the server
  /// does.
  bool serve(httplib::DataSink& sink) {
    if (!greeting_.empty()) {
      const std::string text = std::move(greeting_);
      greeting_.clear();
      return write(sink, text);
    }
    const bool ending =
        app_.hub.closed();  // what is in the ring still goes out: the last words of a run, say
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(next_ping_ - Clock::now());
    uint64_t dropped = 0;
    const auto events =
        app_.hub.read(cursor_, dropped, static_cast<int>(std::max<int64_t>(1, left.count())), next_metrics_);
    std::string text;
    if (dropped > 0) text += EventHub::frame("gap", dump({{"dropped", dropped}}));
    for (const auto& event : events) {
      text += *event;
      if (text.size() > (size_t{1} << 20)) {
        if (!write(sink, text)) return false;
        text.clear();
      }
    }
    const auto now = Clock::now();
    if (!text.empty()) next_metrics_ = now + pace_;
    if (now + pace_ / 2 >= next_ping_) {  // rather with what goes out now than by itself a moment later
      text += EventHub::frame("ping", "{}");
      next_ping_ = now + kPing;
    }
    if (!text.empty() && !write(sink, text)) return false;
    if (ending) sink.done();
    return true;
  }

 private:
  static bool write(httplib::DataSink& sink, const std::string& text) {
    return sink.is_writable() && sink.write(text.data(), text.size());
  }

  App& app_;
  const std::chrono::milliseconds pace_;
  uint64_t cursor_ = 0;
  std::string greeting_;
  Clock::time_point next_metrics_{};
  Clock::time_point next_ping_ = Clock::now() + kPing;
};

}  // namespace

void get_stream(const Call& call) {
  const int64_t pace = call.integer_parameter("pace", 0, 0, kSlowestPace);
  auto reader =
      std::make_shared<StreamReader>(call.app, call.request.get_header_value("Last-Event-ID"), pace);
  call.response.set_chunked_content_provider(
      "text/event-stream", [reader](size_t, httplib::DataSink& sink) { return reader->serve(sink); });
}

}  // namespace seedling::server
