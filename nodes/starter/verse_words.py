"""The words that starter verses are made of: moods, places, rhymes and things, in English and in Chinese.

Plain data, written for this project. Moods are keyed by their English name; a tail (the rhyming end of a line)
carries the initials of the moods it suits and, after a slash, the time of day it presumes.
"""

from __future__ import annotations

MOODS = ("calm", "joyful", "sad", "mysterious", "tense", "dreamy")
TIMES = ("day", "dusk", "night", "dawn")

MOOD_NAMES = {
    "en": {
        "calm": "calm peaceful serene quiet gentle tranquil relaxed soothing",
        "joyful": "joyful happy cheerful merry glad playful bright festive",
        "sad": "sad melancholy sorrowful lonely wistful gloomy mournful nostalgic",
        "mysterious": "mysterious eerie strange enigmatic secretive magical haunting uncanny",
        "tense": "tense anxious nervous dramatic uneasy fearful dangerous restless",
        "dreamy": "dreamy surreal hazy floating romantic ethereal sleepy fantastical",
    },
    "zh": {
        "calm": "平静 安静 宁静 温柔 恬静", "joyful": "欢快 快乐 喜悦 开心 活泼",
        "sad": "忧伤 悲伤 孤独 伤感 惆怅", "mysterious": "神秘 诡异 奇异 幽暗 神奇",
        "tense": "紧张 不安 焦虑 惊险 恐惧", "dreamy": "梦幻 朦胧 浪漫 恍惚 迷离",
    },
}

# --- English ------------------------------------------------------------------------------------------------------

