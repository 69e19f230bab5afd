"""Markdown as a page, when somebody asks for it: our own tags around escaped text; nothing loads or leads away.

HTML in the text stays text, an image is told in words, and a link shows where it would lead, without leading there.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.shared.plain import sendable

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

LONGEST = 200_000  # characters; a longer text is shown as it was written
_DEEPEST = 20  # lists and quotations within each other


def draw(text: str) -> None:
    """A text's Markdown, rendered."""
    st.html(f'<div class="winnow-rendered" dir="auto">{as_html(text)}</div>')


def as_html(text: str) -> str:
    """Markdown (CommonMark, with tables and strikethrough) as HTML of few tags, without one address in an attribute."""
    return str(_parser().render(sendable(text)))


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": _DEEPEST})
    parser.enable(["table", "strikethrough"])
    rules: MutableMapping[str, Any] = parser.renderer.rules  # type: ignore[attr-defined]
    rules.update(
        image=_image,
        link_open=_link_open,
        link_close=_link_close,
        fence=_code,
        code_block=_code,
        heading_open=_heading_open,
        heading_close=_heading_close,
    )
    return parser


def _image(tokens: Sequence[Token], at: int, options: Mapping[str, Any], env: MutableMapping[str, Any]) -> str:
    one = tokens[at]
    return f"<em>[image: {escape(one.content)} ({escape(str(one.attrs.get('src', '')))})]</em>"


def _link_open(tokens: Sequence[Token], at: int, options: Mapping[str, Any], env: MutableMapping[str, Any]) -> str:
    env.setdefault("links", []).append(str(tokens[at].attrs.get("href", "")))
    return "<u>"


def _link_close(tokens: Sequence[Token], at: int, options: Mapping[str, Any], env: MutableMapping[str, Any]) -> str:
    return f"</u> ({escape(env['links'].pop())})"


def _code(tokens: Sequence[Token], at: int, options: Mapping[str, Any], env: MutableMapping[str, Any]) -> str:
    return f"<pre><code>{escape(tokens[at].content)}</code></pre>"


def _heading_open(tokens: Sequence[Token], at: int, options: Mapping[str, Any], env: MutableMapping[str, Any]) -> str:
    # None of the page's own headings: who hears the page would take it for one.
    return f'<p class="heading {tokens[at].tag}">'


def _heading_close(tokens: Sequence[Token], at: int, options: Mapping[str, Any], env: MutableMapping[str, Any]) -> str:
    return "</p>"
