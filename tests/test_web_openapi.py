"""The OpenAPI document is true: schemathesis draws requests from it, and every reply must be one that it declares.

One check is left out: that whatever fits the schema is accepted. A schema cannot say which items and catalogues there
are, nor that a message of blanks is empty; those refusals are declared, and the rest of the tests hold their words.
"""

from __future__ import annotations

import shutil

import pytest

from bot.assembly import Almanac
from bot.behaviour import StoredBehaviour
from bot.web.config import WebConfig
from bot.web.serve import create_app

KEY = "k" * 32
CONFIG = WebConfig(api_keys={"test": KEY}, key_per_minute=100_000, address_per_minute=100_000)


@pytest.fixture(scope="module")
def app(shop_settings, tmp_path_factory):
    home = tmp_path_factory.mktemp("openapi") / "var"
    shutil.copytree(shop_settings.home, home)
    almanac = Almanac.open(shop_settings.model_copy(update={"home": home}))
    return create_app(almanac, CONFIG, behaviour=StoredBehaviour(almanac), ui=False)


def test_the_document_names_every_route_and_what_streams(app):
    document = app.openapi()
    routes = {path for path in document["paths"] if path.startswith("/api/")}
    assert {"/api/chat", "/api/catalogs", "/api/session", "/api/feedback", "/api/events"} <= routes
    assert "/api/events/quarantine" in routes
    answer = document["paths"]["/api/chat"]["post"]["responses"]["200"]["content"]
    assert set(answer) == {"text/event-stream", "application/json"}
    assert {"401", "403", "429"} <= set(document["paths"]["/api/events"]["post"]["responses"])
    schemes = document["components"]["securitySchemes"]
    assert set(schemes) == {"bearer", "cookie"}


@pytest.mark.slow
# schemathesis's own: it reads the working folder for a settings file and asks pytest for an option of old.
@pytest.mark.filterwarnings("ignore::DeprecationWarning:schemathesis.*")
def test_every_reply_is_one_that_the_document_declares(app):
    schemathesis = pytest.importorskip("schemathesis")
    from hypothesis import HealthCheck, Phase, given, settings
    from schemathesis.specs.openapi import checks

    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    for operation in (result.ok() for result in schema.get_all_operations()):

        @settings(
            max_examples=20,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def replies_truly(case):
            headers = {"Authorization": f"Bearer {KEY}", "Accept": "application/json"}
            case.call_and_validate(headers=headers, excluded_checks=[checks.positive_data_acceptance])

        replies_truly()
