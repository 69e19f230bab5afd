"""The reference in docs/reference, written from the code: `python -m tests.docs.reference` writes it again.

`test_reference.py` holds the files and the code together.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import is_dataclass
from typing import Any

from core import knobs, settings
from core.cli import grammar, shell
from core.gate import rules
from core.settings import PROJECT
from tests.docs import formats
from tests.docs.markdown import code, page, plain, table

FOLDER = PROJECT / "docs" / "reference"
COMMON = ("-h", "--json", "-q")


def commands() -> str:
    """Every noun and verb with what it takes."""
    lines = [
        "Everywhere: `--json` prints one JSON object on standard output, `-q` says nothing but the result and errors, "
        "`--help` says what a verb takes. `-` is standard input or output where a file is read or written. The exit "
        "code is 0 for done, 1 for refused or failed (one line says why and what to do), 2 for wrong usage, 130 for "
        "stopped by Ctrl+C (what was done is kept). `python -m core` is the same command.",
        "",
    ]
    for noun, says in grammar.NOUNS.items():
        lines += [f"## {noun}", "", _sentence(says), ""]
        for verb in grammar.verbs_of(noun):
            lines += _verb(verb)
    lines += ["## Verbs without a noun", ""]
    for verb in grammar.VERBS:
        if not verb.name:
            lines += _verb(verb)
    return page("Commands", lines)


def _verb(verb: grammar.Verb) -> list[str]:
    declared, _ = shell.leaf(verb)
    actions = [action for action in declared._actions if not {*COMMON} & {*action.option_strings}]
    actions = [action for action in actions if action.help != argparse.SUPPRESS]
    places = [action for action in actions if not action.option_strings]
    options = [action for action in actions if action.option_strings]
    usage = " ".join(["winnow", *verb.path, *map(_place, places), *(["[options]"] if options else [])])
    lines = [f"### {' '.join(verb.path)}", "", _sentence(verb.says), "", "```text", usage, "```", ""]
    if verb.words != verb.path and verb.words[0] not in grammar.NOUNS:
        lines += [f"Also as `winnow {' '.join(verb.words)}`.", ""]
    rows = [(code(_place(action).strip("[]")), _told(action)) for action in places if action.help]
    rows += [(code(_spelt(action)), _told(action)) for action in options]
    return lines + (table(("argument", "what it is"), rows) if rows else [])


def _place(action: argparse.Action) -> str:
    name = str(action.metavar or (_choices(action) if action.choices else action.dest.upper()))
    many = "..." if action.nargs in ("*", "+") else ""
    return f"[{name}{many}]" if action.nargs in ("?", "*") else f"{name}{many}"


def _spelt(action: argparse.Action) -> str:
    names = ", ".join(action.option_strings)
    if action.nargs == 0 or isinstance(action, argparse.BooleanOptionalAction):
        return names
    value = action.metavar or (_choices(action) if action.choices else action.dest.upper())
    shown = " ".join(value) if isinstance(value, tuple) else str(value)
    return f"{names} {shown}{' ...' if action.nargs in ('*', '+') else ''}"


def _choices(action: argparse.Action) -> str:
    return "|".join(map(str, action.choices or ()))


def _told(action: argparse.Action) -> str:
    usual = action.default
    said = (action.help or "").replace("%(default)s", str(usual)).replace("%%", "%")
    has = usual not in (None, False, "", argparse.SUPPRESS) and usual != [] and not action.required
    if has and action.option_strings and "default" not in said:
        said = f"{said} (default {usual})".strip()
    return plain(said + (" (may be repeated)" if isinstance(action, argparse._AppendAction) else ""))


def settings_page() -> str:
    """Every setting with its bounds, its default and the papers' values."""
    from core.corpus import job, select_settings
    from core.llm.target import DEMO, Target
    from core.pool.pool_settings import PoolSettings
    from core.records import Endpoint
    from core.reinstruct import settings as reinstruct
    from core.selfinstruct.settings import PRESETS

    def rows(of: Any, kinds: Mapping[str, Any]) -> list[str]:
        first = next(iter(kinds.values()))
        head = ("setting", "what it is", "values", *kinds)
        return table(head, _settings(of, first, list(kinds.values())))

    both = {name: PRESETS[name] for name in ("paper", "chat")}
    chat, base = (reinstruct.preset(endpoint) for endpoint in (Endpoint.CHAT, Endpoint.COMPLETIONS))
    exact = reinstruct.preset(Endpoint.COMPLETIONS, "paper_exact")
    lines = [
        "At the command line a setting is an option of its verb (`--max-words 120`) or `--set NAME=VALUE`, where a dot "
        "reaches into a setting that has parts (`--set instructions.temperature=0.9`). On the pages each stands in the "
        "form of its page. A run stores all of its settings.",
        "",
        "## Self-Instruct (run start)",
        "",
        "The column `paper` is the default for base models and holds the values of the released program; `chat` is the "
        "default for chat models. `paper_prompts` is `paper` with the released program's own prompts, from your copy.",
        "",
        *rows(type(both["paper"]), both),
        "## REInstruct (corpus reverse, rewrite, run)",
        "",
        "The paper trains its own models, so sampling and wording are ours; the filters are the released program's. "
        "`paper_exact` (here for `completions`) has no novelty gate, as the paper has none.",
        "",
        *rows(reinstruct.ReinstructSettings, {"chat": chat, "completions": base, "paper_exact": exact}),
        "## Selection of texts (corpus select)",
        "",
        "`mended` is the default; `paper_exact` decides as the released program does.",
        "",
        *rows(select_settings.SelectSettings, select_settings.PRESETS),
        *rows(job.SelectionSettings, {"mended": job.begun("mended"), "paper_exact": job.begun("paper_exact")}),
        "## The connection",
        "",
        *rows(Target, {"default": DEMO}),
        "## A pool",
        "",
        *rows(PoolSettings, {"default": PoolSettings()}),
        "## The environment",
        "",
        *table(("variable", "what it says"), _environment()),
    ]
    return page("Settings", lines)


