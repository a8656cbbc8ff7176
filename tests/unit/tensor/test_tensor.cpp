// Views, the arena and the parameter slabs.
#include <boost/test/unit_test.hpp>
#include <cstdlib>

#include "tensor/arena.h"
#include "tensor/parameters.h"

using namespace seedling;

namespace {

struct HostAllocator : Allocator {
  int held = 0;
  void* allocate(size_t bytes) override {
    ++held;
    return std::calloc(1, bytes);
  }
  void release(void* memory, size_t) override {
    --held;
    std::free(memory);
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(tensors)

BOOST_AUTO_TEST_CASE(views_share_memory_and_check_their_type) {
  float data[12] = {};
  const Tensor x(data, DType::f32, {3, 4});
  x.row_range(1, 2).as<float>()[2] = 5.0f;
  BOOST_TEST(data[6] == 5.0f);
  BOOST_TEST(x.view({2, 6}).rows() == 2);
  BOOST_CHECK_THROW(x.view({5, 2}), std::logic_error);
  BOOST_CHECK_THROW(x.as<double>(), std::logic_error);
  BOOST_CHECK_THROW(x.row_range(2, 4), std::logic_error);
  BOOST_TEST(!Tensor());
  BOOST_TEST(x.describe() == "f32 (3, 4)");
}

BOOST_AUTO_TEST_CASE(the_arena_allocates_in_its_first_round_only) {
  HostAllocator allocator;
  {
    Arena arena(allocator, 1024);
    size_t after_first = 0;
    for (int round = 0; round < 3; ++round) {
      arena.reset();
      const Tensor a = arena.take(DType::f32, {100});
      {
        const Arena::Scope scope(arena);
        const Tensor b = arena.take(DType::f32, {300});  // larger than a chunk
        BOOST_TEST(b.raw() != a.raw());
      }
      arena.take(DType::f32, {200});
      if (round == 0) after_first = arena.allocations();
    }
    BOOST_TEST(arena.allocations() == after_first);
  }
  BOOST_TEST(allocator.held == 0);
}

BOOST_AUTO_TEST_CASE(a_scope_gives_back_what_was_taken_in_it) {
  HostAllocator allocator;
  Arena arena(allocator);
  void* first;
  {
    const Arena::Scope scope(arena);
    first = arena.take(DType::f32, {8}).raw();
  }
  BOOST_TEST(arena.take(DType::f32, {8}).raw() == first);
}

BOOST_AUTO_TEST_CASE(parameters_lie_in_two_slabs) {
  HostAllocator allocator;
  {
    Parameters parameters;
    Parameter* weight = parameters.add("w", ParameterKind::matrix, {3, 5});
    Parameter* bias = parameters.add("b", ParameterKind::vector, {3});
    BOOST_CHECK_THROW(parameters.add("w", ParameterKind::vector, {1}), std::logic_error);
    parameters.allocate(allocator, DType::f32, true);
    BOOST_TEST(parameters.count() == 18);
    BOOST_TEST(bias->value.as<float>() - weight->value.as<float>() == 16);  // 15 padded to 16
    BOOST_TEST(parameters.gradients().size() == parameters.values().size());
    BOOST_TEST(weight->decays());
    BOOST_TEST(!bias->decays());
    BOOST_TEST(parameters.find("b") == bias);
  }
  BOOST_TEST(allocator.held == 0);
}

BOOST_AUTO_TEST_SUITE_END()
