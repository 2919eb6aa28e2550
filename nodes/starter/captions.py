"""Words for what the painter can be asked for, in English and in Chinese: nouns, colours, places, styles, lights, manners.

The first word of each row is the plainest.
"""

from __future__ import annotations

LANGUAGES = ("en", "zh")

ENGLISH = {
    "boat": ("boat", "boat", "sailboat", "ship", "sailing boat", "sailing ship", "yacht"),
    "house": ("house", "house", "cottage", "cabin", "home", "hut"), "fox": ("fox", "fox", "fox cub"),
    "cat": ("cat", "cat", "kitten", "kitty"), "bird": ("bird", "bird", "songbird", "birdie", "robin"),
    "fish": ("fish", "fish", "goldfish"), "tree": ("tree", "tree", "oak", "round tree", "oak tree"),
    "flower": ("flower", "flower", "blossom", "daisy", "bloom"),
    "car": ("car", "car", "automobile", "motor car", "motorcar", "taxi"),
    "balloon": ("balloon", "hot-air balloon", "hot air balloon", "air balloon"),
    "red": ("red", "red", "red", "crimson", "scarlet", "bright red", "dark red"),
    "orange": ("orange", "orange", "tangerine", "bright orange", "amber"),
    "yellow": ("yellow", "yellow", "golden", "bright yellow", "lemon yellow", "gold"),
    "green": ("green", "green", "emerald", "dark green", "light green"),
    "blue": ("blue", "blue", "azure", "navy blue", "dark blue", "light blue"),
    "purple": ("purple", "purple", "violet", "lilac", "dark purple"),
    "pink": ("pink", "pink", "rose", "rosy", "light pink"),
    "white": ("white", "white", "white", "snow-white", "ivory", "pure white"),
    "sea": ("on the sea", "on a sea", "at sea", "on the ocean", "in the ocean", "on the water", "on the waves",
            "by the sea", "over the sea", "on a lake", "sea", "ocean", "in the sea", "above the waves", "on the lake",
            "in the harbour", "in the bay"),
    "forest": ("in a forest", "in the forest", "in the woods", "in the wood", "among pine trees", "among the trees",
               "forest", "in a woodland", "deep in the forest", "between the pines", "over the forest"),
    "snow": ("in the snow", "on the snow", "in a snowy forest", "in the snowy forest", "on a snowy hill", "in winter",
             "in a snowy landscape", "on a snowy field", "snow", "in a snowfall", "in a winter landscape",
             "in a snow-covered forest", "while snow is falling", "in the snowy mountains", "in a snowy wood",
             "in snowy woods", "in a winter forest", "among snowy pines"),
    "desert": ("in the desert", "in a desert", "among the dunes", "among sand dunes", "on the sand", "desert",
               "among cactuses", "in the sand", "over the dunes", "in the hot desert", "next to a cactus"),
    "city": ("in the city", "in a city", "in town", "in the town", "on a street", "in the street",
             "in front of skyscrapers", "among tall buildings", "downtown", "city", "over the city",
             "on a city street", "between the houses of a town", "on the road"),
    "meadow": ("in a meadow", "in the meadow", "in a field", "on the grass", "in the grass", "on a hill", "meadow",
               "in a flower meadow", "in the countryside", "in a park", "on a meadow full of flowers",
               "in the garden", "over the fields", "in a grassy field"),
    "watercolour": ("watercolour", "watercolor", "in watercolour", "watercolour painting", "watercolor painting",
                    "in watercolor style", "watercolour style", "aquarelle", "painted in watercolours"),
    "ink": ("ink", "in ink", "ink drawing", "pen and ink", "ink sketch", "line drawing", "pen drawing", "ink style",
            "drawn in ink", "black ink lines"),
    "poster": ("poster", "flat poster", "poster style", "as a poster", "travel poster", "flat design", "screen print",
               "vintage poster", "flat illustration", "in flat colours"),
    "crayon": ("crayon", "in crayon", "crayon drawing", "wax crayon", "crayon style", "drawn with crayons",
               "coloured pencil", "in wax crayons", "child's crayon drawing", "crayons"),
    "day": ("by day", "at noon", "in the daytime", "on a sunny day", "at midday", "in bright sunshine", "daytime",
            "during the day", "in the afternoon", "day", "in daylight", "under a clear blue sky", "in the sun"),
    "dusk": ("at dusk", "at sunset", "in the evening", "at twilight", "at sundown", "dusk", "sunset",
             "in the evening light", "as the sun goes down", "under an orange sunset", "evening"),
    "night": ("at night", "by night", "by moonlight", "under the stars", "at midnight", "night", "on a starry night",
              "under the moon", "in the moonlight", "in the dark night", "under a dark blue sky full of stars"),
    "dawn": ("at dawn", "at sunrise", "in the early morning", "at daybreak", "dawn", "sunrise", "in the morning",
             "as the sun rises", "under a pink morning sky", "early in the morning")}

