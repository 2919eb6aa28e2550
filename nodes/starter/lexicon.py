"""Words of a request beside those that the painter was taught (`vocabulary`): other ways to say the same, and what is passed over.

The first table of each pair is English, the second Chinese. A place that stands alone ("lake") is a setting behind a
preposition, and may be a thing elsewhere.
"""

from __future__ import annotations

PLACES_EN = {
    "sea": "sea ocean water waves lake river pond harbour harbor bay lagoon stream underwater seabed reef seas oceans rivers",
    "forest": "forest wood woods woodland jungle pines rainforest grove forests clearing branch branches",
    "snow": "snow winter ice snowfall blizzard tundra arctic antarctica glacier snowstorm snowy wintry icy frozen frosty christmas",
    "desert": "desert outback dunes dune sahara oasis savannah savanna sand deserts",
    "city": "city town street downtown skyscrapers skyline metropolis village alley road avenue square london paris tokyo "
            "shanghai beijing streets cities",
    "meadow": "meadow field grass hill park countryside lawn prairie pasture farm farmland valley fields hills grassland "
              "hillside playground",
    "kitchen": "kitchen windowsill sill table counter tabletop restaurant café cafe bakery",
    "mountains": "mountain mountains alps peaks peak summit cliff himalayas highlands cliffs mountainside",
    "beach": "beach shore seaside coast seashore island sandbank beaches",
    "space": "space cosmos universe galaxy orbit mars",
    "garden": "garden backyard yard greenhouse orchard vineyard flowerbed hedge gardens fence",
    "rain": "rain puddles puddle storm thunderstorm downpour drizzle rainy stormy"}
PHRASES_EN = {
    "sea": "under the sea|under water|below the waves|at the bottom of the sea|in the deep sea|in the deep blue",
    "forest": "under the trees|between the trees|in the trees", "snow": "at the north pole|at the south pole|on the ice",
    "city": "new york|hong kong|on the pavement|at the station", "kitchen": "on the dining table|in the dining room|at breakfast",
    "meadow": "in the open air|on the farm", "mountains": "on a high cliff", "beach": "in the sun on the sand|by the shore",
    "space": "outer space|on the moon|on a planet|on mars|milky way|among the stars|through the stars",
    "garden": "among flowers|among the roses|in a flower bed|between flowers", "rain": "in bad weather|in a storm",
    "watercolour": "watercolours|watercolors|gouache|water colour|water color|water-colour",
    "ink": "sketch|pencil sketch|pencil drawing|line art|charcoal|etching|engraving|calligraphy|black and white drawing|pencil",
    "poster": "flat|minimalist|vector|linocut|woodcut|art deco|print|graphic|pop art|silkscreen",
    "crayon": "pastel|pastels|coloured pencils|colored pencil|colored pencils|child's drawing|kids drawing|kid's drawing|wax crayons",
    "oil": "acrylic|van gogh|monet|impressionism|oil paint|oil colours|oils|oil colors|expressionist",
    "chalk": "chalkboard|blackboard|chalks", "pixel": "pixel|pixels|pixel-art|8 bit|16-bit|16 bit|minecraft|retro video game|sprite|lego",
    "cartoon": "anime|manga|comic book|comics|disney|pixar|ghibli|clip-art|picture-book|children's book|emoji|cartoonish",
    "day": "noon|midday|sunny|sunshine|afternoon|daylight|blue sky|bright day|sunlit",
    "dusk": "golden hour|nightfall|setting sun|red sky|late evening|sundown|twilight",
    "night": "by candlelight|moonlight|moonlit|starry|midnight|night sky|nighttime|starlight|tonight|moonlit night|starry sky|dark sky|nightly",
    "dawn": "morning|daybreak|early light|morning light|first light|rising sun|sunrise",
    "red": "maroon|ruby|cherry red|blood red|burgundy|vermilion|ginger red|reddish", "orange": "ginger|apricot|coral|copper|rust",
    "yellow": "lemon|mustard|blonde|straw-coloured|yellowish", "green": "olive|lime green|mint green|teal|jade|turquoise green|greenish",
    "blue": "turquoise|cyan|sky blue|cobalt|indigo|aqua|sapphire|bluish|royal blue", "purple": "lavender|plum|mauve|amethyst|magenta",
    "pink": "magenta pink|fuchsia|salmon pink|pinkish|hot pink", "white": "cream|cream-coloured|snowy white|pearl|creamy",
    "black": "ebony|coal black|dark black", "grey": "gray|silvery|ash grey", "brown": "beige|chocolate brown|tan|bronze|khaki|hazel|wooden brown"}
