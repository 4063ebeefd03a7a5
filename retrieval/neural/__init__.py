"""The deep part of the ranker: models trained with torch, and the same models answering with NumPy alone.

`config` and `features` know no torch, `scorer` answers from the saved weights without it, `network` and `training`
are the only modules that learn, `text` teaches the text encoder from behaviour. Nothing here knows a blend.
"""