CHINESE = {
    "boat": ("小船", "船", "帆船", "小帆船", "船儿"), "house": ("房子", "小屋", "屋子", "房屋", "小房子", "木屋"),
    "fox": ("狐狸", "小狐狸", "狐狸"), "cat": ("猫", "小猫", "猫咪", "猫儿"), "bird": ("鸟", "小鸟", "鸟儿"),
    "fish": ("鱼", "小鱼", "鱼儿", "金鱼"), "tree": ("树", "大树", "树木", "小树"),
    "flower": ("花", "花朵", "小花", "鲜花", "花儿"), "car": ("汽车", "小汽车", "车", "轿车", "车子", "小车"),
    "balloon": ("热气球", "气球", "热气球"),
    "red": ("红", "大红", "鲜红", "红", "深红"), "orange": ("橙", "橘", "橙", "橘黄"),
    "yellow": ("黄", "金黄", "黄", "金", "鲜黄"), "green": ("绿", "翠绿", "绿", "深绿"),
    "blue": ("蓝", "天蓝", "蓝", "深蓝"), "purple": ("紫", "深紫", "紫", "淡紫"),
    "pink": ("粉", "粉红", "粉", "淡粉"), "white": ("白", "雪白", "白", "洁白", "纯白"),
    "sea": ("大海上", "海上", "海面上", "大海", "海边", "湖面上", "海洋", "水面上", "海里", "湖上", "海浪上", "大海边", "海"),
    "forest": ("森林里", "森林", "树林里", "林中", "林间", "树林", "森林中", "丛林里", "松林里", "大森林里"),
    "snow": ("雪地里", "雪地上", "雪中", "雪地", "雪原上", "冬天", "雪林里", "雪中的森林里", "冰天雪地里", "雪山", "飘雪的森林里", "雪", "下雪的森林里"),
    "desert": ("沙漠里", "沙漠中", "沙漠", "沙丘上", "大漠", "沙地上", "戈壁", "沙丘间", "仙人掌旁"),
    "city": ("城市里", "城里", "街上", "街道上", "城市", "都市里", "高楼前", "高楼之间", "城市中", "马路上", "大街上", "镇上"),
    "meadow": ("草地上", "草原上", "田野里", "草地", "草坪上", "原野上", "花园里", "草丛里", "田野", "草原", "开满花的草地上", "山坡上"),
    "watercolour": ("水彩", "水彩画", "水彩风格", "水彩画风", "水彩风"),
    "ink": ("墨水画", "钢笔画", "线描", "水墨画", "墨线画", "钢笔风格", "墨水", "水墨", "水墨风格", "钢笔线条"),
    "poster": ("海报", "海报风格", "平面海报", "扁平风格", "版画", "宣传海报", "复古海报", "扁平插画"),
    "crayon": ("蜡笔", "蜡笔画", "蜡笔风格", "彩色铅笔画", "儿童蜡笔画", "彩铅", "彩色铅笔"),
    "day": ("白天", "正午", "中午", "晴天", "阳光下", "大白天", "下午", "蓝天下", "太阳下"),
    "dusk": ("黄昏", "傍晚", "日落", "夕阳下", "日暮", "黄昏时分", "日落时", "傍晚时分", "夕阳"),
    "night": ("夜晚", "夜里", "晚上", "月光下", "星空下", "深夜", "夜", "月夜", "星夜", "夜空下"),
    "dawn": ("黎明", "清晨", "日出", "早晨", "拂晓", "早上", "破晓", "黎明时分", "日出时", "晨光中")}

SURROUNDINGS_EN = {
    "sea": ("blue", "calm", "deep blue", "stormy", "wide", "green", "dark", "quiet"),
    "forest": ("green", "dark", "deep", "dark green", "quiet", "misty"),
    "snow": ("white", "deep", "fresh", "cold", "quiet"), "desert": ("golden", "yellow", "hot", "wide", "orange", "dry"),
    "city": ("grey", "busy", "big", "modern", "noisy", "old"), "meadow": ("green", "sunny", "wide", "fresh", "quiet")}
SURROUNDINGS_ZH = {
    "sea": ("蓝色的", "平静的", "深蓝的", "宽阔的", "碧绿的"), "forest": ("绿色的", "幽暗的", "茂密的", "翠绿的"),
    "snow": ("白色的", "洁白的", "寒冷的", "安静的"), "desert": ("金色的", "黄色的", "炎热的", "金黄的"),
    "city": ("灰色的", "繁忙的", "热闹的"), "meadow": ("绿色的", "碧绿的", "宽广的", "青青的")}

KINDS_EN = ("little", "small", "big", "cute", "lovely", "happy", "old", "lonely", "beautiful", "tiny", "sleepy",
            "friendly", "proud", "pretty", "wooden", "funny", "single", "sad")
KINDS_ZH = ("可爱的", "小小的", "美丽的", "孤独的", "快乐的", "漂亮的", "大大的", "古老的", "安静的", "胖胖的")
OPENINGS_EN = ("please paint", "paint", "paint me", "draw", "draw me", "a picture of", "a painting of", "an image of",
               "i would like", "can you draw", "an illustration of", "show me", "i want to see", "make",
               "a beautiful picture of", "imagine", "there is", "a drawing of")
OPENINGS_ZH = ("请画", "画", "请给我画", "我想要", "我想看", "一幅画：", "一张图片：", "帮我画", "请帮我画", "画面上有", "有")
CLOSINGS_EN = ("please", "beautiful", "highly detailed", "peaceful", "a calm mood", "masterpiece", "joyful mood",
               "for my daughter", "soft light", "cosy", "best quality", "dreamy", "melancholic", "with love",
               "very cheerful", "a gentle mood", "4k", "quiet and warm", "thank you")
CLOSINGS_ZH = ("很美", "非常漂亮", "宁静", "温暖", "高清", "谢谢", "充满诗意", "欢快的气氛", "柔和的光", "梦幻", "心情愉快", "安静的气氛")
