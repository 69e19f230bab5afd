"""Verbs of the release room: export, verify, push. Fine-tuning has a module of its own."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.bounded_file import WRITTEN, text
from core.cli import finetune
from core.cli.console import Console, Subparsers, by_name, database, reads, verb, who, writes
from core.foreign import told
from core.records import Grade, Refused
from core.words import number_of

if TYPE_CHECKING:
    from core.evaluation.checking import Contamination
    from core.release.options import Style
    from core.release.order import ReleaseOrder
    from core.release.predicate import Predicate
    from core.release.split import Shares


def register(verbs: Subparsers) -> None:
    """Add the verbs."""
    _register_export(verbs)
    check = verb(verbs, "verify", _verify, "check every byte of a release")
    by_name(
        check, "folder", only="its manifest and all of its files are read", help="the folder or .zip that was written"
    )
    push = verb(
        verbs, "push", _push, "send a release to the Hugging Face Hub; without --confirm only show what would go"
    )
    by_name(push, "folder", only="it is a folder", help="the release that was written")
    push.add_argument("repository", help="OWNER/NAME of the dataset; the token is that of HF_TOKEN or of hf auth login")
    push.add_argument("--public", action="store_true", help="everybody may see it; private by default")
    push.add_argument("--replace", action="store_true", help="take out the files that the repository holds")
    push.add_argument("--endpoint", help="of another hub, by default HF_ENDPOINT")
    push.add_argument("--format", nargs="+", action="extend", metavar="NAME", help="only these of its formats")
    push.add_argument("--revision", default="main", metavar="BRANCH", help="made where there is none; by default main")
    push.add_argument("--tag", default="", metavar="NAME", help="what the commit is called, such as v1.0")
    push.add_argument("--confirm", nargs=3, metavar=("ENDPOINT", "REPOSITORY", "ROWS"), help="send exactly this")
    finetune.register(verbs)


def _register_export(verbs: Subparsers) -> None:
    parser = verb(verbs, "export", _export, "write the instances that a rule admits, read them back and check them")
    parser.add_argument("pool")
    writes(parser, "out", help="a folder, a .zip or one file that ends as its one format does")
    parser.add_argument(
        "--format", nargs="+", action="extend", metavar="NAME", help="by default jsonl; --format help lists them"
    )
    add_rule(parser)
    parser.add_argument("--split", metavar="TRAIN,VALIDATION,TEST", help="shares of the tasks, such as 0.9,0.05,0.05")
    parser.add_argument("--seed", type=int, default=1, help="of the split and of everything that is drawn")
    parser.add_argument("--title", default="", help="by default the pool's name")
    parser.add_argument("--license", default="", help="a licence's name on the Hub, for the card")
    parser.add_argument("--thoughts", action="store_true", help="also what reasoning models wrote first")
    parser.add_argument(
        "--fields", nargs="+", metavar="COLUMN", help="columns of imported rows, in jsonl, csv, parquet"
    )
    parser.add_argument("--reinstruct-style", action="store_true", help="style suffixes, and seeds twice")


def add_rule(parser: Any) -> None:
    """Add the options that say which instances go out."""
    parser.add_argument("--min-grade", metavar="A-D", help="by default B; none for no demand")
    parser.add_argument("--min-ratings", type=int, help="people who rated the present text, by default 1")
    parser.add_argument("--all", action="store_true", help="every accepted instance whatever its review, demo too")
    reads(parser, "--predicate", metavar="FILE", help="a rule as JSON; other options change it")
    parser.add_argument("--include-demo", action="store_true", help="also what was replayed from demo recordings")
    parser.add_argument("--seeds", action="store_true", help="also the seeds that are switched on")


def _export(chosen: argparse.Namespace, console: Console) -> int | None:
    from core import pools, settings
    from core.release.formats import every
    from core.release.making import make, summary
    from core.release.reasons import IN_WORDS, Reason

    if chosen.format == ["help"]:
        console.result({"formats": list(every())}, lambda: list(every()))
        return 0
    db = database()
    pool = pools.named(db, chosen.pool)
    reader = settings.load().reviewer or "me"
    order = _order(chosen)
    made = make(
        db,
        pool,
        order,
        chosen.out,
        actor=who(),
        reader=reader,
        known_as=console.renamed.get(str(chosen.out), ""),
        progress=_told(console),
    )
    found = {"pool": pool.name, **summary(made)}
    left = sum(made.excluded.values())
    console.result(
        found,
        lambda: [
            f"{made.rows:,} of {number_of(made.rows + left, 'instance')} written to {made.path}, read back and "
            f"checked.",
            *(f"  left out {n:,}: {IN_WORDS[Reason(reason)]}" for reason, n in made.excluded.items()),
            *(
                f"  {file['path']}  {file['bytes']:,} bytes  sha256 {file['sha256'][:16]}…"
                + (f"  {number_of(file['rows'], 'row')}" if "rows" in file else "")
                for file in made.files
            ),
            *(f"  note: {note}" for note in made.notes),
        ],
    )
    return 0


def _order(chosen: argparse.Namespace) -> ReleaseOrder:
    from core.release.options import PLAIN, REINSTRUCT_STYLE
    from core.release.order import ReleaseOrder

    style: Style = REINSTRUCT_STYLE if chosen.reinstruct_style else PLAIN
    return ReleaseOrder(
        tuple(dict.fromkeys(chosen.format or ["jsonl"])),
        rule_of(chosen),
        _shares(chosen.split),
        chosen.seed,
        style,
        thoughts=chosen.thoughts,
        fields=tuple(dict.fromkeys(chosen.fields or ())),
        title=chosen.title,
        license=chosen.license,
    )


def rule_of(chosen: argparse.Namespace) -> Predicate:
    """The rule that the options say."""
    from core.release.predicate import Predicate, parsed, predicate_of

    if chosen.all and chosen.predicate:
        raise Refused("--all takes everything and --predicate names a rule; give one of them.")
    rule = Predicate.everything() if chosen.all else Predicate()
    if chosen.predicate:
        try:
            rule = parsed(text(chosen.predicate, WRITTEN, "a rule"))
        except OSError as error:
            raise Refused(f"The rule in {chosen.predicate} cannot be read ({told(error)}); check the file.") from error
    changed: dict[str, Any] = {}
    if chosen.min_grade is not None:
        grade = chosen.min_grade.strip().upper()
        changed["min_grade"] = None if grade == "NONE" else grade
        # C and D are not valid: who asks for them by name does not ask for valid.
        changed["valid"] = rule.valid and grade not in (Grade.C, Grade.D)
    if chosen.min_ratings is not None:
        changed["min_ratings"] = chosen.min_ratings
    if changed:
        rule = predicate_of({**rule.as_json(), **changed})
    return replace(
        rule,
        include_demo=rule.include_demo or chosen.include_demo,
        include_seeds=rule.include_seeds or chosen.seeds,
    )


def _shares(text: str | None) -> Shares:
    from core.release.options import WHOLE
    from core.release.split import Shares

    if text is None:
        return WHOLE
    try:
        shares = [float(part) for part in text.split(",")]
    except ValueError:
        shares = []
    if not 1 <= len(shares) <= 3:
        raise Refused(f'"{text}" is no split; give shares such as 0.9,0.05,0.05.')
    return Shares(*shares, *[0.0] * (3 - len(shares)))


def _verify(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.release.verify import verify

    found = verify(chosen.folder)
    near = _near_sets(chosen.folder) if found.ok else None
    console.result(
        {
            "path": str(found.path),
            "ok": found.ok,
            "files": found.files,
            "bytes": found.bytes,
            "problems": list(found.problems),
            "near_evaluation_sets": near.as_json() if near else None,
        },
        lambda: [
            found.sentence,
            *(f"  {problem}" for problem in found.problems[1:]),
            *([near.sentence] if near else []),
        ],
    )
    return 0 if found.ok else 1


def _near_sets(release: Path) -> Contamination | None:
    """The check against this database's evaluation sets; None where there is no database here or nothing to read."""
    from core import settings
    from core.evaluation.checking import check_release

    ours = settings.load()
    if not ours.database_url and not (ours.data_dir / "winnow.db").exists():
        return None
    try:
        return check_release(database(), release)
    except Refused:  # a release without a format that holds rows, such as lineage alone
        return None


