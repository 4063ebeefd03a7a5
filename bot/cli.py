"""The command line: each command parses, makes one call and prints.

Knows words and exit statuses: 0 done, 1 a clear one-line error on stderr, 2 wrong usage. With `--json` stdout
carries one JSON document and nothing else. It refuses to compute anything, and it imports what is heavy only
inside the command that needs it.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.console import Console, fail, guard

if TYPE_CHECKING:
    from bot.assembly import Almanac
    from bot.dialogue.turn import Asker
    from bot.settings import Settings

app = typer.Typer(
    name="almanac",
    help="A conversational recommender that knows when and where.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Catalog = Annotated[str | None, typer.Option(help="Catalogue; needed where several are loaded.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Person = Annotated[str | None, typer.Option(help="Who asks: a person's id.")]
At = Annotated[
    str | None, typer.Option(help="Instant of the request, ISO 8601; the catalogue's clock by default.")
]
Place = Annotated[str | None, typer.Option(help="Where the person is: a place's id or name.")]
When = Annotated[
    str | None, typer.Option(help='Context words that all hold ("friday evening") or an ISO instant.')
]
Category = Annotated[str | None, typer.Option(help="Only items of this category.")]
YearFrom = Annotated[int | None, typer.Option(help="Only items of this year or later.")]
YearTo = Annotated[int | None, typer.Option(help="Only items of this year or earlier.")]
Filters = Annotated[list[str] | None, typer.Option("--filter", help='Attribute filter such as "price<20".')]
K = Annotated[int | None, typer.Option("-k", "--k", min=1, max=50, help="How many.")]


def _open() -> Almanac:
    from bot.assembly import Almanac

    return Almanac.open()


def _settings(overrides: dict[str, Any] | None = None) -> Settings:
    from bot.settings import load_settings

    return load_settings(overrides)


def _asker(person: str | None, at: str | None, place: str | None) -> Asker:
    from bot.dialogue.turn import Asker

    instant = None
    if at is not None:
        try:
            instant = datetime.fromisoformat(at)
        except ValueError:
            fail(
                f"--at {at!r} is no ISO 8601 instant; write one like 2017-11-24T19:30 or 2017-11-24T19:30:00-05:00"
            )
    return Asker(person=person, at=instant, place=place)


def _tool(
    tool: str,
    arguments: dict[str, Any],
    *,
    catalog: str | None,
    person: str | None = None,
    at: str | None = None,
    place: str | None = None,
    as_json: bool,
) -> None:
    with guard():
        result = _open().call(tool, arguments, catalog=catalog, asker=_asker(person, at, place))
        Console(as_json).result(result)


@app.command()
def fetch(
    names: Annotated[
        list[str] | None, typer.Argument(help="Assets; those that the demo needs by default.")
    ] = None,
    verify: Annotated[bool, typer.Option(help="Hash every cached file again.")] = False,
) -> None:
    """Fetch the pinned data sets and models into the cache."""
    with guard():
        from bot.assembly import fetch_assets

        for path in fetch_assets(_settings(), names or None, verify=verify):
            typer.echo(str(path))


@app.command()
def load(
    sources: Annotated[
        list[str],
        typer.Argument(metavar="SOURCE...", help="movies, groceries, a folder, files, or a database URL."),
    ],
    catalog: Annotated[
        str | None, typer.Option(help="Name of the catalogue; the source's own by default.")
    ] = None,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", help="OUR=THEIRS column, such as item=sku; may be repeated.")
    ] = None,
    zone: Annotated[
        str | None, typer.Option(help="IANA time zone of the catalogue, such as Europe/Berlin.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="What people call the catalogue.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")] = False,
    as_json: Json = False,
) -> None:
    """Load a catalogue and its log of behaviour into the database."""
    with guard():
        from bot.loading import load_source

        console = Console(as_json)
        settings = _settings()
        for report in load_source(
            settings,
            sources,
            catalog=catalog,
            mapping=mapping or [],
            zone=zone,
            title=title,
            confirm=None if yes else console.confirm,
            say=console.say,
        ):
            console.report(report)


@app.command()
def build(
    catalog: Annotated[str | None, typer.Option(help="Catalogue to build; all by default.")] = None,
    engine: Annotated[str, typer.Option(help="What counts for the rules: local, or spark.")] = "local",
    deep: Annotated[
        bool, typer.Option("--deep", help="Train the deep model too: minutes, not seconds.")
    ] = False,
    deep_text: Annotated[
        bool,
        typer.Option("--deep-text", help="As --deep, and teach the text encoder from behaviour before it."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Mine rules, index items and fit the recommender: a new generation of each catalogue."""
    if engine not in ("local", "spark"):
        raise typer.BadParameter(f"--engine {engine!r} is not known; the engines are: local, spark")
    with guard():
        from bot.build import build_catalogs

        console = Console(as_json)
        wanted = {
            name: True for name, value in (("on", deep or deep_text), ("tune_text", deep_text)) if value
        }
        settings = _settings({"ranking": {"deep": wanted}} if wanted else None)
        console.builds(build_catalogs(settings, catalog, spark=engine == "spark", say=console.say))


