"""What a text is, so that it can be shown as that: prose, code, JSON, a table, LaTeX source."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache

_LONGEST = 200_000  # characters that are looked at; a longer text is shown plain
_FENCE = re.compile(
    r"^(?P<fence>```+|~~~+)[ \t]*(?P<language>[\w+#.-]*)[^\n]*\n(?P<code>.*?)^(?P=fence)[ \t]*$", re.M | re.S
)
_TABLE_LINE = re.compile(r"^\s*\|.*\|\s*$|^[^|\n]+\|[^|\n]+\|")
_RULE_LINE = re.compile(r"^\s*\|?\s*:?-{3,}:?\s*(\|\s*:?-{3,}:?\s*)*\|?\s*$")
_MARKDOWN_TABLE = re.compile(r"^[^\n]*\|[^\n]*\n\s*\|?\s*:?-{3,}:?\s*\|", re.M)
_LATEX = re.compile(r"\\(?:begin|end|frac|sum|int|alpha|beta|sqrt|documentclass|section|item|left|right|cdot)\b")
# How a line of each language begins or ends, in our own words: enough to tell it from prose, not to parse it.
_SIGNS: dict[str, re.Pattern[str]] = {
    "python": re.compile(
        r"^\s*(def \w+\(.*|class \w+.*:|import [\w.]+|elif .*:|if .*:|for \w+.* in .*:|while .*:|try:|"
        r"except\b.*:|with .*:|return\b.*|print\(.*\)|@\w+|\w+ = .+|else:)\s*$|^\s*(from [\w.]+ import |import \w+)"
    ),
    "java": re.compile(r"^\s*(public|private|protected|import java|package|@Override|System\.out|static)\b.*[;{(]"),
    "c": re.compile(r"^\s*(#include\b|#define\b|int main\b|printf\(|std::|using namespace|template\s*<)"),
    "javascript": re.compile(r"^\s*(const|let|var|function|export|import .* from|console\.log|=>)\b.*"),
    "sql": re.compile(r"^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE|FROM|WHERE|GROUP BY|ORDER BY|JOIN)\b"),
    "html": re.compile(r"^\s*</?(html|head|body|div|p|ul|li|table|tr|td|a|span|script|style|h[1-6]|form|input)\b"),
    "bash": re.compile(r"^\s*(\$ |#!/|sudo |apt(-get)? |cd |echo |export \w+=|grep |chmod |pip install)"),
}
_STRUCTURE = re.compile(r"[;{}]\s*$|^\s*[})\]];?\s*$|^\s*(//|/\*|#include|\*/)")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a text: prose where `language` is None, "" for monospaced without highlighting."""

    text: str
    language: str | None = None


@lru_cache(maxsize=32)  # a text is looked at for its height and for its kind, and again at every answer
def parts_of(text: str) -> tuple[Part, ...]:
    """The stretches of a text in order: all of it, save the fences around blocks of code."""
    if len(text) > _LONGEST or not text.strip():
        return (Part(text),)
    found: list[Part] = []
    end = 0
    for block in _FENCE.finditer(text):
        found += _unfenced(text[end : block.start()])
        found.append(Part(block["code"].rstrip("\n"), block["language"].lower()))
        end = block.end()
    if not found:
        return (Part(text, language_of(text)),)
    return tuple(found + _unfenced(text[end:]))


def is_markdown(part: Part) -> bool:
    """Whether a stretch may be Markdown: prose, or a table with a rule below its heads."""
    return part.language is None or (part.language == "" and bool(_MARKDOWN_TABLE.search(part.text)))


def language_of(text: str) -> str | None:
    """The language that a whole text is written in, "" for a table or LaTeX, None for prose."""
    lines = [line for line in text.splitlines() if line.strip()]
    if _is_json(text):
        return "json"
    if _is_table(lines):
        return ""
    if len(_LATEX.findall(text)) >= 2:
        return "latex"
    counts = {language: sum(bool(sign.search(line)) for line in lines) for language, sign in _SIGNS.items()}
    language = max(counts, key=lambda each: counts[each])
    structure = sum(bool(_STRUCTURE.search(line)) for line in lines)
    signs = counts[language] + (structure if language in ("java", "c", "javascript") else 0)
    if (
        counts[language]
        and (signs >= 2 or (len(lines) == 1 and language in ("sql", "html")))
        and 2 * signs >= len(lines)
    ):
        return language
    return "" if structure >= 3 and 2 * structure >= len(lines) else None


def _unfenced(text: str) -> list[Part]:
    stripped = text.strip("\n")
    return [Part(stripped)] if stripped.strip() else []


def _is_json(text: str) -> bool:
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_table(lines: list[str]) -> bool:
    if len(lines) < 2:
        return False
    if any(_RULE_LINE.match(line) and "|" in line for line in lines) and sum("|" in line for line in lines) >= 3:
        return True
    if all(_TABLE_LINE.match(line) for line in lines):
        return True
    tabs = {line.count("\t") for line in lines}
    return len(tabs) == 1 and tabs != {0}
