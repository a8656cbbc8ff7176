// The team's fork and join: one counter says "go", one says how many are not done. See thread_team.h.
#include "backend/cpu/thread_team.h"

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <ctime>
#include <system_error>

#include "backend/cpu/machine.h"
#include "base/error.h"

namespace seedling {
namespace {

// About 50 microseconds on current x86 (a pause is 40 to 140 cycles).
constexpr int kSpins = 2000;

inline void pause_cpu() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

#if defined(__linux__)

// Sleeping as the system has it, because std::atomic's wait knows no time limit. Whoever sleeps wakes sixty
// times, a while apart, to look again: a core that falls asleep anew takes over a worker that another program
// has pushed off its core, and that is the moment at which the system does so. Otherwise the team waits until
// the other is done.
constexpr int kLooks = 60;
constexpr long kLookNanoseconds = 150'000;

void sleep_while(const std::atomic<uint32_t>& value, uint32_t old, const timespec* limit) {
  syscall(SYS_futex, reinterpret_cast<const uint32_t*>(&value), FUTEX_WAIT_PRIVATE, old, limit, nullptr, 0);
}

void wake(std::atomic<uint32_t>& value, int most) {
  syscall(SYS_futex, reinterpret_cast<uint32_t*>(&value), FUTEX_WAKE_PRIVATE, most, nullptr, nullptr, 0);
}

#endif

}  // namespace

/// Waits until `value` is no longer `old`.
void ThreadTeam::wait_for_change(const std::atomic<uint32_t>& value, uint32_t old) {
  for (int i = 0; i < spins_; ++i) {
    if (value.load(std::memory_order_acquire) != old) return;
    pause_cpu();
  }
#if defined(__linux__)
  sleepers_.fetch_add(1);
  for (int look = 0; value.load() == old; ++look) {
    const timespec limit = {0, kLookNanoseconds};
    sleep_while(value, old, look < kLooks ? &limit : nullptr);
  }
  sleepers_.fetch_sub(1);
#else
  value.wait(old, std::memory_order_acquire);
#endif
}

/// Wakes whoever waits for `value`, which has just been changed.
void ThreadTeam::notify(std::atomic<uint32_t>& value) {
#if defined(__linux__)
  if (sleepers_.load() > 0) wake(value, size_);
#else
  value.notify_all();
#endif
}

ThreadTeam::ThreadTeam(int size)
    : size_(size),
      errors_(static_cast<size_t>(size > 0 ? size : 1)),
      parts_(static_cast<size_t>(size > 0 ? size : 1)) {
  require(size >= 1, "a thread team has at least one worker");
  // More workers than cores: whoever spins keeps another from working.
  spins_ = size <= cpu_info().cores ? kSpins : 0;
  try {
    for (int worker = 1; worker < size; ++worker)
      threads_.emplace_back([this, worker] { work_loop(worker); });
  } catch (const std::system_error& error) {
    stop();
    fail("The system refused thread ", threads_.size() + 1, " of ", size, " (", error.what(),
         "). Ask for fewer with --threads.");
  }
}

ThreadTeam::~ThreadTeam() { stop(); }

void ThreadTeam::stop() {
  stopping_ = true;
  round_.fetch_add(1);
  notify(round_);
  for (std::thread& thread : threads_) thread.join();
}

void ThreadTeam::perform(int worker) {
  try {
    call_(context_, worker, size_);
  } catch (...) {
    errors_[static_cast<size_t>(worker)] = std::current_exception();
  }
}

void ThreadTeam::dispatch(Call call, void* context) {
  call_ = call;
  context_ = context;
  pending_.store(static_cast<uint32_t>(size_ - 1), std::memory_order_relaxed);
  round_.fetch_add(1);
  notify(round_);
  perform(0);
  for (uint32_t left; (left = pending_.load(std::memory_order_acquire)) != 0;) {
    wait_for_change(pending_, left);
  }
  for (std::exception_ptr& error : errors_) {
    if (!error) continue;
    const std::exception_ptr first = error;
    for (std::exception_ptr& any : errors_) any = nullptr;
    std::rethrow_exception(first);
  }
}

void ThreadTeam::work_loop(int worker) {
  for (uint32_t seen = 0;; ++seen) {
    wait_for_change(round_, seen);
    if (stopping_) return;
    perform(worker);
    // Only the last one wakes the caller.
    if (pending_.fetch_sub(1) == 1) notify(pending_);
  }
}

}  // namespace seedling
