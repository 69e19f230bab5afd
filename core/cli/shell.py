"""The shell around the verbs: nouns, help, completion and "did you mean" by Click; nothing of a room is loaded before
its verb is asked for. What a verb takes is declared once, by its room, with argparse; `leaf` finds that declaration."""

from __future__ import annotations

import argparse
import difflib
import importlib
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import shorten
from typing import Any, NoReturn

import click
from click.shell_completion import CompletionItem

from core.cli import glossary, grammar, slips
from core.cli.console import as_json, tame
from core.cli.grammar import Verb

_CHOICE = re.compile(r"invalid choice: '(.*)' \(choose from (.*)\)")
DoVerb = Callable[[argparse.ArgumentParser, argparse.Namespace], int]


def tree(run: DoVerb, version: Callable[[], str]) -> click.Group:
    """The whole command line as Click knows it; `run` does one verb whose options are parsed."""

    def tell(context: click.Context, parameter: click.Parameter, asked: bool) -> None:
        if asked and not context.resilient_parsing:
            click.echo(version())
            context.exit()

    return Root(
        "winnow",
        help="Grow, look at, judge and release instruction-tuning data: seeds, generate, filter, look, judge, audit, "
        "release. Every verb takes --json and --help.",
        params=[
            click.Option(
                ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=tell, help="Say which this is."
            ),
            click.Option(["-q", "--quiet"], is_flag=True, help="Say nothing but the result, and errors."),
            click.Option(
                ["--by"], metavar="NAME", default="", help="Who does it, for the history (else WINNOW_REVIEWER, or me)."
            ),
        ],
        callback=lambda quiet, by: None,
        run=run,
    )


def parser(rooms: Sequence[str] = grammar.ROOMS, called: str = "winnow") -> argparse.ArgumentParser:
    """What these rooms' verbs take."""
    whole = argparse.ArgumentParser(prog=called, description="Winnow without a browser.")
    verbs = whole.add_subparsers(dest="verb", required=True, metavar="VERB")
    for room in rooms:
        importlib.import_module(f"core.cli.{room}").register(verbs)
    return whole


def leaf(verb: Verb, called: str = "winnow") -> tuple[argparse.ArgumentParser, list[str]]:
    """What a verb takes, and the words of its declaration that are an argument there (`run` takes `stop`)."""
    found, words = parser((verb.room,), called), list(verb.words)
    while words and (below := _below(found)) and words[0] in below:
        found = below[words.pop(0)]
    found.prog = " ".join((called, *verb.path))
    glossary.explain(found, verb.path)
    if words:  # typed already: its help speaks of this verb alone
        found.description = _sentence(verb.says)
        places = [action for action in found._actions if not action.option_strings]
        glossary.keep(found, words[0], {str(one) for one in places[0].choices or ()})
        for place in places[: len(words)]:
            place.help = argparse.SUPPRESS
    return found, words


class Root(click.Group):
    """`winnow`: nouns, the few verbs without one, and today's short forms, which no help lists."""

    def __init__(self, *given: Any, run: DoVerb, **options: Any) -> None:
        super().__init__(*given, **options)
        self.run = run

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*grammar.NOUNS, *(verb.path[0] for verb in grammar.VERBS if not verb.name)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in grammar.NOUNS:
            return Noun(cmd_name, self.run)
        if verb := grammar.BY_PATH.get((cmd_name,)):
            return Leaf(verb, self.run)
        return Short(cmd_name, self.run) if cmd_name in grammar.SHORT else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[:1] == ["help"]:  # `winnow help pool list` is `winnow pool list --help`
            args = [*args[1:], "--help"]
            if len(args) == 1:
                click.echo(ctx.get_help())
                ctx.exit()
        if args and (noun := slips.singular(args)):
            args = [noun, *args[1:]]
        if args and self.get_command(ctx, args[0]) is None and not ctx.resilient_parsing:
            ctx.fail(slips.turned_round(args) or slips.no_such(args[0], self._meant(ctx), self.list_commands(ctx)))
        return super().resolve_command(ctx, args)

    def _meant(self, ctx: click.Context) -> list[str]:
        """What a slip of the pen may have meant: nouns, verbs and today's short forms."""
        return list(dict.fromkeys([*self.list_commands(ctx), *(word for word in grammar.SHORT if "-" not in word)]))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Nouns, in the order of the work (winnow NOUN --help lists its verbs)"):
            formatter.write_dl(list(grammar.NOUNS.items()))
        with formatter.section("Verbs without a noun"):
            formatter.write_dl([(verb.path[0], verb.says) for verb in grammar.VERBS if not verb.name])


