"""What a page can change a verb can change: found in the sources, so that a new button without a verb is noticed.

A page changes things by acts: functions of a room that write, themselves or through what they call. Which of them the
pages' modules name, and which the verbs' modules name, is read from the syntax; what is left over stands below, with
the verb that does the same by another act, or with why a terminal has no need of it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

from core.cli import grammar
from core.settings import PROJECT

Act = tuple[str, str]  # module, function

BY_ANOTHER_ACT: dict[str, tuple[str, ...]] = {
    "core.audit.judging.begin": ("audit", "next"),
    "core.audit.ratings_file.lines": ("rating", "export"),
    "core.diversity.job.begin": ("diversity", "show"),
    "core.evaluation.demo.load": ("evaluate", "import"),
    "core.evaluation.rating.begin": ("evaluate", "next"),
    "core.evaluation.results.version": ("evaluate", "grades"),
    "core.history.backups.restore_asked": ("restore",),
    "core.importing.importer.import_seeds": ("seeds", "add"),
    "core.maps.job.begin": ("pool", "map"),
    "core.near.job.begin": ("diversity", "near"),
    "core.pools.changing.choose_tokeniser": ("pool", "set"),
    "core.pools.changing.keep_guidelines": ("pool", "set"),
    "core.project.export.project": ("project", "export"),
    "core.review.desk.begin": ("item", "show"),
    "core.review.desk.judge": ("rating", "give"),
    "core.review.desk.look_at": ("item", "show"),
    "core.review.desk.open_queue": ("item", "list"),
    "core.review.desk.skip": ("rating", "give"),
    "core.review.differences.redo": ("rating", "settle"),
    "core.review.differences.take_back": ("rating", "settle"),
    "core.review.editing.undo": ("history",),
    "core.review.queues.over_filter": ("queue", "make"),
}
OF_THE_SCREEN = {
    "core.pools.guide.dismiss": "the five steps are a screen's",
    "core.pools.guide.note_look": "the five steps are a screen's",
    "core.review.choices.keep": "how a screen shows texts",
    "core.review.desk.back": "a terminal names the item that it goes to",
    "core.review.keymap.change": "a terminal has no keys of the desk",
    "core.review.keymap.reset": "a terminal has no keys of the desk",
}


@cache
def parsed(module: str) -> ast.Module | None:
    path = PROJECT / (module.replace(".", "/") + ".py")
    path = path if path.is_file() else PROJECT / module.replace(".", "/") / "__init__.py"
    return ast.parse(path.read_text("utf-8")) if path.is_file() else None


@cache
def imported(module: str) -> dict[str, str]:
    """What names of ours a module imports, wherever in it, by their name there."""
    return {
        one.asname or one.name: f"{node.module}.{one.name}"
        for node in ast.walk(parsed(module) or ast.Module([], []))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("core", "pages")
        for one in node.names
    }


@cache
def functions(module: str) -> dict[str, ast.FunctionDef]:
    tree = parsed(module)
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)} if tree else {}


@cache
def found(dotted: str) -> Act | None:
    """The function that a dotted name leads to, through a package that passes it on."""
    module, _, name = dotted.rpartition(".")
    if name in functions(module):
        return module, name
    passed_on = imported(module).get(name) if parsed(module) else None
    return found(passed_on) if passed_on else None


def named(node: ast.AST, module: str) -> Iterator[Act]:
    """The functions of ours that a piece of a module names: called, or handed over to be called."""
    names, own = imported(module), functions(module)
    for one in ast.walk(node):
        act = None
        if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id in names:
            act = found(f"{names[one.value.id]}.{one.attr}")
        elif isinstance(one, ast.Name):
            act = found(names[one.id]) if one.id in names else (module, one.id) if one.id in own else None
        if act is not None:
            yield act


_writes: dict[Act, bool] = {}


def writes(act: Act) -> bool:
    """Whether a function opens a transaction that writes, itself or through another one."""
    if act not in _writes:
        _writes[act] = False  # who calls itself writes by what else it does
        node = functions(act[0])[act[1]]
        opens = any(
            isinstance(one, ast.Call)
            and isinstance(one.func, ast.Attribute)
            and one.func.attr == "write"
            and not one.args
            for one in ast.walk(node)
        )
        _writes[act] = opens or any(writes(other) for other in named(node, act[0]) if other != act)
    return _writes[act]


def acts_of(folder: str) -> set[str]:
    """The acts that the modules of a folder name."""
    modules = [".".join(path.relative_to(PROJECT).with_suffix("").parts) for path in (PROJECT / folder).rglob("*.py")]
    every = {act for module in modules for act in named(parsed(module) or ast.Module([], []), module)}
    return {".".join(act) for act in every if act[0].startswith("core.") and "core.cli" not in act[0] and writes(act)}


def test_whatever_a_page_changes_a_verb_changes_too() -> None:
    pages, verbs = acts_of("pages"), acts_of("core/cli")
    assert len(pages & verbs) > 60, "the sources are read"
    known = BY_ANOTHER_ACT.keys() | OF_THE_SCREEN.keys()
    assert pages - verbs - known == set(), "acts of pages for which there is no verb"
    assert known - (pages - verbs) == set(), "told of here, and no longer so"
    paths = {verb.path for verb in grammar.VERBS}
    assert set(BY_ANOTHER_ACT.values()) <= paths


def test_a_button_whose_act_no_verb_knows_is_noticed() -> None:
    assert writes(("core.review.desk", "judge")) and writes(("core.pools.changing", "rename"))
    assert not writes(("core.review.history", "texts")), "what only reads is no act"


DOWNLOADS = {  # the pages' modules that hand out files, and the verbs that write the same
    "overview/glances.py": ("pool", "show"),
    "overview/way.py": ("pool", "show"),
    "shared/behind.py": ("item", "list"),
    "shared/delivery.py": ("batch", "out"),
    "shared/yields.py": ("run", "show"),
    "evaluate/onward.py": ("evaluate", "report"),
    "near/near.py": ("diversity", "near"),
    "discards/ledger.py": ("discard", "list"),
    "diversity/downloads.py": ("diversity", "show"),
    "review/reviewers.py": ("rating", "agreement"),
    "review/files.py": ("rating", "export"),
    "audit/files.py": ("audit", "items"),
    "audit/result.py": ("audit", "report"),
    "audit/running.py": ("audit", "show"),
    "release/past.py": ("release", "make"),
    "release/appendix.py": ("release", "appendix"),
    "release/write.py": ("release", "make"),
    "whatif/whatif.py": ("pool", "novelty"),
    "seeds/seeds.py": ("seeds", "export"),
    "seeds/brought.py": ("seeds", "yield"),
    "map/map.py": ("pool", "map"),
    "pools/leaving.py": ("project", "export"),
}


def test_whatever_a_page_hands_out_a_verb_writes() -> None:
    found = {
        path.relative_to(PROJECT / "pages").as_posix()
        for path in (PROJECT / "pages").rglob("*.py")
        if any(
            isinstance(node, ast.Attribute) and node.attr == "download_button"
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
        )
    }
    assert found == DOWNLOADS.keys()
    assert set(DOWNLOADS.values()) <= {verb.path for verb in grammar.VERBS}
