// The tables of Storyworld's facts. See world.h. The order matters: earlier entries are chosen more often.
#include "datasets/storyworld/world.h"

#include <array>
#include <cstring>
#include <vector>

namespace seedling::storyworld {
namespace {

constexpr Place kPlaces[] = {
    {"the bakery", "at the bakery", false, "oven|table|trays|racks|bread shovel|window"},
    {"the mill", "at the mill", false, "wheel|millstones|stairs|sacks|hopper|shafts"},
    {"the forge", "at the forge", false, "fire|anvil|sparks|bellows|hammers|tongs"},
    {"the harbour", "at the harbour", false, "boats|ropes|planks|gulls|nets|barrels"},
    {"the loom house", "at the loom house", false, "looms|baskets|threads|shuttles|yarn|spindles"},
    {"the pottery", "at the pottery", false, "wheel|clay|kiln|shelves|jugs|glazes"},
    {"the workshop", "at the workshop", false, "shavings|saw|workbench|planks|chisels|glue pot"},
    {"the shoe shop", "at the shoe shop", false, "lasts|leather|hammer|heels|laces|needles"},
    {"the tailor's house", "at the tailor's house", false,
     "scissors|cloth|pincushion|mirror|buttons|ribbons"},
    {"the walled garden", "in the walled garden", true, "roses|beds|sundial|cans|gate|beanpoles"},
    {"the orchard", "in the orchard", true, "hives|ladders|trunks|baskets|blossoms|apple trees"},
    {"the green hill", "on the green hill", true, "flock|hawthorn|hut|track|sheepfold|stones"},
    {"the dairy", "at the dairy", false, "churn|moulds|shelves|pails|ladles|cream jars"},
    {"the farm", "on the farm", false, "yard|haystack|cart|henhouse|plough|barn"},
    {"the toyshop", "at the toyshop", false, "puppets|shelves|soldiers|trumpets|doll house|spinning tops"},
    {"the clock tower", "in the clock tower", false, "wheels|weights|pendulum|steps|bells|clock face"},
    {"the painted house", "at the painted house", false, "easel|floor|canvases|brushes|paints|frames"},
    {"the library", "in the library", false, "shelves|lamp|atlas|chairs|ladders|books"},
    {"the white house", "at the white house", false, "bottles|basins|herbs|cups|jars|cupboard"},
    {"the inn", "at the inn", false, "hearth|tables|pots|sign|benches|mugs"},
    {"the post office", "at the post office", false, "letters|ink pots|parcels|scales|counter|mailbags"},
    {"the ferry landing", "at the ferry landing", false, "ferry|oars|chain|post|bell|planks"},
    {"the willow barn", "in the willow barn", false, "twigs|baskets|tubs|doors|knives|bundles"},
    {"the school", "at the school", false, "blackboard|pegs|globe|desks|benches|inkwells"},
    {"the bandstand", "at the bandstand", false, "music stands|railings|chairs|garlands|drums|trumpets"},
    // Wild places, which belong to nobody.
    {"the forest", "in the forest", true, "ferns|firs|mushrooms|trunks|roots|clearing"},
    {"the river", "by the river", true, "reeds|stones|water|willows|banks|ripples"},
    {"the meadow", "in the meadow", true, "buttercups|grass|fence|molehills|clover|haycocks"},
    {"the stone bridge", "on the stone bridge", true, "arches|steps|moss|lamp|railing|water"},
    {"the old well", "by the old well", true, "chain|bucket|echo|stones|rope|roof"},
    {"the pond", "by the pond", true, "lilies|dragonflies|bank|ripples|rushes|water"},
    {"the cave", "in the cave", true, "walls|shadows|tunnel|crystals|pools|stones"},
    {"the market square", "in the market square", true, "awnings|fountain|stalls|flags|baskets|pigeons"},
    {"the beach", "on the beach", true, "shells|foam|driftwood|dunes|waves|seaweed"},
    {"the marsh", "in the marsh", true, "rushes|pools|mud|grass|herons|mist"},
    {"the ruined tower", "in the ruined tower", true, "arches|ivy|walls|windows|steps|nettles"},
    {"the crossroads", "at the crossroads", true, "signpost|milestone|ruts|poplars|ditch|stones"},
    {"the waterfall", "by the waterfall", true, "spray|rocks|water|rainbows|pool|ferns"},
    {"the heath", "on the heath", true, "heather|boulders|gorse|hollows|stones|paths"},
};
constexpr size_t kWild = 25;

constexpr Person kPeople[] = {
    {"Nora", true, "", 26, "cat", "Pepper"},
    {"Tom", false, "", 28, "dog", "Bramble"},
    {"Lily", true, "", 32, "rabbit", "Clover"},
    {"Finn", false, "", 33, "dog", "Captain"},
    {"Ada", true, "", 36, "crow", "Inky"},
    {"Otto", false, "", 29, "goat", "Button"},
    {"Mina", true, "", 30, "duck", "Waddle"},
    {"Hugo", false, "", 32, "cat", "Marmalade"},
    {"Clara", true, "", 28, "hedgehog", "Thimble"},
    {"Milo", false, "", 38, "pony", "Thunder"},
    {"Ivy", true, "", 25, "squirrel", "Acorn"},
    {"Pip", false, "", 26, "mouse", "Crumb"},
    {"Rosa", true, "", 27, "pony", "Daisy"},
    {"Jonas", false, "", 33, "parrot", "Pirate"},
    {"Tess", true, "", 29, "dog", "Biscuit"},
    {"Theo", false, "", 30, "frog", "Emerald"},
    {"Wren", true, "", 38, "goat", "Nettle"},
    {"Sam", false, "", 36, "dog", "Rusty"},
    {"Elsie", true, "", 32, "canary", "Lemon"},
    {"Emil", false, "", 25, "owl", "Sage"},
    {"Maud", true, "", 34, "donkey", "Pudding"},
    {"Leo", false, "", 27, "rabbit", "Turnip"},
    {"Polly", true, "", 33, "parrot", "Mango"},
    {"Oskar", false, "", 29, "cat", "Soot"},
    {"Hazel", true, "", 25, "squirrel", "Rowan"},
    {"Karl", false, "", 34, "goose", "Duchess"},
    {"Ruth", true, "", 36, "cat", "Velvet"},
    {"Rufus", false, "", 38, "tortoise", "Pebble"},
    {"Freya", true, "", 27, "pony", "Silver"},
    {"Ben", false, "", 26, "duck", "Puddle"},
    {"Juna", true, "", 30, "tortoise", "Marble"},
    {"Jasper", false, "", 28, "mouse", "Nutmeg"},
    // Grown-ups: trade and place.
    {"Bruno", false, "baker", 0, "", ""},
    {"Hilda", true, "miller", 1, "", ""},
    {"Magnus", false, "blacksmith", 2, "", ""},
    {"Silas", false, "fisherman", 3, "", ""},
    {"Agnes", true, "weaver", 4, "", ""},
    {"Edith", true, "potter", 5, "", ""},
    {"Anton", false, "carpenter", 6, "", ""},
    {"Walter", false, "shoemaker", 7, "", ""},
    {"Felix", false, "tailor", 8, "", ""},
    {"Flora", true, "gardener", 9, "", ""},
    {"Martha", true, "beekeeper", 10, "", ""},
    {"Ewan", false, "shepherd", 11, "", ""},
    {"Bess", true, "dairymaid", 12, "", ""},
    {"Conrad", false, "farmer", 13, "", ""},
    {"Pavel", false, "toymaker", 14, "", ""},
    {"Victor", false, "clockmaker", 15, "", ""},
    {"Iris", true, "painter", 16, "", ""},
    {"Cora", true, "librarian", 17, "", ""},
    {"Helena", true, "doctor", 18, "", ""},
    {"Oswald", false, "innkeeper", 19, "", ""},
    {"Dora", true, "postmistress", 20, "", ""},
    {"Nils", false, "ferryman", 21, "", ""},
    {"Gerda", true, "basketmaker", 22, "", ""},
    {"Alma", true, "teacher", 23, "", ""},
    {"Ludo", false, "musician", 24, "", ""},
};
constexpr size_t kChildren = 32;

enum : size_t {  // makers, by their index in kPeople
  kBaker = kChildren,
  kMiller,
  kSmith,
  kFisher,
  kWeaver,
  kPotter,
  kCarpenter,
  kShoemaker,
  kTailor,
  kGardener,
  kBeekeeper,
  kShepherd,
  kDairymaid,
  kFarmer,
  kToymaker,
  kClockmaker,
  kPainter,
  kLibrarian,
  kDoctor,
  kInnkeeper,
  kPostmistress,
  kFerryman,
  kBasketmaker,
  kTeacher,
  kMusician
};

struct Ware {
  Good good;
  Kind kind;
};
constexpr Ware kWares[] = {
    {{"a loaf of @ bread", "bread", false, kBaker, "brown", "rye flour", "eat"}, Kind::food},
    {{"a @ plum cake", "plum cake", false, kBaker, "purple", "plums and butter", "eat"}, Kind::food},
    {{"a bag of @ buns", "buns", true, kBaker, "golden", "honey and wheat", "eat"}, Kind::food},
    {{"a sack of @ flour", "flour", false, kMiller, "white", "wheat", "bake with"}, Kind::food},
    {{"a bowl of @ oatmeal", "oatmeal", false, kMiller, "grey", "oats", "eat"}, Kind::food},
    {{"a @ lantern", "lantern", false, kSmith, "black", "iron and glass", "carry"}, Kind::tool},
    {{"a @ shovel", "shovel", false, kSmith, "black", "iron", "dig with"}, Kind::tool},
    {{"a @ kettle", "kettle", false, kSmith, "grey", "tin", "boil water in"}, Kind::tool},
    {{"a @ trout", "trout", false, kFisher, "silver", "the river", "fry"}, Kind::food},
    {{"a @ fishing net", "fishing net", false, kFisher, "green", "twine", "mend"}, Kind::tool},
    {{"a @ blanket", "blanket", false, kWeaver, "blue", "lamb's wool", "sleep under"}, Kind::gift},
    {{"a @ rug", "rug", false, kWeaver, "red", "wool and linen", "sit on"}, Kind::gift},
    {{"a @ shawl", "shawl", false, kWeaver, "violet", "soft yarn", "wear"}, Kind::clothing},
    {{"a @ bowl", "bowl", false, kPotter, "yellow", "clay", "eat from"}, Kind::gift},
    {{"a @ jug", "jug", false, kPotter, "blue", "clay", "pour from"}, Kind::tool},
    {{"a @ vase", "vase", false, kPotter, "green", "fine clay", "admire"}, Kind::gift},
    {{"a @ stool", "stool", false, kCarpenter, "brown", "oak", "sit on"}, Kind::tool},
    {{"a @ sled", "sled", false, kCarpenter, "red", "ash wood", "ride"}, Kind::toy},
    {{"a @ ladder", "ladder", false, kCarpenter, "brown", "pine", "climb"}, Kind::tool},
    {{"a pair of @ boots", "boots", true, kShoemaker, "brown", "leather", "wear"}, Kind::clothing},
    {{"a pair of @ slippers", "slippers", true, kShoemaker, "red", "felt", "wear"}, Kind::clothing},
    {{"a @ belt", "belt", false, kShoemaker, "black", "leather", "wear"}, Kind::clothing},
    {{"a @ coat", "coat", false, kTailor, "green", "thick cloth", "wear"}, Kind::clothing},
    {{"a @ cap", "cap", false, kTailor, "blue", "velvet", "wear"}, Kind::clothing},
    {{"a pair of @ gloves", "gloves", true, kTailor, "grey", "wool", "wear"}, Kind::clothing},
    {{"a @ rose", "rose", false, kGardener, "pink", "the rose bed", "smell"}, Kind::gift},
    {{"a bunch of @ tulips", "tulips", true, kGardener, "yellow", "bulbs", "admire"}, Kind::gift},
    {{"a basket of @ peas", "peas", true, kGardener, "green", "the bean rows", "cook"}, Kind::food},
    {{"a jar of @ honey", "honey", false, kBeekeeper, "golden", "clover", "taste"}, Kind::food},
    {{"a @ candle", "candle", false, kBeekeeper, "yellow", "beeswax", "light"}, Kind::gift},
    {{"a ball of @ wool", "wool", false, kShepherd, "white", "fleece", "knit with"}, Kind::gift},
    {{"a @ walking stick", "walking stick", false, kShepherd, "brown", "hazel", "lean on"}, Kind::tool},
    {{"a round of @ cheese", "cheese", false, kDairymaid, "yellow", "cow's milk", "eat"}, Kind::food},
    {{"a pat of @ butter", "butter", false, kDairymaid, "yellow", "cream", "taste"}, Kind::food},
    {{"a @ pumpkin", "pumpkin", false, kFarmer, "orange", "the south field", "cook"}, Kind::food},
    {{"a box of @ eggs", "eggs", true, kFarmer, "white", "the henhouse", "boil"}, Kind::food},
    {{"a sack of @ carrots", "carrots", true, kFarmer, "orange", "the north field", "peel"}, Kind::food},
    {{"a @ kite", "kite", false, kToymaker, "red", "paper and string", "fly"}, Kind::toy},
    {{"a @ drum", "drum", false, kToymaker, "blue", "wood and calfskin", "beat"}, Kind::toy},
    {{"a @ doll", "doll", false, kToymaker, "pink", "rags", "play with"}, Kind::toy},
    {{"a @ top", "top", false, kToymaker, "yellow", "beech wood", "spin"}, Kind::toy},
    {{"a @ ball", "ball", false, kToymaker, "green", "leather and straw", "throw"}, Kind::toy},
    {{"a @ watch", "watch", false, kClockmaker, "silver", "tiny wheels", "wind"}, Kind::gift},
    {{"a @ music box", "music box", false, kClockmaker, "golden", "brass", "listen to"}, Kind::toy},
    {{"a @ picture", "picture", false, kPainter, "blue", "oil and canvas", "look at"}, Kind::gift},
    {{"a @ paper lantern", "paper lantern", false, kPainter, "orange", "paper and wire", "light"},
     Kind::gift},
    {{"a @ book", "book", false, kLibrarian, "brown", "paper and glue", "read"}, Kind::gift},
    {{"a @ map", "map", false, kLibrarian, "yellow", "parchment", "read"}, Kind::tool},
    {{"a bottle of @ syrup", "syrup", false, kDoctor, "purple", "elderberries", "drink"}, Kind::food},
    {{"a @ bandage", "bandage", false, kDoctor, "white", "linen", "tie"}, Kind::tool},
    {{"a pot of @ soup", "soup", false, kInnkeeper, "green", "leeks", "eat"}, Kind::food},
    {{"a @ pie", "pie", false, kInnkeeper, "golden", "apples", "eat"}, Kind::food},
    {{"a sheet of @ stamps", "stamps", true, kPostmistress, "red", "gummed paper", "collect"}, Kind::gift},
    {{"a @ envelope", "envelope", false, kPostmistress, "white", "paper", "write on"}, Kind::tool},
    {{"a @ rope", "rope", false, kFerryman, "brown", "hemp", "pull"}, Kind::tool},
    {{"a @ toy boat", "toy boat", false, kFerryman, "white", "bark", "sail"}, Kind::toy},
    {{"a @ basket", "basket", false, kBasketmaker, "brown", "willow", "carry"}, Kind::tool},
    {{"a @ straw hat", "straw hat", false, kBasketmaker, "yellow", "straw", "wear"}, Kind::clothing},
    {{"a @ notebook", "notebook", false, kTeacher, "blue", "ruled paper", "write in"}, Kind::tool},
    {{"a box of @ chalk", "chalk", false, kTeacher, "white", "the chalk pit", "draw with"}, Kind::toy},
    {{"a @ flute", "flute", false, kMusician, "black", "pear wood", "play"}, Kind::toy},
    {{"a @ bell", "bell", false, kMusician, "silver", "bronze", "ring"}, Kind::gift},
};

constexpr Animal kAnimals[] = {
    {"goat", "thistles", "in the shed", "bleated", "white", "trotted"},
    {"fox", "blackberries", "in a den", "barked", "red", "slipped"},
    {"duck", "duckweed", "in the reeds", "quacked", "brown", "waddled"},
    {"hedgehog", "beetles", "under a hedge", "snuffled", "brown", "shuffled"},
    {"squirrel", "hazelnuts", "in a hollow tree", "chattered", "red", "scampered"},
    {"rabbit", "dandelions", "in a burrow", "squeaked", "grey", "hopped"},
    {"donkey", "carrots", "in the stable", "brayed", "grey", "plodded"},
    {"owl", "moths", "in the belfry", "hooted", "brown", "glided"},
    {"lamb", "clover", "in the fold", "bleated", "white", "skipped"},
    {"pony", "oats", "in the paddock", "whinnied", "black", "galloped"},
    {"crow", "cherries", "in the elm", "cawed", "black", "flapped"},
    {"badger", "roots", "in a sett", "grunted", "grey", "lumbered"},
    {"otter", "minnows", "in the riverbank", "whistled", "brown", "slid"},
    {"goose", "barley", "in the yard", "hissed", "white", "strutted"},
    {"mouse", "crumbs", "in the wall", "squeaked", "brown", "darted"},
    {"pig", "acorns", "in the sty", "grunted", "pink", "trundled"},
    {"deer", "ferns", "in the thicket", "snorted", "brown", "bounded"},
    {"robin", "worms", "in the ivy", "chirped", "red", "fluttered"},
    {"calf", "hay", "in the barn", "mooed", "black", "stumbled"},
    {"frog", "flies", "under a lily pad", "croaked", "green", "leapt"},
    {"tortoise", "lettuce", "in a wooden box", "sighed", "green", "crept"},
    {"beaver", "bark", "in a lodge", "whined", "brown", "paddled"},
    {"swan", "pondweed", "on the island", "trumpeted", "white", "sailed"},
    {"puppy", "bones", "in a basket", "yapped", "yellow", "bounced"},
};

template <typename Belongs>
std::vector<size_t> collect(Belongs belongs) {
  std::vector<size_t> found;
  for (size_t i = 0; i < std::size(kWares); ++i)
    if (belongs(kWares[i])) found.push_back(i);
  return found;
}

}  // namespace

std::span<const Place> places() { return kPlaces; }
std::span<const Person> people() { return kPeople; }
size_t child_count() { return kChildren; }
std::span<const Animal> animals() { return kAnimals; }
size_t first_wild_place() { return kWild; }

std::span<const Good> goods() {
  static const auto table = [] {
    std::array<Good, std::size(kWares)> list{};
    for (size_t i = 0; i < list.size(); ++i) list[i] = kWares[i].good;
    return list;
  }();
  return table;
}

std::span<const size_t> goods_of(Kind kind) {
  static const auto table = [] {
    std::array<std::vector<size_t>, 5> lists;
    for (size_t k = 0; k < lists.size(); ++k)
      lists[k] = collect([k](const Ware& ware) { return static_cast<size_t>(ware.kind) == k; });
    return lists;
  }();
  return table[static_cast<size_t>(kind)];
}

std::span<const size_t> goods_by(size_t maker) {
  static const auto table = [] {
    std::array<std::vector<size_t>, std::size(kPeople)> lists;
    for (size_t p = 0; p < lists.size(); ++p)
      lists[p] = collect([p](const Ware& ware) { return ware.good.maker == p; });
    return lists;
  }();
  return table[maker];
}

}  // namespace seedling::storyworld
