// The word lists themselves; entries are separated by '|', the commoner ones first. See lexicon.h.
#include "datasets/storyworld/lexicon.h"

#include <stdexcept>
#include <string>
#include <unordered_map>

namespace seedling::storyworld {
namespace {

struct Row {
  const char* name;
  const char* words;
};

constexpr Row kRows[] = {
    {"trait",
     "brave|curious|gentle|cheerful|careful|clever|quiet|lively|patient|kind|stubborn|thoughtful|merry|shy|bold|"
     "dreamy|helpful|sensible|polite|restless|playful|eager|sleepy|busy|freckled|skinny|talkative|barefoot"},
    {"hobby",
     "climbing trees|counting stars|skipping stones|singing loudly|drawing birds|telling riddles|picking flowers|"
     "building dams|reading tales|whistling tunes|collecting feathers|watching clouds|baking biscuits|"
     "chasing butterflies|carving sticks|dancing barefoot|catching tadpoles|painting pebbles|hunting for shells|"
     "playing marbles|jumping over puddles|making daisy chains|feeding sparrows|inventing games|walking on walls|"
     "naming the hills|learning poems|keeping snails|digging for treasure|sailing paper ships"},
    {"walk",
     "walked|hurried|ran|strolled|marched|skipped|wandered|trotted|hopped|raced|tramped|tiptoed|dashed|rambled"},
    {"past",
     "the mossy gate|a field of barley|the crooked oak|a row of poplars|the empty barn|a patch of nettles|"
     "the stone wall|two sleeping dogs|a pile of logs|the village pump|a flock of starlings|the red letterbox|"
     "a cart of hay|the broken fence|the blackberry hedge|the washing lines|a heap of turnips|three noisy hens|"
     "the horse trough|a tangle of brambles|the tall scarecrow|a bed of lavender|the quiet chapel|"
     "a ditch full of rushes|the chestnut trees|some grazing ponies|the potato rows|an old wagon|the lilac bushes|"
     "the blue door|the sunflowers|a sleepy sentry box|the laundry|an upturned boat|the walnut tree|"
     "the schoolmaster's bicycle|a stack of barrels|the pigeon loft|the greenhouse|an ant hill"},
    {"along",
     "along the lane|across the fields|down the hill|over the stile|through the long grass|up the track|"
     "down the cobbled street|along the wall|between the hedges|under the elms|across the green|"
     "over the stepping stones|through the back gardens|around the corner|along the towpath|through the gap"},
    {"how",
     "slowly|quickly|softly|carefully|gladly|calmly|proudly|bravely|politely|quietly|eagerly|kindly|shyly|warmly|"
     "gently|firmly|merrily|seriously|solemnly|patiently|lightly|boldly"},
    {"day",
     "bright|quiet|busy|long|lovely|strange|perfect|lazy|noisy|ordinary|peaceful|remarkable"},
    {"day_spring", "mild|breezy|fresh|showery|clear|damp|soft|green|blustery"},
    {"day_summer", "hot|sunny|dry|golden|drowsy|blue|sultry|cloudless|warm"},
    {"day_autumn", "misty|windy|grey|crisp|rainy|foggy|cool|copper|stormy"},
    {"day_winter", "cold|frosty|snowy|icy|white|dark|bitter|still|freezing"},
    {"weather_spring",
     "soft rain tapped on the roofs|the first swallows were back|the cherry trees were in bloom|"
     "a mild wind shook the daffodils|lambs called from the meadow|the puddles shone like mirrors|"
     "the last snow had melted|the buds were opening|a rainbow stood over the fields|the brook was full and loud|"
     "primroses dotted the banks|blackbirds sang on every chimney"},
    {"weather_summer",
     "the sun burned on the cobbles|bees hummed in the lime trees|the hay smelled sweet|not a cloud was in the sky|"
     "the grass was dry and yellow|crickets sang in the ditches|thunder grumbled far away|"
     "strawberries were ripe in the gardens|swifts screamed around the steeple|the river was low and warm|"
     "every window stood open|poppies blazed among the wheat"},
    {"weather_autumn",
     "leaves whirled through the lanes|fog lay on the fields|apples thudded into the grass|"
     "the wind rattled the shutters|geese flew south in long lines|smoke curled from the bonfires|"
     "drizzle hung on the spider webs|mushrooms stood in rings|the hedges were full of berries|"
     "chestnuts dropped from the trees|the barns were full|rain drummed on the gutters"},
    {"weather_winter",
     "snow lay on every roof|icicles hung from the gutters|the pond was frozen hard|frost covered the windows|"
     "the wind howled around the chimneys|snowflakes drifted past the lamps|the days were short|"
     "the road was white and silent|robins begged at the doors|every stove was lit|the pump had frozen|"
     "the sky was the colour of slate"},
    {"mid_spring",
     "A shower came and went|A cuckoo called twice|The wind smelled of wet earth|Catkins danced above the path|"
     "A hare ran across the young corn|Petals blew about like snow"},
    {"mid_summer",
     "The road was dusty and hot|A lark sang high above|Grasshoppers jumped out of the way|The shade felt cool|"
     "A lizard slept on a stone|Dandelion clocks floated by"},
    {"mid_autumn",
     "Wet leaves stuck to everything|A magpie chattered in the hedge|The fog grew thicker|Conkers crunched underfoot|"
     "A cold gust shook the branches|Somewhere a bonfire crackled"},
    {"mid_winter",
     "The snow squeaked underfoot|Every breath made a cloud|A branch cracked under its load|The ice glittered|"
     "Bells rang in the frosty air|Sparrows puffed up their feathers"},
    {"look",
     "under the bench|behind the door|in the tall grass|between the stones|inside the old boot|on the windowsill|"
     "under the stairs|behind the curtain|in the coal bucket|beneath the hedge|on top of the cupboard|"
     "in the flowerpots|under the blanket|behind the water barrel|in every pocket|among the logs|inside the oven|"
     "under the table|in the hay|behind the clock"},
    {"search", "looked|searched|peeped|felt around|hunted|rummaged"},
    {"glad",
     "happy|proud|glad|delighted|cheerful|thankful|pleased|merry|overjoyed|light at heart|contented|grateful|"
     "warm inside|as happy as a lark|as proud as a king"},
    {"sad",
     "sad|worried|upset|gloomy|lonely|miserable|downhearted|sorry|unhappy|heavy at heart|ashamed of the tears|"
     "as sad as a wet hen|close to tears|cross and sad"},
    {"afraid", "afraid|scared|nervous|frightened|uneasy|alarmed|pale with fright|as stiff as a board"},
    {"tired", "tired|weary|hungry|cold and tired|out of breath|footsore|quite worn out|thirsty"},
    {"size", "small|big|tiny|large|little|huge|enormous|round|narrow|plump"},
    {"animal_mood", "thin|hungry|shivering|muddy|lonely|little|limping|young|trembling|fluffy|tired|lost"},
    {"nice", "lovely|fine|splendid|beautiful|handsome|pretty|marvellous|wonderful|charming|perfect"},
    {"number", "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"},
    {"treat",
     "a slice of cake|a ripe pear|a mug of cocoa|a handful of nuts|a warm bun|a bowl of cherries|a glass of milk|"
     "a cup of tea|a toffee apple|a spoonful of jam|a piece of gingerbread|a pancake|a sugar mouse|a roast potato|"
     "a plate of dumplings|a juicy plum|a stick of liquorice|a cinnamon roll|a cup of cider|a handful of raisins"},
    {"chore",
     "sweep the floor|stack the firewood|carry the buckets|wash the windows|sort the nails|fill the lamps|"
     "polish the brass|count the sacks|rake the leaves|feed the fire|scrub the steps|fold the cloths|mend the gate|"
     "oil the hinges|hang up the herbs|peel the onions|dust the shelves|weed the path|untangle the strings|"
     "load the cart"},
    {"supper",
     "onion soup|baked potatoes|mushroom stew|barley porridge|fried fish|bean soup|noodles|pea soup|pancakes|"
     "cabbage rolls|lentils|toasted cheese|apple dumplings|roast turnips|omelettes|rice pudding"},
    {"ending",
     "the first star came out|the lamps were lit one by one|the moon climbed over the roofs|the bats began to fly|"
     "the village grew quiet|the cat curled up by the stove|the church bell rang for evening|the sky turned pink|"
     "smoke rose from every chimney|the shutters were closed|the frogs began their song|an owl called from the barn|"
     "the fire sank to red coals|the wind went to sleep|the dew fell on the grass|the swallows went to roost"},
    {"night_sound",
     "a scratching sound|a long howl|a soft thump|a strange whistle|a rustling noise|a creaking sound|a low groan|"
     "a tapping noise|a splash|a rattle"},
    {"night_thing", "a ghost|a giant|a thief|a dragon|a witch|a wolf|a monster|a goblin|a troll"},
    {"gasp", "Oh dear|Oh no|Goodness|Alas|Bother|Good heavens|What a pity|Dear me"},
    {"cheer", "Hurrah|At last|How wonderful|Splendid|What luck|Well done|Bravo|How lovely"},
    {"yes", "Of course|Certainly|With pleasure|Gladly|Why not|Very well|Surely"},
    {"hello", "Good day|Hello|Good afternoon|Greetings|Hello there"},
    {"smile", "smiled|nodded|laughed|grinned|beamed|chuckled|winked"},
    {"simile",
     "as light as a feather|as quick as a hare|as quiet as a mouse|as busy as a bee|as brave as a lion|"
     "as fresh as a daisy|as steady as a rock|as free as a bird|as bright as a button|as snug as a bug"},
    {"song",
     "a sea song|a lullaby|a funny rhyme|an old ballad|a marching song|a tune without words|a harvest song|"
     "a song about geese|a round for three voices"},
    {"mishap",
     "a gust of wind blew {his} cap into a ditch|a goose blocked the way and hissed|{he} stepped into a deep puddle|"
     "the lace of {his} shoe came loose|a dog barked at {him} from a yard|{he} slipped on the wet stones|"
     "{his} scarf caught on a thorn|a bee buzzed around {his} ears|a swarm of gnats danced in {his} face|"
     "{he} got a stone in {his} shoe|a cart splashed {him} with mud|{he} took a wrong turn"},
    {"contest_event",
     "the sack race|the egg race|the swimming race|the apple toss|the stilt race|the boat race|the singing match|"
     "the spelling match|the barrel race|the pancake race|the marble match|the snail race"},
    {"crop", "bean|pumpkin|sunflower|pea|tomato|radish|lupin|cucumber|poppy|melon|acorn|onion"},
    {"treasure",
     "an old spyglass|a box of marbles|a silver spoon|a dusty accordion|a wooden crown|a cracked teapot|"
     "a carved whistle|a tiny rocking horse|a glass lion|a pair of skates|a chess set|a stuffed bear|a tin robot|"
     "an ivory comb|a bundle of letters|a painted globe"},
    {"excuse",
     "the wind did it|a stranger came in|it was like that before|the ghost of the mill did it|nobody was here|"
     "it fell by itself|a crow flew in|perhaps there was an earthquake"},
    {"plan",
     "make a fire|play pirates|build a hut|have a picnic|fish for crabs|climb the wall|look for mushrooms|"
     "practise cartwheels|put on a play|dam the brook|roll down the slope|race the clouds|bake mud pies|"
     "dig a tunnel|spot herons|gather kindling"},
    {"moral_honesty",
     "a true word is lighter than a lie|the truth is the shortest road|a lie has cold feet|"
     "an open heart sleeps well|honest hands need no gloves|a fault told is half mended|"
     "trust is slow to grow and quick to break"},
    {"moral_sharing",
     "joy that is shared is doubled|there is room for two under one roof|the best toy is a friend|"
     "an open hand is never empty|half a cake with a friend tastes like a whole one|"
     "a quarrel feeds nobody|two can play longer than one"},
    {"moral_courage",
     "fear shrinks when you look at it|brave people are often afraid|the dark is only the day with closed eyes|"
     "a shadow is always bigger than its owner|courage starts with one small step|it is wise to look twice"},
    {"moral_patience",
     "good things grow slowly|you cannot hurry a seed|waiting is also work|a little every day is a lot in the end|"
     "nobody can pull a plant tall|time is the best gardener"},
    {"moral_kindness",
     "a kind deed comes home again|small hands can do great things|nobody is too small to be a friend|"
     "kindness costs nothing|those who feed others never go hungry|a friend in need is found in a hurry"},
    {"moral_help",
     "many hands make light work|work goes faster with a song|a willing hand is always welcome|"
     "who helps today is helped tomorrow|a task shared is soon done|it is good to be useful"},
    {"moral_care",
     "everything has its place|look after small things|what you tie well stays tied|a careful eye saves a long walk|"
     "things like to be put away|it is easier to keep than to find"},
    {"moral_effort",
     "losing is how winners learn|the last one home still gets supper|a good try is worth a prize|"
     "practice is better than luck|it is not the cup but the running|nobody wins every day"},
    {"moral_way",
     "a good friend is the best lantern|those who stand still do not get lost|ask before you are lost|"
     "every road has two ends|home is the best light|slow feet find the way"},
    {"moral_trade",
     "everybody needs something|a fair swap makes two people happy|one thing leads to another|"
     "what is little to you may be much to me|ask what others need|a long way round still leads home"},
};

struct Table {
  std::unordered_map<std::string_view, WordList> lists;
  Table() {
    for (const Row& row : kRows) {
      WordList list;
      list.number = lists.size();
      std::string_view rest = row.words;
      for (size_t bar; (bar = rest.find('|')) != std::string_view::npos; rest.remove_prefix(bar + 1))
        list.words.push_back(rest.substr(0, bar));
      list.words.push_back(rest);
      lists.emplace(row.name, std::move(list));
    }
  }
};

const Table& table() {
  static const Table instance;
  return instance;
}

}  // namespace

const WordList& word_list(std::string_view name) {
  const auto found = table().lists.find(name);
  if (found == table().lists.end()) throw std::logic_error("storyworld: no word list <" + std::string(name) + ">");
  return found->second;
}

size_t word_list_count() { return table().lists.size(); }

}  // namespace seedling::storyworld
