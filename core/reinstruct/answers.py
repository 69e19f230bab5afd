"""From a reply's text to the instruction or the answer that it holds.

A completion goes on after its reply with the next turn of the layout: it ends at the layout's own headings, and at no
other, as an answer may have headings. A chat reply greets, labels, and may answer its own request.
"""

from __future__ import annotations

import re

from core.records import Endpoint

OWN_HEADINGS = ("User", "Assistant", "Web text", "Question", "Answer")

STOP: tuple[str, ...] = ("\n### User:", "\n### Assistant:", "\n### Web text:", "\n### Question:")
"""Where a completion of the paper's layout ends. Four, as servers take no more; "### Answer:" is not among them, so
that a reply which says its own heading again is not cut before it begins."""

_NEXT_TURN = re.compile(rf"(?:\n|\A)### (?:{'|'.join(OWN_HEADINGS)}):")
_REQUEST, _ANSWER = "Request|Instruction|User|Question|Prompt", "Answer|Response|Reply"
_QUOTES = {'"': '"', "“": "”", "'": "'", "‘": "’"}
_SURE = r"(?:sure|certainly|of course|absolutely|okay)\b[ \t]*[!.,:]?"
_GREETING = re.compile(
    rf"\A{_SURE}[ \t]*\n\s*"
    rf"|\A(?:{_SURE}\s*)?(?:here(?:[’']s| is)|below is)\b[^\n]*"
    r"\b(?:answer|response|reply|request|instruction|question|prompt)\b[^\n]*:\s*\n\s*",
    re.IGNORECASE,
)
_QUOTE_MARK = re.compile(r"(?m)^>[ \t]?")
_REMARK = re.compile(r"\A([\"“][^\"”]+[\"”])\s*\n\s*\n(?:this|note|the (?:request|instruction))\b.*\Z", re.I | re.S)
_BOLD = re.compile(r"\A\*\*([^*]+)\*\*\Z")


def parse_instruction(reply: str, endpoint: Endpoint = Endpoint.COMPLETIONS) -> str:
    """Return the instruction in a reply: without greeting, label, marks or quotes around it, or what comes after."""
    instruction = _matter(reply, _REQUEST, endpoint)
    if endpoint is not Endpoint.COMPLETIONS:
        instruction = re.split(rf"\n\s*{_label(f'{_ANSWER}|{_REQUEST}')}", instruction, maxsplit=1)[0].strip()
        instruction = _BOLD.sub(r"\1", instruction)
        instruction = _QUOTE_MARK.sub("", instruction) if _all_quoted(instruction) else instruction
        instruction = _REMARK.sub(r"\1", instruction)
    closing = _QUOTES.get(instruction[:1])
    if closing and len(instruction) > 1 and instruction.endswith(closing) and closing not in instruction[1:-1]:
        instruction = instruction[1:-1].strip()
    return instruction


def _all_quoted(text: str) -> bool:
    """Whether every line stands in a block quotation."""
    return all(line.startswith(">") for line in text.split("\n"))


def parse_answer(reply: str, endpoint: Endpoint = Endpoint.COMPLETIONS) -> str:
    """Return the answer in a reply: without greeting, label, or what a base model adds after."""
    return _matter(reply, _ANSWER, endpoint)


def _matter(reply: str, labels: str, endpoint: Endpoint) -> str:
    """The reply from its matter on: headings and labels that say again what was asked for come off, however many."""
    opening = re.compile(rf"\A\s*(?:{_label(labels)}|{_heading(labels)})\s*", re.IGNORECASE)
    text = reply.strip()
    for _ in range(4):
        if endpoint is not Endpoint.COMPLETIONS:
            text = _GREETING.sub("", text)
        text, found = opening.subn("", text)
        if not found:
            break
    if endpoint is Endpoint.COMPLETIONS:
        text = _NEXT_TURN.split(text, maxsplit=1)[0]
    return text.strip()


def _label(names: str) -> str:
    """A label with its colon, bold marks in pairs or none, as a line's or a heading's beginning."""
    return rf"(?:#{{1,6}}[ \t]*)?(?:\*\*(?:{names})(?::\*\*|\*\*[ \t]*:)|(?:{names})[ \t]*:)"


def _heading(names: str) -> str:
    """The same without a colon, on a line of its own."""
    return rf"(?:#{{1,6}}[ \t]*(?:{names})|\*\*(?:{names})\*\*)[ \t]*(?=\n)"
