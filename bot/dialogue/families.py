"""Families of words that questions about behaviour are made of: who acts, what was recorded, and what is asked of it.

A wording is one sentence; a family is every word for one thing, whatever stands around it. Knows words. It refuses to
know which question a message asks: `bot.dialogue.planner_behaviour` reads that from which families are there.
"""

from __future__ import annotations

import re
from typing import Final

from bot.dialogue.cue import Cue
from bot.dialogue.numerals import listed


def family(words: str, *phrases: str) -> Cue:
    """Return a cue for a list of words, where "pair*" stands for every word that begins so, and for phrases.

    Args:
        words: Words parted by blanks; an underscore stands for the blank of a phrase.
        phrases: Patterns for what words alone do not say.
    """
    forms = [
        re.escape(word).replace("_", r"[ -]").replace(re.escape("*"), r"\w*")
        for word in sorted(listed(words), key=len, reverse=True)
    ]
    return Cue(re.compile("|".join([rf"\b(?:{'|'.join(forms)})\b", *phrases])))


_UNIT = r"(?:days?|weeks?|months?|fortnights?)"
_OF_TIME = r"(?:time|moment|hour|day|weekday|daypart|month|season|quarter)s?"
_OF_PLACE = r"(?:store|shop|branch|counter|outlet|location|region|state|place|city|area|site)(?:e?s)?"