PHRASES_ZH = {
    "sea": "湖|河|江|池塘|湖泊|河流|小溪|溪边|海底|海面|河上|河里|河边|湖边|湖面|湖里|水里|水中|水下|水上|池塘里|池塘边|小河里|小河边|江上|江边|大海里|大海中|港口|河面上|海洋里|湖中|大河上",
    "forest": "丛林|树下|大树下|林子里|雨林|竹林里|竹林|树丛里|树枝上|树枝|枝头", "snow": "冬天里|冰上|北极|南极|冰雪中|雪里|雪上|冰原上|下雪天|雪花中|冬日|雪夜里",
    "desert": "沙子上|沙丘|撒哈拉|绿洲", "city": "街头|小镇上|小镇|村里|村庄里|巷子里|路上|路边|街边|北京|上海|东京|巴黎|纽约|广场上|大街|都市",
    "meadow": "公园里|公园|草坪|田里|田间|山坡|小山上|牧场上|农场里|农场|乡间|草上|春天|小山坡上|田园|麦田里|麦田|稻田里|稻田|泥地里|泥地|操场上|山丘上|原野",
    "kitchen": "餐厅里|桌子旁|饭桌上|咖啡馆里|餐馆里|木桌上|桌面上|窗台上|书桌上",
    "mountains": "山顶|山谷里|山谷|悬崖上|高山|群山|山巅|雪峰|山崖上", "beach": "海岸|海滨|岛上|小岛上|沙滩边|海岸边|岸上",
    "space": "月球上|月亮上|火星上|银河|星际|星球上|太空|宇宙空间|行星上", "garden": "果园里|院子|后院|菜园里|花坛里|庭院里|玫瑰园里|鲜花中",
    "rain": "雨天里|暴雨中|雨夜|下雨天|下雨|雨|细雨中|大雨里|暴风雨中|水坑边",
    "watercolour": "水彩的|水粉画|水粉", "ink": "素描|铅笔画|国画|速写|线稿|炭笔画|黑白画|中国画", "poster": "扁平|极简|木刻|矢量|扁平化|波普|宣传画",
    "crayon": "粉彩|彩色铅笔|儿童画|色粉画|油画棒", "oil": "梵高|莫奈|丙烯|丙烯画|印象主义", "chalk": "黑板上|彩色粉笔画", "pixel": "像素游戏|马赛克风格|乐高",
    "cartoon": "动漫|动画|动画片|童话书|儿童绘本|表情包|日漫|插画风|宫崎骏",
    "day": "晴朗|日光下|阳光明媚|阳光灿烂|午后|夏天|晴空下|阳光里", "dusk": "晚霞|夕阳里|落日|落日下|晚霞中|日落时分|夕阳西下", "night": "黑夜里|黑夜|夜空|星夜下|月夜里|月亮下|月下|午夜|半夜|夜色中|今夜|月光|星光下|夜间|繁星下|月色中|雪夜",
    "dawn": "晨曦|朝阳|朝霞|清早|日出时分|晨光|朝阳下|晨曦中|天亮",
    "red": "朱红|绯红|枣红|火红", "orange": "橙红|橘红|桔", "yellow": "米黄|淡黄|柠檬黄|土黄", "green": "青|墨绿|嫩绿|草绿|碧绿|浅绿|淡绿",
    "blue": "湖蓝|海蓝|宝蓝|浅蓝|蔚蓝|淡蓝|湛蓝|青蓝", "purple": "紫罗兰|薰衣草紫|浅紫", "pink": "桃红|玫红|玫瑰红|浅粉|粉嫩", "white": "乳白|米白|银白",
    "black": "墨黑|黑黑", "grey": "银灰", "brown": "棕褐|栗|赭|古铜"}
WITHIN = {"city": {"rain"}, "forest": {"snow"}, "mountains": {"snow"}}  # settings that are part of these others
INDOORS = ("table", "tabletop", "counter", "windowsill", "shelf", "桌子上", "桌上", "木桌上", "桌面上", "餐桌上", "窗台上")  # gives way to another setting
SHOTS = {"close": ("close-up", "closeup", "close up", "portrait of", "very close", "特写", "近景", "大特写"),
         "far": ("far away", "in the distance", "distant", "tiny in a wide landscape", "远处", "远景", "远方")}
