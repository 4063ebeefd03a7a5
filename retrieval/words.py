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

_DECADES: Final = {
    1920: "twenties", 1930: "thirties", 1940: "forties", 1950: "fifties",
    1960: "sixties", 1970: "seventies", 1980: "eighties", 1990: "nineties",
}  # fmt: skip


def category_words(category: str) -> str:
    """Return the everyday words for every category of a cell like "Animation|Comedy"; "" where none is known."""
    keys = ("".join(filter(str.isalnum, name.casefold())) for name in category.split(SEPARATOR))
    return " ".join(CATEGORY_WORDS[key] for key in keys if key in CATEGORY_WORDS)


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
    for name, words in CATEGORY_WORDS.items():
        chinese = [word for word in words.split() if not word.isascii()]
        if any(asked.issuperset(tokens(word)) for word in chinese):
            found.append(" ".join([name, *(word for word in words.split() if word.isascii())]))
    return " ".join(found)
