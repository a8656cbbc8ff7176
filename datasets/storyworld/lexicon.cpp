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
     "brave|curious|gentle|cheerful|careful|clever|quiet|lively|patient|kind|stubborn|thoughtful|merry|"
     "shy|bold|dreamy|helpful|sensible|polite|restless|playful|eager|sleepy|busy|freckled|skinny|"
     "talkative|barefoot|lonely|little|friendly|young|tall|forgetful"},
    {"hobby",
     "climbing <tree>|counting stars|skipping stones|singing <how>|drawing <bird>|telling riddles|"
     "picking <flower>|building dams|reading tales|whistling tunes|collecting feathers|watching <bird>|"
     "baking <cakekind> cake|chasing butterflies|carving sticks|dancing barefoot|catching tadpoles|"
     "painting pebbles|hunting for shells|playing marbles|jumping over puddles|making daisy chains|"
     "feeding <bird>|inventing games|walking on walls|naming the hills|learning poems|keeping snails|"
     "digging for treasure|sailing paper ships|growing <veg>|planting <flower>"},
    {"walk",
     "walked|hurried|ran|strolled|marched|skipped|wandered|trotted|hopped|raced|tramped|tiptoed|dashed|"
     "rambled"},
    {"past",
     "the <padj> gate|the <padj> oak|the <padj> barn|the <padj> wall|the <padj> pump|the <padj> letterbox|"
     "the <padj> fence|the <padj> hedge|the <padj> scarecrow|the <padj> chapel|the <padj> wagon|"
     "the <padj> door|the <padj> trough|a ditch full of <weed>|the <padj> boat|the <padj> greenhouse|"
     "the <padj> bench|the <padj> stable|the <padj> shed|the <padj> signpost|the <padj> cottage|"
     "the <padj> cart|the <padj> haystack|a field of <grain>|a row of <tree>|a patch of <weed>|"
     "a heap of <veg>|a flock of <bird>|<number> sleeping dogs|<number> <herdcolour> hens|"
     "<number> <herdcolour> ponies|the <padj> pigeon loft|a bed of <flower>|a tangle of <weed>|a pile of "
     "logs|"
     "the <padj> washing lines|an ant hill|the <padj> stile|a <trait> <passer>|a stack of <padj> barrels"},
    {"along",
     "along the <nadj> lane|across the <nadj> fields|down the <nadj> hill|over the <padj> stile|"
     "through the long grass|up the <nadj> track|down the <padj> street|along the <padj> wall|"
     "between the hedges|under the <tree>|across the green|over the <nadj> stones|"
     "through the <nadj> gardens|around the <padj> corner|along the <nadj> towpath|through the <grain>"},
    {"how",
     "slowly|quickly|softly|carefully|gladly|calmly|proudly|bravely|politely|quietly|eagerly|kindly|shyly|"
     "warmly|gently|firmly|merrily|seriously|solemnly|patiently|lightly|boldly|cheerfully|thoughtfully|"
     "briskly|hastily|sweetly|earnestly|dreamily|sternly|happily|simply|stubbornly|cleverly|neatly"},
    {"day", "bright|quiet|busy|long|lovely|strange|perfect|lazy|noisy|ordinary|peaceful|remarkable"},
    {"day_spring", "mild|breezy|fresh|showery|clear|damp|soft|green|blustery"},
    {"day_summer", "hot|sunny|dry|golden|drowsy|blue|sultry|cloudless|warm"},
    {"day_autumn", "misty|windy|grey|crisp|rainy|foggy|cool|copper|stormy"},
    {"day_winter", "cold|frosty|snowy|icy|white|dark|bitter|still|freezing"},
    {"weather_spring",
     "<rainadj> rain tapped on the <roofadj> roofs|the first <bird> were back|the <tree> were in bloom|"
     "a <windadj> wind shook the <flower>|lambs called from the <nadj> meadow|"
     "the <nadj> puddles shone like mirrors|the last snow had melted|the first buds were opening|"
     "a rainbow stood over the <nadj> fields|the brook was full and loud|<flower> dotted the <nadj> banks|"
     "<bird> sang on every chimney|the <tree> smelled sweet|the <nadj> earth steamed"},
    {"weather_summer",
     "the sun burned on the <padj> cobbles|bees hummed in the <tree>|the hay smelled sweet|"
     "not a cloud was in the sky|the grass was dry and <skycolour>|crickets sang in the <nadj> ditches|"
     "thunder grumbled far away|strawberries were ripe in the <nadj> gardens|"
     "<bird> screamed around the <padj> steeple|the river was low and warm|every <padj> window stood open|"
     "poppies blazed among the <grain>|the <grain> was ripe|the <bird> were too hot to sing"},
    {"weather_autumn",
     "leaves whirled through the <nadj> lanes|fog lay on the <nadj> fields|"
     "apples thudded into the <nadj> grass|the wind rattled the <padj> shutters|"
     "<bird> flew south in long lines|smoke curled from the bonfires|drizzle hung on the <nadj> webs|"
     "mushrooms stood in <nadj> rings|the hedges were full of berries|chestnuts dropped from the <tree>|"
     "the <padj> barns were full|rain drummed on the <padj> gutters|the <tree> were bare|"
     "the <tree> had turned <skycolour>"},
    {"weather_winter",
     "snow lay on every <roofadj> roof|icicles hung from the <padj> gutters|the pond was frozen hard|"
     "frost covered the <padj> windows|the wind howled around the <padj> chimneys|"
     "snowflakes drifted past the <padj> lamps|the days were short|the road was <nadj> and <nadj>|"
     "<bird> begged at the <padj> doors|every stove was lit|the pump had frozen|"
     "the sky was the colour of slate|the <tree> wore white hats|ice hung in the <tree>"},
    {"mid_spring",
     "a shower came and went|a cuckoo called <number> times|the wind smelled of <flower>|"
     "catkins danced above the <nadj> path|a hare ran across the <grain>|petals blew about like snow|"
     "<bird> sang in the <tree>|a <nadj> cloud hid the sun|<number> <birdcolour> <bird> flew by"},
    {"mid_summer",
     "the road was dusty and hot|a lark sang high above|grasshoppers jumped out of the <nadj> grass|"
     "the shade of the <tree> felt cool|a lizard slept on a <nadj> stone|dandelion clocks floated by|"
     "<bird> bathed in the dust|a <nadj> haze lay on the <grain>|<number> <birdcolour> <bird> flew by"},
    {"mid_autumn",
     "<nadj> leaves stuck to everything|a magpie chattered in the <tree>|the fog grew thicker|"
     "conkers crunched underfoot|a <nadj> gust shook the <tree>|somewhere a bonfire crackled|"
     "<bird> gathered on the roofs|rain ran down the <nadj> road|<number> <birdcolour> <bird> flew by"},
    {"mid_winter",
     "the snow squeaked underfoot|every breath made a cloud|a branch of the <tree> cracked|"
     "the <nadj> ice glittered|bells rang in the <nadj> air|<bird> puffed up their feathers|"
     "snow fell from the <tree>|a <windadj> wind blew from the north|<number> <birdcolour> <bird> flew by"},
    {"look",
     "under the <padj> bench|behind the <padj> door|in the tall <weed>|between the stones|"
     "inside the <padj> boot|on the <padj> windowsill|under the <padj> stairs|behind the <padj> curtain|"
     "in the <padj> bucket|beneath the <padj> hedge|on the <padj> cupboard|in the <padj> flowerpot|"
     "under the <padj> blanket|behind the <padj> barrel|in the <padj> drawer|among the <veg>|"
     "inside the <padj> oven|under the <padj> table|in the <padj> hay|behind the <padj> clock"},
    {"search", "looked|searched|peeped|felt around|hunted|rummaged"},
    {"glad",
     "happy|proud|glad|delighted|cheerful|thankful|pleased|merry|overjoyed|contented|grateful|satisfied|"
     "hopeful|calm|relieved|lucky"},
    {"sad",
     "sad|worried|upset|gloomy|lonely|miserable|downhearted|sorry|unhappy|cross|bitter|hurt|discouraged|"
     "desperate"},
    {"afraid", "afraid|scared|nervous|frightened|uneasy|alarmed|pale|anxious|timid|breathless"},
    {"tired", "tired|weary|hungry|cold and tired|out of breath|footsore|quite worn out|thirsty"},
    {"size", "small|big|tiny|large|little|huge|enormous|round|narrow|plump|long|crooked|strange|pale|wide"},
    {"animal_mood",
     "thin|hungry|shivering|muddy|lonely|little|limping|young|trembling|fluffy|tired|lost|wet|frightened|"
     "grumpy|sleepy|skinny|friendly"},
    {"nice",
     "lovely|fine|splendid|beautiful|handsome|pretty|marvellous|wonderful|charming|perfect|shiny|bright|"
     "little|big|excellent|magnificent|famous|new"},
    {"number", "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"},
    {"treat",
     "a slice of <cakekind> cake|a ripe <fruit>|a mug of cocoa|a handful of nuts|a <adjfood> bun|"
     "a bowl of cherries|a glass of milk|a cup of tea|a toffee apple|a spoonful of <fruit> jam|"
     "a piece of gingerbread|a <adjfood> pancake|a sugar mouse|a <adjfood> potato|<number> dumplings|"
     "a juicy <fruit>|a stick of liquorice|a cinnamon roll|<number> biscuits|a handful of raisins"},
    {"chore",
     "sweep the <padj> floor|stack the <padj> logs|carry the <padj> buckets|wash the <padj> windows|"
     "sort the <padj> nails|fill the <padj> lamps|polish the <padj> brass|count the <padj> sacks|"
     "rake the leaves|feed the fire|scrub the <padj> steps|fold the <padj> cloths|mend the <padj> gate|"
     "oil the <padj> hinges|hang up the <flower>|peel the <veg>|dust the <padj> shelves|weed the <flower>|"
     "untangle the <padj> strings|load the <padj> cart|wash the <veg>|paint the <padj> fence"},
    {"supper",
     "<vegsoup> soup|mashed <veg>|<vegsoup> stew|<adjfood> <veg> and <veg>|barley porridge|"
     "<adjfood> fish|noodles with <veg>|<adjfood> pancakes|cabbage rolls|toasted cheese|<fruit> dumplings|"
     "<adjfood> <veg>|omelettes with <veg>|rice pudding|<vegsoup> pie"},
    {"ending",
     "the first star came out|the lamps were lit one by one|"
     "the moon climbed over the <roofadj> roofs|the bats began to fly|the village grew <stilladj>|"
     "the cat curled up by the <padj> stove|the church bell rang for evening|"
     "the sky turned <skycolour>|smoke rose from every <padj> chimney|the shutters were closed|"
     "the frogs began their <nadj> song|an owl called from the <padj> barn|"
     "the fire sank to <nadj> coals|the wind went to sleep|the dew fell on the <nadj> grass|"
     "the <bird> went to roost|the <bird> fell silent|the <nadj> fields went dark"},
    {"night_sound",
     "a <soundadj> scratching|a <soundadj> howl|a <soundadj> thump|a <soundadj> whistle|"
     "a <soundadj> rustling|a <soundadj> creaking|a <soundadj> groan|a <soundadj> tapping|"
     "a <soundadj> splash|a <soundadj> rattle|a <soundadj> knock|a <soundadj> hum"},
    {"night_thing",
     "a <size> ghost|a <size> giant|a <size> thief|a <size> dragon|a <size> witch|a <size> wolf|"
     "a <size> monster|a <size> goblin|a <size> troll|a <size> bear"},
    {"gasp", "Oh dear|Oh no|Goodness|Alas|Bother|Good heavens|What a pity|Dear me"},
    {"cheer", "Hurrah|At last|How wonderful|Splendid|What luck|Well done|Bravo|How lovely"},
    {"yes", "Of course|Certainly|With pleasure|Gladly|Why not|Very well|Surely"},
    {"hello", "Good day|Hello|Good afternoon|Greetings|Hello there"},
    {"smile", "smiled|nodded|laughed|grinned|beamed|chuckled|winked"},
    {"simile",
     "as light as a feather|as quick as a hare|as quiet as a mouse|as busy as a bee|as brave as a lion|"
     "as fresh as a daisy|as steady as a rock|as free as a bird|as bright as a button|as snug as a bug"},
    {"song",
     "a sea song|a lullaby|a funny rhyme|a <nadj> ballad|a marching song|a tune without words|"
     "a harvest song|a song about <bird>|a song about <flower>|a song about the <nadj> sea|"
     "a round for <number> voices|a <nadj> tune"},
    {"mishap",
     "a <nadj> gust blew {his} cap into a ditch|a goose blocked the way and hissed|"
     "{he} stepped into a <nadj> puddle|the lace of {his} shoe came loose|a <herdcolour> dog barked at {him}|"
     "{he} slipped on the <nadj> stones|{his} scarf caught on a <padj> nail|"
     "a bee buzzed around {his} ears|a swarm of gnats danced in {his} face|{he} got a stone in {his} shoe|"
     "a <padj> cart splashed {him} with mud|{he} took a wrong turn|<number> <herdcolour> geese chased {him}|"
     "{he} bumped into a <trait> <passer>"},
    {"contest_event",
     "the <racekind> race|the <vegsoup> toss|the singing match|the spelling match|the <fruit> eating match|"
     "the <game> match"},
    {"crop", "bean|pumpkin|sunflower|pea|tomato|radish|lupin|cucumber|poppy|melon|marigold|pepper"},
    {"treasure",
     "a <padj> spyglass|a <padj> box of marbles|a <padj> spoon|a <padj> accordion|a <padj> crown|"
     "a <padj> teapot|a <padj> whistle|a <padj> rocking horse|a <padj> glass lion|a pair of <padj> skates|"
     "a <padj> chess set|a <padj> bear|a <padj> robot|a <padj> comb|<number> <padj> letters|"
     "a <padj> globe|a <padj> mirror|<number> <padj> coins"},
    {"excuse",
     "the wind did it|a <trait> stranger came in|it was like that before|a <size> ghost did it|"
     "nobody was here|it fell by itself|<number> crows flew in|a <trait> <passer> did it|"
     "perhaps it was <night_thing>"},
    {"plan",
     "make a fire|play <game>|build a <building>|have a picnic|fish for <fishes>|climb the <padj> wall|"
     "look for <finds>|practise cartwheels|put on a play|dam the brook|roll down the slope|"
     "race the clouds|bake <cakekind> cake|dig a tunnel|watch the <bird>|gather <finds>|feed the <bird>|"
     "pick <flower>|draw the <bird>|count the <bird>"},
    {"moral_honesty",
     "a true word is lighter than a lie|the truth is the shortest road|a lie has cold feet|"
     "an open heart sleeps well|honest hands need no gloves|a fault told is half mended|"
     "trust is slow to grow and quick to break"},
    {"moral_sharing",
     "joy that is shared is doubled|there is room for two under one roof|the best toy is a friend|"
     "an open hand is never empty|half a cake with a friend tastes like a whole one|"
     "a quarrel feeds nobody|two can play longer than one"},
    {"moral_courage",
     "fear shrinks when you look at it|brave people are often afraid|the dark is only the day with closed "
     "eyes|"
     "a shadow is always bigger than its owner|courage starts with one small step|it is wise to look twice"},
    {"moral_patience",
     "good things grow slowly|you cannot hurry a seed|waiting is also work|a little every day is a lot in "
     "the end|"
     "nobody can pull a plant tall|time is the best gardener"},
    {"moral_kindness",
     "a kind deed comes home again|small hands can do great things|nobody is too small to be a friend|"
     "kindness costs nothing|those who feed others never go hungry|a friend in need is found in a hurry"},
    {"moral_help",
     "many hands make light work|work goes faster with a song|a willing hand is always welcome|"
     "who helps today is helped tomorrow|a task shared is soon done|it is good to be useful"},
    {"moral_care",
     "everything has its place|look after small things|what you tie well stays tied|a careful eye saves a "
     "long walk|"
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
    {"padj",
     "old|little|crooked|mossy|wooden|narrow|broken|red|green|white|blue|brown|black|grey|yellow|"
     "dusty|rusty|painted|tiny|tall|wide|muddy|heavy|round|ancient|long|big|large|clean|pretty|plain|"
     "new|battered|shabby|polished|worn|cracked|striped|patched|neat|odd|familiar"},
    {"nadj",
     "dark|cold|bright|wet|quiet|green|silver|deep|golden|shining|soft|wild|misty|grey|still|pale|"
     "cool|black|lonely|silent|glittering|brown|blue|gentle|muddy|endless|gloomy|wide"},
    {"tree",
     "poplars|apple trees|elms|birches|lindens|walnut trees|pear trees|firs|chestnut trees|willows|oaks|"
     "plum trees"},
    {"grain", "barley|wheat|oats|rye|clover|maize|flax|beans|mustard"},
    {"weed", "nettles|rushes|thistles|ferns|brambles|poppies|dandelions|reeds|daisies|ivy"},
    {"bird", "starlings|sparrows|swallows|finches|pigeons|rooks|gulls|geese|larks|thrushes|magpies|wrens"},
    {"veg",
     "turnips|potatoes|carrots|onions|leeks|beans|cabbages|mushrooms|pumpkins|peas|parsnips|beets|lentils"},
    {"flower",
     "lavender|daisies|roses|violets|primroses|bluebells|marigolds|pansies|cowslips|irises|tulips|lilies"},
    {"fruit", "pear|plum|apple|peach|cherry|quince|apricot|fig"},
    {"cakekind", "plum|honey|lemon|ginger|almond|carrot|cherry|nut|poppy seed|apple"},
    {"lead",
     "then|soon|at once|after a while|without a word|a little later|at last|suddenly|now|so|quietly|"
     "before long|with a sigh|in the end|of course|once more|one moment later|for a moment|with a smile|"
     "a minute later"},
    {"said",
     "said|replied|answered|declared|murmured|whispered|remarked|laughed|muttered|announced|called|cried|"
     "insisted|grumbled"},
    {"asked", "asked|wondered|inquired|whispered"},
    {"very", "very|so|quite|rather|terribly|truly|really|a little|awfully|extremely"},
    {"adjfood", "fried|baked|boiled|roast|hot|cold|salted|crisp|buttered|smoked"},
    {"game", "pirates|marbles|knights|robbers|skittles|hopscotch|shop|school|circus|kings and queens"},
    {"building", "hut|castle|raft|tower|bridge|nest|snowman|den|dam"},
    {"fishes", "crabs|trout|eels|perch|minnows|carp"},
    {"finds", "mushrooms|kindling|acorns|chestnuts|shells|feathers|pine cones|pebbles|berries|snails"},
    {"skycolour", "pink|violet|orange|red|gold|dark blue|grey|purple|silver|black"},
    {"soundadj", "soft|loud|strange|long|low|sudden|hollow|faint|sharp|terrible|slow|sad|deep|odd"},
    {"colour", "red|blue|green|yellow|white|grey|brown|black|violet|orange|pink|purple|golden|silver"},
    {"wear", "scarf|hat|coat|jacket|cap|apron|bonnet|smock|shirt|jersey|cloak|waistcoat"},
    {"carried",
     "sack|umbrella|bundle|barrow|basket|fiddle|birdcage|parcel|broom|bucket|bag|spade|trunk|ladder|lamp|"
     "rake"},
    {"stuff",
     "buttons|nails|keys|coins|corks|pencils|spools|feathers|marbles|spoons|whistles|cherries|needles|"
     "ribbons"},
    {"passer",
     "pedlar|nurse|soldier|monk|sailor|piper|tinker|juggler|drummer|hunter|scholar|chimney sweep|"
     "goose girl|miner|mason|cook|fiddler|beggar"},
    {"walkadv",
     "soon|an hour later|after <number> minutes|at <number> o'clock|a little later|after <treat>,|"
     "in no time"},
    {"racekind", "sack|egg|swimming|stilt|boat|barrel|pancake|snail|duck|running|donkey"},
    {"vegsoup", "onion|potato|carrot|leek|bean|cabbage|mushroom|pumpkin|pea|parsnip|beet|lentil|barley"},
    {"cry",
     "softly|loudly|sadly|hoarsely|twice|merrily|angrily|sleepily|three times|again and again|"
     "politely|hungrily|shyly|cheerfully"},
    {"birdcolour", "black|brown|grey|white|fat|little|young|noisy|sleepy|cheeky|hungry|wet|ruffled|speckled"},
    {"herdcolour", "black|brown|grey|white|spotted|fat|little|young|noisy|sleepy|hungry|muddy|lame|speckled"},
    {"rainadj", "soft|warm|cold|gentle|heavy|steady|silver|fine"},
    {"windadj", "mild|soft|cold|gentle|strong|sharp|playful|wet|steady|bitter"},
    {"roofadj", "red|tiled|thatched|wet|old|crooked|mossy|steep|low|grey|brown|pointed"},
    {"stilladj", "quiet|still|dark|silent|sleepy|peaceful|dim|calm"},
    {"right", "brave|right|honest of you|good of you|not easy|wise|decent|kind"},
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
  if (found == table().lists.end())
    throw std::logic_error("storyworld: no word list <" + std::string(name) + ">");
  return found->second;
}

size_t word_list_count() { return table().lists.size(); }

}  // namespace seedling::storyworld