class Noun(click.Group):
    """The verbs of one noun. What is none of them is today's short form, where the noun is one: `audit POOL`."""

    def __init__(self, name: str, run: DoVerb) -> None:
        super().__init__(name, help=_sentence(grammar.NOUNS[name]), context_settings={"ignore_unknown_options": True})
        self.run = run

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [verb.name for verb in grammar.verbs_of(self.name or "")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        verb = grammar.BY_PATH.get((self.name or "", cmd_name))
        return Leaf(verb, self.run) if verb else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        noun = self.name or ""
        if args == ["help"]:
            click.echo(ctx.get_help())
            ctx.exit()
        if args and self.get_command(ctx, args[0]) is None and not ctx.resilient_parsing:
            if noun in grammar.SHORT and noun not in ("pool", "run"):
                return noun, Short(noun, self.run), args
            ctx.fail(slips.no_such(args[0], self.list_commands(ctx), self.list_commands(ctx)))
        return super().resolve_command(ctx, args)


class Leaf(click.Command):
    """One verb. Its declaration is read when it is run, helped or completed."""

    def __init__(self, verb: Verb, run: DoVerb) -> None:
        super().__init__(
            verb.path[-1],
            short_help=_sentence(verb.says),
            callback=None,
            add_help_option=False,
            params=[VerbWords(self)],
            context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
        )
        self.verb = verb
        self.run = run

    def declared(self, called: str) -> tuple[argparse.ArgumentParser, list[str]]:
        """What the verb takes, and the words that go before what a person gave."""
        return leaf(self.verb, called)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        return self.offered(list(ctx.params.get("words") or ()), incomplete)

    def invoke(self, ctx: click.Context) -> Any:
        found, before = self.declared(ctx.find_root().info_name or "winnow")
        _tell_of_slips(found, ctx.params["words"])
        chosen = found.parse_args([*before, *ctx.params["words"]])
        _with_those_of_all(chosen, ctx)
        return self.run(found, chosen)

    def offered(self, given: Sequence[str], begun: str) -> list[CompletionItem]:
        """What may come next: the choices of the option before, else options; else what the shell finds, files."""
        found, before = self.declared("winnow")
        options = found._option_string_actions
        if given and (action := options.get(given[-1])) is not None and action.choices:
            return _fitting(map(str, action.choices), begun)
        if begun.startswith("-"):
            return [
                CompletionItem(name, help=(action.help or "").split(". ")[0])
                for name, action in options.items()
                if name.startswith(begun) and name.startswith("--")
            ]
        places = [action for action in found._actions if not action.option_strings][len(before) :]
        nth = sum(not word.startswith("-") for word in given)
        if nth < len(places):
            if places[nth].choices:
                return _fitting(map(str, places[nth].choices or ()), begun)
            if places[nth].dest == "pool":
                return _fitting(_pools(), begun)
        return [CompletionItem(begun, type="file")]


class Short(Leaf):
    """One of today's forms, whole: `generate POOL`, `audit POOL`, `run stop 3`."""

    def __init__(self, word: str, run: DoVerb) -> None:
        super().__init__(Verb(word, "", "", grammar.SHORT[word], (word,)), run)
        self.hidden = True

    def invoke(self, ctx: click.Context) -> Any:
        whole = parser((self.verb.room,), ctx.find_root().info_name or "winnow")
        _tell_of_slips(whole, ctx.params["words"])
        chosen = whole.parse_args([self.verb.noun, *ctx.params["words"]])
        _with_those_of_all(chosen, ctx)
        return self.run(whole, chosen)


class VerbWords(click.Argument):
    """Everything behind a verb, left to its declaration; completed from there."""

    def __init__(self, owner: Leaf) -> None:
        super().__init__(["words"], nargs=-1, type=click.UNPROCESSED, expose_value=True)
        self.owner = owner

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        return self.owner.offered(list(ctx.params.get("words") or ()), incomplete)


def _with_those_of_all(chosen: argparse.Namespace, ctx: click.Context) -> None:
    """What stood before the verb and holds for every one."""
    of_all = ctx.find_root().params
    chosen.quiet = getattr(chosen, "quiet", False) or bool(of_all.get("quiet"))
    chosen.acts_as = getattr(chosen, "reviewer", None) or of_all.get("by") or ""


def _below(found: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in found._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def _options(found: argparse.ArgumentParser) -> list[str]:
    """The options of a parser and of those below, where a short form leaves it to the topmost to complain."""
    return [*found._option_string_actions, *(name for below in _below(found).values() for name in _options(below))]


def _tell_of_slips(found: argparse.ArgumentParser, given: Sequence[str]) -> None:
    """Have wrong usage, here and below, name what was probably meant; exit code 2 as before."""

    def error(message: str) -> NoReturn:
        told = f"{found.prog}: {shorten(message, 300)}.{_meant_of(message, found)}"
        if asks_json(given):
            print(tame(as_json({"error": told})))
        print(f"{tame(told)}\n`{found.prog} --help` says what it takes.", file=sys.stderr)
        raise SystemExit(2)

    found.error = error  # type: ignore[method-assign]
    for below in _below(found).values():
        _tell_of_slips(below, given)


def asks_json(given: Sequence[str]) -> bool:
    """Whether what was typed asks for one JSON object, known before it is understood."""
    return "--json" in given


def _meant_of(message: str, found: argparse.ArgumentParser) -> str:
    """What an option, or the value of one, that there is not may have meant."""
    if choice := _CHOICE.search(message):
        word, known = choice[1], [one.strip("' ") for one in choice[2].split(",")]
        near = difflib.get_close_matches(word, known, 1, 0.5)
    elif "unrecognized" in message:
        slips = [word.split("=")[0] for word in message.split() if word.startswith("--")]
        known = [name for name in _options(found) if name.startswith("--")]
        near = [hit for word in slips for hit in difflib.get_close_matches(word, known, 1, 0.6) if hit != word]
    else:
        return ""
    return f" Did you mean {near[0]}?" if near else ""


def _fitting(words: Any, begun: str) -> list[CompletionItem]:
    return [CompletionItem(word) for word in words if word.startswith(begun)]


def _pools() -> list[str]:
    """The names of the pools, where a database is there; completion makes none."""
    from core import pools, settings
    from core.database import open_database
    from core.records import WinnowError

    url = settings.load().url
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).is_file():
        return []
    try:
        return [pool.name for pool in pools.every(open_database(url))]
    except WinnowError:
        return []


def _sentence(says: str) -> str:
    return says[:1].upper() + says[1:] + ("" if says.endswith("?") else ".")