TAILS_EN = {
    "ight": "in softened light:cd; in silver light:cmd; in golden light:cj; in fading light:cs/dusk; in broken light:st; "
            "all through the night:cmstd/night; into the night:mst/night; beyond all sight:ms; in sheer delight:j; "
            "just out of sight:mt; by candlelight:cmd; holding on tight:t; poised for flight:tj; in easy flight:cjd; "
            "in morning light:cj/dawn; in borrowed light:md; with pure delight:j; in failing light:st; "
            "in feathered flight:d; without a fight:s; with quiet might:c",
    "air": "in the still air:cm; on the warm air:cj; without a care:cj; in the cold air:st; like a soft prayer:cd; "
           "like an unheard prayer:s; and no one there:smt; beyond compare:jd; upon the stair:mt; everywhere:jd; "
           "almost unaware:dm; stripped and bare:st; like a cold stare:t; in the thin air:tm; in open air:cj; "
           "on perfumed air:d; and despair:s; past all repair:s; as if in prayer:c",
    "ay": "at close of day:cs/dusk; at break of day:cj/dawn; the livelong day:j/day; far away:csmd; slipping away:sd; "
          "along the way:cj; in shades of grey:sm; cold and grey:st; led astray:mt; where shadows play:mdt; "
          "where children play:j; with nothing to say:st; gone astray:sm; kept at bay:t; light as May:j; "
          "as colours sway:d; day after day:cs; in bright array:j; where lost ships lay:m",
    "ow": "soft and slow:cd; to and fro:cjd; in the glow:cj; in an amber glow:cd; long ago:sdm; far below:mt; "
          "soft as snow:cds; with nowhere to go:s; where no winds blow:cm; where cold winds blow:st; years ago:s; "
          "letting go:sc; hello, hello:j; high and low:jm; in the afterglow:cd; in the undertow:tm; "
          "stealthy and slow:mt; in a ribboned row:j; ready to go:jt; where dreams still grow:d",
    "ing": "as if to sing:jd; upon the wing:jd; like a plucked string:t; like early spring:jc; in a fairy ring:md; "
           "like a wound spring:t; with bells that ring:j; that evenings bring:cd; like a broken wing:s; "
           "like a hidden thing:m; like a cornered thing:t; like a sleeping thing:cd; on a silver string:d; "
           "remembering:sd; with songs to sing:j; too hurt to sing:s; where old bells ring:mcs; that nights can bring:mt",
    "eam": "in a dream:d; like a dream:d; beside the stream:cj; in the gleam:mj; before the scream:t; like half a dream:md; "
           "in the lantern's gleam:mc; on a moonlit stream:d/night; like a faded dream:s; like a bad dream:t; "
           "in a sunlit beam:jc/day; bursting at the seam:jt; like a frozen stream:s; like a forgotten dream:sm; "
           "in a narrow beam:tm; with eyes that gleam:mj; like a good dream:cj",
    "eep": "on the edge of sleep:cd; half asleep:cd; calm and deep:c; cold and deep:smt; with secrets to keep:m; "
           "with hours to keep:c; with a promise to keep:cs; with one giddy leap:j; with a joyful leap:j; "
           "where willows weep:s; too tired to weep:s; ready to leap:tj; where shadows creep:mt; where dreamers sleep:d; "
           "where old ghosts sleep:m; where lilies sleep:cd; on a ledge too steep:t; in a laughing heap:j; quiet and deep:cm",
    "ound": "without a sound:cmstd; on frozen ground:st; round and round:jd; all around:cj; never found:sm; "
            "underground:m; on shaking ground:t; on level ground:c; on sunlit ground:j/day; homeward bound:cj; "
            "tightly wound:t; in a hush profound:cm; with barely a sound:tc; on haunted ground:m; on dancing ground:j; "
            "like treasure found:j; lost, not found:s; on cloudy ground:d; above the ground:d",
    "ark": "in the dark:mst/night; like a spark:jt; like a lark:j; after dark:mtd/night; in the velvet dark:dm/night; "
           "in the gentle dark:cd/night; leaving no mark:sm; in the empty park:s; in the gathering dark:t/dusk; "
           "like a question mark:mt; with a small spark:cj; like a dream-lit ark:d; wild and stark:ts",
    "ee": "wild and free:j; for all to see:j; for none to see:ms; endlessly:ds; silently:cm; tenderly:cd; joyfully:j; "
          "breathlessly:t; secretly:m; hopelessly:s; dizzily:jd; suddenly:t; too dark to see:mt; patiently:c; "
          "like memory:sd; like a melody:jd; in reverie:d; under lock and key:m; peacefully:c; mournfully:s; "
          "anxiously:t; dreamily:d; merrily:j; easily:c",
    "one": "all alone:s; cold as stone:st; still as stone:ct; never known:ms; to the bone:ts; in an undertone:m; "
           "in a world unknown:md; overgrown:ms; like a polished stone:c; where wild thyme has grown:cjd; gently blown:dc; "
           "bright as brass, full-blown:j; leaving none alone:jc; like a standing stone:m; made of bone:t; "
           "half-dreamt, half-known:d; in a glad tone:j",
    "ame": "like a flame:jt; without a name:ms; with no one to blame:s; like a children's game:j; too wild to tame:tm; "
           "never the same:s; always the same:c; calling a name:smt; like a candle flame:cd; in a gilded frame:d; "
           "with hearts aflame:j; in a deadly game:t; glad of the name:jc; with a whispered name:md; in a guessing game:m",
    "oon": "under the moon:cmd/night; to a merry tune:j; this afternoon:cj/day; gone too soon:s; one day in June:j/day; "
           "like a distant tune:ds; like a bright balloon:j; by a sliver of moon:m/night; in a silk cocoon:d; "
           "far too soon:ts; by a blood-red moon:tm/night; in a lazy swoon:d; to a quiet tune:c; like a broken tune:s",
    "old": "brave and bold:j; in the cold:st; safe from the cold:c; wrapped in gold:cj; in threads of gold:dcj; "
           "growing old:s; left untold:ms; like a tale retold:d; about to unfold:mt; barely controlled:t; "
           "taking hold:tm; bright as gold:j; too late to hold:s; worn and old:sm; in a dream of gold:d",
    "ears": "through the years:sc; to loud cheers:j; close to tears:s; for a thousand years:md; as the mist clears:cm; "
            "as daylight nears:cjt/dawn; as danger nears:t; beyond all fears:cj; to the music of spheres:d; "
            "with listening ears:mt; washed by tears:s; fed by fears:t; laughing through tears:j; past counted years:dm",
    "ar": "near and far:cj; like a fallen star:sd; like a rising star:j; with a door ajar:mt; like a wishing star:d; "
          "like an old scar:st; from afar:ms; under one star:c/night; where the lost things are:sm; "
          "where the glad things are:j; just as things are:c; behind a bar:t; on a drifting star:d",
}

