// A persistent team of threads that forks and joins around every op.
//
// Rows are always split the same way, so worker w finds in its own L2 the rows it wrote in the op before. Who
// is done early takes over what another has not begun (share()): a browser that needs one core for a moment,
// or a slower core, then holds up the team by a fraction of that. Between ops a worker spins for a moment
// (ops follow each other within microseconds) and then sleeps in the kernel, so an idle program costs
// nothing.
//
// Called by: CpuBackend, one team each. run() belongs to one caller at a time and does not nest.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <thread>
#include <utility>
#include <vector>

namespace seedling {

/// Half-open range of rows.
struct Range {
  int64_t begin, end;
  int64_t size() const { return end - begin; }
};

/// Part `part` of `parts` of [0, n), in whole multiples of `grain` (the last part takes what is left over).
inline Range split_range(int64_t n, int part, int parts, int64_t grain = 1) {
  const int64_t grains = (n + grain - 1) / grain;
  const int64_t begin = grains * part / parts * grain, end = grains * (part + 1) / parts * grain;
  return {begin < n ? begin : n, end < n ? end : n};
}

class ThreadTeam {
 public:
  /// `size` workers, the caller of run() being worker 0. Throws Error when the system refuses a thread.
  explicit ThreadTeam(int size);
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  int size() const { return size_; }

  /// Calls work(worker, workers) on every worker and returns when all are done. The exception of the lowest
  /// worker that threw is rethrown here.
  template <typename Work>
  void run(Work&& work) {
    if (size_ == 1) {
      work(0, 1);
      return;
    }
    auto* address = &work;
    dispatch([](void* context, int worker,
                int workers) { (*static_cast<decltype(address)>(context))(worker, workers); },
             const_cast<void*>(static_cast<const void*>(address)));
  }

  /// Calls work(worker, range) for pieces of [0, n), each of `grain` or, at an end, fewer: a worker takes
  /// those of its own part in order, then the last ones of others'. Every piece is done once, but by whom is
  /// not foreseeable: only for work whose result does not depend on it.
  template <typename Work>
  void share(int64_t n, int64_t grain, Work work) {
    const int64_t pieces = (n + grain - 1) / grain;
    for (int worker = 0; worker < size_; ++worker)
      parts_[static_cast<size_t>(worker)].set(split_range(pieces, worker, size_));
    run([&](int worker, int workers) {
      const auto perform = [&](int64_t piece) {
        work(worker, Range{piece * grain, std::min(n, (piece + 1) * grain)});
      };
      for (int64_t piece; (piece = parts_[static_cast<size_t>(worker)].take_first()) >= 0;) perform(piece);
      for (int i = 1; i < workers; ++i) {
        Part& other = parts_[static_cast<size_t>((worker + i) % workers)];
        for (int64_t piece; (piece = other.take_last()) >= 0;) perform(piece);
      }
    });
  }

 private:
  /// The pieces of a worker's part that nobody has begun: first and end in one word, so that both change
  /// together.
  struct alignas(64) Part {
    std::atomic<uint64_t> left{0};
    void set(Range pieces) {
      left.store(static_cast<uint64_t>(pieces.begin) << 32 | static_cast<uint64_t>(pieces.end),
                 std::memory_order_relaxed);
    }
    int64_t take_first() {
      return take(1, uint64_t{1} << 32, [](uint64_t old) { return old >> 32; });
    }
    /// Leaves the last one: its owner is about to take it, and finds its rows in its own cache.
    int64_t take_last() {
      return take(2, ~uint64_t{0}, [](uint64_t old) { return (old & 0xFFFFFFFFu) - 1; });
    }
    template <typename Which>
    int64_t take(uint64_t least, uint64_t change, Which which) {
      uint64_t old = left.load(std::memory_order_relaxed);
      while ((old >> 32) + least <= (old & 0xFFFFFFFFu)) {
        if (left.compare_exchange_weak(old, old + change, std::memory_order_relaxed))
          return static_cast<int64_t>(which(old));
      }
      return -1;
    }
  };

  using Call = void (*)(void* context, int worker, int workers);
  void dispatch(Call call, void* context);
  void work_loop(int worker);
  void perform(int worker);
  void wait_for_change(const std::atomic<uint32_t>& value, uint32_t old);
  void notify(std::atomic<uint32_t>& value);
  void stop();

  int size_;
  int spins_;  // how often to look before sleeping
  Call call_ = nullptr;
  void* context_ = nullptr;
  bool stopping_ = false;
  alignas(64) std::atomic<int> sleepers_{0};      // workers that look no longer, and must be woken
  alignas(64) std::atomic<uint32_t> round_{0};    // grows by one for each run()
  alignas(64) std::atomic<uint32_t> pending_{0};  // workers still at it
  std::vector<std::exception_ptr> errors_;        // one a worker
  std::vector<Part> parts_;                       // one a worker
  std::vector<std::thread> threads_;
};

}  // namespace seedling
