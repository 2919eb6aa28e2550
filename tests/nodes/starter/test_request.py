"""A free sentence, in English or in Chinese, is read into things, colours, numbers, a setting, a style and a light."""

import pytest

from nodegraph_nodes.starter import drawings, request
from nodegraph_nodes.starter.sentences import Wanted, plain
from nodegraph_nodes.starter.vocabulary import COLOURS, SETTINGS, STYLES, TIMES

# sentence: things (drawing, colour, count), setting, style, time
READ = {
    "a red fox in a forest at night, watercolour": ("fox-sitting red 1", "forest", "watercolour", "night"),
    "two blue owls on a snowy hill by day, oil painting": ("owl blue 2", "snow", "oil", "day"),
    "a purple rocket in space": ("rocket purple 1", "space", "", ""),
    "an orange on a table": ("tangerine - 1", "kitchen", "", ""),
    "an orange cat in the garden, crayon": ("cat orange 1", "garden", "crayon", ""),
    "A red boat on a BLUE sea at dusk.": ("sailboat red 1", "sea", "", "dusk"),
    "a teapot and a cup on the kitchen table in the morning": ("teapot - 1, hot-beverage - 1", "kitchen", "", "dawn"),
    "three yellow balloons over the city": ("balloon yellow 3", "city", "", ""),
    "a mountain at dusk": ("high-mountain - 1", "", "", "dusk"),
    "the sea at night": ("", "sea", "", "night"),
    "a fox under a tree": ("fox-sitting - 1, deciduous-tree - 1", "", "", ""),
    "a close-up of a sunflower, pixel art": ("sunflower - 1", "", "pixel", ""),
    "a fox in red": ("fox-sitting red 1", "", "", ""),
    "a white cat and a black dog in the rain": ("cat white 1, dog black 1", "rain", "", ""),
    "octopus, purple, ocean, poster": ("octopus purple 1", "sea", "poster", ""),
    "a snowman with a blue hat": ("snowman - 1, top-hat blue 1", "", "", ""),
    "cats playing in the meadow": ("cat - 2", "meadow", "", ""),
    "an astronaut on the moon": ("astronaut-standing - 1", "space", "", ""),
    "a mountain goat": ("goat - 1", "mountains", "", ""),
    "please paint me a beautiful little robot for my daughter": ("robot-standing - 1", "", "", ""),
    "a rose in the snow": ("rose - 1", "snow", "", ""),
    "a giraffe in the city in the rain": ("giraffe - 1", "rain", "", ""),
    "pixel art of a green dragon in the mountains at night": ("dragon green 1", "mountains", "pixel", "night"),
    "a pirate and a parrot on a tropical island": ("pirate-standing - 1, parrot - 1", "beach", "", ""),
    "my red bicycle in the park on a sunny day": ("bicycle red 1", "meadow", "", "day"),
    "a huge yellow submarine under the sea": ("submarine yellow 1", "sea", "", ""),
    "sunflowers in a vase on the table": ("sunflower - 1, vase - 1", "kitchen", "", ""),
    "a castle between the mountains in the early morning": ("castle - 1", "mountains", "", "dawn"),
    "hedgehog and mushrooms in the woods, children's book illustration": ("hedgehog - 1, mushroom - 2", "forest", "cartoon", ""),
    "a black guitar on the beach at dusk, chalk": ("guitar black 1", "beach", "chalk", "dusk"),
    "a witch on a broomstick by moonlight": ("witch-standing - 1, broom - 1", "", "", "night"),
    "a pencil on a table in the garden": ("pencil - 1", "garden", "", ""),
    "a pencil drawing of a brown mushroom house below a high mountain": ("toadstool-house brown 1", "mountains", "ink", ""),
    "the mountains, a black crow": ("high-mountain - 1, blackbird black 1", "", "", ""),
    "mountains, a black crow": ("blackbird black 1", "mountains", "", ""),
    "星空下森林里的紫色猫头鹰，水彩画": ("owl purple 1", "forest", "watercolour", "night"),
    "雪地里的一只红狐狸": ("fox-sitting red 1", "snow", "", ""),
    "两只黑色的猫在厨房里": ("cat black 2", "kitchen", "", ""),
    "海边的灯塔，黄昏，油画": ("lighthouse - 1", "beach", "oil", "dusk"),
    "一个机器人在下雨的街道上": ("robot-standing - 1", "rain", "", ""),
    "粉色的热气球飞过群山，蜡笔画": ("hot-air-balloon pink 1", "mountains", "crayon", ""),
    "桌子上的一杯咖啡": ("hot-beverage - 1", "kitchen", "", ""),
    "请画一条绿色的龙，像素画": ("dragon green 1", "", "pixel", ""),
    "月亮下的白兔": ("rabbit white 1", "", "", "night"),
    "太空中的宇航员和火箭": ("astronaut-standing - 1, rocket - 1", "space", "", ""),
    "一座山": ("high-mountain - 1", "", "", ""),
    "一只橘猫和一条小狗在草地上": ("cat orange 1, dog - 1", "meadow", "", ""),
    "蓝天下的风车，海报": ("windmill - 1", "", "poster", "day"),
    "三朵黄色的向日葵": ("sunflower yellow 3", "", "", ""),
    "一艘小船在平静的湖面上": ("sailboat - 1", "sea", "", ""),
    "小女孩放风筝": ("girl-standing - 1, kite - 1", "", "", ""),
    "湖边的一只白天鹅，清晨": ("swan white 1", "sea", "", "dawn"),
    "夜晚城市里的红色汽车，海报": ("automobile red 1", "city", "poster", "night"),
    "雨中的黄色雨伞": ("umbrella yellow 1", "rain", "", ""),
    "花园里的一只蓝色蝴蝶，油画": ("butterfly blue 1", "garden", "oil", ""),
    "紫色的城堡在山顶上，黄昏": ("castle purple 1", "mountains", "", "dusk"),
    "草原上奔跑的白马": ("horse white 1", "meadow", "", ""),
    "三个红气球飞在天空": ("balloon red 3", "", "", ""),
    "厨房里的茶壶和杯子，素描": ("teapot - 1, hot-beverage - 1", "kitchen", "ink", ""),
    "一只黑猫和一只白狗": ("cat black 1, dog white 1", "", "", ""),
    "骑士和龙，黑板画": ("knight-standing - 1, dragon - 1", "", "chalk", ""),
    "橙色的橙子在桌子上": ("tangerine orange 1", "kitchen", "", ""),
    "灰色的狼，雪地，夜晚，油画": ("wolf-sitting grey 1", "snow", "oil", "night"),
    "夜裡海邊的紅色燈塔": ("lighthouse red 1", "beach", "", "night"),
    "大海": ("", "sea", "", ""),
    "a loaf of bread on a wooden table in the morning": ("bread - 1, table - 1", "", "", "dawn"),
    "a bowl of noodles with chopsticks": ("steaming-bowl - 1, chopsticks - 1", "", "", ""),
    "a stack of books and a lamp, chalk on blackboard": ("closed-book - 2, table-lamp - 1", "", "chalk", ""),
    "my grandmother's old radio": ("radio - 1", "", "", ""),
    "a bicycle leaning against a fence, pixel": ("bicycle - 1", "garden", "pixel", ""),
    "爷爷的老式收音机": ("radio - 1", "", "", ""),
    "爷爷和狗": ("old-man-standing - 1, dog - 1", "", "", ""),
    "一盘饺子，油画": ("dumpling - 1", "", "oil", ""),
    "红色的拖拉机在麦田里": ("tractor red 1", "meadow", "", ""),
    "高铁穿过山谷": ("high-speed-train - 1", "mountains", "", ""),
}


