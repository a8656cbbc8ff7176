// make_line fills a shape in which $w is who, $o what, $p where, $t when and $r the receiver. See
// chronicle.h.
#include "datasets/storyworld/chronicle.h"

#include <algorithm>

namespace seedling::storyworld {
namespace {

struct Shapes {
  const char* shapes[4];
};
// One row a deed, in the order of the enum.
constexpr Shapes kShapes[kDeeds] = {
    {{"$w went to $p $t.", "$w walked to $p $t.", "In fine weather $w went to $p $t.",
      "$w hurried to $p $t."}},
    {{"$w bought $o $p $t.", "$w stood in line and bought $o $p $t.", "$t, $w bought $o $p.",
      "$w had saved money and bought $o $p $t."}},
    {{"$w gave $o to $r $t.", "$t, $w gave $o to $r.", "$w came $t and gave $o to $r.",
      "$w was kind and gave $o to $r $t."}},
    {{"$w lost $o $p $t.", "$t, $w lost $o $p.", "$w fell down and lost $o $p $t.",
      "$w was careless and lost $o $p $t."}},
    {{"$w saw $o $p $t.", "$t, $w saw $o $p.", "$w looked up and saw $o $p $t.",
      "$w stopped and saw $o $p $t."}},
    {{"$w hid $o $p $t.", "$t, $w hid $o $p.", "$w was clever and hid $o $p $t.",
      "$w ran away and hid $o $p $t."}},
};
constexpr const char* kWhen[] = {"in the morning",  "at noon",      "in the evening", "at night",
                                 "after breakfast", "before lunch", "on Monday",      "on Tuesday",
                                 "on Sunday",       "last week"};
constexpr const char* kMood[] = {"hungry", "thin", "lonely", "muddy",  "young",
                                 "fluffy", "lost", "wet",    "sleepy", "friendly"};

/// One of those not taken yet. (A draw that is thrown away would cost bits that no word shows.)
size_t fresh(Chooser& chooser, size_t count, std::vector<size_t>& taken) {
  std::vector<size_t> left;
  for (size_t i = 0; i < count; ++i)
    if (std::find(taken.begin(), taken.end(), i) == taken.end()) left.push_back(i);
  taken.push_back(left[chooser.zipf(left.size())]);
  return taken.back();
}

}  // namespace

std::string coloured(const Good& good) {
  std::string words = good.a;
  words.replace(words.find('@'), 1, good.colour);
  for (size_t at = 0; (at = words.find("a ", at)) != std::string::npos; at += 2)  // "a orange" -> "an orange"
    if ((at == 0 || words[at - 1] == ' ') && std::string("aeiou").find(words[at + 2]) != std::string::npos)
      words.insert(at + 1, 1, 'n');
  return words;
}

Line make_line(Chooser& chooser, std::vector<size_t>& taken_people, std::vector<size_t>& taken_goods) {
  Line line;
  line.deed = static_cast<Deed>(chooser.uniform(kDeeds));
  line.person = static_cast<int>(fresh(chooser, child_count(), taken_people));
  line.who = people()[static_cast<size_t>(line.person)].name;
  if (line.deed == Deed::see) {
    const Animal& animal = animals()[chooser.zipf(animals().size())];
    const std::string mood = kMood[chooser.uniform(std::size(kMood))];
    line.what = "a " + mood + " " + animal.name;
  } else if (line.deed != Deed::go) {
    line.good = static_cast<int>(fresh(chooser, goods().size(), taken_goods));
    line.what = coloured(goods()[static_cast<size_t>(line.good)]);
  }
  if (line.deed == Deed::give) {
    line.whom = static_cast<int>(fresh(chooser, child_count(), taken_people));
    line.receiver = people()[static_cast<size_t>(line.whom)].name;
  } else {
    if (line.deed == Deed::buy) {
      line.place = static_cast<int>(people()[goods()[static_cast<size_t>(line.good)].maker].place);
    } else {
      const size_t first = line.deed == Deed::go ? 0 : first_wild_place();
      line.place = static_cast<int>(first + chooser.uniform(places().size() - first));
    }
    const Place& place = places()[static_cast<size_t>(line.place)];
    line.where = line.deed == Deed::go ? place.name : place.at;
  }
  line.when = kWhen[chooser.uniform(std::size(kWhen))];
  const std::string shape = kShapes[static_cast<size_t>(line.deed)].shapes[chooser.uniform(4)];
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] != '$') {
      line.text += shape[i];
      continue;
    }
    const size_t at = line.text.size();
    switch (shape[++i]) {
      case 'w':
        line.who_at = at, line.text += line.who;
        break;
      case 'o':
        line.what_at = at, line.text += line.what;
        break;
      case 'p':
        line.where_at = at, line.text += line.where;
        break;
      case 't':
        line.when_at = at, line.text += line.when;
        break;
      default:
        line.receiver_at = at, line.text += line.receiver;
        break;
    }
  }
  line.text.front() =
      line.text.front() >= 'a' ? static_cast<char>(line.text.front() - 'a' + 'A') : line.text.front();
  return line;
}

size_t fresh_child(Chooser& chooser, std::vector<size_t>& taken) {
  return fresh(chooser, child_count(), taken);
}
size_t fresh_good(Chooser& chooser, std::vector<size_t>& taken) {
  return fresh(chooser, goods().size(), taken);
}

Chronicle make_chronicle(Chooser& chooser, size_t count) {
  Chronicle chronicle;
  for (size_t i = 0; i < count; ++i) {
    chronicle.lines.push_back(make_line(chooser, chronicle.people, chronicle.goods));
    if (i > 0) chronicle.text += ' ';
    chronicle.starts.push_back(chronicle.text.size());
    chronicle.text += chronicle.lines.back().text;
  }
  return chronicle;
}

}  // namespace seedling::storyworld
