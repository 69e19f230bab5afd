"""Verbs about audits: draw one, show what it found, write its report, take in ratings made elsewhere."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.cli import audit_judging, filtering
from core.cli.bar import table
from core.cli.console import Console, Subparsers, database, reads, verb, who, writes
from core.pool import search
from core.pools import choosing
from core.replacing import LINES, may_write
from core.words import number_of

if TYPE_CHECKING:
    from core.audit.frozen import Audit
    from core.audit.results import Result
    from core.records import Pool
    from core.statistics.estimates import Proportion

_FORMS = """\
winnow audit POOL [--size 200] [--seed 7] [--name NAME] [filter]   draw an audit
winnow audit new POOL ...                                          the same, whatever the pool is called
winnow audit show ID                                               what it found
winnow audit report ID OUT                                         OUT.html, OUT.md, or both into a folder
winnow audit import ID FILE                                        ratings made elsewhere
winnow audit items ID OUT                                          the sample, to be judged elsewhere
winnow audit compare EARLIER LATER                                 what changed between two
winnow audit judge ID                                               one item after the other, on a terminal
winnow audit list POOL                                             a pool's audits
"""


def register(verbs: Subparsers) -> None:
    """Add the verbs."""
    audit = verbs.add_parser(
        "audit",
        help="judge a random sample that can be trusted: new, show, report, import, list",
        description="A seeded random sample of a pool, judged by the questions of Self-Instruct, Table 2.",
        epilog=_FORMS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = audit.add_subparsers(dest="action", required=True, metavar="POOL | ACTION")
    new = verb(actions, "new", _new, "draw an audit of a pool")
    new.add_argument("pool")
    _sample_options(new)
    show = verb(actions, "show", _show, "Table 2, grades and agreement of an audit")
    show.add_argument("id", type=int)
    _reader_option(show)
    report = verb(actions, "report", _report, "write an audit's report")
    report.add_argument("id", type=int)
    _reader_option(report)
    writes(report, "out", ending=".md", help="a .html or .md file, or a folder for both")
    imported = verb(actions, "import", _import, "add ratings from a JSON Lines file")
    imported.add_argument("id", type=int)
    reads(imported, "file", help="JSON Lines")
    items = verb(actions, "items", _items, "the frozen sample as JSON Lines that reviewers can fill in elsewhere")
    items.add_argument("id", type=int)
    writes(items, "out")
    _reader_option(items)
    compare = verb(actions, "compare", _compare, "what changed between two audits, and whether chance can have done it")
    compare.add_argument("earlier", type=int)
    compare.add_argument("later", type=int)
    _reader_option(compare)
    listed = verb(actions, "list", _list, "list a pool's audits")
    listed.add_argument("pool")
    _reader_option(listed)
    audit_judging.register(actions)
    named = actions.choices
    plain = audit.parse_known_args

    def parse(args: Sequence[str] | None = None, namespace: Any = None) -> Any:
        """`audit POOL` is short for `audit new POOL`; `--json` may come before either."""
        words = list(args or ())
        while words[:1] == ["--json"] and words[1:]:
            words = [*words[1:], "--json"]
        if words and words[0] not in named and words[0] not in ("-h", "--help"):
            words = ["new", *words]
        return plain(words, namespace)

    audit.parse_known_args = parse


def _reader_option(action: argparse.ArgumentParser) -> None:
    action.add_argument(
        "--reviewer",
        default="",
        help="who is looking: noted once they see what others said, and refused in the middle of their own judging "
        "(default: WINNOW_REVIEWER, else me)",
    )


def _sample_options(new: argparse.ArgumentParser) -> None:
    from core.records import Origin

    new.add_argument("--size", type=int, default=200, help="items to draw (default 200, the paper's)")
    new.add_argument("--seed", type=int, help="the same seed draws the same items (default: the pool's next)")
    new.add_argument("--name", default="", help="how the audit is called")
    new.add_argument("--reviewer", default="", help="who draws it (default: WINNOW_REVIEWER, else me)")
    population = new.add_argument_group("population", "what is sampled; by default every accepted instance")
    population.add_argument("--origin", choices=[o.value for o in Origin if o is not Origin.SEED])
    population.add_argument("--run", type=int, dest="run_id", metavar="RUN", help="the number of a run")
    population.add_argument("--classification", choices=("yes", "no"), help="classification tasks, or the others")
    population.add_argument("--input", choices=("given", "empty"), help="with or without an input")
    population.add_argument("--search", default="", metavar="TEXT", help=search.HELP.replace("%", "%%"))
    population.add_argument(
        "--verb", default="", dest="root_verb", metavar="VERB", help="this root verb, where a parser has read it"
    )
    population.add_argument("--in-release", default="", metavar="RELEASE", help=filtering.IN_RELEASE)
    population.add_argument("--not-in-release", default="", metavar="RELEASE", help=filtering.NOT_IN_RELEASE)
    population.add_argument(
        "--stratify", choices=("classification", "source", "run"), help="sample each part by itself"
    )
    population.add_argument("--allocation", choices=("proportional", "equal"), help="how the parts share the sample")


def _new(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.audit import audit as audits_of
    from core.pool.filters import Filter
    from core.statistics.sampling import Allocation

    yes_no = {None: None, "yes": True, "no": False, "given": True, "empty": False}
    opened = database()
    pool = choosing.named(opened, chosen.pool)
    wanted = Filter(
        origin=chosen.origin or "",
        run_id=chosen.run_id,
        verb=chosen.root_verb,
        is_classification=yes_no[chosen.classification],
        has_input=yes_no[chosen.input],
        search=chosen.search,
        in_release=filtering.release(opened, pool.id, chosen.in_release),
        not_in_release=filtering.release(opened, pool.id, chosen.not_in_release),
    )
    made = audits_of.new(
        opened,
        pool.id,
        name=chosen.name,
        wanted=wanted,
        size=chosen.size,
        seed=chosen.seed,
        stratify_by=chosen.stratify or "",
        allocation=Allocation(chosen.allocation) if chosen.allocation else None,
        actor=who(chosen.reviewer),
    )
    items = audits_of.items(opened, made)
    drawn = {
        **_head(made, pool.name),
        "items": [
            {
                "position": item.position,
                "instance": item.instance_id,  # as in a file of ratings
                "instance_id": item.instance_id,
                "task": item.task_id,
                "instruction": item.instruction,
                "input": item.input,
                "output": item.output,
                "text_hash": item.text_hash,
                "stratum": item.stratum,
            }
            for item in items
        ],
    }
    console.result(
        drawn,
        lambda: [
            f"{_called(made)}: {len(items)} of {number_of(sum(made.tasks.values()), 'task')}, seed {made.seed}.",
            f"Judge it on the page Audit, by `winnow audit judge {made.id}`, or in what `winnow audit items` writes; "
            f"`winnow audit show {made.id}` shows what it finds.",
        ],
    )
    return 0


def _result(chosen: argparse.Namespace, audit_id: int) -> Result:
    """The result for whoever sits at the terminal: naming an audit is asking to see it."""
    from core import settings
    from core.audit import results
    from core.records import Refused

    reader = " ".join(chosen.reviewer.split()) or settings.load().reviewer or "me"
    shown = results.result(database(), audit_id, reader, look=True)
    if isinstance(shown, results.StillJudging):
        raise Refused(shown.sentence)
    return shown


def _show(chosen: argparse.Namespace, console: Console) -> int | None:
    from core import pools

    shown = _result(chosen, chosen.id)
    paid = pools.spent(database(), shown.audit.pool_id)
    figures = shown.found.as_json()
    estimate = figures.pop("pool")  # the name of the pool has that key here
    told = {
        **_head(shown.audit, shown.report.pool),
        "reviewers": dict(shown.progress),
        "after_looking": dict(shown.report.after_looking),
        "looked": list(shown.report.looked),
        **figures,
        "estimate": estimate,
        "making": paid.as_json,
    }
    console.result(told, lambda: [*_table2(shown), *filter(None, (paid.sentence,))])
    return 0


def _report(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.audit.report_file import write

    made = _result(chosen, chosen.id).report
    into_folder = chosen.out.is_dir() or not chosen.out.suffix
    paths = [chosen.out / f"audit-{chosen.id}{ending}" for ending in (".html", ".md")] if into_folder else [chosen.out]
    try:
        paths[0].parent.mkdir(parents=True, exist_ok=True)
        for path in paths:
            write(made, path)
    except OSError as error:
        from core.records import StorageFailed

        raise StorageFailed(
            f"The report cannot be written to {chosen.out} ({error.strerror}); choose a place that you may write."
        ) from error
    written = [str(path) for path in paths]
    console.result({"id": chosen.id, "files": written}, lambda: [f"{path} written." for path in written])
    return 0


def _import(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.audit.audit_import import import_ratings
    from core.importing.files import rows_of_file

    done = import_ratings(database(), chosen.id, rows_of_file(chosen.file))
    bad = [{"line": fault.line, "reason": fault.reason} for fault in done.faults]
    for fault in done.faults:
        console.note(f"line {fault.line}: {fault.reason}")
    console.result(
        {"id": chosen.id, "added": done.added, "known": done.known, "bad": bad},
        lambda: [
            f"{number_of(done.added, 'rating')} added, {done.known:,} were there, {number_of(len(bad), 'row')} "
            f"could not be used."
        ],
    )
    return 1 if bad and not done.added and not done.known else 0


def _items(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.audit.audit import by_id
    from core.audit.audit_import import items_to_judge

    db = database()
    audit = by_id(db, chosen.id)
    may_write(chosen.out, LINES)
    text = items_to_judge(db, audit)
    chosen.out.write_text(text, encoding="utf-8", errors="surrogatepass")
    n = text.count("\n")
    console.result(
        {"id": chosen.id, "items": n, "file": str(chosen.out)},
        lambda: [f"{number_of(n, 'item')} written; `winnow audit import {chosen.id} FILE` brings them back filled in."],
    )
    return 0


def _compare(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.audit import results
    from core.audit.comparison import changes

    db = database()
    earlier, later = _result(chosen, chosen.earlier), _result(chosen, chosen.later)
    shared = results.shared_items(db, earlier.audit, later.audit)
    rows = [
        {
            "what": one.what,
            "earlier": one.earlier.percent,
            "later": one.later.percent,
            "change": one.difference.meaning,
        }
        for one in changes(earlier.found, later.found)
    ]
    console.result(
        {"earlier": chosen.earlier, "later": chosen.later, "shared_items": shared, "changes": rows},
        lambda: table(
            ("question", "earlier %", "later %", "change"),
            [(row["what"], row["earlier"], row["later"], row["change"]) for row in rows],
            90,
        ),
    )
    return 0


def _list(chosen: argparse.Namespace, console: Console) -> int | None:
    from core import settings
    from core.audit import results

    opened = database()
    pool = choosing.named(opened, chosen.pool)
    seen = results.opened(opened, pool.id, chosen.reviewer or settings.load().reviewer or "me")
    rows: list[dict[str, Any]] = []
    for one in seen.results:
        valid = one.found.valid
        share = {"n": valid.n, "yes": valid.yes, "percent": valid.percent, "low": valid.low, "high": valid.high}
        size, judged = one.found.size, one.found.judged
        rows.append({**_head(one.audit, pool.name), "items": size, "judged": judged, "open": True, "valid": share})
    for still in seen.closed:
        rows.append({**_head(still.audit, pool.name), "items": still.size, "open": False, "valid": None})
    rows.sort(key=lambda row: -row["id"])
    console.result({"pool": pool.name, "audits": rows}, lambda: _lines(rows) if rows else [_none(pool)])
    return 0


def _head(audit: Audit, pool: str) -> dict[str, Any]:
    return {
        "id": audit.id,
        "name": audit.name,
        "pool": pool,
        "seed": audit.seed,
        "filter": audit.filter.as_saved(),
        "population": {"tasks": sum(audit.tasks.values()), "instances": sum(audit.instances.values())},
        "fingerprint": audit.fingerprint,
    }


def _called(audit: Audit) -> str:
    """An audit by its number, and by its name where that says more."""
    return f"Audit {audit.id}" + ("" if audit.name == f"Audit {audit.id}" else f" ({audit.name})")


def _table2(shown: Result) -> list[str]:
    audit, found = shown.audit, shown.found
    lines = [f"{_called(audit)} of {shown.report.pool}: {found.judged} of {number_of(found.size, 'item')} judged."]
    lines.append(shown.report.blindness)
    asked = [(row.question, row.share.n, *_percent(row.share), round(row.paper.percent or 0)) for row in found.table2]
    lines += table(("question", "n", "yes %", "95% interval", "paper %"), asked, 90)
    lines += filter(None, (found.weighting, found.table2[-1].bounds))
    lines.append("grades " + ", ".join(f"{each.grade.value} {each.share.yes}" for each in found.grades))
    if found.pool.percent is not None:
        lines.append(
            f"valid in the whole population: {found.pool.percent:.1f}% [{found.pool.low:.1f}, {found.pool.high:.1f}]"
        )
    if found.agreement is not None:
        for figure in found.agreement.figures:
            value = "undefined" if figure.value is None else f"{figure.value:.2f}"
            bounds = "" if figure.low is None else f" [{figure.low:.2f}, {figure.high:.2f}]"
            lines.append(f"{figure.name}: {value}{bounds}, n={figure.n}. {figure.meaning}")
    if found.differences:
        lines.append(found.differences)
    return lines


def _percent(share: Proportion) -> tuple[str, str]:
    """A share and its interval in percent, as they stand in a table."""
    if share.percent is None:
        return "-", "-"
    return f"{share.percent:.1f}", f"{share.low:.1f} to {share.high:.1f}"


def _lines(rows: Sequence[dict[str, Any]]) -> list[str]:
    told = []
    for row in rows:
        valid = row["valid"] or {"percent": None}
        share = "" if valid["percent"] is None else f"{valid['percent']:.1f} [{valid['low']:.1f}, {valid['high']:.1f}]"
        told.append((row["id"], row["name"], row.get("judged"), row["items"], row["seed"], share or "-"))
    shut = [row["id"] for row in rows if not row["open"]]
    return [
        *table(("audit", "name", "judged", "items", "seed", "valid in the sample % [95%]"), told),
        *([f"`winnow audit show {shut[0]}` opens audit {shut[0]}, and notes that you looked."] if shut else []),
    ]


def _none(pool: Pool) -> str:
    return f'{pool.name} has no audit yet; `winnow audit new "{pool.name}"` draws one.'
