"""The verb that places a pool's instructions by meaning."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import knobs
from core.cli import filtering
from core.cli.console import Console, Subparsers, database, throttled, verb, who, writes
from core.maps.recipe import MapRecipe

if TYPE_CHECKING:
    from core.maps.view import MapColour, PoolMap

COLOURS = ("origin", "grade", "run", "verb", "density")


def register(verbs: Subparsers) -> None:
    """Add the verb."""
    placed = verb(
        verbs, "pool-map", _map, "place a pool's instructions by meaning: those that mean the like lie near each other"
    )
    placed.add_argument("pool")
    placed.add_argument("--again", action="store_true", help="make it anew, though the pool has a map of these texts")
    for name, setting in knobs.settings_of(MapRecipe).items():
        placed.add_argument(
            f"--{name}", type=setting.type, default=setting.default, help=f"{setting.label} (default %(default)s)"
        )
    only = placed.add_mutually_exclusive_group()
    only.add_argument("--in-release", default="", metavar="RELEASE", help="only what it held: number, name or last")
    only.add_argument("--not-in-release", default="", metavar="RELEASE", help="only what it did not hold")
    placed.add_argument("--colour", choices=COLOURS, default="origin", help="of the SVG (default %(default)s)")
    writes(placed, "--csv", metavar="FILE", help="write every task with its place, origin, run, grade and verb")
    placed.add_argument("--svg", type=Path, metavar="FILE", help="draw the map")
    placed.add_argument("--theme", choices=("light", "dark"), default="light", help="of that drawing")


def _map(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools
    from core.diversity import job as parsing
    from core.maps import job, view
    from core.maps.recipe import recipe_of
    from core.maps.view import MapColour
    from core.records import NotFound, RunState

    db = database()
    pool = pools.named(db, chosen.pool)
    recipe = recipe_of(vars(chosen))
    shown = view.newest(db, pool.id)
    made = None
    if shown is None or shown.is_stale or shown.recipe != recipe or chosen.again:
        tell = throttled(console, lambda counts, n: _far(counts))
        made = job.make_here(db, pool.id, recipe, lambda counts: tell(counts, 0))
        if made.state is not RunState.DONE:
            console.note(made.message)
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
        "trustworthiness": shown.trust,
        "trustworthiness_over": shown.trusted,
        "seconds": shown.seconds,
        "titles": [asdict(title) for title in shown.titles],
        **written,
    }
    console.result(summary, lambda: _lines(summary, shown))
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
            chosen.csv.write_bytes(as_csv(point_by_point(shown, columns)))
            written["csv"] = str(chosen.csv)
        if chosen.svg:
            colour = MapColour(chosen.colour)
            picture = drawn(shown, colour, columns[colour], theme_named(chosen.theme), pool)
            chosen.svg.write_text(picture, encoding="utf-8", errors="replace")
            written["svg"] = str(chosen.svg)
    except OSError as error:
        raise StorageFailed(f"{error.filename} cannot be written ({error.strerror}); choose another place.") from error
    return written


def _far(counts: Any) -> str:
    of = f", {counts['done']:,} of {counts['of']:,}" if counts.get("of") else ""
    return f"{counts.get('texts', 0):,} instructions: {counts.get('stage', 'waiting')}{of}"


def _lines(summary: dict[str, Any], shown: PoolMap) -> list[str]:
    lines = [
        f"{summary['tasks']:,} tasks on the map of {summary['pool']}: {shown.recipe.sentence}",
        f"trustworthiness {shown.trust:.2f} over {shown.trusted:,} tasks; made in {shown.seconds:,.0f} s by run "
        f"{shown.run_id}",
        *(f"  {title.x:.2f} {title.y:.2f}  {title.words}" for title in shown.titles),
    ]
    return [*lines, *(f"{name.upper()} in {summary[name]}" for name in ("csv", "svg") if name in summary)]
