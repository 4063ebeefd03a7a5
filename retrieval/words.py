"""Everyday words for what a catalogue says tersely: "Comedy" is also funny, "1994" is also the nineties.

Knows a table of words and nothing of scores. It refuses to know catalogues: a category that is not in the table
is described by its own name. The table is for categories whose items carry little text of their own (a film
that is a title, a year and genres); items with descriptions bring their own words.
"""

from __future__ import annotations

from typing import Final

from retrieval.columns import SEPARATOR
from retrieval.tokens import tokens

CATEGORY_WORDS: Final[dict[str, str]] = {
    "action": "explosive fights chases stunts exciting fast-paced 动作 打斗",
    "adventure": "journey quest exploration treasure expedition exciting 冒险 历险",
    "animation": "animated cartoon drawn 动画 卡通",
    "anime": "animated cartoon japanese 动漫 动画",
    "biography": "true story real life biopic 传记",
    "childrens": "kids family child-friendly young whole family 儿童 孩子 家庭 小朋友",
    "comedy": "funny humorous laugh hilarious light-hearted amusing jokes 喜剧 搞笑 幽默 好笑",
    "crime": "gangster mob heist police detective criminal murder 犯罪 警匪 黑帮",
    "documentary": "true story real life factual non-fiction 纪录片 纪实",
    "drama": "serious emotional moving touching 剧情 感人",
    "family": "kids children whole family 家庭 儿童 孩子",
    "fantasy": "magic magical fairy tale wizards mythical imaginary worlds 奇幻 魔法",
    "filmnoir": "dark black-and-white cynical detective femme fatale classic 黑色电影",
    "history": "historical past period 历史",
    "horror": "scary frightening terrifying creepy monsters ghosts slasher 恐怖 吓人 鬼",
    "musical": "songs singing dancing music 音乐 歌舞",
    "mystery": "whodunit detective puzzle suspense investigation 悬疑 推理",
    "romance": "romantic love story relationship couple date night 爱情 浪漫",
    "scifi": "science fiction space aliens robots future futuristic 科幻 太空 外星人",
    "sport": "athletes team game competition 体育 运动",
    "thriller": "suspense suspenseful tense gripping edge-of-your-seat 惊悚 紧张",
    "war": "military soldiers battle combat army 战争 军事",
    "western": "cowboys gunslingers frontier wild west 西部 牛仔",
}
"""Words that people use for a category, by its name without spaces and punctuation; Chinese words last."""

ITEM_WORDS: Final[dict[str, str]] = {
    "apple": "healthy snack fruit 苹果 水果",
    "bacon": "cooked breakfast",
    "banana": "healthy snack breakfast fruit 香蕉 水果",
    "beef": "barbecue grill dinner meat 牛肉",
    "beer": "drinks party alcohol 啤酒",
    "berry": "healthy breakfast fruit 水果",
    "bread": "sandwich toast breakfast 面包",
    "cereal": "breakfast 早餐 麦片",
    "chicken": "dinner barbecue meat 鸡肉",
    "chip": "snack party movie night crunchy salty 薯片 零食",
    "chocolate": "sweet treat dessert 巧克力",
    "coffee": "breakfast drink caffeine 咖啡",
    "cookie": "sweet treat snack 饼干",
    "diaper": "nappies baby 尿布",
    "dip": "something to dip chips in dipping party",
    "egg": "breakfast baking cake 鸡蛋 早餐",
    "flour": "baking bake a cake 面粉",
    "formula": "baby milk infant feeding 奶粉",
    "fruit": "healthy breakfast snack 水果",
    "granola": "healthy breakfast 早餐",
    "guacamole": "something to dip chips in dipping party",
    "hummus": "something to dip chips in dipping healthy vegetarian",
    "ice cream": "dessert sweet frozen treat 冰淇淋",
    "milk": "breakfast drink 牛奶",
    "nut": "healthy snack protein 坚果",
    "oatmeal": "healthy breakfast 早餐 麦片",
    "hot cereal": "healthy breakfast porridge 早餐",
    "popcorn": "movie night snack 爆米花",
    "pretzel": "movie night snack salty crunchy",
    "rice": "dinner side 大米",
    "salad": "healthy lunch light 沙拉",
    "salsa": "something to dip chips in dipping party",
    "sausage": "barbecue grill breakfast 香肠",
    "steak": "barbecue grill dinner",
    "tea": "drink 茶",
    "tofu": "vegetarian vegan protein 豆腐",
    "toothpaste": "brush teeth 牙膏",
    "water": "drink 水",
    "wine": "dinner drinks alcohol 葡萄酒",
    "yogurt": "healthy breakfast snack 酸奶 早餐",
}
"""What people want a kind of goods for, by words of its title; read for items that have no year, since a title
like "Ice Cream Man" says nothing of its film."""

_ITEM_TOKENS: Final = [(frozenset(tokens(name)), words) for name, words in ITEM_WORDS.items()]

_DECADES: Final = {
    1920: "twenties", 1930: "thirties", 1940: "forties", 1950: "fifties",
    1960: "sixties", 1970: "seventies", 1980: "eighties", 1990: "nineties",
}  # fmt: skip


def category_words(category: str) -> str:
    """Return the everyday words for every category of a cell like "Animation|Comedy"; "" where none is known."""
    keys = ("".join(filter(str.isalnum, name.casefold())) for name in category.split(SEPARATOR))
    return " ".join(CATEGORY_WORDS[key] for key in keys if key in CATEGORY_WORDS)


def item_words(title: str) -> str:
    """Return what an item with this title is wanted for: "Salsa and picante sauce" is to dip chips in."""
    said = set(tokens(title))
    return " ".join(words for needed, words in _ITEM_TOKENS if said.issuperset(needed))


def decade_words(year: int) -> str:
    """Return what people call the decade of `year`: 1994 is "1990s 90s nineties"."""
    decade = year // 10 * 10
    return " ".join(filter(None, (f"{decade}s", f"{decade % 100:02}s", _DECADES.get(decade, ""))))


def in_english(text: str) -> str:
    """Return English words for the Chinese words of `text` that the table has; "" where it has none.

    An encoder that has read only English sees nothing in Chinese: "搞笑动画" reaches it as "animated cartoon
    drawn funny humorous ...".
    """
    asked = set(tokens(text))
    found = []
    for name, words in (*CATEGORY_WORDS.items(), *ITEM_WORDS.items()):
        chinese = [word for word in words.split() if not word.isascii()]
        if any(asked.issuperset(tokens(word)) for word in chinese):
            found.append(" ".join([name, *(word for word in words.split() if word.isascii())]))
    return " ".join(found)
