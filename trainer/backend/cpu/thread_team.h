// A persistent team of threads that forks and joins around every op.
//
// Rows are always split the same way, so worker w finds in its own L2 the rows it wrote in the op before.
// Between ops a worker spins for a moment (ops follow each other within microseconds) and then sleeps in the
// kernel, so an idle program costs nothing.
//
// Called by: CpuBackend, one team each. run() belongs to one caller at a time and does not nest.
#pragma once

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

 private:
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
  std::vector<std::thread> threads_;
};

}  // namespace seedling
