"""Talk that needs no tool: greetings, thanks, help, things outside the catalogue; and what to say to it.

Knows a few dozen phrases in English and Chinese. It refuses to know links beyond whether there are any, and it
claims nothing that evidence would have to show.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from bot.dialogue.lexicon import Lexicon

Smalltalk = Literal[
    "greeting", "thanks", "bye", "help", "who", "outside", "unclear", "refuse", "privacy", "empty"
]

_ALONE: tuple[tuple[Smalltalk, str], ...] = (
    ("greeting", r"(?:hi|hello|hey|hiya|howdy|good (?:morning|afternoon|evening|day)|greetings|yo)(?: there| almanac| bot| again| everyone)*"
     r"(?: how are you(?: doing)?(?: today)?| how's it going| nice to meet you)?|how are you(?: doing)?(?: today)?|what's up|你好+呀?|您好|嗨|早上好|晚上好|下午好"),
    ("thanks", r"(?:(?:ok|okay|great|perfect|cool|super|nice|ah|wow|awesome|brilliant|lovely|that's great|many|yes) )*"
     r"(?:thanks?(?: you)?|thx|cheers|ta|thank you)(?: a lot| so much| very much| a bunch| for (?:the|your) (?:help|tips?|ideas?|suggestions?)| that (?:was|is) (?:helpful|great)| almanac)*"
     r"|(?:ok|okay|great|perfect|cool|nice|awesome|sounds good|got it|good to know|lovely|brilliant|that's (?:great|perfect|helpful|all))(?: then)?|(?:(?:ah|oh|aha|lol|haha|ok|right|well) )+(?:ok|okay|fair enough|i see|cool|got it|makes sense|nice|good|interesting|great|thanks|right)|fair enough|i see|i'll take (?:it|that|that one)(?: thanks| thx)?|(?:perfect|great|lovely|ok|cheers) (?:thanks|thank you|ta|cheers|that'll do|that will do)(?: so much| nicely| today)?|(?:no |nope )?that(?: is|'s) (?:everything|all|it)|谢谢+[你您]?(?:的帮助|了|啦|再见)?|多谢|好的"),
    ("bye", r"(?:good ?bye|bye(?: bye)?|see you(?: later| soon)?|good night|that's all(?: for now)?|cya)(?: thanks)?|再见|拜拜"),
    ("help", r"help(?: me)?|what can (?:you|i) (?:do|ask)(?: here| for me| you)*|how does (?:this|it) work|how do (?:i|you) (?:use (?:this|you)|work)|what are you able to do|what(?:'s| is) possible here|what else can you do|what (?:features|abilities|functions|commands|skills) do you have|(?:show|give) me (?:some )?examples?|你(?:能|会|可以)做什么|怎么用|帮助"),
    ("who", r"who are you|what are you|what is this|are you (?:a |an )?(?:bot|robot|human|ai|real|person|machine)(?: person)?|what's your name|who made you|(?:tell me (?:a bit |a little |something |more )?about|describe|introduce) yourself|你是谁"),
)  # fmt: skip
_ALONE_RE = tuple((kind, re.compile(pattern)) for kind, pattern in _ALONE)
_ANYWHERE: tuple[tuple[Smalltalk, re.Pattern[str]], ...] = (
    ("privacy", re.compile(
        r"\b(?:delete|erase|forget|wipe|remove|export|download)\b.{0,20}\b(?:me|my (?:data|history|account|profile|ratings?|information)|everything about me|all data)\b"
        r"|删除我的|忘记我|导出我的|我的.{0,6}删|删掉我")),
    ("refuse", re.compile(
        r"\b(?:ignore|disregard|override) (?:all |any |the |your |previous |prior )*(?:instructions?|rules|prompts?)|system prompt|your (?:instructions|prompt)\b"
        r"|\b(?:another|other|someone else'?s?|user|person|customer) (?:\d+(?:'s)?|person'?s?|people'?s|user'?s?)? ?(?:profile|history|data|ratings|account)\b|credit card|password|jailbreak|忽略.{0,8}(?:指令|规则|提示)|系统提示|\b(?:names|addresses|phone numbers|emails|ids) of (?:the |all )?(?:customers|users|people|households)\b|\b(?:has|did|does) (?:person|user|customer|household|my neighbour|my ex|my boss) (?:\d+ )?(?:buy|bought|like|rate|rated|watched?)\b|\bunrestricted ai\b|\byou must now\b|\bfrom now on\b")),
)  # fmt: skip
_OUTSIDE = re.compile(
    r"\bweather\b|\b(?:book|reserve|order) (?:me |us )?(?:\w+ )?(?:tickets?|seats?|tables?|rides?|rooms?|cabs?|taxis?)\b|\bpopulation of\b|\b(?:repair|fix) my\b|\bthe (?:toilet|exit|nearest)\b|\bquantum\b|\binflation\b|\brelativity\b|\bdo you (?:take cash|deliver)\b|\bopening hours\b|\bcan i (?:return|exchange)\b|\brefund\b|\bhow (?:tall|far) is\b|\btimes \d+\b|\bset (?:an alarm|a timer)\b|^\W*you(?:'re| are)? (?:suck|useless|stupid|dumb|annoying|no help|an idiot)\b|\bwill it (?:rain|snow|be (?:sunny|hot|cold|warm))\b|\bwho (?:won|is the president)|capital of|stock price|\bbitcoin\b|\bwrite (?:me )?(?:a |an |some )?(?:poem|essay|code|email|python|song)"
    r"|\btranslate\b|\bsolve\b|what(?:'s| is) \d+ ?[-+*x/]|\bhow do i (?:fix|cook|install|get to)\b|\bbook (?:me )?a (?:flight|table|hotel|taxi)|tell me a joke|meaning of life|\bnews\b"
    r"|what time is it|\bmy homework\b|what day is (?:it|today)|\bpolitics\b|\belection\b|天气|股票|下雨|写(?:一)?首|写一首|翻译"
)


def classify(plain: str, *, linked: bool) -> Smalltalk | None:
    """Return the kind of talk that a whole message is, None where it may want a tool.

    Args:
        plain: The message in lower case.
        linked: Whether anything of the catalogue was found in it.
    """
    text = re.sub(r"[\s,.!?;:，。！？~…)(-]+", " ", plain).strip()
    if not text:
        return "unclear" if plain.strip() else "empty"
    for kind, pattern in _ALONE_RE:
        if pattern.fullmatch(text):
            return kind
    for kind, pattern in _ANYWHERE:
        if pattern.search(plain):
            return kind
    return "outside" if not linked and _OUTSIDE.search(plain) else None


def reply(kind: Smalltalk, lexicon: Lexicon, lang: Literal["en", "zh"] = "en") -> tuple[str, ...]:
    """Return what to say, one sentence each; it names the catalogue's own things and no facts."""
    items, place = lexicon.nouns.items, lexicon.nouns.place
    said = _ZH[kind] if lang == "zh" else _EN[kind]
    return tuple(sentence.format(items=items, place=place) for sentence in said)