def _push(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.release.huggingface import pushed, rehearsed

    push = rehearsed(
        chosen.folder,
        chosen.repository,
        private=not chosen.public,
        replace=chosen.replace,
        endpoint=chosen.endpoint or "",
        formats=chosen.format or (),
        revision=chosen.revision,
        tag=chosen.tag,
    )
    told: dict[str, Any] = {
        "endpoint": push.endpoint,
        "repository": push.repository,
        "private": push.private,
        "replace": push.replace,
        "revision": push.revision,
        "tag": push.tag,
        "formats": list(push.formats),
        "rows": push.rows,
        "sha256": push.sha256,
        "files": [{"path": path, "bytes": size} for path, size in push.files],
        "sent": False,
    }
    needed = [push.endpoint, push.repository, str(push.rows)]
    if chosen.confirm is None:
        console.result(
            told,
            lambda: [
                push.question,
                *(f"  {path}  {size:,} bytes" for path, size in push.files),
                f"Nothing was sent. To send it: --confirm {' '.join(needed)}",
            ],
        )
        return 0
    if [chosen.confirm[0].rstrip("/"), *chosen.confirm[1:]] != needed:
        raise Refused(
            f"Nothing was sent: the confirmation is not of this push; it would be --confirm {' '.join(needed)}."
        )
    address = pushed(push, push)
    console.result({**told, "sent": True, "address": address}, lambda: [f"Sent: {address}"])
    return 0


def _told(console: Console) -> Callable[[str, int, int], None]:
    last: list[Any] = [0.0, ""]

    def tell(stage: str, done: int, total: int) -> None:
        if time.monotonic() - last[0] >= 1.0:
            last[0] = time.monotonic()
            console.progress(f"{stage}: {done:,}" + (f" of {total:,}" if total else ""))

    return tell
