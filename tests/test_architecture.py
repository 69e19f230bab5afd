"""The walls of the house: who may import what, and what nobody loads on the way up."""

from __future__ import annotations

import ast
import functools
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

from core.pool.measured import COLUMNS
from core.settings import PROJECT
from pages.shared.contents import SECTIONS

HEAVY = {
    *("torch", "benepar", "transformers", "spacy", "plotly", "numba", "scipy", "sklearn", "statsmodels", "datasets"),
    *("openai", "pyarrow", "alembic", "huggingface_hub", "ray", "datasketch", "umap"),
}
NETWORK = {"openai", "httpx", "httpx2", "requests", "urllib3", "aiohttp", "websockets", "socket", "huggingface_hub"}
MAY_REACH_OUT = ("core/llm/", "core/release/", "core/diversity/install.py")  # each at a person's word only
ASKS_THIS_MACHINE = ("core/port.py",)  # whether a port of it is free
NOT_PINNED = {"core", "pages", "app", "httpx"}  # our own, and what is loaded where it is there for another package
TYPES_OF_SQLALCHEMY = {"Connection", "Row", "RowMapping"}
SAME_MEANING = {"Floats", "OnProgress"}  # an array of floats; a call with how much is done, of how much
IS_A_TYPE = re.compile(r"[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*$")
SQLITE_ITSELF = {
    f"core/database/{name}.py" for name in ("engine", "files", "anatomy", "restoring", "logs_beside", "turns")
}


@functools.cache  # each file is read once for all walls
def modules(folder: str) -> tuple[tuple[str, ast.Module], ...]:
    paths = [PROJECT / "app.py"] if folder == "app.py" else sorted((PROJECT / folder).rglob("*.py"))
    return tuple((path.relative_to(PROJECT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))) for path in paths)


