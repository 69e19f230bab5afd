"""Records of formats that teach answers: one row, one record, in the fields that trainers and services read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from core.records import Turn
from core.release.row import ReleaseRow
from core.release.spreadsheet import guarded
from core.release.templates import PAPER, prompt_and_completion

Record = dict[str, Any]
# ShareGPT's names of the roles; LLaMA-Factory calls a tool's answer an observation.
SHAREGPT_ROLES: Mapping[str, str] = {"user": "human", "assistant": "gpt", "system": "system", "tool": "observation"}
IMPORTED = "imported_"
WHOLE = "jsonl"  # the format of JSON lines in which a row is `whole`
TRUTHS = ("is_classification", "demo")  # columns of it that are no text, and may begin with nothing


def asked(row: ReleaseRow) -> str:
    """Return what a person would type into a chat: the instruction and, a blank line below, the input."""
    return f"{row.instruction}\n\n{row.input}" if row.input else row.instruction


def answered(row: ReleaseRow) -> str:
    """Return the output, after the thoughts in the marks that reasoning models are trained on, where there are any."""
    return f"<think>\n{row.thoughts}\n</think>\n\n{row.output}" if row.thoughts else row.output


def conversation(row: ReleaseRow) -> list[Turn]:
    """Return what a model reads before it answers: system prompt, earlier turns, and the question last."""
    system = [Turn("system", row.system)] if row.system else []
    return [*system, *row.turns, Turn("user", asked(row))]


def messages(turns: list[Turn]) -> list[Record]:
    """Return turns as OpenAI's and TRL's lists have them."""
    return [{"role": turn.role, "content": turn.text} for turn in turns]


def sharegpt_turns(turns: list[Turn]) -> list[Record]:
    """Return turns as ShareGPT's lists have them; a role that it does not know keeps its name."""
    return [{"from": SHAREGPT_ROLES.get(turn.role, turn.role), "value": turn.text} for turn in turns]


def said(text: str) -> list[Record]:
    """Return an answer as a list of the one message."""
    return [{"role": "assistant", "content": text}]


def whole(row: ReleaseRow, seed: int, copy: int) -> Record:
    record = {
        "id": row.id,
        "task": row.task,
        "instruction": row.instruction,
        "input": row.input,
        "output": row.output,
        "is_classification": row.is_classification,
        "origin": str(row.origin),
        "demo": row.demo,
        "verb": row.verb,
        "system": row.system,
        # As text: a list that is empty for the first thousand rows is read as a list of nothing and then refused.
        "turns": orjson.dumps(messages(list(row.turns))).decode() if row.turns else "",
        "thoughts": row.thoughts,
    }
    return record | {f"{IMPORTED}{name}": text for name, text in row.fields.items()}


def self_instruct(row: ReleaseRow, seed: int, copy: int) -> Record:
    prompt, completion = prompt_and_completion(row.instruction, row.input, answered(row), seed=seed, copy=copy)
    return {"prompt": prompt, "completion": completion}


def paper(row: ReleaseRow, seed: int, copy: int) -> Record:
    layout = PAPER[0] if row.input.strip() else PAPER[1]
    prompt = layout.prompt.format(instruction=row.instruction, input=row.input)
    return {"prompt": prompt, "completion": layout.lead + answered(row)}


def alpaca(row: ReleaseRow, seed: int, copy: int) -> Record:
    return {"instruction": row.instruction, "input": row.input, "output": answered(row)}


def chat(row: ReleaseRow, seed: int, copy: int) -> Record:
    return {"messages": messages(conversation(row)) + said(answered(row))}


def openai_chat(row: ReleaseRow, seed: int, copy: int) -> Record | None:
    """None for a conversation with a tool's answer: OpenAI asks for the call that it answers, which no row has."""
    if any(turn.role not in ("user", "assistant", "system") for turn in row.turns):
        return None
    return {"messages": messages(conversation(row)) + said(row.output)}


def openai_completion(row: ReleaseRow, seed: int, copy: int) -> Record:
    prompt, completion = prompt_and_completion(
        row.instruction, row.input, row.output, seed=seed, copy=copy, clean=False
    )
    return {"prompt": prompt, "completion": completion}


def sharegpt(row: ReleaseRow, seed: int, copy: int) -> Record:
    answer = {"from": "gpt", "value": answered(row)}
    return {"conversations": [*sharegpt_turns(conversation(row)), answer]}


def prompt_completion(row: ReleaseRow, seed: int, copy: int) -> Record:
    return {"prompt": f"{asked(row)}\n\n", "completion": answered(row)}


def prompts(row: ReleaseRow, seed: int, copy: int) -> Record:
    return {"prompt": messages(conversation(row)), "reference": row.output}


def cells(row: ReleaseRow, seed: int, copy: int) -> Record:
    return {guarded(name): guarded(_cell(value)) for name, value in whole(row, seed, copy).items()}


def _cell(value: str | bool | None) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else str(value).lower()