ADJECTIVES_EN = {
    "calm": "gentle quiet patient slow mild tender peaceful unhurried soft drowsy kindly easy hushed untroubled",
    "joyful": "merry bright laughing golden glad giddy lively sparkling cheerful dancing sunny playful singing radiant",
    "sad": "weary pale lonely fading sorrowful grey tearful forsaken mournful hollow wistful aching faded grieving",
    "mysterious": "hidden secret veiled nameless strange hooded ancient shadowy unspoken watchful curious cryptic "
                  "moonstruck half-seen",
    "tense": "restless taut sharp anxious wary trembling bitter breathless uneasy brittle jagged nervous startled coiled",
    "dreamy": "drifting hazy floating misty feathered silken weightless opal slumbering wandering pearly dreaming "
              "lilac cloudy",
}
NOUNS_EN = {
    "calm": "peace stillness ease silence comfort rest", "joyful": "laughter delight gladness music joy mirth",
    "sad": "sorrow longing loss grief regret heartache", "mysterious": "magic silence shadow wonder moonlight mist",
    "tense": "dread fear alarm danger thunder panic", "dreamy": "slumber wonder reverie stardust magic moonlight",
}
VERBS_EN = {
    "calm": "rest drift wait linger breathe settle doze lean unwind",
    "joyful": "dance sing laugh spin shine leap glow skip sparkle",
    "sad": "fade weep sigh mourn wander grieve tremble ache dwindle",
    "mysterious": "hide whisper watch gleam vanish listen stir linger beckon",
    "tense": "tremble shiver strain flinch listen freeze crouch shudder bristle",
    "dreamy": "float drift dream glimmer sway wander melt shimmer hover",
}
HOLDS_EN = {
    "calm": "enfold cradle hold welcome surround soothe", "joyful": "lift greet follow carry crown surround",
    "sad": "follow shadow haunt claim bow darken", "mysterious": "circle veil watch surround call conceal",
    "tense": "corner grip circle stalk surround hound", "dreamy": "lift cradle carry gather enchant surround",
}
QUESTIONS_EN = {
    "calm": "What could disturb;Who would hurry;What could wake", "joyful": "Who could resist;Who will join;Who can outshine",
    "sad": "Who will remember;Who still grieves for;Who will comfort", "mysterious": "Who is watching;Who hid;Who has summoned",
    "tense": "Who hunts;Who will warn;What threatens", "dreamy": "Who first dreamed of;Who floats beside;Who drifts toward",
}
OPENERS_EN = {
    "calm": "here;now;and still;once more", "joyful": "look how;oh, how;see how;today", "sad": "and still;alone,;even now;and yet",
    "mysterious": "somewhere;unseen,;they say;tonight", "tense": "suddenly;listen:;too late,;and still",
    "dreamy": "somewhere;in sleep,;softly;as if",
}
PLACES_EN = {
    "sea": "tide waves* foam gulls* harbour sails* surf shore", "forest": "pines* moss ferns* owl thicket leaves* branches* path",
    "snow": "frost snowflakes* icicles* winter drifts* ice", "desert": "dunes* sand heat cactus mirage dust",
    "city": "streets* lamps* windows* rooftops* traffic alley pavement", "meadow": "grass clover bees* petals* larks* hedgerow poppies*",
    "sky": "clouds* stars* swallows* comet horizon stars*", "mountain": "ridge boulders* eagle summit valley echoes*",
    "river": "reeds* ripples* bridge water herons* lilies*", "home": "kettle candle curtains* doorway hearth floorboards*",
    "": "wind air hour rain shadows* dust echo leaves* light breeze",
}
SENSES_EN = {
    "sea": "the taste of salt;the sound of surf;the smell of tar", "forest": "the scent of pine;the smell of earth;the touch of moss",
    "snow": "the crunch of snow;the sting of frost;the scent of ice", "desert": "the taste of dust;the weight of heat;the hiss of sand",
    "city": "the hum of trams;the smell of rain;the sound of steps", "meadow": "the scent of hay;the hum of bees;the taste of plums",
    "sky": "the rush of wings;the touch of cloud;the breath of wind", "mountain": "the smell of stone;the sound of bells;the bite of wind",
    "river": "the sound of reeds;the cool of stones;the smell of mud", "home": "the smell of bread;the tick of clocks;the scent of tea",
    "": "the smell of rain;the sound of bells;the touch of wind;the scent of smoke;the hum of wings",
}
# Before the bar: words that say the place; after it: things that are usually found there.
PLACE_SIGNS_EN = {
    "sea": "sea ocean harbour harbor wave waves beach shore tide island | boat ship sail sailor lighthouse whale fish boats ships mermaid",
    "forest": "forest wood woods pines | tree trees fox foxes owl deer pine oak wolf bear leaf leaves mushroom",
    "snow": "snow snowy winter ice frost frozen snowflakes | snowman penguin glacier", "desert": "desert sand dune dunes oasis | camel cactus",
    "city": "city street streets town market station subway | car train bus cafe tower taxi shop roof rooftop tram",
    "meadow": "meadow field fields garden grass farm | flower flowers rose bee butterfly horse sheep tulip poppy",
    "sky": "sky clouds stars space | cloud star moon bird birds balloon balloons kite plane angel dragon rocket sun planet comet",
    "mountain": "mountain mountains hill hills cliff valley peak | eagle goat", "river": "river lake stream pond bridge | frog duck swan",
    "home": "home room kitchen window bed | house door lamp clock cat kettle grandmother chair piano letter candle book teacup",
}
TIME_SIGNS_EN = {
    "dusk": "dusk evening sunset twilight", "dawn": "dawn morning sunrise daybreak",
    "night": "night midnight moonlight starlight moonlit", "day": "noon day midday afternoon",
}
THINGS_EN = (
    "boat house fox cat bird fish tree flower car balloon ship lantern clock lighthouse river mountain letter window door "
    "train kite whale wolf owl deer horse bridge piano violin garden storm candle mirror ladder key feather stone shell "
    "moon star cloud sun island tower castle robot dragon ghost sailor dancer painter child girl boy woman man king queen "
    "grandmother teacher soldier baker gardener stranger traveller friend angel wizard mermaid dog bear rabbit mouse frog "
    "swan duck crow raven sparrow butterfly bee spider snail turtle tiger lion elephant monkey penguin camel goat sheep "
    "apple orange lemon pear cherry loaf kettle teacup spoon chair table lamp book page pencil umbrella coat shoe hat "
    "scarf button ring crown sword drum bell flute guitar song dream memory secret shadow voice wish promise kiss heart "
    "hand eye road street market station harbour village city forest meadow desert field lake pond waterfall volcano "
    "rocket planet comet telescope machine engine wheel bicycle tram bus taxi aeroplane parachute swing carousel circus "
    "puppet doll toy marble snowman snowflake leaf root seed rose tulip lily poppy willow oak pine mushroom cactus fern "
    "keeper singer fisherman astronaut detective thief monk nurse poet clown twin giant shepherd").split()