COUNTS_EN = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "2": 2, "3": 3, "4": 4,
             "5": 5, "6": 6, "7": 7, "8": 8, "9": 9, "10": 10, "dozen": 12, "pair of": 2, "couple of": 2, "several": 3, "many": 3, "some": 3, "few": 3,
             "flock of": 3, "group of": 3, "herd of": 3, "bunch of": 3, "lots of": 3, "family of": 3, "row of": 3, "school of": 3, "trio of": 3, "both": 2}
COUNTS_ZH = {"两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10, "2": 2, "3": 3, "4": 4, "5": 5, "几": 3, "一群": 3, "一对": 2, "一双": 2,
             "许多": 3, "很多": 3, "一些": 3, "一排": 3, "好多": 3, "成群的": 3, "一家": 3}
PARTS = """loaf loaves slice slices piece pieces plate plates bowl bowls stack stacks pile piles heap heaps glass glasses mug mugs cup cups bottle
    bottles jar jars pot pots basket baskets box boxes bag bags bucket buckets tray trays bundle bundles handful can cans carton cartons""".split()  # of something, which is what is shown
MEASURES = "只个座朵条辆棵把张艘头匹架位名盏本顶杯碗枝支颗株盆间栋幢面件块片根台部幅尾束群对双排盘碟摞叠堆壶锅份袋箱罐筐篮瓶桶捆卷"
PREPOSITIONS = ("in", "on", "at", "over", "under", "above", "below", "behind", "near", "beside", "by", "among", "between", "inside",
                "outside", "through", "across", "around", "along", "into", "onto", "beneath", "underneath", "from", "within", "past",
                "in front of", "next to", "on top of", "in the middle of", "at the edge of", "surrounded by", "close to", "beyond", "against")
PREPOSITIONS_ZH = ("在", "飞过", "穿过", "越过", "走过", "飘过", "驶过", "跑过")
ALOFT = {"flying", "flies", "fly", "soaring", "hovering", "飞", "飞翔", "飞着", "飞过", "飘", "飘着", "飘过", "天上", "天空中", "空中", "天空"}
AIRBORNE = set("""airplane small-airplane helicopter balloon hot-air-balloon kite butterfly honeybee crescent-moon full-moon
    full-moon-face new-moon new-moon-face sun sun-with-face star glowing-star cloud cloud-with-lightning cloud-with-rain
    cloud-with-snow cloud-with-lightning-and-rain rainbow comet shooting-star parachute flying-saucer ringed-planet bat dove
    fly mosquito dragonfly phoenix-bird fireworks satellite globe-showing-europe-africa high-voltage""".split())  # drawings
JOINTS = ("and", "with", "plus", "&", "without", "while", "as", "holding", "wearing", "carrying", "having", "but", "or")
LITTLE = """a an the of it its my your one is that which to this these those some very there for me are be was were has have his her
    their our who where when so too also only just then like he she they we i you us them am being been not no really quite
    thing things something please paint draw picture image painting drawing illustration show make imagine can could would want see create generate
    render give let scene depicting shows showing made depict sketching art artwork style painted drawn coloured colored colour
    color in-style any other another full all more most little small big cute lovely happy old lonely beautiful tiny sleepy friendly
    proud pretty wooden funny single sad large huge giant young baby-like sweet adorable fluffy furry soft warm cold hot cool calm
    quiet peaceful cosy cozy bright colorful colourful wild gentle magical dreamy mysterious ancient modern new shiny fat thin tall short long round
    wide deep stormy busy noisy misty foggy fresh dry golden-lit highly detailed mood light quality best masterpiece thanks thank
    joyful cheerful melancholic daughter son love 4k hd high resolution nice good great simple plain fine brave
    clever curious angry playful tired hungry fast slow strong elegant graceful silly chubby cuddly rustic vintage
    sitting standing lying floating flying sailing swimming waiting resting shining glowing blooming growing drifting looking
    walking running sleeping staying living alone together away up down out off hanging parked sits stands lies floats flies
    sails swims waits rests shines glows grows drifts looks walks runs sleeps lives peacefully slowly quietly happily gently softly
    background foreground landscape view side middle edge top left right air sky horizon day-time clear dark full hovering
    playing slice piece galloping trotting spooky wise leaning after before perched soaring hopping hop crossing passing wandering resting dreaming gazing sits sit stand lie float fly swim sail""".split()
