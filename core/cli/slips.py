"""Slips of the pen: a plural for a noun, a verb before its noun, a word that is none, and what was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from core.cli import grammar

MOST_MEANT = 4  # forms that a slip may have meant, in a sentence


def singular(args: Sequence[str]) -> str:
    """The noun that a plural with a verb behind it means: `pools list` is `pool list`; "" where it means none."""
    for noun in grammar.NOUNS:
        if args[0] in (f"{noun}s", noun.removesuffix("s")) and (noun, "".join(args[1:2])) in grammar.BY_PATH:
            return noun
    return ""


def turned_round(args: Sequence[str]) -> str:
    """Where a verb stands before its noun, or without one: the sentence that puts them in order; "" for neither."""
    has_it = [verb.noun for verb in grammar.VERBS if verb.name == args[0]]
    if not has_it:
        return ""
    behind = [noun for noun in has_it if set(args[1:]) & {noun, f"{noun}s", noun.removesuffix("s")}]
    meant = " or ".join(f"`winnow {noun} {args[0]}`" for noun in (behind or has_it)[:MOST_MEANT])
    return f"The noun comes first: {meant}{'' if behind or len(has_it) <= MOST_MEANT else ' and others'}."


def no_such(word: str, known: Sequence[str], listed: Sequence[str]) -> str:
    """The sentence for a word that is none: what it is close to among the known, else those that are listed."""
    near = difflib.get_close_matches(word, known, 2, 0.55)
    meant = f"Did you mean {' or '.join(near)}?" if near else f"There are {', '.join(listed)}."
    return f'There is no "{word}" here. {meant}'