MASS_EN = ("rain snow thunder love sorrow silence music laughter hope time winter autumn spring summer loneliness grief "
           "jazz coffee bread honey smoke dust sand fire water moonlight fog mist wind childhood freedom courage home "
           "midnight lightning happiness anger sleep gravity friendship jealousy patience frost ice").split()
NAMES_EN = ("Alice Paris London Venice Tokyo Maria Oliver Emma Noah Ada Vincent Mozart Luna Icarus Saturn Kyoto Berlin "
            "Robin Clara Hugo Ivan Nora Mars Lisbon Prague Jonas Leila Amir Sofia Cairo").split()
DESCRIPTIONS_EN = (
    "red orange yellow green blue purple white black golden silver pink brown old young small tiny little big huge tall lost "
    "lonely broken forgotten sleeping flying burning frozen quiet noisy happy sad brave shy clever lazy hungry tired proud "
    "ancient new wooden paper glass stone iron velvet wild gentle strange secret magic hidden last first empty crowded "
    "rusty dusty shiny bright dark pale crooked round striped spotted hairy barefoot blind dancing singing laughing crying "
    "wandering mechanical electric invisible enormous curious grumpy sleepy stormy snowy sunny rainy moonlit haunted").split()
SETTINGS_EN = (
    "on a blue sea;in the snow;in a dark forest;in the desert;in the city;in a green meadow;by the river;under the moon;"
    "on the shore;beneath an old bridge;above the clouds;in the kitchen;on a rooftop;in a quiet village;near the harbour;"
    "behind the mountains;in the garden;at the station;on a winding road;under the stars;in an empty house;across the ice;"
    "in the rain;on top of a hill;inside a bottle;at the bottom of the lake;through the fog;over the valley;by the window;"
    "among the pines;in a crowded market;on the edge of the world;between two towers;beside the fire").split(";")
