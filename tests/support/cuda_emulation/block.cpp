// Fibers, meetings and the checks of shared memory: see block.h.
#undef _FORTIFY_SOURCE  // its longjmp refuses to leave a stack for another, which is what a fiber does

#include "support/cuda_emulation/block.h"

#include <setjmp.h>
#include <ucontext.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>
#include <vector>

#include "base/error.h"
#include "base/random.h"

namespace seedling::gpu::emulated {
namespace {

constexpr int kLanes = 32;
constexpr size_t kStack = size_t{256} << 10,
                 kGrain = 2;  // bytes of a stack; of shared memory checked together
constexpr int kNobody = -1, kSeveral = -2;

/// What is known of kGrain bytes of shared memory.
struct Cell {
  uint32_t write_epoch = 0, read_epoch = 0;            // of the block: how many barriers it has passed
  uint32_t write_warp_epoch = 0, read_warp_epoch = 0;  // of the warp
  int writer = kNobody, reader = kNobody, reader_warp = kNobody;
  uint32_t writer_fences = 0;  // how often the writer had made its writes visible
  bool copying = false;
};

struct Copy {
  size_t at;
  const void* from;
};

struct Fiber {
  Thread thread;
  ucontext_t context;
  jmp_buf resume;
  std::unique_ptr<std::byte[]> stack;
  bool started = false, ended = false;
  uint32_t fences = 0;
  const Place* waits = nullptr;
  Place place{};
  std::vector<std::vector<Copy>> copies;  // groups under way; the last is still open
};

struct Warp {
  std::byte given[2][kLanes * Meeting::kMost];  // of this meeting and of the one before
  int arrived = 0;
  uint32_t meetings = 0, epoch = 1;
  Place place{};
};

struct Block {
  std::vector<std::unique_ptr<Fiber>> fibers;
  std::vector<int> ready;
  std::vector<Warp> warps;
  std::vector<std::byte> shared;
  std::vector<Cell> cells;
  int threads = 0, arrived = 0, ended = 0, current = 0;
  uint32_t epoch = 1;
  Place place{};
  const std::function<void()>* body = nullptr;
  std::exception_ptr failure;
  ucontext_t host;
  jmp_buf host_resume;
  Random random{1};
};

Block& block() {
  static Block one;
  return one;
}

Fiber& self() { return *block().fibers[static_cast<size_t>(block().current)]; }

template <typename... Parts>
[[noreturn]] void mistake(const Parts&... parts) {
  const Thread& thread = here();
  throw std::logic_error(
      concat("GPU emulation: block ", thread.block.x, ", thread ", thread.thread.x, ": ", parts...));
}

[[noreturn]] void to_host() { _longjmp(block().host_resume, 1); }

/// Goes on with a thread that can go on; to the host when none can, or one has failed.
[[noreturn]] void go_on() {
  Block& b = block();
  if (b.failure != nullptr || b.ready.empty()) to_host();
  const size_t pick = static_cast<size_t>(b.random.below(b.ready.size()));
  b.current = b.ready[pick];
  b.ready[pick] = b.ready.back();
  b.ready.pop_back();
  Fiber& next = self();
  next.waits = nullptr;
  if (next.started) _longjmp(next.resume, 1);
  next.started = true;
  setcontext(&next.context);
  std::terminate();
}

void fiber_main() {
  try {
    (*block().body)();
    if (!self().copies.empty() && !self().copies.front().empty())
      mistake("ends with a copy to shared memory under way");
  } catch (...) {
    if (block().failure == nullptr) block().failure = std::current_exception();
  }
  self().ended = true;
  block().ended += 1;
  go_on();
}

void wait_here(Place place) {
  Fiber& me = self();
  me.place = place;
  me.waits = &me.place;
  if (_setjmp(me.resume) == 0) go_on();
}

void prepare(Fiber& fiber) {
  if (fiber.stack == nullptr) fiber.stack = std::make_unique<std::byte[]>(kStack);
  fiber.started = fiber.ended = false;
  fiber.waits = nullptr;
  fiber.fences = 0;
  fiber.copies.assign(1, {});
  getcontext(&fiber.context);
  fiber.context.uc_stack.ss_sp = fiber.stack.get();
  fiber.context.uc_stack.ss_size = kStack;
  fiber.context.uc_link = nullptr;
  makecontext(&fiber.context, fiber_main, 0);
}

/// Says who waits where when nobody can go on.
[[noreturn]] void say_who_waits() {
  Block& b = block();
  std::string text =
      concat("GPU emulation: the threads of a block do not meet: ", b.ended, " of ", b.threads, " ended");
  for (const auto& fiber : b.fibers) {
    if (static_cast<int>(fiber->thread.thread.x) >= b.threads || fiber->ended || fiber->waits == nullptr)
      continue;
    text += concat("; thread ", fiber->thread.thread.x, " waits at ", fiber->waits->file, ":",
                   fiber->waits->line);
    break;
  }
  throw std::logic_error(text);
}

void run_block(unsigned index, unsigned blocks) {
  Block& b = block();
  b.warps.assign(static_cast<size_t>((b.threads + kLanes - 1) / kLanes), Warp{});
  b.cells.assign(b.cells.size(), Cell{});
  std::memset(b.shared.data(), 0xFF, b.shared.size());
  b.arrived = b.ended = 0;
  b.epoch = 1;
  b.ready.clear();
  b.failure = nullptr;
  for (int t = 0; t < b.threads; ++t) {
    Fiber& fiber = *b.fibers[static_cast<size_t>(t)];
    fiber.thread = {{static_cast<unsigned>(t)}, {index}, {static_cast<unsigned>(b.threads)}, {blocks}};
    prepare(fiber);
    b.ready.push_back(t);
  }
  if (_setjmp(b.host_resume) == 0) go_on();
  if (b.failure != nullptr) std::rethrow_exception(b.failure);
  if (b.ended < b.threads) say_who_waits();
}

/// The cells of an access; throws where it leaves the block's memory.
struct Cells {
  Cell *begin, *end;
};
Cells cells_of(size_t at, size_t bytes) {
  Block& b = block();
  if (at + bytes > b.shared.size()) {
    mistake("shared memory at byte ", at, " is outside the ", b.shared.size(), " bytes of the launch");
  }
  if (at % (bytes < 16 ? bytes : 16) != 0)
    mistake("shared memory at byte ", at, " is not aligned for ", bytes, " bytes");
  return {&b.cells[at / kGrain], &b.cells[(at + bytes - 1) / kGrain] + 1};
}

uint32_t warp_epoch() { return block().warps[static_cast<size_t>(here().warp())].epoch; }

void check_written_before(const Cell& cell, size_t at, const char* act) {
  const int me = static_cast<int>(here().thread.x);
  if (cell.copying) mistake(act, " of shared memory at byte ", at, " while a copy to it is under way");
  if (cell.writer == kNobody || cell.writer == me || cell.write_epoch != block().epoch) return;
  if (cell.writer / kLanes == here().warp() && cell.write_warp_epoch < warp_epoch()) return;
  mistake(act, " of shared memory at byte ", at, " that thread ", cell.writer,
          " wrote, without a barrier between them");
}

void note_write(Cell& cell, size_t at) {
  check_written_before(cell, at, "writing");
  const int me = static_cast<int>(here().thread.x);
  if (cell.read_epoch == block().epoch && cell.reader != kNobody && cell.reader != me &&
      !(cell.reader_warp == here().warp() && cell.read_warp_epoch < warp_epoch())) {
    mistake("writing of shared memory at byte ", at, " that thread ", cell.reader,
            " (-2: several) reads, without a barrier between them");
  }
  cell.writer = me;
  cell.writer_fences = self().fences;
  cell.write_epoch = block().epoch;
  cell.write_warp_epoch = warp_epoch();
}

void note_read(Cell& cell, size_t at) {
  if (cell.writer == kNobody && !cell.copying)
    mistake("shared memory at byte ", at, " is read before it was written");
  check_written_before(cell, at, "reading");
  const int me = static_cast<int>(here().thread.x), warp = here().warp();
  if (cell.read_epoch != block().epoch) {
    cell.reader = me, cell.reader_warp = warp, cell.read_warp_epoch = warp_epoch();
  } else {
    cell.reader = cell.reader == me ? me : kSeveral;
    cell.reader_warp = cell.reader_warp == warp ? warp : kSeveral;
    cell.read_warp_epoch = std::max(cell.read_warp_epoch, warp_epoch());
  }
  cell.read_epoch = block().epoch;
}

}  // namespace

const Thread& here() { return self().thread; }

void set_seed(uint64_t seed) { block().random = Random(seed); }

void run(int64_t blocks, int threads, size_t shared_bytes, const std::function<void()>& body) {
  Block& b = block();
  if (threads < 1 || threads > 1024 || threads % kLanes != 0)
    throw std::logic_error(concat("GPU emulation: a block of ", threads, " threads"));
  b.threads = threads;
  b.body = &body;
  b.shared.resize(shared_bytes);
  b.cells.resize((shared_bytes + kGrain - 1) / kGrain);
  while (b.fibers.size() < static_cast<size_t>(threads)) b.fibers.push_back(std::make_unique<Fiber>());
  std::vector<unsigned> order;
  for (int64_t i = 0; i < blocks; ++i) order.push_back(static_cast<unsigned>(i));
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[b.random.below(i)]);
  for (const unsigned index : order) run_block(index, static_cast<unsigned>(blocks));
}