@functools.cache
def imported(tree: ast.AST) -> frozenset[str]:
    """Every module that is imported anywhere in a file, inside functions too, but not for types alone."""
    for_types = {
        id(one)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and isinstance(block.test, ast.Name) and block.test.id == "TYPE_CHECKING"
        for one in ast.walk(block)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


@functools.cache
def roots(tree: ast.AST) -> set[str]:
    return {name.split(".")[0] for name in imported(tree)}


def attributes_of(tree: ast.AST, name: str) -> set[str]:
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    return {node.attr for node in found if isinstance(node.value, ast.Name) and node.value.id == name}


def called(tree: ast.AST) -> set[str]:
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {function.attr for function in calls if isinstance(function, ast.Attribute)}


def test_core_knows_no_screen() -> None:
    wrong = {path: roots(tree) & {"streamlit", "pages", "app"} for path, tree in modules("core")}
    assert {path: found for path, found in wrong.items() if found} == {}


def test_pages_speak_neither_to_the_database_nor_to_a_model() -> None:
    wrong = {
        path: roots(tree) & {"sqlalchemy", "sqlite3", "alembic", *NETWORK}
        for folder in ("pages", "app.py")
        for path, tree in modules(folder)
    }
    assert {path: found for path, found in wrong.items() if found} == {}


def holds_sql(path: str) -> bool:
    """Where SQL may stand: the database, the pool's common ground, and the rows of each room."""
    return path.startswith(("core/database/", "core/pool/")) or "/rows/" in path or path.endswith("/rows.py")


def test_only_the_ground_and_rows_hold_sql() -> None:
    """Elsewhere an open connection may be handed on, and that is all."""
    wrong = []
    for path, tree in modules("core"):
        if holds_sql(path):
            continue
        names = imported(tree)
        wrong += [f"{path} imports {name}" for name in names if name.startswith(("core.database.schema", "alembic"))]
        wrong += [f"{path} imports {name}" for name in names if name.startswith("sqlalchemy.")]
        wrong += [f"{path} uses sa.{name}" for name in attributes_of(tree, "sa") - TYPES_OF_SQLALCHEMY]
        wrong += [f"{path} calls {name}" for name in called(tree) & {"exec_driver_sql", "executemany"}]
    assert wrong == []


def test_what_differs_between_databases_sits_in_one_module() -> None:
    wrong = []
    for path, tree in modules("core"):
        if path in SQLITE_ITSELF or "/migrations/" in path:
            continue
        wrong += [f"{path} imports {name}" for name in imported(tree) if "dialects" in name or name == "sqlite3"]
        wrong += [f"{path} calls exec_driver_sql" for name in called(tree) if name == "exec_driver_sql"]
        wrong += [f"{path} uses sa.text" for name in attributes_of(tree, "sa") if name == "text"]
    assert wrong == []


def rows_of_others(path: str, tree: ast.AST) -> set[str]:
    """The rooms whose `rows` a module imports although it does not live there."""
    own = path.split("/")[1] if path.startswith("core/") else ""
    return {name.split(".")[1] for name in imported(tree) if re.match(r"core\.\w+\.rows(\.|$)", name)} - {own}


def test_what_was_measured_is_asked_for_where_it_is_known_whether_it_holds() -> None:
    """`measured.COLUMNS` say nothing of a task once its pool's seeds have changed; whoever read one alone would not see
    it."""
    owners = ("core/pool/measured.py", "core/database/schema.py")
    wrong = {
        f"{path} reads tasks.c.{node.attr}"
        for path, tree in modules("core")
        for node in ast.walk(tree)
        if path not in owners and isinstance(node, ast.Attribute) and node.attr in COLUMNS
        if isinstance(node.value, ast.Attribute) and node.value.attr == "c"
    }
    assert wrong == set()


def test_rows_are_their_own_rooms_alone() -> None:
    wrong = []
    for folder in ("core", "pages", "app.py"):
        for path, tree in modules(folder):
            wrong += [f"{path} knows the rows of {room}" for room in sorted(rows_of_others(path, tree))]
    assert sorted(set(wrong)) == []


def test_rows_are_sql_and_nothing_else_has_that_name() -> None:
    wrong = []
    for path, tree in modules("core"):
        if not holds_sql(path):
            wrong += [path for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "rows"]
    assert wrong == []


def test_screens_and_verbs_open_no_transaction() -> None:
    wrong = []
    for folder in ("core/cli", "pages", "app.py"):
        for path, tree in modules(folder):
            wrong += [f"{path} opens {name}()" for name in sorted(called(tree) & {"read", "write"} & connections(tree))]
    assert sorted(set(wrong)) == []


def connections(tree: ast.AST) -> set[str]:
    """`read` and `write` as they stand behind a `with`."""
    items = (item.context_expr for node in ast.walk(tree) if isinstance(node, ast.With) for item in node.items)
    calls = (one.func for one in items if isinstance(one, ast.Call))
    return {function.attr for function in calls if isinstance(function, ast.Attribute)}


def named_types(tree: ast.Module) -> Iterator[str]:
    """The public classes of a module, and the types that it gives a name to (`Floats = NDArray[...]`)."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign) and not isinstance(node.value, ast.Call):  # a TypeVar stands for anything
            yield from (one.id for one in node.targets if isinstance(one, ast.Name) and IS_A_TYPE.match(one.id))


def test_one_word_has_one_meaning() -> None:
    """A class of one room has no namesake in another: `Plan`, `Preview` or `Row` would leave the reader to guess."""
    where: dict[str, list[str]] = {}
    for folder in ("core", "pages"):
        for path, tree in modules(folder):
            for name in named_types(tree):
                if not name.startswith("_"):
                    where.setdefault(name, []).append(path)
    assert {name: paths for name, paths in where.items() if len(paths) > 1 and name not in SAME_MEANING} == {}
    assert {name for name in SAME_MEANING if len(where.get(name, ())) < 2} == set()


MOST_LINES = 400
ONE_SCHEMA = "core/database/schema.py"  # every table in one place, as one reads it


def test_no_module_outgrows_its_idea() -> None:
    long = {
        path: lines
        for folder in ("core", "pages", "app.py")
        for path, _ in modules(folder)
        if (lines := (PROJECT / path).read_text(encoding="utf-8").count("\n")) > MOST_LINES and path != ONE_SCHEMA
    }
    assert long == {}


PAGE_NAMED = re.compile(r"\bpages? ([A-Z]\w+)")


def said(tree: ast.AST) -> Iterator[str]:
    """Every text of a module, those in parts put together."""
    return (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


def test_what_sends_a_person_to_a_page_calls_it_as_it_stands_on_screen() -> None:
    titles = {entry.title.split()[0] for entries in SECTIONS.values() for entry in entries}
    wrong = {
        f"{path}: {found[0]}"
        for folder in ("core", "pages", "app.py")
        for path, tree in modules(folder)
        for text in said(tree)
        for found in PAGE_NAMED.finditer(text)
        if found[1] not in titles
    }
    for document in PROJECT.glob("*.md"):
        named = PAGE_NAMED.finditer(document.read_text(encoding="utf-8"))
        wrong |= {f"{document.name}: {found[0]}" for found in named if found[1] not in titles}
    assert wrong == set()


def test_only_the_rooms_that_must_reach_out_know_the_network() -> None:
    wrong = {
        path: roots(tree) & NETWORK | {name for name in imported(tree) if name in ("urllib.request", "http.client")}
        for path, tree in modules("core")
        if not path.startswith((*MAY_REACH_OUT, *ASKS_THIS_MACHINE))
    }
    assert {path: found for path, found in wrong.items() if found} == {}


GROUND = {
    *("actor", "missing", "records", "settings", "database", "words", "moments", "foreign"),
    *("replacing", "children", "aside", "bounded_file", "memory", "written_json", "asked", "crews"),
}
# Which rooms a room may use beside the ground. Arrows run down: no circle can be made without changing this list.
NEIGHBOURS: dict[str, set[str]] = {
    "actor": set(),
    "asked": set(),
    "crews": set(),
    "missing": set(),
    "records": set(),
    "settings": set(),
    "logs": set(),
    "foreign": set(),
    "words": set(),
    "written_json": set(),
    "moments": set(),
    "replacing": set(),
    "bounded_file": set(),
    "children": set(),
    "aside": set(),
    "memory": set(),
    "documents": set(),
    "port": set(),
    "knobs": set(),
    "extensions": set(),
    "database": set(),
    "novelty": set(),
    "statistics": set(),
    "pool": {"knobs"},
    "llm": {"pool", "knobs", "extensions"},
    "runs": {"pool", "llm", "knobs", "methods"},
    "methods": {"extensions"},
    "gate": {"pool", "novelty", "knobs", "methods"},
    "seeds": {"pool"},
    "corpus": {"pool", "runs", "knobs"},
    "diversity": {"pool", "runs", "gate", "novelty", "statistics"},
    "maps": {"pool", "llm", "runs", "novelty", "diversity", "knobs"},
    "near": {"pool", "runs", "gate", "novelty"},
    "review": {"pool", "gate", "novelty", "statistics"},
    "audit": {"pool", "review", "statistics"},
    "selfinstruct": {"pool", "runs", "llm", "gate", "diversity", "knobs"},
    "reinstruct": {"pool", "runs", "llm", "gate", "corpus", "selfinstruct", "review", "knobs"},
    "importing": {"pool", "gate", "novelty", "seeds", "selfinstruct"},
    "evaluation": {"pool", "runs", "llm", "gate", "novelty", "statistics", "importing", "review", "diversity", "knobs"},
    "release": {"pool", "runs", "llm", "gate", "novelty", "audit", "evaluation", "extensions"},
    "pools": {"pool", "runs", "methods", "gate", "novelty", "llm", "seeds", "release", "importing"},
    "history": {"pool", "review", "gate"},
    "notebook": {"pools", "audit", "diversity", "release"},
    "project": {
        "pool",
        "pools",
        "llm",
        "runs",
        "seeds",
        "audit",
        "release",
        "selfinstruct",
        "methods",
        "reinstruct",
        "corpus",
    },
    "appendix": {
        *("pool", "pools", "llm", "runs", "gate", "audit", "diversity", "release", "review", "statistics", "methods"),
    },
    "health": {"llm", "seeds", "release", "extensions", "methods"},
    "health_report": {"health", "logs"},
    "trying": {"llm", "selfinstruct", "reinstruct"},
    "licences": set(),
}


def room_of(name: str) -> str:
    return name.split(".")[1] if name.startswith("core.") else ""


def test_every_room_keeps_to_its_neighbours() -> None:
    wrong = []
    for path, tree in modules("core"):
        own = path.split("/")[1].removesuffix(".py")
        if own in ("cli", "__main__", "__init__"):
            continue
        used = {room_of(name) for name in imported(tree)} - {"", own}
        wrong += [f"{path} uses core.{room}" for room in sorted(used - GROUND - NEIGHBOURS[own])]
    assert wrong == []


def test_the_list_of_neighbours_has_no_circle() -> None:
    def below(room: str, seen: frozenset[str]) -> None:
        assert room not in seen, f"{room} is below itself"
        for other in NEIGHBOURS[room]:
            below(other, seen | {room})

    for room in NEIGHBOURS:
        below(room, frozenset())


def module_name(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def deferred(tree: ast.Module) -> int:
    """How many imports of ours stand inside functions: each hides an arrow, or a start that is too slow."""
    inside = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    found = {id(one): one for function in inside for one in ast.walk(function) if isinstance(one, ast.ImportFrom)}
    return sum(one.module is not None and one.module.split(".")[0] == "core" for one in found.values())


def test_no_two_modules_import_each_other_however_far_round() -> None:
    trees = {module_name(path): tree for path, tree in modules("core")}
    uses = {name: {other for other in imported(tree) if other in trees} - {name} for name, tree in trees.items()}
    for name in uses:  # a package is read before what is in it; that is Python's business
        uses[name] = {other for other in uses[name] if not name.startswith(f"{other}.")}
    done: set[str] = set()

    def walk(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join((*way[way.index(name) :], name))
        if name not in done:
            for other in sorted(uses[name]):
                walk(other, (*way, name))
            done.add(name)

    for name in sorted(uses):
        walk(name, ())


MOST_DEFERRED = 42  # of our own, the command line aside, whose verbs load what they need


def test_imports_inside_functions_are_few() -> None:
    found = {
        path: n
        for path, tree in modules("core")
        if not path.startswith(("core/cli/", "core/__")) and (n := deferred(tree))
    }
    assert sum(found.values()) <= MOST_DEFERRED, found


def loaded_by(code: str, tmp_path: Path) -> set[str]:
    """The heavy modules that a fresh program has loaded after this code."""
    code += f"\nimport json, sys\nprint(json.dumps([name for name in {sorted(HEAVY)!r} if name in sys.modules]))"
    environment = {**os.environ, "WINNOW_DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_what_is_imported_is_pinned_by_its_own_name() -> None:
    """What only comes along with another package can go away with its next version."""
    lines = [line for file in PROJECT.glob("requirements*.txt") for line in file.read_text().splitlines()]
    pinned = {
        found[1].lower().replace("_", "-") for line in lines if (found := re.match(r"([\w.-]+)(\[\w+\])?==", line))
    }
    by_module = packages_distributions()
    wanted = {
        module: {name.lower().replace("_", "-") for name in by_module[module]}
        for folder in ("core", "pages", "app.py")
        for _, tree in modules(folder)
        for module in roots(tree) & by_module.keys() - NOT_PINNED
    }
    assert {module: names for module, names in wanted.items() if not names & pinned} == {}


def test_the_command_line_loads_nothing_heavy_before_a_verb_needs_it(tmp_path: Path) -> None:
    assert loaded_by("from core.__main__ import parser\nparser().format_help()", tmp_path) == set()


def test_an_opened_database_and_a_pool_load_nothing_heavy(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'winnow.db'}"
    made = f"from core.database import open_database\nfrom core import pools\ndb = open_database({url!r})\n"
    loaded_by(made + "pools.make(db, 'p')", tmp_path)  # the first opening runs the migrations, with alembic
    assert loaded_by(made + "pools.funnel(db, 1)", tmp_path) == set()


def test_the_app_comes_up_without_anything_heavy(tmp_path: Path) -> None:
    """But for what Streamlit loads by itself, and alembic for the first opening of a database."""
    code = (
        "from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('app.py', default_timeout=60).run()\n"
        "assert not app.exception, app.exception\n"
    )
    assert loaded_by(code, tmp_path) - loaded_by("import streamlit.testing.v1", tmp_path) <= {"alembic"}


def test_tables_have_one_home_where_an_absent_value_is_an_empty_cell() -> None:
    home = PROJECT / "pages" / "shared" / "tables.py"
    drawn = [path for path in (PROJECT / "pages").rglob("*.py") if "st.dataframe(" in path.read_text("utf-8")]
    assert drawn == [home]
