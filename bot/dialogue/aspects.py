"""What a message asks of an answer beyond the tool call: to be drawn, doubted, exported, or told of one person.

Knows wordings. It refuses to know tools and facts: a tool that is told an aspect adds the facts for it, and the
wording tells those first.
"""

from __future__ import annotations

import re
from typing import Final, Literal, get_args

Aspect = Literal[
    "chart",
    "csv",
    "popular",
    "few",
    "places",
    "chance",
    "adjusted",
    "cause",
    "mine",
    "due",
    "soon",
    "list",
    "rising",
    "fading",
    "surprising",
    "useful",
    "strongest",
    "where",
    "when",
    "hour",
    "season",
    "day",
    "month",
    "common",
    "count",
    "more",
    "less",
    "seldom",
    "usually",
    "kinds",
    "seasonal",
]
"""chart, csv: how to show it · popular, few, places, chance, adjusted, cause: a doubt, by what might explain the figures
· mine: the person's own rhythm · due, soon: when again, when next · list, rising, fading: which things, and their
direction · surprising, useful, strongest, seldom: what the best rules are the best in · where, when, hour, season, day, month: of a profile ·
common: what a slice holds most · count: how many, and nothing else · more, less: a direction that the question supposes · usually: that it supposes more than half · kinds: categories are
asked for, and not items · seasonal: whether it belongs to a part of the year."""
ASPECTS: Final[tuple[Aspect, ...]] = get_args(Aspect)
DOUBTS: Final[frozenset[Aspect]] = frozenset(("popular", "few", "places", "chance", "adjusted", "cause"))