void block_barrier(Place place) {
  Block& b = block();
  if (b.arrived > 0 && !(b.place == place)) {
    mistake("at the barrier ", place.file, ":", place.line, " while another thread waits at ", b.place.file,
            ":", b.place.line);
  }
  b.place = place;
  if (++b.arrived < b.threads) return wait_here(place);
  b.arrived = 0;
  b.epoch += 1;
  for (int t = 0; t < b.threads; ++t) {
    if (t != b.current) b.ready.push_back(t);
  }
}

Meeting meet_warp(Place place, unsigned lanes, const void* value, size_t bytes) {
  Block& b = block();
  const int index = here().warp(), first = index * kLanes;
  Warp& warp = b.warps[static_cast<size_t>(index)];
  if (lanes != 0xFFFFFFFFu) mistake("a meeting of some lanes only, which is not emulated");
  if (warp.arrived > 0 && !(warp.place == place)) {
    mistake("at ", place.file, ":", place.line, " while another lane waits at ", warp.place.file, ":",
            warp.place.line);
  }
  warp.place = place;
  std::byte* given = warp.given[warp.meetings % 2];
  std::memcpy(given + static_cast<size_t>(here().lane()) * Meeting::kMost, value, bytes);
  if (++warp.arrived < kLanes) {
    wait_here(place);
    return Meeting(given);
  }
  warp.arrived = 0;
  warp.meetings += 1;
  for (int lane = 0; lane < kLanes; ++lane) {
    if (first + lane != b.current) b.ready.push_back(first + lane);
  }
  return Meeting(given);
}

