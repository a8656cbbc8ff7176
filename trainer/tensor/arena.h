// The arena: where the activations of a step live.
//
// take() moves a cursor, a Scope moves it back, reset() moves it to the start; none of them asks the system
// for memory once the first step has run. The first step grows the arena by whole chunks, so no size has to
// be computed beforehand, and later steps of the same or a smaller shape allocate nothing.
//
// Called by: layers and model (saved activations, temporaries), optimizer (Muon's scratch).
#pragma once

#include <initializer_list>
#include <vector>

#include "tensor/tensor.h"

namespace seedling {

/// Who gives the arena its chunks: a backend (host or device memory).
class Allocator {
 public:
  virtual ~Allocator() = default;
  /// At least `bytes`, aligned to 64 bytes, zeroed. Throws Error when there is not enough memory.
  virtual void* allocate(size_t bytes) = 0;
  virtual void release(void* memory, size_t bytes) = 0;
};

class Arena {
 public:
  explicit Arena(Allocator& allocator, size_t chunk_bytes = size_t{32} << 20);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// An uninitialised tensor, valid until the enclosing Scope ends or reset() is called.
  Tensor take(DType dtype, std::initializer_list<int64_t> shape);
  void reset() { chunk_ = 0, used_ = 0; }
  /// Bytes held from the allocator (the peak so far).
  size_t capacity() const;
  /// How many chunks were ever asked for: constant once the first step is over (a test holds it to that).
  size_t allocations() const { return chunks_.size(); }

  /// Gives back at its end everything taken since its beginning.
  class Scope {
   public:
    explicit Scope(Arena& arena) : arena_(arena), chunk_(arena.chunk_), used_(arena.used_) {}
    ~Scope() { arena_.chunk_ = chunk_, arena_.used_ = used_; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Arena& arena_;
    size_t chunk_, used_;
  };

 private:
  struct Chunk {
    std::byte* memory;
    size_t bytes;
  };

  Allocator& allocator_;
  size_t chunk_bytes_;
  std::vector<Chunk> chunks_;
  size_t chunk_ = 0;  // the chunk the cursor is in
  size_t used_ = 0;   // bytes used of it
};

}  // namespace seedling
