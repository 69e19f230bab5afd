"""The verb that places a pool's instructions by meaning."""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from core import knobs
from core.cli import connection, filtering
from core.cli.console import Console, Subparsers, database, throttled, verb, who, writes
from core.maps.recipe import MapRecipe
from core.records import Refused
from core.replacing import PAGE, TABLE, may_write
from core.words import money, number_of

if TYPE_CHECKING:
    from core.database import Database
    from core.maps.view import MapColour, PoolMap

COLOURS = ("origin", "grade", "run", "verb", "density")


def register(verbs: Subparsers) -> None:
    """Add the verb."""
    placed = verb(
        verbs, "pool-map", _map, "place a pool's instructions by meaning: those of like meaning lie near each other"
    )
    placed.add_argument("pool")
    placed.add_argument("--again", action="store_true", help="make it anew, though the pool has a map of these texts")
    for name, setting in knobs.settings_of(MapRecipe).items():
        placed.add_argument(
            f"--{name}",
            type=setting.type,
            default=setting.default,
            help=setting.label if setting.type is str else f"{setting.label} (default %(default)s)",
        )
    only = placed.add_mutually_exclusive_group()
    only.add_argument("--in-release", default="", metavar="RELEASE", help="only what it held: number, name or last")
    only.add_argument("--not-in-release", default="", metavar="RELEASE", help="only what it did not hold")
    placed.add_argument(
        "--ask-anew", action="store_true", help="forget the embeddings that are kept, and pay for all of them again"
    )
    placed.add_argument("--estimate", action="store_true", help="say what the embeddings would take, and send nothing")
    connection.add_budget(placed)
    placed.add_argument("--colour", choices=COLOURS, default="origin", help="of the SVG (default %(default)s)")
    writes(
        placed,
        "--csv",
        ending=".csv",
        metavar="FILE",
        help="write every task with its place, origin, run, grade and verb",
    )
    writes(placed, "--svg", ending=".svg", metavar="FILE", help="draw the map")
    placed.add_argument("--theme", choices=("light", "dark"), default="light", help="of that drawing")


def _map(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools
    from core.diversity import job as parsing
    from core.maps import embedding, job, view
    from core.maps.view import MapColour
    from core.records import NotFound, RunState

    db = database()
    pool = pools.named(db, chosen.pool)
    recipe, budget = _recipe(chosen, db), connection.budget(chosen)
    if chosen.estimate:
        return _estimated(console, db, pool.id, recipe, chosen.ask_anew)
    shown = view.newest(db, pool.id)
    made = None
    if shown is None or shown.is_stale or shown.recipe != recipe or chosen.again or chosen.ask_anew:
        if recipe.embeddings:
            target = embedding.target_for(db, recipe)
            connection.say_first(console, chosen, db, target, budget)
        tell = throttled(console, lambda counts, n: _far(counts))
        made = job.make_here(db, pool.id, recipe, lambda counts: tell(counts, 0), budget=budget, anew=chosen.ask_anew)
        console.note(made.message)
        if made.state is not RunState.DONE:
            return 1
        shown = view.newest(db, pool.id)
    if shown is None:
        raise NotFound("The map is gone again; another program deleted the pool, or its map.")
    held = filtering.release(db, pool.id, chosen.in_release or chosen.not_in_release)
    if held is not None:
        shown = view.narrowed(db, pool.id, shown, held, bool(chosen.in_release))
    parser = parsing.choice(db, pool).key
    columns = {colour: view.groups(db, pool.id, shown, colour, parser, who()) for colour in MapColour}
    written = _write(chosen, shown, columns, pool.name)
    summary: dict[str, Any] = {
        "pool": pool.name,
        "run": shown.run_id,
        "made_now": made is not None,
        "recipe": shown.recipe.as_mapping(),
        "made_with": shown.made_with,
        "tasks": len(shown),
        "without_embedding": shown.left_out,
        "trustworthiness": shown.trust,
        "trustworthiness_over": shown.trusted,
        "seconds": shown.seconds,
        "titles": [asdict(title) for title in shown.titles],
        **written,
    }
    console.result(summary, lambda: _lines(summary, shown))
    return 0


def _recipe(chosen: argparse.Namespace, db: Database) -> MapRecipe:
    """The recipe that the options say, with the address of its embeddings: theirs, or the environment's, or ours."""
    from core.llm import target as models
    from core.llm.providers import provider
    from core.maps.job import whole
    from core.maps.recipe import recipe_of

    recipe = recipe_of(vars(chosen))
    if recipe.embeddings and recipe.address:
        models.use_key_of_environment(provider("", recipe.address))
    elif recipe.embeddings and (environment := models.environment_target()):
        recipe = replace(recipe, address=environment.base_url)
    chosen.base_url, chosen.provider = recipe.address, ""  # whose choice the server was, for what is said first
    return whole(db, recipe)


def _estimated(console: Console, db: Database, pool_id: int, recipe: MapRecipe, anew: bool) -> int:
    from core.maps.job import embeddings_ahead

    if not recipe.embeddings:
        raise Refused("A map by TF-IDF asks no model; name one with --embeddings.")
    ahead = embeddings_ahead(db, pool_id, recipe, anew=anew)
    cost = ahead.cost
    found = {
        "texts": ahead.texts,
        "kept": ahead.kept,
        "requests": ahead.requests,
        "tokens": cost.tokens if cost else 0,
        "most_tokens": cost.most_tokens if cost else 0,
        "usd": cost.usd if cost else 0.0,
        "most_usd": cost.most_usd if cost else 0.0,
    }
    console.result(found, lambda: [ahead.sentence])
    return 0


def _write(
    chosen: argparse.Namespace, shown: PoolMap, columns: dict[MapColour, list[str]], pool: str
) -> dict[str, str]:
    from core.diversity.theme import theme_named
    from core.maps.drawing import drawn
    from core.maps.view import MapColour, point_by_point
    from core.records import StorageFailed
    from core.release.spreadsheet import as_csv

    written: dict[str, str] = {}
    try:
        if chosen.csv:
            may_write(chosen.csv, TABLE)
            chosen.csv.write_bytes(as_csv(point_by_point(shown, columns)))
            written["csv"] = str(chosen.csv)
        if chosen.svg:
            colour = MapColour(chosen.colour)
            picture = drawn(shown, colour, columns[colour], theme_named(chosen.theme), pool)
            may_write(chosen.svg, PAGE)
            chosen.svg.write_text(picture, encoding="utf-8", errors="replace")
            written["svg"] = str(chosen.svg)
    except OSError as error:
        raise StorageFailed(f"{error.filename} cannot be written ({error.strerror}); choose another place.") from error
    return written


def _far(counts: Any) -> str:
    of = f", {counts['done']:,} of {counts['of']:,}" if counts.get("of") else ""
    paid = f", {money(counts.get('usd', 0.0))}" if counts.get("requests") else ""
    return f"{number_of(counts.get('texts', 0), 'instruction')}: {counts.get('stage', 'waiting')}{of}{paid}"


def _lines(summary: dict[str, Any], shown: PoolMap) -> list[str]:
    lines = [
        f"{number_of(summary['tasks'], 'task')} on the map of {summary['pool']}: {shown.recipe.sentence}",
        f"trustworthiness {shown.trust:.2f} over {number_of(shown.trusted, 'task')}; made in {shown.seconds:,.0f} "
        f"s by run "
        f"{shown.run_id}",
        *(f"  {title.x:.2f} {title.y:.2f}  {title.words}" for title in shown.titles),
    ]
    return [*lines, *(f"{name.upper()} in {summary[name]}" for name in ("csv", "svg") if name in summary)]