void warp_barrier(Place place) {
  const char nothing = 0;
  Warp& warp = block().warps[static_cast<size_t>(here().warp())];
  const uint32_t before = warp.epoch;
  meet_warp(place, 0xFFFFFFFFu, &nothing, 1);
  if (warp.epoch == before) warp.epoch = before + 1;  // the first to leave; the others find it done
}

void read_shared(size_t at, void* value, size_t bytes) {
  const Cells cells = cells_of(at, bytes);
  for (Cell* cell = cells.begin; cell != cells.end; ++cell) note_read(*cell, at);
  std::memcpy(value, block().shared.data() + at, bytes);
}

void write_shared(size_t at, const void* value, size_t bytes) {
  const Cells cells = cells_of(at, bytes);
  for (Cell* cell = cells.begin; cell != cells.end; ++cell) note_write(*cell, at);
  std::memcpy(block().shared.data() + at, value, bytes);
}

void make_visible() { self().fences += 1; }

void read_shared_visible(size_t at, void* value, size_t bytes) {
  const Cells cells = cells_of(at, bytes);
  for (Cell* cell = cells.begin; cell != cells.end; ++cell) {
    note_read(*cell, at);
    if (block().fibers[static_cast<size_t>(cell->writer)]->fences == cell->writer_fences)
      mistake("a warpgroup reads shared memory at byte ", at, " before its writer made it visible");
  }
  std::memcpy(value, block().shared.data() + at, bytes);
}

void start_copy(size_t at, const void* from) {
  const Cells cells = cells_of(at, 16);
  if (reinterpret_cast<uintptr_t>(from) % 16 != 0)
    mistake("a copy of 16 bytes from an address that is not aligned");
  for (Cell* cell = cells.begin; cell != cells.end; ++cell) {
    note_write(*cell, at);
    cell->copying = true;
  }
  self().copies.back().push_back({at, from});
}

void end_copy_group() { self().copies.emplace_back(); }

void wait_for_copies(int pending) {
  std::vector<std::vector<Copy>>& groups = self().copies;
  while (static_cast<int>(groups.size()) - 1 > pending) {  // the last is still open
    for (const Copy& copy : groups.front()) {
      const Cells cells = cells_of(copy.at, 16);
      for (Cell* cell = cells.begin; cell != cells.end; ++cell) {
        cell->copying = false;
        note_write(*cell, copy.at);
      }
      std::byte* to = block().shared.data() + copy.at;
      if (copy.from != nullptr) {
        std::memcpy(to, copy.from, 16);
      } else {
        std::memset(to, 0, 16);
      }
    }
    groups.erase(groups.begin());
  }
}

}  // namespace seedling::gpu::emulated
