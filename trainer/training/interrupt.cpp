// The signal handler and its flag (see interrupt.h).
#include "training/interrupt.h"

#include <atomic>
#include <csignal>

namespace seedling {

namespace {

// Read by the trainers' threads, written in a handler: an atomic without a lock may be both.
std::atomic<bool> signalled{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void on_signal(int signal) {
  signalled = true;
  std::signal(signal, SIG_DFL);  // the second time the system's own way
}

}  // namespace

InterruptGuard::InterruptGuard() {
  signalled = false;
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

InterruptGuard::~InterruptGuard() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

bool interrupted() { return signalled; }

}  // namespace seedling