@pytest.mark.parametrize("sentence", READ)
def test_a_sentence_is_read(sentence):
    told = request.read(sentence)
    things = ", ".join(f"{thing.drawing.id} {thing.colour or '-'} {thing.count}" for thing in told.things)
    assert (things, told.setting or "", told.style or "", told.time or "") == READ[sentence]
    assert told.strange == told.loose == ()


@pytest.mark.parametrize("sentence, strange", [
    ("a photorealistic zeppelin over london", (("photorealistic", "style"), ("zeppelin", "thing"))),
    ("a cup of coffee in a bedroom", (("bedroom", "setting"),)),
    ("a house with a red roof", (("roof", "thing"),)),
    ("卧室里的一只驴", (("卧室", "setting"),)), ("写实的狼", (("写实", "style"),))])
def test_what_nobody_knows_is_handed_back_with_the_kind_of_word_that_it_seems_to_be(sentence, strange):
    assert request.read(sentence).strange == strange


def test_a_colour_of_what_is_not_known_is_given_to_nothing_else():
    assert [thing.colour for thing in request.read("a house with a red roof").things] == [None]
    assert [thing.colour for thing in request.read("a boat on a blue sea").things] == [None]


def test_a_keyword_alone_leads_a_request_and_is_told():
    told = request.read("a fortune in the garden")
    assert [(words, drawing.id) for words, drawing in told.loose] == [("fortune", told.things[0].drawing.id)]
    assert request.read("a fox with a fortune").strange == (("fortune", "thing"),)