LITTLE_ZH = """东西 小家伙 家伙 请画 请 画 给我 我想要 我想看 我要 一幅画 一张图片 一幅 一张 帮我 画面上有 画面上 有 的 了 是 着 地 里 上 中 下 旁 边 旁边 前 后 前面 后面 里面 上面 下面 中间 之间 一 一片
    可爱的 小小的 美丽的 孤独的 快乐的 漂亮的 大大的 古老的 安静的 胖胖的 可爱 美丽 孤独 快乐 漂亮 古老 安静 胖胖 小 大 老 新 很美 非常 宁静 温暖 高清 谢谢 充满诗意 欢快 气氛 柔和 光 梦幻 心情 愉快
    非常漂亮 充满诗意 欢快的气氛 柔和的光 心情愉快 安静的气氛 图片 图 画面 风格 风 色 颜色 样子 那 这 它 他 她 我 你 们 也 都 就 和谐 飞 飞翔 飞着 飘 飘着 游 游着 游泳 坐 坐着 站 站着 躺 躺着 停 停着 睡觉 睡着 睡
    放 戴 戴着 玩 玩耍 放着 打着 打 靠 靠着 采 散步 串 一串 我家 我家的 奔跑 飞奔 奔跑着 奔驰 盛开 开着 长着 走 走着 走在 跑 跑着 跳 漂 漂浮 漂着 航行 行驶 天空 天空中 天空下 天上 空中 天 平静 宽阔 广阔 深深 幽静 静静 慢慢 轻轻 地方 一起 看着 望着 等待 发光 闪闪 闪亮 明亮 温馨 热闹 繁忙 高高 远 近
    开满花 茂密 幽暗 宽广 寒冷 洁白 炎热 青青 勇敢 聪明 好奇 生气 巨大 巨大的 毛茸茸 圆圆 长长 高大 神秘 神奇 想 要 看 张 座 副 可以 能 吗 吧 呢 啊 一点 充满 正在 正 在一 着一 风景 景色 背景 为 被 将 把 从 到 向 往 来 去 过
    挂 挂着 摆 摆着 骑 骑着 抱着 穿 穿着 热 热的 冷 热腾腾 热腾腾的 新 旧 新的 旧的 老式 老式的""".split()
OWNERS_ZH = set("妈妈 爸爸 母亲 父亲 爷爷 奶奶 外公 外婆 姥姥 姥爷 哥哥 姐姐 弟弟 妹妹 叔叔 阿姨 老师 朋友 邻居 孩子 宝宝".split())  # whose a thing is
OWNED_ZH = set("我 你 他 她 我家 我们 小 老 那 这".split())  # what may stand before them
JOINTS_ZH = ("和", "与", "跟", "以及", "还有", "旁边有", "同", "及", "、", "带着", "拿着")
STYLE_SIGNS = {"photo", "photograph", "photography", "photorealistic", "realistic", "3d", "collage", "mosaic", "graffiti", "embroidery",
               "photographic", "hyperrealistic", "cyberpunk", "steampunk", "照片", "摄影", "写实", "真实", "拼贴", "刺绣", "涂鸦", "剪纸"}

# drawings of what is seen at night
NOCTURNAL = set("""fireworks full-moon full-moon-face crescent-moon new-moon-face first-quarter-moon-face last-quarter-moon-face comet
    shooting-star star glowing-star red-paper-lantern diya-lamp lantern bat""".split())

# settings that suit a drawing, by a word that Unicode gives it, where the request names none
FITTING = (("christmas", "snow"), ("antarctica", "snow"), ("halloween", "forest", "garden"), ("desert", "desert"), ("night sky", "space", "mountains"), ("forest", "forest", "mountains"), ("street", "city", "rain"), ("sky", "mountains", "meadow", "sea"), ("nature", "garden", "meadow", "forest"), ("child", "meadow", "garden", "city", "beach"),
           ("space", "space"), ("astronaut", "space"), ("planet", "space"), ("marine", "sea"), ("ocean", "sea", "beach"), ("fish", "sea"), ("sea", "sea", "beach"),
           ("boat", "sea"), ("ship", "sea"), ("whale", "sea"), ("winter", "snow", "mountains"), ("snow", "snow"), ("cold", "snow"), ("cactus", "desert"), ("camel", "desert"),
           ("beach", "beach"), ("umbrella", "rain", "beach"), ("food", "kitchen"), ("fruit", "kitchen", "garden"), ("vegetable", "kitchen", "garden"), ("drink", "kitchen"),
           ("cooking", "kitchen"), ("dish", "kitchen"), ("flower", "garden", "meadow"), ("plant", "garden", "meadow"), ("vehicle", "city", "meadow", "mountains"), ("car", "city"), ("automobile", "city"),
           ("building", "city", "meadow", "mountains"), ("insect", "garden", "meadow"), ("bird", "forest", "meadow", "garden"), ("animal", "forest", "meadow", "garden"), ("tree", "meadow", "forest"),
           ("music", "city", "garden"), ("clothing", "city", "meadow"), ("tool", "kitchen", "garden"), ("weather", "mountains", "meadow"))
