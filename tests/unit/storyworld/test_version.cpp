// Caches name their texts by kStoryworldVersion alone: a change of any text has to raise it.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "datasets/storyworld/storyworld.h"
#include "datasets/storyworld/tasks.h"

using namespace seedling;
using namespace seedling::storyworld;

namespace {

void add(uint64_t& hash, const std::string& text) {
  for (const char letter : text) hash = mix64(hash ^ static_cast<unsigned char>(letter));
}

/// Of the first documents and of the first examples of every task.
uint64_t fingerprint() {
  uint64_t hash = 0;
  for (uint64_t i = 0; i < 1000; ++i) add(hash, make_document(1, i).text);
  for (const TaskInfo& info : task_sets())
    for (uint64_t i = 0; i < 500; ++i) add(hash, make_example(info.task, 1, i).dump());
  return hash;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(storyworld_version)

// Where this fails, the texts have changed: raise kStoryworldVersion and record its fingerprint here.
BOOST_AUTO_TEST_CASE(a_version_has_its_texts) {
  BOOST_TEST(kStoryworldVersion == 6);
  BOOST_TEST(fingerprint() == 15637297150744058100ull);
}

BOOST_AUTO_TEST_SUITE_END()