def test_a_compound_that_is_shown_by_the_drawing_of_another_is_told():
    assert [(words, drawing.id) for words, drawing in request.read("a sewing machine").loose] == [("sewing machine", "fax-machine")]
    assert request.read("an apple tree").loose == ()


def test_a_second_colour_setting_style_or_time_finds_no_place_and_is_handed_back():
    assert [words for words, _ in request.read("a red and white lighthouse").dropped] == ["white"]
    assert [words for words, _ in request.read("a fox by the sea in the desert at noon at night, ink, crayon").dropped] == [
        "in the desert", "crayon", "at night"]


def test_how_near_it_is_seen_is_read():
    assert [request.read(text).shot for text in ("portrait of an owl", "an owl in the distance", "猫头鹰特写", "an owl")] == [
        "close", "far", "close", ""]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_painters_own_sentences_about_any_drawing_are_read(language):
    misread = []
    for k, drawing in enumerate(drawings.every()[::8]):
        words = {"setting": SETTINGS[k % len(SETTINGS)], "style": STYLES[k % len(STYLES)], "time": TIMES[k % len(TIMES)]}
        colour = COLOURS[k % len(COLOURS)]
        text = plain(Wanted(((drawing.name_en, drawing.name_zh),), (colour,), **words), language)
        told = request.read(text)
        if (told.setting, told.style, told.time, [thing.colour for thing in told.things]) != (*words.values(), [colour]):
            misread.append(text)
    assert len(misread) <= 2, misread  # such as Chinese names that hold a colour of their own


@pytest.mark.parametrize("sentence", ["ein roter Fuchs", "un zorro rojo en la nieve", "un renard dans la forêt", "красная лиса в лесу", "빨간 여우", "赤い狐"])
def test_a_language_that_is_not_read_is_told_and_no_drawing_stands_for_its_words(sentence):
    told = request.read(sentence)
    assert told.foreign and not told.loose and told.strange


@pytest.mark.parametrize("sentence", [
    "a glorbo in the forest", "glorbo flibber", "los angeles", "a street in los angeles", "la la land", "café de flore", "a jalapeño on a plate",
    "Le Corbusier's house", "i like e scooters", "a π sign", "一只狐狸和 un", "crème brûlée"])
def test_english_and_chinese_with_nouns_that_nobody_knows_are_no_other_language(sentence):
    assert not request.read(sentence).foreign