@app.command()
def evaluate(
    catalog: Annotated[str | None, typer.Option(help="Catalogue to evaluate; all by default.")] = None,
    protocol: Annotated[
        list[str] | None,
        typer.Option(
            help="P1, P2 (movies), P3all, P3new, P3basket or P3 for all three (groceries), last, time (any "
            "catalogue); those that suit the catalogue by default; may be repeated."
        ),
    ] = None,
    test: Annotated[
        bool,
        typer.Option(
            "--test",
            help="Ask about the test windows. Only for figures that you report: whatever you tune, tune on the "
            "validation windows, the default.",
        ),
    ] = False,
    ablation: Annotated[
        bool, typer.Option(help="Silence each part of the blend in turn and say what it adds.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Fit the ranker on a part of the log and measure it on the rest: the validation window, or --test."""
    with guard():
        from bot.evaluating import evaluate as evaluate_catalogs

        console = Console(as_json)
        found = evaluate_catalogs(
            _settings(), catalog, protocols=protocol or (), test=test, ablate=ablation, say=console.say
        )
        console.evaluations(found)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address; ALMANAC_HOST by default.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port; ALMANAC_PORT by default.")] = None,
) -> None:
    """Serve the web chat and the HTTP API."""
    with guard():
        from bot.assembly import serve_forever

        given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
        serve_forever(_settings(given))


@app.command()
def demo() -> None:
    """Load and build both demo catalogues where that is not done yet, then serve."""
    with guard():
        from bot.assembly import serve_forever
        from bot.demo import prepare

        settings = _settings({"web": {"demo_personas": True}})
        prepare(settings, say=Console(as_json=False).say)
        serve_forever(settings)


@app.command()
def ask(
    text: Annotated[str, typer.Argument(help="The message.")],
    catalog: Catalog = None,
    person: Person = None,
    at: At = None,
    place: Place = None,
    history: Annotated[
        Path | None, typer.Option(help='Turns before: a JSON file with a list of {"role", "content"}.')
    ] = None,
    as_json: Json = False,
) -> None:
    """Ask one question and print the answer."""
    with guard():
        from bot.history import read_history

        messages = read_history(history) if history else ()
        answer = _open().ask(text, catalog=catalog, history=messages, asker=_asker(person, at, place))
        Console(as_json).answer(answer)


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="Words of a wish.")] = "",
    catalog: Catalog = None,
    category: Category = None,
    year_from: YearFrom = None,
    year_to: YearTo = None,
    filters: Filters = None,
    k: K = None,
    as_json: Json = False,
) -> None:
    """Find items by words, with filters (the tool search_items)."""
    arguments = {
        "query": query,
        "category": category,
        "year_from": year_from,
        "year_to": year_to,
        "filters": filters,
        "k": k,
    }
    _tool("search_items", arguments, catalog=catalog, as_json=as_json)


@app.command()
def recommend(
    liked: Annotated[
        list[str] | None, typer.Argument(help="Items that the person likes: ids or titles.")
    ] = None,
    catalog: Catalog = None,
    person: Person = None,
    at: At = None,
    place: Place = None,
    disliked: Annotated[list[str] | None, typer.Option(help="Item that the person does not like.")] = None,
    when: When = None,
    category: Category = None,
    year_from: YearFrom = None,
    year_to: YearTo = None,
    filters: Filters = None,
    k: K = None,
    as_json: Json = False,
) -> None:
    """Recommend items for a person, liked items, a time and a place (the tool score_items)."""
    arguments = {
        "liked": liked,
        "disliked": disliked,
        "category": category,
        "year_from": year_from,
        "year_to": year_to,
        "filters": filters,
        "when": when,
        "place": place,
        "k": k,
    }
    _tool("score_items", arguments, catalog=catalog, person=person, at=at, as_json=as_json)