CROWD: Final = family(
    """
    people ppl person persons customer* client* consumer* shopper* household* home homes famil* buyer* viewer* rater*
    audience* public guest* patron* punter* visitor* regular regulars folk folks fans lovers drinkers eaters owners
    parents mums moms dads users members crowd everyone everybody anyone anybody someone somebody others they
    moviegoer* cinephile* subscriber* player* reader* listener*
    """
)
"""Those who act, in the third person."""
RECORD: Final = family(
    """
    basket* receipt* trip trips trolley* cart carts till tills checkout* ticket tickets bill bills purchas* transaction*
    sale sales sell sells sold selling bought buy buys rated ratings orders ordered demand log data cross-sell* uptake
    taken baskets
    """,
    r"\b(?:rating |shopping )?days? (?:with|that|on which|when|had|have|has|contain|include|hold)\b",
)
"""What was recorded of them."""
JOINED: Final = family(
    """
    together alongside companion* partner* pair pairs paired pairing* combin* combo combos couple* complement* accompan*
    join* belong* link* linked tie tied ties bond bonds bound connect* connection* relat* associat* correlat* co-occur*
    cooccur* affinit* bundle* neighbour* neighbor* match* overlap* sidekick* add-on* meet meets side_by_side
    along_with in_combination keep_company keeps_company in_common jointly both hand_in_hand
    """,
    r"\b(?:go|goes|went|going|fits?|sits?|sells?|comes?|served|do|does|work)(?: (?:well|best|nicely|down))* with\b",
    r"\b(?:same|one|single|share[sd]? an?) (?:basket|trip|trolley|cart|receipt|order|bill|ticket|day|visit|bag)\b",
    r"\b(?:next to|beside|on the side|on top of|in addition to|along with|as well as)\b",
    r"\b(?:what|which|who|whom)\b[^.?!]*\bwith (?:the |a |an |some |my |our )?xx\b|\bwith (?:what|which)\b",
)
"""Two things in one basket."""
LATER: Final = family(
    """
    after afterwards afterward following follow follows followed follow-up later subsequent* thereafter next_time
    preced* precursor* prior beforehand herald* lead_to leads_to led_to leading_to lead_up leads_up gateway*
    come_next comes_next next_purchase next_trip next_visit next_basket next_film next_movie next_thing then
    graduate* progress*
    """,
    r"\b(?:go|goes|went|gone|going|move|moves|moved|turn|turns|turned|switch|switche[sd]|come|comes|came|coming|return|returns|returned|get|gets|got)"
    r" (?:back |on |over |round |around |next )*(?:on to|onto|to|for|from)\b",
    r"\bnext\b(?! (?:to|week|weekend|month|year|summer|winter|spring|autumn|christmas|\w+day)\b)",
    r"\bbefore (?!noon|work|bed|christmas|dinner|lunch|midnight)|\bahead of\b|\bnext (?:after|up|on)\b",
    rf"\b(?:within|inside|in under) (?:\w+ ){{1,3}}{_UNIT}\b|\b{_UNIT} (?:on|after|later|before|earlier)\b",
    r"\b(?:next|subsequent|separate|other|second) (?:trip|visit|basket|day|shop|purchase|film|movie|occasion)s?\b",
)
"""One thing after the other."""
AGAIN: Final = family(
    """
    again anew rhythm* cycle cycles cyclical interval* spacing frequen* regularly regularity periodic* rebuy* re-buy*
    repurchas* re-purchas* cadence tempo revisit* rewatch* reorder* re-order* restock* replenish* repeat repeats repeated repeating weekly fortnightly
    biweekly monthly daily overdue due
    """,
    r"\bhow (?:long|many (?:days|weeks|months))\b(?! (?:had|have|has|contain\w*|include\w*|hold|with|did|were|was|is|are)\b)",
    r"\bhow (?:often|frequently|regular)\b|\bonce (?:a|every|per) \w+\b|\btimes (?:a|per) (?:week|month|year)\b",
    rf"\bevery (?:\w+ )?{_UNIT}\b|\bevery how many\b|\bhow many {_UNIT} (?:between|until|till|before|pass|go)\b",
    r"\b(?:gaps?|time|days|weeks|break|pause) (?:between|until the next|before the next)\b|\bbetween (?:two|one|purchases|buys|ratings)\b",
    r"\b(?:run|runs|running) (?:out|low|short)\b|\blasts? (?:a|an|one|the|them|me|us|\w+hold)\b|\bhow long (?:does|do|will)\b.*\blast\b",
    r"\b(?:need|needs|buys?|rates?|gets?) (?:another|more|new|a new|fresh)\b|\bcomes? back (?:to|for) (?:it|them|more)\b",
    r"\b(?:return|come back|comes back|returns) (?:regularly|every|often)\b",
)
"""One thing time and again."""
CHANGE: Final = family(
    """
    rise rises rising risen rose falls falling fallen fell grow grows growing grew grown growth shrink* shrank
    declin* drop drops dropped dropping climb* surg* slump* wane* waning fade fades faded fading gain gains gained
    gaining lose loses losing lost loser losers winner winners riser* faller* mover* trend* develop* evol* chang* shift*
    drift* curve curves trajectory momentum boom* increas* decreas* seasonal* seasonality upward* downward* nowadays
    popularity month-by-month monthly year-round slow* cool* weaken* strengthen* tumbl* plung* plummet* soar* skyrocket* nosediv* pick_up picked_up picking_up took_off
    take_off taking_off these_days over_time lately all_year through_the_year across_the_year comeback fashion
    """,
    r"\bfall\b(?! (?:under|into|for|in love|on|between)\b)",
    r"\b(?:have|has|had|there) (?:a |any |its |their )?(?:own )?seasons?\b|\bmonth (?:by|after|to|on|for) month\b",
    r"\b(?:over|across|through|throughout|during|along) (?:the|all) (?:months?|year|seasons?|course)\b|\bthe (?:course|story|history|fate|fortunes) of\b",
    r"\b(?:gone|going|go|goes|went) (?:up|down)\b|\b(?:up|down) (?:or|and) (?:down|up)\b|\bon the (?:up|down|rise|wane|increase|decrease)\b|\b(?:lost|losing|lose|gather(?:ing|ed)?) steam\b",
    r"\btook (?:a|an) \w+\b|\b(?:the|its|their) seasons?\b|\bhot (?:lately|now|right now|these days)\b",
    r"\b(?:more|less) popular\b|\bthan (?:it|they) (?:was|were|used|did)\b|\bstill as\b|\bper month\b|\bby (?:the )?month\b|\beach month\b",
    r"\b(?:cold|warm|hot|winter|summer|certain|some) (?:months?|seasons?|weather)\b|\b(?:high|low|peak|best|worst|top|slowest|strongest|weakest) months?\b",
    r"\bmonths?\b.{0,40}\b(?:highest|lowest|peak|most|least|best|worst)\b|\b(?:at (?:its|their) )?(?:highest|lowest|bottom(?:ed)?|riding high\w*)\b",
)
"""One thing over the months."""
WHEN_WHERE: Final = family(
    "peak peaks busiest",
    r"\bwhen\b(?! (?:i|you|we|it comes)\b)|\bwhere\b|\bo'?clock\b",
    rf"\b(?:what|which|best|busiest|by|per|each|of our|of the|of what|of which|strongest|top|across|most likely) (?:\w+ ){{0,3}}?(?:{_OF_TIME}|{_OF_PLACE})\b",
    rf"\b(?:particular|certain|special|specific|typical|usual|favou?rite|single|one|any|right) (?:{_OF_TIME}|{_OF_PLACE})\b",
    r"\b(?:times?|parts?|hours?) of (?:the )?(?:day|week|year)\b|\bdays? of the week\b|\bpart of the (?:country|city|day|week)\b|\bweekdays? by\b",
    rf"\b(?:the|a|an) (?:{_OF_TIME}|{_OF_PLACE}) (?:when|where|with|that|in which|for|of)\b",
)
"""A time or place that is asked for."""
CHANCE: Final = family(
    """
    chance coincidence* coincidental* accident* luck lucky fluke* noise random* genuine spurious proven real really
    significan* reliable robust trust trustworthy confident certain sure artefact artifact illusion doubt doubt* believe
    popularity popular bestseller* blockbuster* handful superfan* driven same_people same_households solid stable
    consistent* everywhere survive* hold holds adjust* explained
    """,
    r"\b(?:anything|something|much|nothing) (?:to|in|behind) (?:it|this|that)\b|\ball there is to\b|\bbig(?:ger)? baskets?\b|\bbasket sizes?\b|\bsize of the baskets?\b",
    r"\b(?:equal|same|similar|like) (?:sized?|size)\b|\b(?:small|few|couple|tiny|one or two|single|same) (?:group|number|set|of)?\s*(?:people|customers?|households?|raters?|fans|families)?\b(?=\W*$)",
)
"""What else might explain the figures."""
STRIKING: Final = family(
    """
    surpris* unexpected* odd oddest oddity oddities weird* strange* curious curiosit* striking unusual remarkable
    peculiar bizarre astonish* bold* notable noteworthy actionable useful valuable reliable finding findings insight*
    takeaway* regularit* rule rules pattern patterns strongest tightest closest strikingly stand_out stands_out
    standout wildest craziest tightly closely
    """
)
"""The best of what was mined."""
AMOUNT: Final = family(
    "share percentage percent proportion fraction odds probability likelihood lift likely likelier confidence factor count",
    r"^\W*how (?:is|are|was|were)\b",
    r"\bhow (?:many|much|strong|strongly|likely|close|tight|big)\b|\bout of (?:every )?\w+\b|\bwhat are the chances\b|\bby what\b",
)
"""How much of it."""
WISH: Final = family(
    "recommend* suggest* propose craving",
    r"\b(?:for|show|find|give|get|tell|surprise) (?:me|us)\b(?! (?:the (?:\w+ )?(?:store|share|month|day|time|part|hour|pair|rule|link|partner|companion|number|count)|a (?:chart|graph|table|csv)|what goes|which|how|when|where|what|whether|if|about how|in))",
    r"\b(?:i|we)(?:'d| would|'m| am|'ve| have)? (?:really |just |so )?(?:want|need|fancy|feel like|look(?:ing)? for|love|loved|like|liked|enjoy|enjoyed|crave|hate|hated|watch|watched|saw|seen|bought|eat|drink|cook|make|making|prefer)\b(?! to (?:know|see|understand|learn|find out|hear|compare|check))",
    r"\bwhat (?:should|shall|could|can|would|might)\b(?! (?:sell|go|stand|sit|be (?:sold|placed|put)|that))|\b(?:i|we) (?:find|could (?:go for|do with))\b",
    r"\b(?:should|shall|can|could|might|must|do|would|will) (?:i|we) (?:watch|buy|get|try|see|eat|cook|rate|pick|take|like|enjoy|add|read|need|order)\b",
    r"\b(?:my|mine|our) (?!stores?|shops?|branch|counters?|baskets\b|customers?|shoppers?|households?|guests?|cafe|café|data|receipts?|three|saturday|sunday|monday|friday)\w+",
    r"\bin the mood\b|\bsomething\b(?! (?:useful|interesting|surprising|odd|strange|weird|unusual|striking|actionable|curious|remarkable|people|ppl|they|customers|shoppers|households|to|that (?:people|ppl|they|goes)|else))|\banything (?:good|like|similar|with|for|new|funny|scary|cheap|nice)\b|\blooking for\b|\bdo you (?:have|sell|carry|stock)\b",
)
"""Somebody wants something for themselves."""