TIMES_EN = {"dusk": "at dusk;in the evening;at sunset;at twilight", "dawn": "at dawn;in the morning;at sunrise;at daybreak",
            "night": "at night;at midnight;by moonlight;in the night", "day": "at noon;by day;in the afternoon;at midday"}
DOINGS_EN = ("sleeping dancing waiting singing dreaming running flying searching hiding looking floating drifting falling "
             "walking burning crying laughing reading playing drinking watching chasing holding carrying standing").split()
FINITE_EN = ("sleeps dances waits sings dreams runs flies hides floats falls walks burns cries laughs reads plays drinks "
             "watches chases holds carries stands learns wants tries meets finds loses loves leaves opens becomes crosses "
             "climbs remembers forgets eats sits swims jumps looks speaks lives dies goes comes makes steals").split()

# --- Chinese ------------------------------------------------------------------------------------------------------

# Verbal tails say what the thing before them does; scenic tails stand beside it.
VERBAL_ZH = {
    "ang": "入梦乡:cd 过山岗:cj 向远方:cjs 映月光:cmd/night 泛银光:cmd 绕回廊:cmd 立斜阳:cs/dusk 披晨光:cj/dawn 沐阳光:cj/day "
           "诉衷肠:s 断人肠:s 倚寒窗:s 入苍茫:sm 闪寒光:mt 露锋芒:t 暗中藏:mt 心发慌:t 换新装:j 喜洋洋:j 逐流光:d 梦一场:ds "
           "在梦乡:d 落他乡:s 守寒霜:t",
    "an": "到天边:cjd 在云间:cd 绕指间:d 上青天:j 舞翩翩:jd 笑开颜:j 乐无边:j 泪涟涟:s 忆当年:s 夜难眠:st/night 枕水眠:c 隐山间:cm "
          "锁轻烟:md 化轻烟:dsm 落窗前:csm 过门前:cj 到崖边:t 近眼前:tm 绷如弦:t 梦连绵:d 入云烟:dm 伴清泉:c 避刀尖:t",
    "ing": "听风声:cmt 伴孤灯:sc 数星星:cdj/night 照眼明:j 不分明:md 渺无形:m 冷如冰:st 心不宁:t 暗自惊:tm 侧耳听:mt 无人应:smt "
           "笑盈盈:j 唱不停:j 舞不停:j 梦初醒:d 梦未醒:dm 伴流萤:cdj 枕松声:c 入画屏:cdj 守孤城:st",
    "ou": "上心头:sdj 上高楼:scj 枕清流:c 不知愁:j 乐悠悠:jc 几时休:st 独自愁:s 锁深秋:sm 冷飕飕:t 梦中游:d 云中游:dj 入清幽:cm "
          "藏深幽:m 在前头:jt 看不够:j 汗湿透:t 泪长流:s 随水流:csd 望高楼:m",
    "ai": "入梦来:cd 笑颜开:j 踏歌来:j 扑面来:tj 抱满怀:jc 独徘徊:sm 不归来:s 暗中来:mt 锁楼台:ms 落尘埃:s 带香来:cj 逼近来:t 乘月来:dm/night "
          "驾云来:dj 等人来:cst 从天来:djt 雾中来:md",
    "ei": "缓缓归:c 尽兴归:j 展翅飞:j 不知归:sd 伴泪垂:s 心已灰:s 入幽微:m 掩柴扉:cm 惊乱飞:t 无路归:ts 夜深归:m/night 逐梦飞:d 贴云飞:d "
          "映春晖:cj 结伴飞:j 伴月归:cd/night 向谁归:sm",
    "ao": "轻轻摇:cd 乐逍遥:jc 上云霄:jd 上眉梢:j 渐渐消:s 魂欲消:s 暗中瞧:m 藏树梢:m 听夜潮:cm 似火烧:t 影动摇:tm 随梦飘:d 云上飘:d 过小桥:cj "
          "入寂寥:s 心在跳:t 随风飘:cjsd 路迢迢:s",
}
SCENIC_ZH = {
    "ang": "月如霜:csm/night 夜未央:cmdt/night 水茫茫:smd 晚风凉:cs/dusk 桂花香:cj 雾茫茫:md 好时光:cj 影成双:cjd 路漫长:st 夜色凉:sm/night "
           "风满窗:cm 思故乡:s 雪光亮:t 云做床:d",
    "an": "又一年:scj 月儿圆:cjd/night 夜如年:st/night 雨绵绵:sc 水连天:cdm 静如禅:c 古灯寒:m 剑光寒:tm 夜正寒:ts/night 草色鲜:j 箭离弦:t 花满天:jd",
    "ing": "水盈盈:cd 一盏灯:csm 满天星:cdjm/night 夜清清:cs/night 草青青:cj 雨冥冥:ms 风满城:t 天欲倾:t 四野静:cmt 万里晴:cj 梦里行:d",
    "ou": "水悠悠:cds 月如钩:smc/night 景清幽:cm 满枝头:jc 梦悠悠:d 雾满楼:md 风满楼:t 夜悠悠:cmd/night 冷清秋:s 暗影稠:mt 好兆头:j",
    "ai": "月满怀:cd/night 花自开:cm 百花开:j 门半开:mt 雾不开:md 乱云来:t 长青苔:ms 梦花开:d 春又来:cj 浪拍崖:t",
    "ei": "鸟忘归:cj 晚霞飞:cj/dusk 人未归:s 暮云垂:sm/dusk 暗影随:mt 黑云垂:t 花雨飞:dj 叶纷飞:s 雁南飞:s 山月微:cmd/night",
    "ao": "雨潇潇:smt 月儿高:cjdm/night 风怒号:t 雾气飘:md 花香飘:cjd 夜寂寥:sm/night 鼓声敲:t 歌声高:j 云影摇:cd 草木凋:s",
}
ADVERBS_ZH = {
    "calm": "轻轻 静静 缓缓 慢慢 悠悠 徐徐 安然 淡淡 从容", "joyful": "欣然 欢快 笑着 翩翩 雀跃 纷纷 朗朗 畅快 欢喜",
    "sad": "默默 独自 空自 黯然 寂寂 凄凄 渐渐 孤单 怅然", "mysterious": "悄悄 隐隐 暗暗 幽幽 悄然 渺渺 无声 神秘 诡谲",
    "tense": "急急 瑟瑟 忽然 骤然 步步 阵阵 惶惶 匆匆 紧紧", "dreamy": "恍惚 朦胧 盈盈 飘飘 依稀 迷离 轻盈 袅袅 如梦",
}
VERBS_ZH = {
    "calm": "安睡 低语 栖息 闲坐 沉静 徜徉 相依 停歇 安歇", "joyful": "欢唱 起舞 欢笑 雀跃 高歌 嬉戏 奔跑 闪耀 欢腾",
    "sad": "叹息 低泣 凋零 远去 飘零 哀鸣 憔悴 徘徊 落泪", "mysterious": "低语 闪烁 藏匿 隐现 窥望 潜行 浮现 沉默 游移",
    "tense": "颤抖 屏息 惊起 逼近 战栗 紧绷 奔逃 摇晃 惊惶", "dreamy": "漂浮 入梦 流转 沉醉 飘荡 浮沉 低回 消融 做梦",
}
ADJECTIVES_ZH = {
    "calm": "安静 温柔 从容", "joyful": "快乐 欢喜 活泼", "sad": "孤独 忧伤 疲惫", "mysterious": "神秘 隐秘 古老",
    "tense": "不安 惊慌 警觉", "dreamy": "朦胧 梦中 迷离",
}
ADVERB_ZH = {"calm": "静轻闲缓", "joyful": "笑欢喜齐", "sad": "独空黯悲", "mysterious": "悄暗隐潜", "tense": "惊急忽骤",
             "dreamy": "轻飘恍醉"}