@app.command()
def rules(
    item: Annotated[
        list[str] | None, typer.Argument(help="Items that the rules are about: ids or titles.")
    ] = None,
    catalog: Catalog = None,
    with_item: Annotated[str | None, typer.Option("--with", help="The other side of the pair.")] = None,
    category: Category = None,
    when: When = None,
    place: Place = None,
    against: Annotated[str | None, typer.Option(help="A second time or place to compare with.")] = None,
    within_days: Annotated[int | None, typer.Option(min=1, max=365, help="Lag of kind next.")] = None,
    kind: Annotated[str | None, typer.Option(help="together, next, context, cycle, trend or any.")] = None,
    k: K = None,
    at: At = None,
    as_json: Json = False,
) -> None:
    """Look up temporal rules and exact counts (the tool lookup_rules)."""
    arguments = {
        "item": item,
        "with_item": with_item,
        "category": category,
        "when": when,
        "place": place,
        "against": against,
        "within_days": within_days,
        "kind": kind,
        "k": k,
    }
    _tool("lookup_rules", arguments, catalog=catalog, at=at, as_json=as_json)


@app.command()
def explain(
    item: Annotated[str, typer.Argument(help="The item: id or title.")],
    catalog: Catalog = None,
    person: Person = None,
    at: At = None,
    place: Place = None,
    without: Annotated[
        list[str] | None, typer.Option(help="Liked item to leave out; may be repeated.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say why an item suits a person, and what would change it (the tool explain_item)."""
    arguments = {"item": item, "without": without}
    _tool("explain_item", arguments, catalog=catalog, person=person, at=at, place=place, as_json=as_json)


@app.command()
def item(
    item: Annotated[str, typer.Argument(help="The item: id or title.")],
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Print the facts of one item (the tool item_details)."""
    _tool("item_details", {"item": item}, catalog=catalog, as_json=as_json)


@app.command()
def rate(
    item: Annotated[str, typer.Argument(help="The item: id or title.")],
    verdict: Annotated[str, typer.Argument(help="like, dislike, seen or bought.")],
    person: Annotated[str, typer.Option(help="Who rates: a person's id.")],
    catalog: Catalog = None,
    at: At = None,
    as_json: Json = False,
) -> None:
    """Store a person's verdict on an item (the tool rate_item)."""
    _tool(
        "rate_item",
        {"item": item, "verdict": verdict},
        catalog=catalog,
        person=person,
        at=at,
        as_json=as_json,
    )


@app.command()
def profile(
    person: Annotated[str, typer.Option(help="Whose profile: a person's id.")],
    catalog: Catalog = None,
    at: At = None,
    as_json: Json = False,
) -> None:
    """Tell what Almanac believes of a person (the tool show_profile)."""
    _tool("show_profile", {}, catalog=catalog, person=person, at=at, as_json=as_json)


@app.command()
def export(person: Annotated[str, typer.Argument(help="A person's id.")], catalog: Catalog = None) -> None:
    """Print everything stored about a person as JSON."""
    with guard():
        from bot.privacy import export_person

        Console(as_json=True).document(export_person(_settings(), person, catalog))


@app.command()
def forget(
    person: Annotated[str, typer.Argument(help="A person's id.")],
    catalog: Catalog = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Erase without asking.")] = False,
    as_json: Json = False,
) -> None:
    """Erase a person from the database and from the next generation."""
    with guard():
        from bot.privacy import forget_person

        console = Console(as_json)
        if yes or console.confirm(f"Erase everything about {person!r}?"):
            console.document(forget_person(_settings(), person, catalog))


@app.command()
def mcp(catalog: Catalog = None, person: Person = None) -> None:
    """Serve the tools over MCP on stdin and stdout."""
    with guard():
        from bot.web.mcp import run_stdio

        almanac = _open()
        almanac.tools(catalog)  # an unknown catalogue is told at once, not to the first caller
        run_stdio(almanac, catalog=catalog, person=person)


@app.command()
def doctor(
    migrate: Annotated[bool, typer.Option(help="Bring the database to the newest schema.")] = False,
    as_json: Json = False,
) -> None:
    """Check settings, database, assets, generations and model; say what to mend."""
    with guard():
        from bot.doctor import examine

        findings = examine(_settings(), migrate=migrate)
        Console(as_json).findings(findings)
        if any(not finding.ok for finding in findings):
            raise typer.Exit(1)


def main() -> None:
    """Run the command line."""
    app()
