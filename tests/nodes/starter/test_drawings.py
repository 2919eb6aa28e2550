"""The kept drawings: each is found by its names, in two languages, and draws."""

import numpy as np
import pytest

from nodegraph_nodes.starter import drawings

ENGLISH = """apple ball balloon banana bear bed bee bell bicycle bird boat book bottle bowl box bread bridge brush bus butterfly
    cake camel camera candle car carrot castle cat chair cheese cherry chicken church clock cloud computer cow crab crown cup dog
    dolphin door dragon dress drum duck eagle egg elephant eye feather fish flower fork fox frog ghost giraffe glass goat grapes
    guitar hammer hat heart hedgehog horse house key kite knight knife ladder lamp leaf lemon lighthouse lion mermaid monkey moon
    mountain mouse mushroom octopus orange owl palm panda parrot pear pen penguin phone piano pig pineapple pizza planet pumpkin
    rabbit rainbow robot rocket rose sailboat scissors shark sheep shell ship shoe skull snail snake snowman spider spoon squirrel
    star strawberry sun swan table teapot telescope tent tiger tomato tractor train tree trumpet turtle umbrella unicorn violin
    volcano watch whale windmill wolf zebra acorn""".split()
CHINESE = """苹果 球 气球 香蕉 熊 床 蜜蜂 铃铛 自行车 小鸟 小船 书 瓶子 碗 盒子 面包 桥 画笔 公交车 蝴蝶 蛋糕 骆驼 相机 蜡烛 汽车 胡萝卜 城堡 猫 椅子 奶酪 樱桃 公鸡
    教堂 时钟 云 电脑 奶牛 螃蟹 皇冠 杯子 小狗 海豚 门 龙 裙子 鼓 鸭子 老鹰 鸡蛋 大象 眼睛 羽毛 鱼 花 叉子 狐狸 青蛙 鬼 长颈鹿 山羊 葡萄 吉他 锤子 帽子 心 刺猬 马 房子
    钥匙 风筝 骑士 刀 梯子 台灯 树叶 柠檬 灯塔 狮子 美人鱼 猴子 月亮 山 老鼠 蘑菇 章鱼 橙子 猫头鹰 椰子树 熊猫 鹦鹉 梨 铅笔 企鹅 手机 钢琴 猪 菠萝 披萨 行星 南瓜 兔子
    彩虹 机器人 火箭 玫瑰 帆船 剪刀 鲨鱼 绵羊 贝壳 轮船 鞋子 蜗牛 蛇 雪人 蜘蛛 勺子 松鼠 星星 草莓 太阳 天鹅 桌子 茶壶 望远镜 帐篷 老虎 番茄 拖拉机 火车 大树 小号 乌龟
    雨伞 独角兽 小提琴 火山 手表 鲸鱼 风车 狼 斑马 橡果 燈塔 貓 飛機""".split()
MEANT = {"ball": "soccer-ball", "cup": "hot-beverage", "boat": "sailboat", "house": "house", "mice": "mouse", "the geese": "goose",
         "hot-air balloon": "hot-air-balloon", "a ladybird": "lady-beetle", "Lighthouse": "lighthouse", "wizards": "wizard-standing",
         "ice cream": "soft-ice-cream", "cherries": "cherries", "cup of tea": "hot-beverage", "mountains": "high-mountain",
         "杯子": "hot-beverage", "灯塔": "lighthouse", "风车": "windmill", "机器人": "robot-standing", "贝壳": "spiral-shell", "大熊猫": "panda-sitting",
         "燈塔": "lighthouse", "貓頭鷹": "owl", "热气球": "hot-air-balloon", "北极熊": "polar-bear-sitting", "魚": "fish"}


@pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=["English", "Chinese"])
def test_every_noun_of_every_day_has_a_drawing(words):
    assert [word for word in words if not drawings.named(word)] == []


def test_a_noun_gets_the_drawing_that_people_mean():
    assert {word: drawing and drawing.id for word in MEANT for drawing in [drawings.named(word)]} == MEANT


def test_a_word_that_nobody_draws_gets_none_and_its_neighbours_are_told():
    assert drawings.named("xylograph") is None
    assert drawings.named("我们") is None
    assert drawings.nearest("pengiun") == ["penguin"]


def test_of_phrases_that_overlap_the_longest_counts_and_a_name_before_a_keyword():
    assert [told.word for told in drawings.mentions("an ice cream cone beside a polar bear")] == ["ice cream cone", "polar bear"]
    assert [told.word for told in drawings.mentions("一只猫头鹰和一只猫")] == ["猫头鹰", "猫"]
    ranks = {told.word: told.rank for told in drawings.mentions("owl, fortress, hound, bench")}
    assert ranks == {"owl": drawings.NAME, "fortress": drawings.CHOICE, "hound": drawings.CHOICE, "bench": drawings.NAME}
    assert drawings.search("bird")[0].id == "bird" and "owl" in {one.id for one in drawings.search("bird")}


def test_a_drawing_is_float_pixels_with_its_coverage():
    pixels = drawings.rgba(drawings.by_id("red-apple"), 40)
    assert pixels.shape == (4, 40, 40) and pixels.dtype == np.float32
    assert pixels[3, 0, 0] == 0 and pixels[3, 25, 20] == 1
    assert pixels[0, 25, 20] > 0.7 and pixels[1:3, 25, 20].max() < 0.4


def test_every_drawing_shows_something_inside_its_frame_and_is_named_in_both_languages():
    for drawing in drawings.every():
        assert 0.04 < drawings.rgba(drawing, 24)[3].mean() < 0.97, drawing.id
        assert drawing.name_en and drawing.name_zh and drawing.licence
    assert len({one.id for one in drawings.every()}) == len(drawings.every()) >= 850


def test_every_choice_is_for_a_drawing_that_is_kept_and_no_word_is_chosen_twice():
    chosen = drawings._choices()
    assert chosen.keys() <= {one.id for one in drawings.every()}
    for words in zip(*chosen.values()):
        every = [word for row in words for word in row]
        assert sorted(set(every)) == sorted(every)