def _settings(kind: Any, first: Any, chosen: Sequence[Any], within: str = "") -> Iterable[tuple[str, ...]]:
    for name, setting in knobs.settings_of(kind).items():
        values = [getattr(one, name) for one in chosen]
        if is_dataclass(setting.type):
            if setting.type.__name__ != "SelectSettings":  # a table of its own
                yield from _settings(setting.type, getattr(first, name), values, f"{within}{name}.")
            continue
        what = f"{setting.label}. {setting.knob.help}" if setting.knob.help else setting.label
        shown = ["a text of ours" if setting.knob.lines > 1 and one else _value(one) for one in values]
        must = "".join(f", with `{{{place}}}` in it" for place in setting.knob.places)
        yield code(within + name), plain(what), plain(setting.wants + must), *shown


def _value(value: Any) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(code(str(one).replace("\n", "\\n")) for one in value) or "none"
    if isinstance(value, Mapping):
        return code(str(dict(value))) if value else "none"
    return plain(knobs.shown(value)) or "empty"


ENVIRONMENT = {
    "data_dir": "The folder with the database, logs and backups; `data/` beside the program by default.",
    "database_url": "A PostgreSQL address instead of the SQLite file in the data folder.",
    "api_key": "The key of the server that the environment names. It is never stored.",
    "base_url": "The server that new runs speak to, where nobody chose one on the page Models.",
    "model": "Its model.",
    "provider": "Its name among the providers, instead of an address.",
    "reviewer": "Who sits at the terminal, where `--reviewer` says nothing; `me` by default.",
    "demo_seconds": "Seconds that a recorded reply of the demo takes in the app; `0.8` by default, to be watched.",
    "hosts": "Names, with commas, under which browsers may reach the app besides this machine's own.",
    "corpus_root": "The page Corpus reads folders under this one and nowhere else.",
}


def _environment() -> Iterable[tuple[str, str]]:
    for field in dataclasses.fields(settings.Settings):
        names = [f"WINNOW_{field.name.upper()}", *filter(None, [settings.ALSO.get(field.name)])]
        yield ", ".join(map(code, names)), ENVIRONMENT[field.name]


def rules_page() -> str:
    """Every rule by which something is dropped."""
    beside = (rules.REFUSED, rules.FILTERED, rules.ONLY_THOUGHTS, rules.SEALED)
    parts = {
        "Self-Instruct": rules.SELF_INSTRUCT,
        "REInstruct": {**rules.REINSTRUCT, rules.TOO_CLOSE: rules.RULES[rules.TOO_CLOSE]},
        "Any method": {rule: rules.RULES[rule] for rule in beside},
    }
    lines = [
        "Nothing that is dropped is deleted: it stays as a discard with its rule and the evidence, on the page "
        "Discards and in `winnow discard list`, and a person can take it back. The id is what the database and "
        "files hold.",
        "",
        f"The novelty threshold is {rules.THRESHOLD} by default: a candidate is dropped when its ROUGE-L F1 is above "
        f"it. Pairs from {rules.SIMILAR_FLOOR} up are kept, so that any threshold from there can be tried without a "
        "model.",
        "",
    ]
    for name, its in parts.items():
        rows = [(code(rule), _sentence(plain(says))) for rule, says in its.items()]
        lines += [f"## {name}", "", *table(("rule", "it drops what this is true of"), rows)]
    return page("Rules", lines)


def keys_page() -> str:
    """Every key of the places where texts are judged."""
    from core.review import keymap
    from pages.shared import keys

    places = {"Review": keys.DESK, "Audit": keys.AUDIT, "Differences": keys.DIFFERENCES, "Evaluate": keys.EVALUATE}
    every = dict.fromkeys(key for place in places.values() for key in place)
    rows = [
        (
            code(key.fixed or keymap.USUAL[key.act].replace("shift+", "Shift ").title()),
            plain(key.does),
            *("yes" if key in place else "" for place in places.values()),
        )
        for key in every
    ]
    lines = [
        "`?` shows this map on the page. Each reviewer may put an act on another key there, wherever texts are judged.",
        "",
        *table(("key", "what it does", *places), rows),
    ]
    return page("Keys", lines)


def _sentence(says: str) -> str:
    return says[:1].upper() + says[1:] + ("" if says.endswith((".", "?")) else ".")


PAGES: Mapping[str, Callable[[], str]] = {
    "commands.md": commands,
    "settings.md": settings_page,
    "rules.md": rules_page,
    "release-formats.md": formats.releases,
    "import-formats.md": formats.imports,
    "keys.md": keys_page,
}


def write() -> None:
    """Write every page of the reference."""
    FOLDER.mkdir(exist_ok=True)
    for name, made in PAGES.items():
        (FOLDER / name).write_text(made(), "utf-8")


if __name__ == "__main__":
    write()