_PEOPLE = r"(?:people|customers?|shoppers?|households?|viewers?|buyers?|fans?|persons?|families|users?|members?|raters?)"
_WORDS: Final[dict[Aspect, str]] = {
    "chart": r"\b(?:chart|graph|plot|diagram|heat ?map|histogram|visuali[sz]e|draw|picture)\b|^\W*(?:(?:ok(?:ay)?|please|can you|could you|now|and)\W+)*show (?:me|it|this|that|them|me (?:this|that|it))?(?: please)?\W*$|\bshow (?:me )?(?:the |how the )?(?:months|weeks|days|hours|curve|bars?)\b|\bin (?:a )?(?:picture|bars)\b|图表|画|给我看看",
    "csv": r"\bcsv\b|\bspreadsheet\b|\bexcel\b|\bexport\b|\bdownload\b|\bas (?:a )?(?:table|file)\b|导出|表格",
    "popular": r"\bevery(?:one|body)\b.{0,20}\b(?:buys?|bought|has|have|seen|saw|rates?|rated|watche[sd]?|takes?|knows?)\b|\bboth\b.{0,25}\b(?:sell|sold|common|bought|rated|seen|watched|frequent|blockbusters?|bestsellers?|hits|staples|favou?rites|famous|big)\b|\b(?:contain|have|hold|holds|has) everything\b|\b(?:both|just|simply|merely|only|so)\b.{0,30}\bpopular\b|\bpopular(?:ity)?\b.{0,20}\b(?:anyway|explain|reason)|\bbusy (?:day|evening|morning|store|time)\b|\b(?:big|large|full|huge) (?:shopping |weekly )?(?:baskets?|trips?|shops?|carts?)\b|\bhow big the baskets\b|\bbuy(?:s|ing)? (?:a lot|everything|lots)\b|\bbasket size\b|\bmore often than (?:by )?chance\b|\b(?:than|what) (?:you|you'd|you would|one would|i'd|we'd|i would) (?:expect|think|guess)\b|\bthan expected\b",
    "few": rf"\bsuper-?fans?\b|\b(?:can(?:'?t|not)|could(?:n'?t| not)) be (?:that |so |too )?many {_PEOPLE}\b|\b(?:one|single|same|super-?fan) (?:\w+ )?(?:family|household|customer|person|fan|regular|shopper)\b|\b(?:mere|only a|just a) (?:handful|few|couple)\b|\b(?:handful|couple|bunch) of (?:\w+ )?(?:regulars|fans|families|enthusiasts)\b|\b(?:down to|thanks to|because of|driven by) (?:just |only )?(?:one|two|a|some)\b.{{0,12}}\b{_PEOPLE}\b|\bhow many {_PEOPLE} (?:are|is) (?:we|you|that|it)\b|\bhow many (?:different |distinct )?(?:\w+ )?{_PEOPLE}\b.{{1,60}}\bboth\b|\b(?:more than|only|just) an? (?:handful|few|couple)\b|\b(?:who|how many(?: \w+)?) (?:is|are|stands?) behind\b|\b(?:a|the same|just|only|very) (?:few|handful of|couple of|same|small number of|one or two)(?: \w+)? {_PEOPLE}\b|\b(?:few|handful of|one|single|same) (?:\w+ )?{_PEOPLE}\b(?! (?:is|are) due)|\bhow many(?: different)? (?:\w+ )?{_PEOPLE}\b(?=\W*$| (?:are |is )?(?:behind|that|drive))|\bonly a few\W*$|\bheavy (?:users|buyers)\b|\bdriven by (?:a|one)\b|几(?:个|户)人?|少数",
    "places": r"\b(?:between|among|from) (?:the )?(?:stores?|shops?|states?|regions?|places?|branch(?:es)?)\b|\belsewhere\b|\bquirk of (?:one|a|this|that) \w+\b|\b(?:all|each|every|one) (?:of (?:the )?)?(?:two |three |four |five |\d+ )?(?:stores?|shops?|states?|regions?|places?|branch(?:es)?|counters?)\b|\b(?:every|all|each|most|other|across|different|several|any) (?:the )?(?:stores?|shops?|states?|regions?|places?|locations?|branch(?:es)?)\b|\beverywhere\b|\bjust (?:one|this|that|a single) (?:store|shop|state|region|place)\b|\bonly (?:in|at) (?:one|this|that)\b|\bhold\w*\b.{0,16}\b(?:in|at|across) (?:every|each|all|most|other)\b|\bin how many (?:stores?|states?|regions?|places?)\b|每(?:个|家)(?:店|州|地区)",
    "chance": r"\b(?:anything|something|much) to do with (?:each|one another)\b|\b(?:could|can|should|may) i (?:bank|rely|count|depend) on\b|\btoo few\b|\b(?:flash in the pan|accidents?|accidental)\b|\b(?:every|each|all|most|other) (?:months?|weeks?|seasons?)\b|\breal\b|\btrue\b|\breal (?:pattern|link|connection|effect|thing)\b|\bjust (?:a )?habit\b|\bhabits?\b|\b(?:link|connection|association|relation(?:ship)?|correlation|pattern)\b.{0,60}\b(?:real|true|genuine|strong)\b|\bchance\b|\bcoincidence\b|\bfluke\b|\brandom(?:ness)?\b|\bnoise\b|\bluck(?:y)?\b|\bsignifican\w+|\bp-?values?\b|\bq-?values?\b|\bhow (?:sure|certain|confident|reliable|solid|robust|strong) (?:are|is)\b|\bare you sure\b|\breliable\b|\brobust\b|\btrust (?:that|this|it)\b|\b(?:is|was|are) (?:that|this|it|the \w+(?: \w+)?|there) (?:a )?(?:real(?:ly)?|true|genuine)\b|\b(?:really|actually) (?:true|real)\b|\bstable\b|\b(?:genuine|proven|legit|meaningful|spurious)\b|\bmean(?:s|ingful)? anything\b|\bevery (?:month|week|season)\b|\b(?:is|was) (?:that|this|it) (?:really |just |only )?an? \w+(?: \w+)? thing\b|\bbelieve (?:that|this|it)\b|\bfor real\b|\bhow do you know\b|偶然|巧合|可靠|确定吗|真的吗",
    "adjusted": r"\bsurviv\w+|\b(?:same|like|similar|equal)(?:ly)?[- ]sized?\b|\badjust\w*|\bcontrol(?:led|ling)? for\b|\bconfound\w*|\bstratif\w+|\b(?:inverse|propensity)\b|\bsimpson\w*|\bholding\b.{0,30}\b(?:equal|constant|fixed)\b|\bonce you (?:account|control|allow)\b|\b(?:accounting|allowing|correct(?:ed|ing)) for\b|\blike (?:is )?compared with like\b|\bodds ratio\b|\bsame (?:size|month)\b",
    "cause": r"\bcaus(?:e|es|ed|al|ally|ation|ing)\b|\bmakes? (?:people|them|customers|households|someone)\b|(?<!only an )(?<!just an )(?<!merely an )\b(?:effect|influence|impact) of\b|\b(?:lead|leads) people to\b|\bif (?:we|i) (?:promote|discount|sell|put|move|placed?)\b|\bwould (?:promoting|selling|a promotion|discounting)\b|\bbecause (?:of|they|people)\b|因果|导致",
    "mine": r"\b(?:i|me|my|we|us|our)\b(?! (?:ask|want to know|wonder|mean))|我",
    "due": r"\bdue\b|\bwho\b.{0,40}\bagain\b|\boverdue\b|\brunning out\b|\brun out\b|\bneed (?:to )?(?:\w+ )?(?:\w+ )?again\b|\blapsed\b|\bstopped (?:buying|taking)\b|\bwhen (?:will|do|should|must|am) (?:i|we)\b|到期|该买",
    "soon": r"\bhow (?:soon|long|quickly|fast|many days)\b|\bwhen\b.{0,40}\b(?:next|afterwards|later|again)\b|多久",
    "list": r"\bwh(?:at|ich)(?: \w+){0,3} (?:is|are|was|were|has|have|got|went|items?|products?|films?|movies?|things?|categor(?:y|ies)|genres?)\b(?! the )|\bwhat'?s\b|\b(?:did|has|have) (?:anything|something|much)\b|\banything\b|\blist\b|哪些|什么在",
    "rising": r"\b(?:ris(?:ing|es?|en)|rose|grow(?:ing|s|n|th)?|grew|gain(?:ing|ed|s)?|booming|picking up|going up|went up|up|on the rise|increas\w+|jump(?:ed|s)?|pick(?:ed|s)? up|(?:get|got|getting) (?:more )?popular|took off|on (?:the|its|their) way up|go(?:es|ne)? up|climb(?:s|ed|ing)?|spike[sd]?|surge[sd]?|more and more|increas\w+|trending|hot(?:ter)?)\b|上升|增长",
    "fading": r"\b(?:fall(?:ing|s|en)?(?! of the year)|fell|fad(?:ing|es?|ed)|declin\w+|drop(?:ping|ped|s)?|losing|lost|lose[sd]?|loose|sink(?:s|ing)?|sank|shr[aiu]nk|weaker|going down|went down|down|shrinking|decreas\w+|on (?:the|its|their) way (?:down|out)|go(?:es|ne)? down|slump(?:ed|s)?|slid(?:e|es|ing)?|dip(?:s|ped)?|fewer and fewer|less and less|less popular|out of fashion)\b|下降|减少",
    "surprising": r"\b(?:never|not) (?:have |'ve )?(?:guess(?:ed)?|expect(?:ed)?)\b|\b(?:wild(?:est)?|quirk(?:s|y|iest)?|bizarre|crazy|craziest|peculiar|surpris\w+|unexpected|unusual|odd(?:est)?|weird(?:est)?|strange(?:st)?|curious|oddly|interesting|remarkable|astonish\w+)\b|意外|奇怪",
    "useful": r"\b(?:useful|actionable|valuable|worth (?:using|acting|knowing)|matter(?:s)? most|practical|helpful|profitable|impact(?:ful)?)\b|有用",
    "strongest": r"\b(?:strongest|best|top|most reliable|closest|tightest|biggest)\b|最强",
    "where": r"\bwhere\b|\bparts? of (?:the )?(?:country|city|town|map|world|states)\b|\b(?:which|what|best|busiest) (?:counters?|branch(?:es)?|outlets?|locations?|sites?|cities|city|areas?|stores?|shops?|states?|regions?|places?)\b|\bby (?:store|region|state|place)\b|哪里|哪个(?:店|州|地区)",
    "when": r"\bwhen\b|\b(?:which|what|best|busiest) (?:times?|days?|hours?|months?|seasons?|weekdays?|part(?! of (?:the )?(?:country|city|town|map|world|states)))\b|\bby (?:hour|day|weekday|month|season|daypart|time)\b|什么时候|几点|哪天",
    "hour": r"\b(?:(?:what|which|busiest|best|peak) hours?|by (?:the )?hour|hourly|(?:what|which) time(?: of (?:the )?day)?|o'clock)\b|几点",
    "day": r"\b(?:(?:what|which|busiest|best|strongest|top|peak) (?:week)?days?(?! part)|days? of the week|by (?:week)?day)\b|哪天|星期几",
    "season": r"\b(?:what|which|busiest|best|strongest|top|peak|by|per) seasons?\b|哪个季节",
    "month": r"\b(?:(?:what|which|busiest|best|strongest|top|peak|each|every) months?|(?:time|part) of (?:the )?year|(?:by|per) month|month(?:s|ly)?\b(?= of| by month)|the months)\b|哪个月",
    "common": r"\bmost (?:popular|common|often|frequent(?:ly)?|bought|sold|rated|watched|purchased)\b|\bpopular\b|\bbest ?sell(?:er|ers|ing)\b|\btop sellers?\b|\bsells? (?:best|the most|most|well)\b|最(?:多|热门|受欢迎)",
    "count": rf"\bhow many (?:baskets|times|trips|orders|{_PEOPLE})\b|\bwhat (?:share|percentage|percent|fraction|proportion) of\b|多少",
    "more": r"\b(?:something|stuff) (?:that )?(?:people|they|customers|households|shoppers|viewers)\b|\ban? [\w-]+(?: \w+)? (?:thing|affair|item|habit|matter|treat|business|favou?rite|pastime)\b|\b(?:more|better|higher|especially|mostly|mainly)\b|更多",
    "less": r"\b(?:less|fewer|worse|lower)\b|更少",
    "usually": r"\b(?:usually|typically|normally|mostly|mainly|as a rule|most (?:people|customers|households|of them|shoppers|viewers))\b",
    "kinds": r"\b(?:what|which) (?:\w+ )?(?:genres?|categor(?:y|ies)|departments?|aisles?|kinds? of \w+|sorts? of \w+|types? of \w+)\b",
    "seasonal": r"\bseasonal(?:ity|ly)?\b|\b(?:has|have|had|is there|got) (?:a|an|any|its|their|its own) seasons?\b|\bdepend\w* on the (?:seasons?|months?|weather)\b"
    r"|\b(?:only|just|mainly|mostly) (?:\w+ ){0,3}(?:summer|winter|spring|autumn|cold|warm|hot|certain|some|few|part)\b|\byear-?round\b|\ball year\b|\bcomes? and goe?s?\b|季节性",
    "seldom": r"\b(?:seldom|rarely|never|hardly ever|avoid(?:s|ed)?|least (?:often|likely)|not (?:bought|sold|taken) (?:together|with)|ever)\b|从不|很少",
}  # fmt: skip
_PATTERNS: Final = {aspect: re.compile(words) for aspect, words in _WORDS.items()}


