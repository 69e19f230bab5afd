"""What a page can do the command line can, and the other way round; what stands apart is named here, with why."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from core.settings import PROJECT

# Acts of a screen alone: a gesture, a thing that a screen remembers, or a way to a list that the verb has by a filter.
ON_SCREEN = {
    "what a screen keeps over a reload, or whether it must draw again": {
        "audit.judging.begin", "maps.job.begin", "maps.job.latest", "maps.job.too_few", "maps.view.moment",
        "near.job.begin", "near.job.latest", "near.kept.newest_id",
        "diversity.job.begin", "diversity.job.latest", "diversity.view.moment",
        "evaluation.rating.begin", "evaluation.results.state_for", "evaluation.results.version", "gate.whatif.state_of",
        "release.past.newest_id", "release.past.state", "release.preview.state", "review.choices.keep",
        "review.choices.of_reviewer",
        "review.desk.begin", "history.history.people", "pools.guide.dismiss", "pools.guide.note_look",
        "pools.guide.of_reviewer", "pools.deleting.tombstones", "pools.funnel.newest_instance",
        "review.keymap.change", "review.keymap.of_reviewer", "review.keymap.reset",
    },
    "one item after the other at a desk; `rating give`, `rating undo` and `queue list` do it by the item's number": {
        "review.desk.back", "review.desk.judge",
        "review.desk.look_at", "review.desk.skip",
        "review.desk.open_queue",
        "review.editing.undo",
        "review.differences.redo", "review.differences.take_back", "review.queues.onward",
    },
    "what was clicked on: `task search`, `item list` and `queue make` say it by a filter": {
        "diversity.view.with_pair", "diversity.view.with_ids", "diversity.view.with_length",
        "diversity.view.with_seed_score",
        "review.queues.over_filter",
    },
    "what a form offers to choose from, or shows before it begins; the verb refuses in words": {
        "importing.kept.columns_kept", "release.making.card_ahead", "release.making.free_name",
        "release.past.order_of_newest", "release.since.since_last",
        "audit.audit.every", "audit.audit.matching", "audit.audit.runs_to_choose", "audit.audit.guidelines_of",
        "evaluation.models.releases", "evaluation.models.tuned", "evaluation.models.tasks",
        "evaluation.models.answered", "release.preview.runs", "review.queues.open_flags", "runs.control.accepted",
        "runs.control.acceptance", "runs.control.shown", "selfinstruct.looking.past_runs", "corpus.shelf.waiting",
        "selfinstruct.preview.preview", "reinstruct.preview.preview",
    },
    "a part of what a verb shows whole (run show, task show, pool show, audit list, evaluate report)": {
        "audit.headline.headline", "corpus.shelf.misses", "corpus.shelf.text", "evaluation.curves.by_quality",
        "evaluation.curves.by_size",
        "llm.book.exchanges", "reinstruct.looking.batch",
        "reinstruct.looking.source_of", "review.history.of_reviewer", "review.progress.rated_by",
        "selfinstruct.looking.candidates",
        "selfinstruct.yields.by_batch", "selfinstruct.yields.by_run",
    },
    "the same through another door: a browser's download or upload (ratings export, seeds export, pool import)": {
        "pools.changing.choose_tokeniser", "pools.changing.keep_guidelines", "project.export.project",
        "pools.bringing_aside.bring_tasks_aside",
        "runs.parcels.file_of", "audit.ratings_file.lines", "seeds.seeds.export",
    },
    "done by itself: after edits, at a start, or by the next copy": {
        "evaluation.demo.load", "pools.deleting.sweep_beside",
    },
}  # fmt: skip
# Acts of the command line alone.
IN_WORDS = {
    "the same through another door (a file's name, this very thread, a page's own act)": {
        "audit.ratings_file.write", "diversity.job.parse_here", "pools.bringing.bring_seeds",
        "runs.control.resume_same",
        "runs.runner.work_here", "seeds.seeds.write", "audit.audit.items", "audit.audit.by_id",
        "review.whole.page", "review.glance.look", "review.glance.judge", "review.glance.skip",
        "release.past.newest", "release.past.one",
        "project.replay.reproduce", "project.export.write", "pools.changing.change", "evaluation.models.release_number",
    },
    "figures that the page draws from a wider act": {
        "diversity.table1.of_pool", "diversity.view.listed", "gate.ledger.answers_dropped", "gate.ledger.of_run",
        "gate.replay.replay", "reinstruct.looking.supports", "review.progress.people_of", "llm.target.is_chosen",
    },
    "for who works without a browser": {
        "runs.parcels.cancel", "runs.parcels.drop", "runs.parcels.under_way", "runs.parcels.write_file",
        "evaluation.checking.check_pool", "evaluation.checking.check_release", "release.tuning.stop",
        "reinstruct.training_files.write_training_files", "maps.job.make_here",
    },
}  # fmt: skip


def acts() -> set[str]:
    """Every public function of a room whose first parameter is the database."""
    found = set()
    for path in (PROJECT / "core").rglob("*.py"):
        name = path.relative_to(PROJECT / "core").with_suffix("").as_posix()
        if "rows" in name or name.startswith(("cli/", "database/")):
            continue
        for node in ast.parse(path.read_text("utf-8")).body:
            if not isinstance(node, ast.FunctionDef) or not node.args.args or node.name.startswith("_"):
                continue
            first = node.args.args[0].annotation
            if first is not None and ast.unparse(first) == "Database":
                found.add(f"{name.replace('/', '.')}.{node.name}".replace(".__init__", ""))
    return found


def doors() -> dict[str, str]:
    """What a package's own door hands on, by the name it has there."""
    found = {}
    for path in (PROJECT / "core").rglob("__init__.py"):
        package = path.parent.relative_to(PROJECT / "core").as_posix().replace("/", ".")
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    found[f"{package}.{alias.asname or alias.name}"] = f"{node.module}.{alias.name}".removeprefix(
                        "core."
                    )
    return found


def used(paths: Iterator[Path], every: set[str], handed: dict[str, str]) -> set[str]:
    """The acts that these files use."""
    found = set()
    for path in paths:
        tree, names = ast.parse(path.read_text("utf-8")), {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "core":
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}".removeprefix("core.")
                    names[alias.asname or alias.name] = handed.get(whole, whole)
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id in names:
                whole = names[node.id]
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names:
                whole = f"{names[node.value.id]}.{node.attr}"
            else:
                continue
            found.add(handed.get(whole, whole))
    return found & every


def test_pages_and_verbs_can_do_the_same() -> None:
    every, handed = acts(), doors()
    pages = used((PROJECT / "pages").rglob("*.py"), every, handed)
    verbs = used((PROJECT / "core" / "cli").rglob("*.py"), every, handed)
    assert len(pages) > 100 and len(verbs) > 60, "the lists are read"
    on_screen, in_words = set().union(*ON_SCREEN.values()), set().union(*IN_WORDS.values())
    assert pages - verbs - on_screen == set(), "a page can do it and no verb can: add the verb, or say why not"
    assert verbs - pages - in_words == set(), "a verb can do it and no page can: add it to the page, or say why not"
    assert (on_screen & verbs) | (in_words & pages) == set(), "both can do it: take it off the list"
    assert (on_screen | in_words) - every == set(), "there is no such act any more"
