"""Wordings that ask for each tool, in English and Chinese.

Knows phrases. It refuses to know links, conversations and arguments: it only says what a text sounds like.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from bot.dialogue.cue import Cue

RuleKind = Literal["together", "next", "context", "cycle", "trend", "any"]

PEOPLE = r"(?:people|customers?|shoppers?|households?|viewers?|buyers?|fans?|everyone|everybody|others|folks|anyone|someone|they|families|families?|users?|readers?|listeners?|players?|subscribers?|gamers?|guests?|members?|raters?|one)"
TAKE = r"(?:buy|bought|watch|watched|rate|rated|like|liked|get|take|took|see|saw|pick|choose|purchase|purchased|sell|sells|sold|enjoy|read|reads|plays?|played|hear|heard|listen(?:ed)? to|drinks?|drank|orders?|ordered|borrow(?:ed)?|click(?:ed)?|finish(?:ed)?|eats?|ate|grab)"


def _any(*patterns: str) -> Cue:
    return Cue(re.compile("|".join(patterns)))


PROFILE: Final = _any(
    r"\bwhat (?:do|did|have) you (?:know|think|believe|remember|learned?|learnt)(?: about| of) (?:me|my)\b",
    r"^\W*(?:please )?my (?:own )?(?:ratings|stats|data|likes|tastes?|history|records?|habits|favou?rites|profile)(?:,? (?:according to you|please))?\W*$",
    r"\bam i (?:predictable|typical|more of|hard to please|a .{2,30} person)\b|\bhave i (?:\w+ )?been (?:into|up to)\b|\bsummari[sz]e (?:me|what i like)\b|\bcharacteri[sz]e me\b|\bnoted? (?:about|on) me\b",
    r"\b(?:think|believe|assume|remember|know) (?:of|about) me\b|\bdo my (?:ratings|history|purchases|data) (?:say|tell)\b|\b(?:know|remember) what i like\b|\bi (?:mostly|usually|always) (?:buy|watch|read|play|drink|rate)\W*$|\bhow (?:has|did|does) my (?:taste|behaviou?r)\b",
    r"(?<!based on )(?<!fits )(?<!suits )(?<!match )(?<!matches )(?<!fit )(?<!from )(?<!by )\bmy (?:profile|tastes?|history|preferences|ratings|purchases)\b(?!.*\b(?:recommend|suggest)\b)(?=.*\b(?:what|show|see|tell|describe|summari[sz]e|is|are|view|display)\b|\W*$)",
    r"\b(?:show|see|view|open|describe|summari[sz]e) (?:me )?my (?:profile|tastes?|history|preferences|ratings)",
    r"\bwhat (?:kinds?|sorts?|types?) of .{1,25}\bdo i (?:like|usually|tend|buy|watch|enjoy|prefer)",
    r"\bwhat (?:do|have|did) i (?:usually |often |normally |already )*(?:like|liked|rated?|watched|buy|bought|enjoy)\b(?!.*\bwith\b)",
    r"\bwho (?:do you think )?(?:am i|i am)\b", r"\bdo you (?:know|remember) me\b|\bhow well do you know me\b|\bwhat am i (?:like|into)\b|\bwhat do you think i\b",
    r"\bdescribe me\b|\b(?:notes|file|records?|data|info\w*) (?:on|about) me\b|\bmy (?:\w+ )?profile\b|\bmy habits\b",
    r"\b(?:things|what|which \w+)(?: do)? you (?:believe|think|know) (?:that )?i (?:like|dislike|prefer|enjoy)\b|\bknow (?:which|what) \w+ i (?:like|prefer|enjoy)\b",
    r"对我.{0,6}了解|我最近(?:看|买|喜欢)了?什么|我(?:喜欢|爱看|常买)什么|你(?:了解|知道|记得)我|我的(?:资料|档案|口味|喜好|画像)",
)  # fmt: skip
EXPLAIN: Final = _any(
    rf"\b(?:why|how come)\b(?!.*\b{PEOPLE}\s+(?:who\b|\w+ )?{TAKE}\b)(?!.*\b(?:so often )?(?:bought|sold|rated) (?:together|with|on|in)\b)",
    r"\bwould you (?:still|also|even)\b|\bwould you\b.*\bif i\b", r"\bwhat made you\b|\breasons? (?:for|behind)\b|\bexplain\b|\bjustify\b|\bon what (?:basis|grounds)\b",
    r"\bhow did you (?:come up with|get to|arrive at|choose|pick)\b", r"\bwhat makes you (?:think|suggest|recommend|say|pick|offer|propose|choose|believe)\b|\bwhere (?:does|did|do) (?:that|this|it|they|these|those) come from\b|\b(?:does|do|is|are) .{1,50} still (?:come up|make it|appear|show up|suggested|recommended)\b|\bwhat's the (?:reason|logic)\b",
    r"\bwhat(?:'s|s| is| are) .{2,40} doing (?:in |up |on )?(?:there|here|it|that list)\b|\b(?:reasoning|logic|idea|evidence|thinking) (?:behind|for)\b|\bwhat(?:'s| is) behind\b|\bhow so\b|\bconvince me\b|\bhow did you (?:get|come) to\b",
    r"\bwould .{1,50} (?:still |also )?be (?:there|suggested|recommended|shown|picked|(?:on |in |among )?(?:your|the|my) (?:picks?|list|suggestions?|choice|recommendations?))\b|\bwould .{1,50} still (?:come up|make it|appear|show up|be)\b|\bwould (?:it|that|this|they) (?:still|also)\b|\bdo you still (?:say|suggest|recommend|pick)\b|\bis .{1,30} still (?:on|there)\b|\bsame (?:answer|pick)\b",
    r"\bmade you (?:pick|suggest|recommend|choose|think)\b|\bbother with\b|\bspeaks? (?:for|against)\b|\bto do with (?:me|my taste)\b|\bdefend\b|\bgrounds for\b|\bmy kind of thing\b|\b(?:depend|rely|hang)s? on\b(?! the (?:seasons?|months?|days?|time|weather|stores?|hours?|weekdays?|regions?|places?|year)\b)|\b(?:is|are|was|were) .{1,50} (?:suggested|recommended|proposed|picked) (?:because|due|only|to me|for me|just)\b",
    r"\bonly there because\b|\bstill be (?:in|on|there|first)\b|^\W*(?:(?:and|so|but|ok)\W+)*(?:the |what'?s the |your )?(?:reasons?|grounds|logic|rationale)\W*$|\bwhat (?:made|makes|puts?|got|brought|landed)\b.{2,60}\b(?:my|me|list|picks)\b|\bpersuade me\b|\bend(?:s|ed)? up (?:on|in) my\b|\b(?:on|in) my (?:list|picks|recommendations)\b(?=.*\bwhy|.*\bhow)",
    r"\bwithout\b.*\bstill\b|\bstill\b.*\bwithout\b",
    r"为什么|为何|理由|还会推荐",
)  # fmt: skip
WITHOUT: Final = _any(
    r"\bif i (?:had ?n'?t|had not|did ?n'?t|did not|never|have ?n'?t|hated|disliked|were ?n'?t|put|skip(?:ped)?|left|leave)\b|\b(?:take|took|leave|left|cross(?:ed)?) .{2,40}\b(?:out of (?:it|the picture|this|that)|away|off(?: the list)?)\b|\bif you forgot\b|\b(?:wasn'?t|weren'?t|was not|were not) in the picture\b", r"\bwithout\b|\bhad i not\b|\bleaving out\b|\bignor(?:e|ing)\b|\bif not for\b|\bif you (?:leave|left|take|took|ignored?)\b|\bapart from\b|\bif i (?:take away|took away|remove|removed|drop|dropped)\b|\b(?:i|i'd|i had|i've) never\b",
    r"如果(?:我)?(?:没有?|不)",
)  # fmt: skip
RULES: Final[tuple[tuple[RuleKind, Cue], ...]] = (
    ("cycle", _any(
        r"\bneed .{2,40} again\b|\bevery (?:\d+|two|three|four|five|six|ten|other) (?:days|weeks|months)\b|\b(?:weekly|fortnightly|monthly|daily) (?:thing|purchase|buy|habit|routine|ritual|treat|affair)\b|\bafter how many (?:days|weeks)\b|\b(?:re-?order|re-?purchase|purchase|buying|re-?buying) (?:interval|cycle|gap|rhythm|rate|frequency)\b|\bhow regular\b|\b(?:days|weeks) (?:between|apart)\b|\bevery what\b|\bhow many (?:days|weeks) (?:do|does|until|till|before|pass|go by|between)\b|\bhow long (?:does|do|will) .{2,40} (?:last|keep)\b|\btime between\b",
        r"\bhow (?:often|frequently|regularly)\b", r"\b(?:any|some|a|what|there a) (?:\w+ )?rhythm\b|\brun(?:s|ning)? (?:low|short)\b|\b(?:a second|another|one more) time\b|\bcome(?:s)? back (?:to|and) (?:rate|watch|buy|get|it)\b|\bhow soon .{2,40} again\b", r"\bhow (?:long|many days|many weeks|much time)\b.*\b(?:until|till|before|between|last|again|lasts?)\b",
        r"\bwhen (?:will|do|should|would|does|am|is|are)\b.*\b(?:again|need|run out|due|next buy|restock|rebuy|re-?order)\b", r"\b(?:is|are|who(?:'s| is)?) (?:over)?due\b|\boverdue\b|\bdue for\b|\brepurchase|\bre-?buy\b|\breplenish|\brestock|\brun(?:s|ning)? out of\b|\bcycles?\b|\bbuys? .*\bagain\b|\b(?:bought|rated|taken) again\b|(?<!in )\bevery (?:day|week|month|few (?:days|weeks))\b|\b(?:usual|median|average|typical|mean) (?:gap|interval|time|number of days)\b|\bgaps? between\b|\bevery how many\b|\btime between purchases\b|\bwho (?:needs|will need|should (?:buy|get))\b|\brepeat (?:rate|purchases?)\b|\bcomes? back (?:fastest|regularly|soonest)\b|\breturns? regularly\b|\b(?:strongest|longest|shortest) (?:rhythm|cycle|gap|interval)\b|\b(?:days|weeks|months) (?:lie|pass|go by)\b|\bmust i (?:get|buy) .* again\b|\brepeat\b.*\binterval\b|\binterval\b.*\brepeat\b",
        r"谁该|该买.{1,8}了|多久|周期|隔几天|再买一次|多长时间",
    )),
    ("next", _any(
        r"\bbefore (?:they|people|someone|buying|rating|watching|getting|taking|seeing)\b|\b(?:in|over|during|within) the (?:following|next|coming) (?:\w+ )?(?:days?|weeks?|months?|fortnight)\b(?!.*\b(?:due|again)\b)|\blater (?:that|the same|in the) (?:week|month|day|year)\b|\bwithin .{1,30} of (?:buying|rating|watching|seeing|taking|getting)\b|\bonce (?:an? |the )?(?:household|person|customer|shopper|family|viewer|buyer|someone|people)\b|\blater (?:baskets?|trips?|visits?|days?|ratings?|purchases?)\b|\bpreced(?:e|es|ed|ing)\b|\b(?:what|which)\b.{0,60}\b(?:before|prior to|ahead of)\b(?! (?:noon|work|bed|christmas|dinner|lunch))|\b(?:trip|visit|basket|purchase|shop) after\b|\b(?:before or after|comes? first)\b|\b(?:ahead of|prior to|sooner|earlier|later)\b.{0,40}\bor\b.{0,40}\b(?:after|later|behind|ahead|before|earlier)\b|\b(?:days?|weeks?|months?) (?:earlier|before|prior)\b|\b(?:return|back) for\b|\b(?:gateway|stepping stone|entry point|springboard) (?:to|for|into)\b|\b(?:acts?|serves?) as an? (?:entry|start|gateway)|\b(?:have|has|had|got) .{2,50} behind (?:them|her|him|it)\b|\b(?:go|turn|move|head) (?:on )?(?:from there|next|afterwards)\b|\bhaving (?:done|finished|had|taken)\b|\b(?:antecedent|consequent|sequential|sequence|lag)\b|->|→|\bone after (?:another|the other)\b|\bseparate (?:trips|days|visits|baskets)\b|\blater on\b|\b(?:the|their) (?:next|following) (?:trip|visit|day|basket|shop)\b|\b(?:likel(?:y|ier)|odds|chances?|probability)\b.{0,80}\b(?:following|next|afterwards|later|coming) (?:\w+ )?(?:days?|weeks?|months?|fortnight)\b|\bwithin (?:the )?(?:\w+ ){0,2}(?:days?|weeks?|months?|fortnight)\b|\b(?:follow\w*|next|coming) (?:\w+ )?(?:days?|weeks?|months?|fortnight)\b(?=.*\b(?:buys?|bought|rates?|rated|gets?|takes?|viewed|watch\w*|come|back)\b)",
        r"\bhow (?:soon|quickly)\b|\bthen\b.{2,60}\b(?:within|inside|in under) (?:\w+ ){1,2}(?:days?|weeks?|months?)\b|\bonce (?:they|people|someone|you)(?:'ve|'s| have| has)? (?:\w+ )?(?:done|bought|seen|rated|had|got|watched|taken|finished)\b|\bin (?:the|a) (?:\w+ )?(?:days?|weeks?|months?|fortnight) after\b",
        r"\bwhat (?:comes|follows|happens)\b(?!.* with\b)|\bwithin (?:\w+ ){1,2}(?:days?|weeks?|months?)\b", r"\bafter (?:someone|people|they|customers?|households?|shoppers?|viewers?|buying|purchasing|getting|watching|rating|seeing|a purchase)\b",
        rf"\b{PEOPLE} (?:usually |then |typically |tend to |often )*{TAKE}(?: \w+)? (?:next|afterwards?|after|later|then)\b", r"\bfollow(?:s|ed)?\b(?: up)?|\bleads? (?:\w+ )?to\b|\b(?:next|later|afterwards) (?:purchase|buy|basket|trip|visit)\b|\bbuy next\b|\bcomes? next\b|\bcomes? after\b|\b(?:bought|watched|rated|seen) (?:right |soon |shortly )?after\b|\bnext step after\b|\b(?:soon|right|shortly) after\b|\band then(?: what)?\W*$|^\W*after .{2,60}, (?:what|which)\b|\bpurchase after\b|\btriggered by\b|\bhow long after\b|\bwho .{2,60} (?:later|next|afterwards)\W*$|\b(?:do|does|is|are) .{2,60} (?:come|bought|taken|rated) (?:later than|after|following)\b|\bgets? (?:rated|bought|watched|picked) next\b|\b(?:return|come back|comes back) for\b",
        rf"\b{TAKE} (?:right |soon |shortly |straight )?after\b(?! all| work| dark| \d)", r"\bthen (?:buy|watch|rate|get|come back for)\b|\bin the (?:\w+ )?(?:days?|weeks?|months?|fortnight) (?:after|following)\b|\bfirst\b.{2,60}\b(?:after(?:wards)?|later|then|next|second)\b|\bthe other way (?:a)?round\b|\bwhat (?:do|does|did) .{2,30} lead to\b|\b(?:days|weeks) (?:after|later)\b",
        r"之后(?:会|通常|一般|还|人们|大家|买|看)|接下来(?:会|人们|大家|买)|然后买",
    )),
    ("trend", _any(
        r"\bhow(?:'s| is| are| has|s) .{2,40} (?:doing|selling|going|faring|been)\b|\b(?:month|week) (?:to|by|after|on) (?:month|week)\b|\b(?:in )?each (?:month|week)\b(?! (?:day|end))|\b(?:fewer|less|more) .{2,50}\b(?:now|these days|than (?:before|earlier|at the start|ever|in the past))\b|\bgetting (?:more|fewer|less)\b|\b(?:what|which) .{2,50} lately\b|\b(?:gain|lose|loose|lost)(?:s|ed|ing)? (?:ground|customers|fans|share|interest|viewers|buyers|popularity|appeal)\b|\b(?:losing|gaining) (?:ground|customers|fans|share|viewers|buyers|popularity|appeal)\b|\b(?:drift\w*|upwards?|downwards?|sideways|uptrend|downtrend)\b|\b(?:move|moved|moving) the same way\b|\bhow did .{2,70} (?:move|develop|change|fare)\b|\b(?:did|has|have|had) .{2,60} (?:drop|fall|rise|grow|shrink|decline|climb|sink|swell|slip|shift)(?:ped|en|n|ed)?\b|\bover the (?:months|year|course)\b",
        r"\b(?:has|have|how) .{2,60}\bbeen (?:moving|doing|selling|going|faring)\b|\bas the (?:weeks|months|year|seasons) (?:wore|went|go|passed)\b|\bper month\b|\b(?:get|got|getting|grow|grew|tire[sd]?) (?:bored|tired|sick) of\b|\bon the wane\b|\b(?:what|which(?: \w+)?) peak(?:s|ed)?\b|\bwhen did .{2,60} peak\b|\bon (?:the|its|their) way (?:up|down|out)\b|\b(?:get|got|getting|become|became) (?:more |less )?popular\b|\b(?:fading|rising|growing|falling|seasonal) or\b|\bpick(?:s|ed|ing)? up (?:again|in|since|lately|over|after|during|towards?|by|the pace|steam)\b|\bpick(?:s|ed|ing)? up\W*$|\b(?:go|goes|gone|went) (?:up|down)\b|\btook off\b|\bmonthly\b|\bby month\b|\b(?:show|draw|plot|chart|graph)\b.{0,30}\bmonths\b|\bwhich month\b.{0,90}\blowest\b|\b(?:jump|spike|surge|slump|dip|climb|slid)(?:e|ed|s|ped|ing)?\b|\bmore and more\b|\bless and less\b|\bsell(?:s|ing)? (?:more|less|better|worse) (?:than it did|lately|now|recently)\b",
        r"\b(?:ris(?:ing|e|es|en)|still popular|taking off|getting (?:more|less) popular|through the year|than they used to|seasonal pattern|losing interest|falling|fall(?:s|en)? (?:off|out)|on the way (?:up|down)|month by month|trend(?:s|ing)?|growing|grow(?:n|s)?|declin\w+|seasonal(?:ity)?|fading|fade[sd]?|gaining|losing|dropping|booming|picking up|going (?:up|down))\b|\b(?:what|which|that|who|has|it|they)\b.{0,30}\b(?:rose|grew|fell|dropped|went (?:up|down))\b",
        r"\b(?:more|less) popular (?:lately|recently|over|than (?:before|last)|since|these days)\b|\bchang(?:e|ed|es|ing)\b(?! my| the subject)|\bhappened (?:in|during|since|on)\b|\bdevelop(?:ed|s)?\b|\bover (?:time|the (?:year|months?))\b|\bup or down\b",
        r"上升|下降|趋势|季节性|变化|越来越",
    )),
    ("context", _any(
        r"\b(?:top|best|peak|strongest|busiest|biggest|main|weakest|slowest) (?:month|season|day|weekday|hour|daypart|time|store|region|state|branch)\b|\b(?:is|are|was) .{2,50} (?:big|popular|huge|liked|loved|common) (?:in|at|on|among)\b|\bin (?:which|what) (?:\w+ ){0,2}(?:region|state|store|season|month|weekday|hour|daypart|place|branch)\b|\b(?:season|month|weekday|day|hour|daypart|region|state|store|branch)s? (?:in which|when|where|with/?|w/)(?=\s)|\bwhere in (?:the )?(?:us|usa|country|states|united states|america)\b|\b(?:temporal|weekly|daily|time|seasonal|hourly|weekday) (?:profile|pattern|distribution|curve|breakdown)\b|\bheat ?map\b|\b(?:hours|days|months) (?:and|or|of)\b|\bhour (?:x|by|per) (?:week)?day\b|\bmon(?:day)?\s*(?:-|–|to|through)\s*sun(?:day)?\b|\bwhere (?:in|on)\b",
        r"^\W*(?:chart|plot|draw|graph|show me)\b.*\bwhen (?:people|households|customers|shoppers|viewers|they)\b",
        rf"\bwhen {PEOPLE} {TAKE}\b",
        r"\bwhen (?:do|does|are|is|did|else)\b(?! (?:you|i|the next)\b)(?!.*\b(?:released|made|come out|from)\b)", r"\bwh(?:at|ich) (?:counters?|branch(?:es)?|outlets?|locations?|time|times|day|days|hour|hours|month|months|season|seasons|daypart|stores?|states?|regions?|places?|part of|shops?|weekdays?)\b", r"\bwhere (?:do|does|are|is|did|else)\b(?! (?:you|i|my)\b)",
        r"\bpeaks?\b|\bbusiest\b|\bbest (?:day|time|month|season|store|hour)\b|\btimes? of (?:the )?(?:day|year|week)\b|\btime is\b|\b(?:across|over|throughout) the (?:day|week|hours|weekdays)\b|\bacross (?:the )?(?:seasons|stores|regions|weekdays|states)\b|\bhow (?:popular|common) (?:is|are) .{2,40} (?:on|in|at)\b|\bsets? .{2,30} apart\b|\bdiffer(?:s|ent)? (?:from|on|about|in)\b|\bin what way\b|\bby (?:daypart|weekday|month|season|store|region|state|hour|time)\b",
        r"\b(?:is|are|does|do)\b.{1,40}\b(?:more|less|mostly|mainly|usually|especially) (?:popular |often |common )?(?:bought |rated |watched |sold |a )*(?:on|in|at|during|among|for)?\b.{0,20}\b(?:thing|weekends?|evenings?|mornings?|nights?|summer|winter|autumn|spring)\b",
        r"^\W*(?:and |but )?(?:where|when)\W*$|^\W*(?:and |but )?(?:where|when) (?:exactly|then|else|mostly|mainly)\W*$",
        r"(?<!一起)卖得(?:更|最)?(?:好|多)|更受欢迎|最受欢迎|哪(?:家|个)(?:店|商店|地方)|什么时候|哪天|哪个(?:店|州|地区|季节|月)|哪里|几点|何时",
    )),
    ("together", _any(
        r"\bsame (?:sitting|session|evening|go)\b|\bin (?:1|one) (?:basket|order|trip|cart|receipt)\b|\bmakes? (?:people|them|customers|households) (?:buy|take|rate|get)\b|\bsuper-?fans?\b|\bshares? (?:a|one|the same) (?:receipt|basket|trolley|cart|bill)\b|\bon (?:a|one|the same|that|the) (?:receipt|list|ticket|bill) (?:too|as well|also)\b|\b(?:same|one) (?:trolley|receipt|bill|order|ticket|checkout)\b|\b(?:stand|sit|put|place[ds]?|stock|sell|shelve) (?:it |them |right |directly )*(?:beside|next to|by|near|alongside)\b|\badd-?ons?\b|\bjoins? (?:it|them|in)\b|\border (?:\w+ )?with\b|\bside by side\b|\bbelongs? with\b|\bcross-?sell\w*\b|\bsells? w\b|\b(?:what|which|a) third (?:product|item|thing|film)\b|\b(?:weird|odd|strange|good|best|popular|common|surprising) combos?\b|\bcompany\b.*\bkeeps?\b|\bbelongs? to\b|\b(?:gets?|is|are) (?:bought|rated|taken) (?:along |together )?with\b|\bmost likely to be\b.*\b(?:too|also|as well)\b|\baffinit\w+\b|\battach rate\b",
        r"\bpartners? (?:for|of)\b|\bcompanions? (?:of|for|to)\b|\bshares? (?:a|the) (?:basket|cart|trip)\b|\b(?:on|in) how many (?:of (?:them|these|those) )?(?:was|were|is|are|did|had)\b|\bby what factor\b|\b(?:link|connection|bond|pair) (?:between|of)\b|\b(?:is|are) the pair\b|\b\b(?:go|goes|went|going) (?:well |best |nicely |together |along )*with\b|\bgo(?:es)? together\b", r"\b(?:sell|sells|sold|bought|buy|purchased|taken|take|rated|rate|watched|watch|seen|eaten|served|combine[sd]?|pairs?|paired|fits?|match(?:es)?|appear|appears|combined|co-?occurs?|get|put|in baskets?|in the basket)(?: \w+)? (?:well |together |best |most |often |along |nicely )*with\b",
        r"\btogether\b|\balong(?:side| with)\b|\bin the same (?:basket|cart|session)\b|\bcombinations?\b|\bpairings?\b|\bcompanions?\b|\bpairs? up\b|\bbundle\b|\bnext to\b|\balso (?:go for|liked|bought|took)\b|\breally (?:linked|related)\b|\blinks? (?:with|between)\b|\bmatch(?:es)? best\b|\b(?:best|strongest|common|typical|usual|top) (?:pairs?|links?|companions?|partners?|combinations?)\b|\btry with (?:it|them)\b|\bhow many .{2,30} (?:had|have) .{2,40} (?:also|both)\b|\b(?:on|in) (?:the )?same (?:day|trip|basket)\b|\b(?:on|in) the same (?:day|trip|basket) (?:as|with)\b|\baccompan\w+\b",
        rf"\b{PEOPLE}\b.*\balso {TAKE}\b|\balso (?:bought|buy|watched|watch|rated|rate|get|take|pick up)\b|\bbuys? what else\b|\bwhat else (?:do|did|does|is|are) {PEOPLE}?\b.*",
        r"一起|搭配|的人还(?:会)?(?:看|买)|还(?:会)?(?:买|看)(?:了)?什么|同时(?:买|看)|还会买|也(?:买|看)",
    )),
    ("any", _any(r"\bfindings?\b.{0,40}\bsurpris\w+|\b(?:most )?strongly (?:linked|tied|connected|related)\b|\b(?:any|some|what|which|the) (?:\w+ )?surprises?\b|\b(?:odd|weird|strange|surprising|curious)(?:est)? (?:thing|things)\b|\b(?:any(?:thing)?|some(?:thing)?|what) (?:weird|odd|strange|curious|surprising|unusual|quirky|peculiar|funny)(?: (?:going on|habits?|happens?|happening))\b|\b(?:weird|wild|odd|strange|curious)est (?:one|rule|link|pair|combo|thing)\b|\bnever (?:have |'ve )?guess(?:ed)?\b|\b(?:curious|odd|strange|weird) habits?\b|\b(?:pairs?|rules?|links?|combos?|combinations?|associations?)\b.{0,25}\b(?:strongest|surprising|useful|interesting|unexpected|weirdest)\b", r"\b(?:most|least|more|three|five|ten|two|\d+) (?:surprising|unexpected|unusual|odd|useful|interesting|actionable)\b|\b(?:strongest|oddest|weirdest|strangest) (?:\w+ )?(?:thing|pairs?|rules?|links?|combos?|combinations?|findings?|patterns?|associations?)\b|\b(?:surprising|unexpected|useful|interesting) (?:thing|pairs?|rules?|links?|combos?|findings?|patterns?|facts?)\b", r"\bregularit\w+|\b(?:found out|discovered|mined)\b|\b(?:strongest|clearest|weirdest|useful|reliable|surprising|unexpected) (?:links|findings|regularities)\b|\bhabits (?:have you|you) found\b", r"\bsomething (?:weird|odd|strange|surprising|interesting|unusual)\b.*\b(?:found|about)\b", r"\brules?\b|\bpatterns?\b|\bassociations?\b|\bcorrelat\w+|\blift\b|\bconfidence\b", r"规则|规律|关联")),
)  # fmt: skip
COUNT: Final = _any(
    r"\bshare of\b|\bcount (?:the |all |of )?(?:\w+ )?(?:orders|baskets|receipts|trips|days|tickets)\b|\bhow many are there\b|\bratings of\b.*\bhow many\b|\bhow (?:much|many) .{2,50} (?:is|are|was|were|gets?) (?:bought|sold|rated|watched|taken|ordered|eaten|drunk)\b|\b(?:what|which|the|a|give|tell) (?:share|percent|percentage|fraction|proportion|probability)\b|\bhow many (?:receipts|tickets|trolleys|carts|bills|days|trips|orders|homes|families)\b|\b(?:the|his|her|their|any) (?:chance|odds|probability) (?:that|of)\b|\bp[- ]?values?\b|\bhow much of (?:an?|the)\b|\bby how (?:many|much)\b|\bhow much (?:more|less|weaker|stronger|higher|lower)\b|\bjudging by (?:the )?(?:baskets|receipts|data|ratings)\b|\b(?:according|acording) to (?:the )?(?:baskets|receipts|data|ratings|numbers)\b",
    r"\bhow many (?:different |distinct |of the )?(?:baskets|people|households|customers|times|shoppers|sessions|viewers|buyers)\b|\bwhat (?:share|percentage|percent|fraction|proportion) of\b|\bhow likely\b|\bhow (?:much )?(?:more|less) (?:likely|often)\b|\bwhat are the (?:odds|chances)\b",
    r"有多少(?:人|个)|占多少",
)  # fmt: skip
CROWD: Final = _any(
    rf"\b(?:do|does|did) {PEOPLE}\b.{{0,20}}\b{TAKE}\b", rf"\bwhat (?:do|did|does|are|else do) {PEOPLE}\b.*\b{TAKE}", rf"\b{PEOPLE} who\b", r"\b(?:what(?:'s| is| are|s)?|which \w+ (?:is|are)) (?:the )?(?:most )?(?:popular|bought|sold|rated|watched|hot|big|selling|typical|special|unusual|strongest|common)\b",
    r"\bbest ?sell(?:er|ers|ing)\b|\btop sellers?\b|\bsells? (?:best|most|well)\b|\bmost (?:popular|bought|rated|watched|sold)\b|\bsells?\b",
    r"(?:大家|人们|顾客|人).{0,8}(?:买|看)",
)  # fmt: skip
COMPARE: Final = _any(
    r"\b(?:contrast|beside|who(?:'?s)? winning|which wins|next to|whereas|while|same as|"
    r"against|versus|vs\.?|v|compared? (?:to|with)|differ(?:s|ent|ence)?|than (?:on|in|at|during|the)|(?:more|less|fewer|better|often|bigger|higher|lower|larger|smaller|stronger|weaker|worse|commoner)\b.*\bth[ae]n|rather than|or more|compare)\b", r"不同|区别|差别|差异|相比|比较|对比|还是|比",
)  # fmt: skip
OTHERS: Final = _any(
    r"\b(?:the )?(?:others|other (?:stores?|days|times|states|regions|places|shops)|the rest|elsewhere|everywhere else|otherwise|average|usual|rest of (?:the )?\w+)\b|其他"
)
DOUBT: Final = _any(
    r"\b(?:is|was|are|isn't|could|can|might|would) (?:that|this|it|these|they|there)(?: \w+){0,2} (?:real|really|true|just|only|significant|chance|coincidence|a fluke|fluke|random|noise|luck|reliable|robust|because|due to|explained)\b",
    r"\bby chance\b|\bfluke\b|\breal\W+or\b|\breal\W*$|\b(?:luck|chance|coincidence|noise|random)\W*$|\byou expect\b|\bsurvive\w*\b|\b(?:same|like|similar|equal)(?:ly)?[- ]sized?\b|\bsame size\b|\bbehind (?:that|this|it)\b|\b(?:that|this) (?:link|pair|pattern)\b|\b(?:true|same|hold\w*|there|so) (?:\w+ )?(?:every|each|all) (?:month|week|season|year)s?\b|\b(?:have|has|contain|hold)s? everything\b|\bboth\b.{0,25}\b(?:sell|common|frequent)\b|\b(?:in|true in) all (?:months|seasons|weeks)\b|\bgenuine\b|\bproven\b|\bspurious\b|\b(?:could|might|can) .{2,60} be (?:just )?(?:chance|luck|noise|random|coincidence)\b|\bmean(?:s)? anything\b|\b(?:than|what) (?:you'd|you would|one would|i'd|we'd) expect\b|\bfor real\b|\b(?:is|was) (?:that|this|it) (?:really |just |only )?an? \w+(?: \w+)? thing\b|\bjust (?:because|popular|chance|a busy|noise)\b|\bonly a few\b|\bhold(?:s)? (?:up )?(?:in|at|for|across|on|everywhere|over)\b|\bhow (?:sure|certain|confident|reliable|solid) (?:are|is)\b|\bstatistically\b|\bare you sure\b|\breally true\b|\bconfound\w*|\bhow do you know\b|\bboth (?:are )?(?:just )?popular\b|\b(?:link|connection|associations?|relation(?:ship)?|correlations?|pattern) (?:between|real|true|strong|hold)\b",
    r"\breal (?:pattern|link|connection|effect|thing)\b|\bjust (?:a )?habit\b|\bcaus(?:e|es|ed|al|ation)\b|\badjust(?:ed|ing|ment)?\b|\bcontrol(?:led|ling)? for\b|\b(?:every|all|each|across) (?:the )?(?:stores?|shops?|states?|regions?|places)\b|\b(?:few|handful of|how many(?: different)?|same) (?:people|households|customers|shoppers|families|viewers|persons)\b(?=\W*$| behind| who| drive| that)|\bsignifican\w+|\bcoincidence\b|\bheavy (?:users|buyers)\b",
    r"\b(?:and |for )how many (?:people|households|customers|viewers) (?:is|does|was) (?:that|it|this)\b",
    r"^\W*(?:and |for )*how many (?:baskets|people|households|customers|viewers)\W*$|\bnoise\b|\bsays who\b|\bprove (?:it|that)\b|\bsample size\b|\bp-value\b",
    r"\benough (?:baskets|people|households|data|cases)\b|\b(?:be|just|only) (?:\w+ )?(?:luck|chance|coincidence)\b",
    r"真的吗|偶然|巧合|可靠吗|确定吗",
)  # fmt: skip
CHART: Final = _any(r"^\W*(?:ok(?:ay)?,? |please |can you |could you |and )*(?:show|draw|plot|chart|graph|visuali[sz]e)(?: me)?(?: (?:that|this|it|them))?(?: (?:as|in|on) (?:a |an )?(?:chart|graph|plot|table))?(?: please)?\W*$|\b(?:as|in) (?:a |an )?(?:chart|graph|plot|csv|table|spreadsheet)\b|\b(?:chart|plot|graph) (?:that|this|it)\b|\bcsv\b|\b(?:save|export) (?:this|these|that|those|it|them)\b|图表|画(?:出来|图)|导出")  # fmt: skip
DETAILS: Final = _any(
    r"\btell me (?:more |something |a bit |everything )?about\b|\bwhat(?:'s| is| was| are|s)\b.*\babout\b|\b(?:more )?(?:info(?:rmation)?|details?|facts?|data) (?:on|about|of|for)\b|\bdescribe\b",
    r"\b(?:when|what year|which year) (?:was|were|did|is)\b.*\b(?:released|made|come out|came out|from|filmed|shot|out)\b|\b(?:what|which) year\b|\bhow old is\b|\brelease (?:date|year)\b",
    r"\bwho (?:directed|made|wrote|stars|starred|is in|plays)\b|\b(?:what|which) (?:genres?|categor(?:y|ies)|kind of (?:movie|film|product)|type of (?:movie|film|product)|department|aisle)\b",
    r"\bhow (?:good|popular|well (?:rated|liked)|many (?:ratings|stars|votes)|highly rated|expensive|long|much) (?:is|does|was|are|has|did)\b|\b(?:average |mean )?(?:rating|score|price|runtime) (?:of|for)\b|\bwhat do people think (?:of|about)\b|\bwhat (?:is|are)\b(?=.{1,40}(?:rated|like)\W*$)",
    r"\b(?:summary|rundown|description)\b|\bremind me what\b|\bdifference between\b|\bwhich (?:is|one is|came)\b.*\b(?:older|newer|first|better(?: rated)?|more popular|longer|worse)\b|\btell me more\W*$|\b(?:did|do) you (?:hear|know) (?:of )?\b|\bdo (?:people|fans|critics|others) (?:think|rate|find)\b",
    r"\bwhat decade\b|^\W*compare\b(?!.*\b(?:on|in|at|across|between)\b)|\bsay (?:something|more|a bit) (?:on|about)\b|^\W*(?:please )?(?:open|look up|pull up)\b|\bwho (?:makes|produces)\b",
    r"\b(?:info|facts|details|information)\W*$|\bgive me the facts\b|\bwhat (?:kind|sort) of (?:movie|film|thing|stuff)\b|\b(?:information|info) regarding\b",
    r"\b(?:which|what|how many) (?:brands?|sizes?|versions?|variants?)\b|\bwhat's\b(?=.{1,40} like\W*$)",
    r"属于|介绍|讲(?:的是)?什么|哪一?年|什么类型|怎么样|详情",
)  # fmt: skip
IS_IT: Final = re.compile(r"^\W*(?:so |and )?(?:is|are|was|were|does)\b(?! there\b)")
SCORE: Final = _any(
    r"\brecommend\w*|\bsuggest\w*|(?<!not )\bfor me\b|\bwhat (?:should|shall|can|could|do|would|might|must) (?:i|we)\b|\bwhat to (?:watch|buy|see|get|cook|eat|try|rate)\b|\bsurprise me\b|\bwhat (?:next|else)\b|\bmy (?:taste|next)\b|\bbased on\b|\bsimilar\b|\bmore (?:like|of)\b|\bin the (?:vein|style|spirit) of\b|\byou (?:got|have) for (?:me|us)\b|\bpick (?:something|one|a)\b|\bwhich (?:one )?should (?:i|we)\b|\bwould i (?:like|enjoy)\b|\banything else\b|\bwhat goes next\b|\bin my (?:cart|basket)\b|\bwhat am i (?:missing|forgetting)\b|\bdid i forget\b|\b(?:suits?|fits?|matches) (?:me|my taste)\b|\bfor us\b|\bbest bets?\b|\byou (?:choose|pick|decide)\b|\byour (?:pick|choice|best guess)\b|\bup my street\b|\b(?:i|we)(?:'d| would| might)(?: really)? (?:like|love|enjoy)\W*$|\bworth (?:watching|buying|trying|it for me)\b|\b(?:i|we) have missed\b|\b(?:an)?other ideas\b|\bthe opposite of\b|\bmake me a (?:list|plan|selection)\b|\b(?:have you got|got) anything for\b|\b(?:some|any) (?:advice|inspiration|tips?|ideas|suggestions)\b|\byou tell me\b|\bsuit me\b|\bwhat i've (?:rated|liked|bought)\b",
    r"还缺什么|缺什么|还需要什么|推荐|类似|像.{0,30}一样|适合我|看什么|买什么|看点|买点|还有(?:什么|别的)",
)  # fmt: skip
LIKE: Final = re.compile(
    r"\b(?:like|similar to|in the (?:vein|style|spirit) of|as good as|resembl\w+|reminds? me of|along the lines of|based on|because i (?:liked|loved)|since i (?:liked|loved)|similar\w*|fan of|fans of|enjoyed|loved|liked)\b|像|类似|喜欢"
)
SIMILAR: Final = re.compile(
    r"\b(?:something|anything|more|ones?|others?) (?:very |quite )?similar\b(?! to)|\bsimilar (?:ones?|films?|movies?|things?|products?|items?)\b|\bmore like (?:it|that|this)\b"
)
SEARCH: Final = _any(
    r"^\W*(?:please )?(?:show|list|browse|display)\b",
    r"\b(?:find|search|look(?:ing)? for|any|do you (?:have|sell|carry|stock|know)|show me|list|i (?:want|need|fancy)|i'?d like|i'?m (?:after|looking)|got (?:any|some)|give me|which (?:films?|movies?|products?|items?)|something|anything|browse|are there|is there|we need|i feel like|there (?:was|is) (?:a|some|this)|hit me with|pull up|dig up|everything (?:you know|on|about)|where can i (?:get|find)|what was the|in the mood for|the one (?:where|about|with)|stuff for|ingredients for|things for|in the mood|mood for|craving|movies?|films?|flicks?)\b",
    r"有没有|有什么|有哪些|找|搜|想看|想买|想要|来点|电影|片",
)  # fmt: skip
FOLLOW: Final = re.compile(
    r"^\W*(?:(?:ok|okay|yes|no|nah|nope|hmm+|well|meh|ugh|cool|great|thanks|thank you|fine|good|but|please|sorry|actually|now|oh|ah)\W+)*"
    r"(?:and|or|but|also|what about|how about|what if|only|just|instead|same|then|more|another|others?|other|newer|older|earlier|later|too|less|without|not|no|something (?:newer|older|else|different|more|less|similar|shorter|lighter)|anything (?:newer|older|else|different)|any (?:others?|newer|older|other|more)|show (?:me )?(?:some )?(?:more|others?|newer|older|another)|give me (?:some )?(?:more|others?|another|newer|older)|rather|make (?:it|that|them)|maybe|\d+ (?:others?|more)|i (?:meant|mean|said)|from|in the|on|at|during|with|for|against|versus|vs|compared|than|these|those|them|except|a bit|even|that|make)\b"
    r"|^\W*(?:(?:leave|take) out|skip|drop|exclude)\b|\b(?:only|instead)\W*$"
    r"|^\W*(?:那|那么|不|别|换|再|还|更|只要)|呢[？?]?\W*$"
)
MORE: Final = re.compile(
    r"\b(?:show|give|tell|list|see|any|some|few)? ?(?:me |us )?(?:a few |some |\d+ )?more\b(?! (?:about|like|of|than|recent|popular|often|likely|info|detail))|\banother\b|\b(?:what|anything|something) else\b|\bothers\b|\btry again\b|\bnone of (?:these|those|them)\b|\bkeep going\b|\bnext page\b|更多|再来|还有吗|换一"
)
ABOUT: Final = re.compile(r"\b(?:what|how) about\b|^\W*and\b|呢[？?]?\W*$")
IT: Final = re.compile(
    r"\b(?:it|this|that|this one|that one|these|those|them|the one)\b|这[个部]|那[个部]|它"
)
CART: Final = re.compile(r"\b(?:my|this|the) (?:cart|basket|trolley|shopping|list)\b|购物车")
HERE: Final = re.compile(
    r"\b(?:here|in this (?:store|state|region)|in my (?:store|state|area|region)|near me|around here|my store|this store)\b|这里|本店"
)


def rule_kind(plain: str) -> RuleKind | None:
    """Return the kind of rule that a text asks about, None where it asks about none."""
    kind = next((kind for kind, pattern in RULES if pattern.search(plain)), None)
    if kind == "cycle" and _FOLLOWS.search(plain):
        return "next"  # "how often does frosting follow cake mix?"
    if kind == "cycle" and _BY_MONTH.search(plain):
        return "trend"  # "plot how often milk is bought in each month"
    if kind == "any" and _PAIRS.search(plain):
        return "together"
    return kind


JOINT: Final = re.compile(
    r"\bboth\b(?! (?:are )?(?:just )?popular)|\b(?:the same|one|a single) (?:basket|day|trip|cart|session|shop)\b|\btogether\b(?! with)|\bwith\b"
)
"""Two things in one basket, not one after the other."""
_BY_MONTH = re.compile(r"\b(?:in |for )?each (?:month|week)\b(?=\W*$)|\b(?:by|per) (?:month|week)\b")
_PAIRS = re.compile(
    r"\b(?:pairs?|pairings?|combos?|combinations?|duos?)\b|\b(?:linked|tied|connected|related)\b"
)
_FOLLOWS = re.compile(
    r"\b(?:back|return(?:s|ing)?) for\b|\bwithin .{1,30} of (?:buying|rating|watching|seeing|taking|getting)\b|\bhaving (?:bought|watched|rated|seen)\b|\bonce (?:they|people|someone|you)\b|\bthen\b.*\b(?:within|inside|in under)\b|\bin the \w+ after\b|\bhow long until people\b|\bfollow(?:s|ed)?\b|\bwithin\b.*\bafter\b|\bafter\b.*\bwithin\b|\bhow (?:long|many days) after\b"
)
BACKWARDS: Final = re.compile(
    r"\bfollow(?:s|ed)?\b(?! by\b| up\b)|\b(?:comes?|bought|rated|watched|seen|taken) (?:right |soon |shortly )?after\b"
)
"""Between two things: the second one comes first in time ("frosting follows cake mix")."""
