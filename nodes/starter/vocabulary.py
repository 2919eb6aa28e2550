"""What the painter can be asked for beside a drawing: colours, settings, styles and times of day, in both languages.

The first word of each row is the plainest. A colour may stand alone or before 色.
"""

from __future__ import annotations

from . import captions

COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "white", "black", "grey", "brown")
SETTINGS = ("sea", "forest", "snow", "desert", "city", "meadow", "kitchen", "mountains", "beach", "space", "garden", "rain")
STYLES = ("watercolour", "ink", "poster", "crayon", "oil", "chalk", "pixel", "cartoon")
TIMES = ("day", "dusk", "night", "dawn")
MOST = 3  # subjects in a scene

_MOVED = {"sea": ("by the sea", "海边", "大海边"), "meadow": ("in the garden", "花园里")}

ENGLISH = {word: tuple(way for way in ways if way not in _MOVED.get(word, ())) for word, ways in captions.ENGLISH.items()
           if word in {*COLOURS, *SETTINGS, *STYLES, *TIMES}} | {
    "black": ("black", "black", "jet-black", "pitch black"), "grey": ("grey", "gray", "silver", "light grey", "dark grey"),
    "brown": ("brown", "brown", "chestnut brown", "dark brown", "light brown"),
    "kitchen": ("in the kitchen", "in a kitchen", "kitchen", "on the kitchen table", "on a kitchen counter", "in a cosy kitchen",
                "on the table", "on a kitchen shelf"),
    "mountains": ("in the mountains", "in front of mountains", "mountains", "on a mountain", "among high peaks",
                  "in the alps", "on a mountain top", "between the mountains", "below a mountain"),
    "beach": ("on the beach", "at the beach", "on a beach", "beach", "by the sea", "at the seaside", "on the shore",
              "under a palm tree", "on a sandy beach", "on a tropical island"),
    "space": ("in space", "in outer space", "space", "among the planets", "among the stars", "in the galaxy",
              "between the planets", "in the universe", "in the cosmos", "on another planet"),
    "garden": ("in the garden", "in a garden", "garden", "among the flowers", "in a flower garden", "in the backyard",
               "by the garden fence", "in front of a hedge", "among roses"),
    "rain": ("in the rain", "on a rainy street", "in a rainy street", "rain", "on a street in the rain", "while it rains",
             "in pouring rain", "on a wet street", "in a rainy town", "among puddles", "in rainy weather"),
    "oil": ("oil painting", "in oil", "oil", "in oils", "painted in oil", "oil on canvas", "impressionist",
            "impressionist painting", "in the style of an oil painting"),
    "chalk": ("chalk", "in chalk", "chalk drawing", "on a blackboard", "chalkboard drawing", "drawn with chalk",
              "on a chalkboard", "coloured chalk"),
    "pixel": ("pixel art", "in pixels", "pixel style", "8-bit", "pixelated", "retro game", "as pixel art", "8-bit style"),
    "cartoon": ("cartoon", "cartoon style", "as a cartoon", "comic", "comic style", "picture book", "clip art",
                "children's book illustration", "in cartoon style", "sticker")}

CHINESE = {word: tuple(way for way in ways if way not in _MOVED.get(word, ())) for word, ways in captions.CHINESE.items()
           if word in {*COLOURS, *SETTINGS, *STYLES, *TIMES}} | {
    "black": ("黑", "乌黑", "黑", "漆黑"), "grey": ("灰", "银", "灰", "浅灰", "深灰"),
    "brown": ("棕", "褐", "棕", "咖啡", "深棕"),
    "kitchen": ("厨房里", "厨房", "厨房中", "桌子上", "餐桌上", "灶台上", "桌上"),
    "mountains": ("山里", "山上", "群山中", "高山上", "山间", "山顶上", "大山里", "群山前", "山中", "山脚下"),
    "beach": ("沙滩上", "海滩上", "海边", "沙滩", "海滩", "大海边", "岸边", "椰子树下", "海岛上"),
    "space": ("太空中", "太空里", "宇宙中", "太空", "宇宙", "星球之间", "银河里", "外太空", "宇宙里", "星空中"),
    "garden": ("花园里", "花园", "花园中", "花丛中", "院子里", "花丛里", "篱笆旁", "后院里", "花坛边"),
    "rain": ("雨中", "雨中的街道上", "雨里", "下雨的街上", "雨天", "下雨的街道上", "雨中的街上", "大雨中", "小雨中", "雨天的街上"),
    "oil": ("油画", "油画风格", "印象派", "布面油画", "油彩", "印象派油画"),
    "chalk": ("粉笔画", "粉笔", "黑板画", "粉笔风格", "黑板上的粉笔画", "彩色粉笔"),
    "pixel": ("像素画", "像素风格", "像素", "像素风", "像素艺术", "八位像素"),
    "cartoon": ("卡通", "卡通风格", "漫画", "卡通画", "绘本风格", "绘本", "贴纸", "漫画风格")}

SURROUNDINGS_EN = captions.SURROUNDINGS_EN | {
    "kitchen": ("cosy", "bright", "warm", "old", "blue"), "mountains": ("high", "grey", "snowy", "blue", "wild"),
    "beach": ("sunny", "golden", "sandy", "white", "quiet"), "space": ("deep", "dark", "endless", "starry", "purple"),
    "garden": ("green", "sunny", "little", "blooming", "quiet"), "rain": ("grey", "cold", "heavy", "dark", "soft")}
SURROUNDINGS_ZH = captions.SURROUNDINGS_ZH | {
    "kitchen": ("温馨的", "明亮的", "温暖的"), "mountains": ("高高的", "蓝色的", "雄伟的"), "beach": ("金色的", "阳光下的", "白色的"),
    "space": ("黑暗的", "无边的", "紫色的"), "garden": ("绿色的", "美丽的", "开满花的"), "rain": ("灰色的", "冷冷的", "安静的")}
