"""What each catalogue needs otherwise than the defaults: the settings of the two that are built in.

Knows names and numbers. An owner's `almanac.toml` overrides each of them under `catalogs.NAME`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from bot.errors import SettingsError
from bot.settings import CatalogSettings, Settings
from db.values import Catalog
from mining.config import MiningConfig, Wording
from retrieval.rankconfig import RankConfig

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "movies": (
        "I loved Toy Story and Aladdin. What next?",
        "A dark thriller from the 90s for Friday night",
        "When do people rate horror?",
        "Why did you suggest the first one?",
    ),
    "groceries": (
        "What sells together with tortilla chips on Friday evenings?",
        "How often do households buy coffee?",
        "After someone buys cake mix, what comes next?",
        "Is ice cream seasonal?",
    ),
}
NOUNS: Mapping[str, Mapping[str, str]] = {
    "movies": {
        "basket": "rating day",
        "baskets": "rating days",
        "people": "people",
        "verb": "rated",
        "baskets_zh": "个评分日",
        "people_zh": "人",
        "verb_zh": "评过",
    },
    "groceries": {
        "basket": "basket",
        "baskets": "baskets",
        "people": "households",
        "verb": "bought",
        "people_zh": "户",
        "verb_zh": "购买",
    },
}
"""What the baskets of the built-in catalogues are called: nobody fills a basket with films."""
GENERAL = ("Recommend something for tonight", "What is rising lately?", "Which things go together?")


def mining_config(settings: Settings, catalog: Catalog) -> MiningConfig:
    """The mining settings of a catalogue: general ones, its own calendar and nouns, the owner's overrides.

    Raises:
        SettingsError: an override is unknown or not allowed.
    """
    own_nouns = {name: value for name, value in catalog.settings.items() if name in Wording.model_fields}
    nouns = own_nouns | dict(NOUNS.get(catalog.name, {}))
    fields: dict[str, Any] = settings.mining.model_dump() | {
        "zone": catalog.zone,
        "hemisphere": catalog.hemisphere,
        "day_start": catalog.day_start,
        "wording": settings.mining.wording.model_dump() | nouns,
    }
    own = settings.catalogs.get(catalog.name, CatalogSettings()).mining
    try:
        return MiningConfig.model_validate(fields | own)
    except ValidationError as error:
        raise SettingsError(f"catalogs.{catalog.name}.mining: {error.errors()[0]['msg']}") from error


def rank_config(settings: Settings, catalog: Catalog) -> RankConfig:
    """The ranking settings of a catalogue.

    Raises:
        SettingsError: an override is unknown or not allowed.
    """
    own = settings.catalogs.get(catalog.name, CatalogSettings()).ranking
    fields = settings.ranking.model_dump() | {"threads": settings.thread_count, "seed": settings.seed}
    deep = fields["deep"] | (own.get("deep") or {})
    if deep["on"] and deep["log_dir"] is None:
        deep["log_dir"] = settings.home / "runs" / catalog.name
    try:
        return RankConfig.model_validate(fields | own | {"deep": deep})
    except ValidationError as error:
        raise SettingsError(f"catalogs.{catalog.name}.ranking: {error.errors()[0]['msg']}") from error