def aspects_of(plain: str) -> tuple[Aspect, ...]:
    """Return the aspects that a message in lower case asks for, in the order of `ASPECTS`."""
    return tuple(aspect for aspect in ASPECTS if _PATTERNS[aspect].search(plain))


def doubts(plain: str) -> bool:
    """Tell whether a message in lower case asks what else might explain the figures."""
    return any(
        _PATTERNS[aspect].search(plain) for aspect in ("popular", "few", "places", "chance", "adjusted")
    )


def expects_yes(plain: str) -> bool | None:
    """Tell whether a yes would confirm the figures: "is it real?" True, "is it just chance?" False, None for no such question."""
    clauses = re.split(r"[,:;.?!]\s+|\s[-–—]+\s", plain)
    asked = next(filter(_ASKS.match, clauses), None)
    if asked is None:
        stated = plain.rstrip().endswith("?") and not _OPEN.search(plain)
        if not (stated or _OR_NOT.search(plain)):
            return None
        asked = plain
    asked = _ELSE.split(asked)[0]  # "is it real, or just chance?" asks whether it is real
    against = _AGAINST.search(asked)
    return against is None or _FOR.search(asked[: against.start()]) is not None


_AGAINST: Final = re.compile(
    r"\b(?:can(?:'?t|not) be|couldn'?t be|just|only|merely|mere|simply|quirk|super-?fan|accident(?:al)?|too few|regulars|everybody|everyone|chance|coincidence|fluke|random|noise|luck|both|busy|few|handful|couple|because|explain\w*|"
    r"confound\w*|one (?:store|shop|state)|one or two|the same (?:people|households|customers))\b"
)
_FOR: Final = re.compile(
    r"\b(?:real(?:ly)?|true|genuine|hold|holds|survive|stands? up|remains?|proven|solid|reliable|more than|not|beyond)\b"
)
_ELSE: Final = re.compile(
    r"\W+or\s+(?=(?:is|are|was|just|only|merely|simply|chance|noise|luck|coincidence|random|an?|real|genuine|what|not|does|do)\b)"
)
_OPEN: Final = re.compile(
    r"\b(?:what|which|who|when|where|how|why)\b|^\W*(?:and|only|just|show|or|please)\b|\bvs?\b"
)
_ASKS: Final = re.compile(
    r"\W*(?:(?:but|and|so|ok(?:ay)?|hmm+|well|then)\W+)*(?:is|are|was|were|does|do|did|could|can|might|would|has|have)(?:n'?t)?\b"
)
"""How a clause begins that wants a yes or a no."""
_OR_NOT: Final = re.compile(r"\b(?:or not|yes or no|right|true|no|isn'?t it|innit|correct)\W*$")