ANYWHERE = ("meadow", "garden", "city", "mountains", "beach")

# characters of traditional script, and the simplified ones that the words above are written in
TRADITIONAL = str.maketrans(
    "紅黃綠藍銀邊裡裏門間雲樹馬魚鳥貓龍風車飛機燈鐘鈴鐵鍋錘鎖鑰錢書畫筆蠟報繪聖誕禮節氣熱陽陰雞鴨鵝鷹鴿鶴鸚鵡雙隻條輛個張幾兩對豬獅貝蟲蝸螞蟻貍烏龜鯨鯊蝦鱷駱駝獨獸驢騎軍師醫護學國爺媽孫親員廚農場園莊橋樓廟島灣灘濱淺澗嶺嶽巖峽穀葉蘋櫻蓮蘭薔鬱蔥蘿蔔麥麵飯餅壺盤盃籃櫃檯臺戶牆傘圍襪褲衛鏡鐲鑽寶劍槍砲輪艦錨槳電腦視話攝錄樂鋼號絃獎戲遊凍霧閃晝曉時剛歲舊長圓細輕靜寧溫亂麗歡憂聰請給幫來這們還與過從為開關滿讓見觀聽說讀寫實現鄉鎮縣廣東極漢廳館隨處遠頂頭腳絲網線紙織繩彈環錶衝發鬆鼴獺鳳鵲鳶鷗鵰鱒鱈鮭鯉鰻嬰兒紐約亞倫櫚歐陸檸蕃薑鹽醬漿鮮塊雜齊輝燦爛爍灑澆潛濕潤濤淚滾漁瀰賽購貨費賣買資質贊趕跡躍軌軟載達運選鄰鏽陣階際隊險雖響頁項順須預頑頸頻題額顏類顧飄餵馴駛騰驚鬥魯鳴點黨齒雛穫獵盪鞦韆壯偉幹榦樁標誌圖鉛動簡",
    "红黄绿蓝银边里里门间云树马鱼鸟猫龙风车飞机灯钟铃铁锅锤锁钥钱书画笔蜡报绘圣诞礼节气热阳阴鸡鸭鹅鹰鸽鹤鹦鹉双只条辆个张几两对猪狮贝虫蜗蚂蚁狸乌龟鲸鲨虾鳄骆驼独兽驴骑军师医护学国爷妈孙亲员厨农场园庄桥楼庙岛湾滩滨浅涧岭岳岩峡谷叶苹樱莲兰蔷郁葱萝卜麦面饭饼壶盘杯篮柜台台户墙伞围袜裤卫镜镯钻宝剑枪炮轮舰锚桨电脑视话摄录乐钢号弦奖戏游冻雾闪昼晓时刚岁旧长圆细轻静宁温乱丽欢忧聪请给帮来这们还与过从为开关满让见观听说读写实现乡镇县广东极汉厅馆随处远顶头脚丝网线纸织绳弹环表冲发松鼹獭凤鹊鸢鸥雕鳟鳕鲑鲤鳗婴儿纽约亚伦榈欧陆柠番姜盐酱浆鲜块杂齐辉灿烂烁洒浇潜湿润涛泪滚渔弥赛购货费卖买资质赞赶迹跃轨软载达运选邻锈阵阶际队险虽响页项顺须预顽颈频题额颜类顾飘喂驯驶腾惊斗鲁鸣点党齿雏获猎荡秋千壮伟干干桩标志图铅动简")

# Small words by which a language is told. Those that also stand in names (El Paso, Le Corbusier) or in two languages count less.
SMALL_EN = frozenset("a an the of with at and my on to is by".split())
SMALL_ELSEWHERE = frozenset("ein eine einen einem einer und mit auf das un une avec dans sur aux unos una uno gli nella della uma um het een ett och på".split())
SMALL_IN_NAMES = frozenset("der im el la le los las les en de del da di du des do em na con et il lo nel med och".split()) - SMALL_EN
