// One block of threads at a time, each thread a fiber with its own stack; see gpu.h for what is checked.
//
// Called by: gpu.h and test_emulation.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace seedling::gpu::emulated {

/// Where in the sources a thread waits.
struct Place {
  const char* file;
  int line;
  bool operator==(const Place& other) const { return line == other.line && file == other.file; }
};

struct Index {
  unsigned x = 0;
};

/// The thread that runs.
struct Thread {
  Index thread, block, block_size, grid_size;
  int lane() const { return static_cast<int>(thread.x % 32); }
  int warp() const { return static_cast<int>(thread.x / 32); }
};
const Thread& here();

/// Runs body once for every thread of every block. Throws what a thread throws, and std::logic_error for a
/// mistake of the kernel. Not for several threads of the host at once.
void run(int64_t blocks, int threads, size_t shared_bytes, const std::function<void()>& body);

/// Does what the stream was given, at once or, while a graph is recorded, whenever that is started.
void start(const std::function<void()>& op);
/// How many graphs were started so far.
int64_t started_graphs();

/// From which the order of blocks and threads is drawn.
void set_seed(uint64_t seed);

void block_barrier(Place place);
void warp_barrier(Place place);

/// What the lanes of a warp gave when they met.
class Meeting {
 public:
  static constexpr size_t kMost = 64;  // bytes a lane can give
  explicit Meeting(const std::byte* given) : given_(given) {}
  const std::byte* given_by(int lane) const { return given_ + static_cast<size_t>(lane) * kMost; }

 private:
  const std::byte* given_;
};
/// Waits for all 32 lanes at this place; valid until this lane's next meeting but one.
Meeting meet_warp(Place place, unsigned lanes, const void* value, size_t bytes);

void read_shared(size_t at, void* value, size_t bytes);
void write_shared(size_t at, const void* value, size_t bytes);
/// What this thread wrote can from now on be read by read_shared_visible, which is how a warpgroup's products
/// read.
void make_visible();
void read_shared_visible(size_t at, void* value, size_t bytes);
/// A copy of 16 bytes (zeros from null) that is done when it has been waited for.
void start_copy(size_t at, const void* from);
void end_copy_group();
void wait_for_copies(int pending);

}  // namespace seedling::gpu::emulated
