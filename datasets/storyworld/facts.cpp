// world_facts: the tables of world.cpp put into words. See facts.h.
#include "datasets/storyworld/facts.h"
#include "datasets/storyworld/capital.h"

#include "datasets/storyworld/world.h"

namespace seedling::storyworld {
namespace {

std::string article(const std::string& noun) {
  return (std::string("aeiou").find(noun.front()) != std::string::npos ? "an " : "a ") + noun;
}

void about_animals(std::vector<Fact>& facts) {
  for (const Animal& animal : animals()) {
    const std::string one = article(animal.name);
    facts.push_back(
        {"food",
         upper(one) + " eats " + animal.food + ".",
         {"What does " + one + " eat?", "What can I feed " + one + "?", "What is the food of " + one + "?"},
         animal.food});
    facts.push_back({"home",
                     upper(one) + " lives " + animal.home + ".",
                     {"Where does " + one + " live?", "Where does " + one + " sleep?",
                      "Where is the home of " + one + "?"},
                     animal.home});
    facts.push_back({"animal colour",
                     "The " + std::string(animal.name) + " of Willowmere is " + animal.colour + ".",
                     {"What colour is the " + std::string(animal.name) + "?",
                      "Which colour does the " + std::string(animal.name) + " have?"},
                     animal.colour});
  }
}

void about_grown_ups(std::vector<Fact>& facts) {
  for (size_t i = child_count(); i < people().size(); ++i) {
    const Person& person = people()[i];
    const std::string job = std::string("the ") + person.job;
    const std::string at = places()[person.place].at;
    facts.push_back(
        {"name",
         upper(job) + " is called " + person.name + ".",
         {"What is " + job + " called?", "Who is " + job + "?", "What is the name of " + job + "?"},
         person.name});
    facts.push_back(
        {"job",
         std::string(person.name) + " is " + job + ".",
         {std::string("What is the job of ") + person.name + "?", std::string("Who is ") + person.name + "?"},
         job});
    facts.push_back({"work",
                     upper(job) + " works " + at + ".",
                     {"Where does " + job + " work?", "Where can I find " + job + "?"},
                     at});
  }
}

void about_children(std::vector<Fact>& facts) {
  for (size_t i = 0; i < child_count(); ++i) {
    const Person& child = people()[i];
    const std::string name = child.name;
    const std::string pet = child.pet;
    facts.push_back({"pet",
                     name + " has " + article(pet) + ".",
                     {"What pet does " + name + " have?", "What kind of animal does " + name + " keep?"},
                     article(pet)});
    facts.push_back(
        {"pet name",
         "The " + pet + " of " + name + " is called " + child.pet_name + ".",
         {"What is the " + pet + " of " + name + " called?", "What is the name of the pet of " + name + "?"},
         child.pet_name});
    facts.push_back({"child home",
                     name + " lives near " + places()[child.place].name + ".",
                     {"Where does " + name + " live?", "Where is the house of " + name + "?"},
                     std::string("near ") + places()[child.place].name});
  }
}

void about_goods(std::vector<Fact>& facts) {
  for (const Good& good : goods()) {
    const std::string the = std::string("the ") + good.name;
    const std::string is = good.plural ? "are " : "is ";
    const std::string job = std::string("the ") + people()[good.maker].job;
    facts.push_back({"colour",
                     upper(the) + " of " + job + " " + is + good.colour + ".",
                     {"What colour " + is + the + "?", "Which colour do we see on " + the + "?"},
                     good.colour});
    facts.push_back({"maker",
                     upper(job) + " makes or sells " + the + ".",
                     {"Who has " + the + " to sell?", "From whom do we get " + the + "?",
                      "Whom can I ask for " + the + "?"},
                     job});
    const std::string comes = good.plural ? " come from " : " comes from ";
    const std::string does = good.plural ? "do " : "does ";
    facts.push_back({"source",
                     upper(the) + comes + good.source + ".",
                     {"What " + does + the + " come from?", "Where " + does + the + " come from?"},
                     good.source});
  }
}

}  // namespace

std::span<const Fact> world_facts() {
  static const std::vector<Fact> table = [] {
    std::vector<Fact> facts;
    about_animals(facts);
    about_grown_ups(facts);
    about_children(facts);
    about_goods(facts);
    return facts;
  }();
  return table;
}

}  // namespace seedling::storyworld