LOOKS_ZH = {"calm": "且看 静看 闲看", "joyful": "喜看 笑看 欣见", "sad": "空忆 不见 长忆", "mysterious": "谁见 暗窥 似见",
            "tense": "惊见 忽见 急盼", "dreamy": "梦见 恍见 似见"}
LOOK_ZH = {"calm": "看伴", "joyful": "迎爱", "sad": "忆怜", "mysterious": "寻探", "tense": "盼怕", "dreamy": "梦念"}
NOUNS_ZH = {"calm": "岁月 时光 静谧 安宁 心底", "joyful": "欢乐 笑声 歌声 喜悦 笑语", "sad": "离愁 往事 泪痕 思念 旧梦",
            "mysterious": "秘密 谜语 暗影 耳语 传说", "tense": "惊雷 心跳 鼓点 危机 风声", "dreamy": "梦境 幻影 梦呓 云梦 轻梦"}
PLACES_ZH = {
    "sea": "海浪 潮水 白帆 海鸥 渔火 浪花 沙滩 灯塔 海风 贝壳", "forest": "松林 古木 落叶 山鸟 藤蔓 苔痕 溪声 林风",
    "snow": "雪花 冰河 白雪 寒梅 霜枝 雪原 冰凌", "desert": "沙丘 黄沙 驼铃 大漠 孤烟 热风", "city": "街灯 高楼 车流 长街 霓虹 窗影 屋檐",
    "meadow": "青草 野花 蝴蝶 田埂 麦浪 蜻蜓 草香", "sky": "云朵 流星 星光 银河 飞鸟 长空", "mountain": "远山 云海 山石 峰顶 山泉 松涛",
    "river": "溪水 涟漪 芦苇 河湾 石桥 水草", "home": "炉火 茶烟 窗棂 小院 门环 烛光", "": "晚风 清风 微光 树影 云影 细雨 花香 尘埃 落花 回声",
}
PLACE_SIGNS_ZH = {
    "sea": "海 港 浪 | 船 帆 鲸 岛 鱼 舟 水手", "forest": "森林 松林 林间 | 树 狐 狼 鹿 熊 蘑菇 猫头鹰", "snow": "雪 冰 冬 霜 | 企鹅",
    "desert": "沙漠 沙丘 | 骆驼 仙人掌", "city": "城市 街 地铁 市场 车站 屋顶 | 车 塔 楼 咖啡", "meadow": "草 田 花园 | 花 蝴蝶 马 羊 蜜蜂 玫瑰",
    "sky": "天空 云端 星空 | 云 星 月 鸟 气球 风筝 飞 龙 火箭", "mountain": "山 峰 崖 | 鹰", "river": "河 湖 江 溪 桥 池 | 鸭 天鹅 青蛙",
    "home": "屋 家 厨房 窗 | 房 灯 钟 猫 奶奶 门 茶 椅",
}
TIME_SIGNS_ZH = {"dusk": "黄昏 傍晚 日落 夕阳", "dawn": "黎明 清晨 早晨 日出", "night": "夜 月光 星空 午夜", "day": "正午 白天 午后 晴天"}
THINGS_ZH = (
    "船 猫 鸟 鱼 树 花 雨 雪 风 月 山 河 马 狗 云 星 灯 梦 龙 狼 小船 房子 狐狸 小猫 小鸟 大树 花朵 汽车 气球 灯塔 钟表 信件 窗户 火车 风筝 鲸鱼 "
    "猫头鹰 小鹿 石桥 钢琴 提琴 花园 暴雨 蜡烛 镜子 梯子 钥匙 羽毛 石头 贝壳 月亮 星星 云朵 太阳 岛屿 高塔 城堡 机器人 巨龙 幽灵 水手 舞者 画家 孩子 女孩 "
    "男孩 老人 国王 王后 奶奶 老师 士兵 园丁 旅人 朋友 天使 巫师 美人鱼 小狗 棕熊 兔子 老鼠 青蛙 天鹅 鸭子 乌鸦 麻雀 蝴蝶 蜜蜂 蜘蛛 蜗牛 乌龟 老虎 狮子 大象 猴子 "
    "企鹅 骆驼 苹果 橘子 柠檬 樱桃 面包 茶壶 茶杯 椅子 桌子 台灯 书本 铅笔 雨伞 外套 鞋子 帽子 围巾 纽扣 戒指 王冠 铃铛 长笛 吉他 歌谣 梦想 回忆 秘密 影子 声音 愿望 "
    "爱情 心跳 小路 街道 市场 车站 港口 村庄 城市 森林 草原 沙漠 湖泊 池塘 瀑布 火山 火箭 行星 彗星 望远镜 机器 自行车 电车 飞机 降落伞 秋千 木马 马戏团 木偶 玩具 "
    "雪人 雪花 落叶 种子 玫瑰 百合 柳树 橡树 蘑菇 仙人掌 宇航员 侦探 小偷 诗人 小丑 巨人 牧羊人 时间 春天 夏天 秋天 冬天 孤独 友谊 自由 童年 故乡 咖啡 音乐 "
    "空中花园 时光机器 红绿灯 图书馆 向日葵 蒲公英 萤火虫").split()