_EN: dict[Smalltalk, tuple[str, ...]] = {
    "greeting": ("Hello!", "Tell me what you like or what you are after, and I will look through the {items} and show why."),
    "thanks": ("You are welcome.",),
    "bye": ("Goodbye, and enjoy.",),
    "help": (
        "I recommend {items} from what you like, the time and the place, and I show the evidence behind each pick.",
        "You can also ask what goes with what, when and where something is chosen most, how often it comes back, or why I picked something.",
    ),
    "who": ("I am Almanac, a recommender that knows when and where: everything I say about {items} comes from data that I can show.",),
    "outside": ("That is outside what I know: I can help with the {items} of this catalogue.",),
    "unclear": ("I did not understand that.", "Name something you like, a category, a time or a question about the {items}."),
    "refuse": ("I cannot do that: I only recommend {items} and answer questions about them.",),
    "privacy": ("Your data is yours to export or erase, but not through the chat: use the buttons on the You page, or the commands `almanac export` and `almanac forget`.",),
    "empty": ("Please write a wish or a question about the {items}.",),
}  # fmt: skip
_ZH: dict[Smalltalk, tuple[str, ...]] = {
    "greeting": ("你好！", "告诉我你喜欢什么或想找什么，我来推荐，并给出依据。"),
    "thanks": ("不客气。",),
    "bye": ("再见！",),
    "help": ("我根据你的喜好、时间和地点来推荐，并给出依据。", "你也可以问：什么和什么常在一起、什么时候最多、多久一次，或者为什么推荐某一个。"),
    "who": ("我是 Almanac，一个懂时间和地点的推荐助手；我说的每句话都有数据依据。",),
    "outside": ("这超出了我的范围：我只能回答这个目录里的问题。",),
    "unclear": ("我没有听懂。", "请说说你喜欢什么、想要什么类别，或者什么时间。"),
    "refuse": ("这个我不能做：我只推荐目录里的内容并回答相关问题。",),
    "privacy": ("导出或删除你的数据不能在聊天里进行，请使用“我的”页面上的按钮。",),
    "empty": ("请写下你的愿望或问题。",),
}  # fmt: skip
