"""How the small model is taught: generate, train, evaluate (`python -m bot.llm.teach`; see docs/teaching.md).

Nothing here runs when Almanac answers; the result is the adapter in `bot/llm/adapter`.
"""