COLOURS_ZH = "红色 橙色 黄色 绿色 蓝色 紫色 白色 黑色 金色 银色 粉色".split()
DESCRIPTIONS_ZH = ("小小 古老 孤独 破旧 安静 快乐 勇敢 害羞 懒惰 饥饿 疲惫 骄傲 崭新 神秘 美丽 巨大 透明 沉睡 飞翔 燃烧 冰冻 迷路 被遗忘 会唱歌 "
                   "会跳舞 会飞 生锈 发光 木头 玻璃 看不见 迷失 流浪").split()
MEASURES_ZH = ("只 个 艘 条 朵 棵 座 辆 位 匹 盏 把 封 颗 片 场 台 双 架 根 本 头 间 群 份 首 幅 滴 串 束 道 盘 列 枚 株 名 块 支 张 "
               "件 口 顶 面 杯 阵 团").split()
SETTINGS_ZH = ("海上 森林里 雪地里 沙漠里 城市里 草地上 河边 月光下 海边 桥下 云端 厨房里 屋顶上 村庄里 港口 山后 花园里 车站 路上 星空下 空房子里 雨中 山顶 "
               "瓶子里 湖底 雾中 山谷里 窗边 松林间 市场里 世界尽头").split()
TIMES_ZH = {"dusk": "黄昏 傍晚 日落时", "dawn": "黎明 清晨 日出时", "night": "夜晚 深夜 午夜", "day": "正午 白天 午后"}
DOINGS_ZH = ("睡觉 跳舞 等待 唱歌 做梦 奔跑 飞翔 寻找 躲藏 漂流 坠落 散步 哭泣 微笑 读书 玩耍 喝茶 追逐月亮 等一封信 看星星 赶路 回家").split()
