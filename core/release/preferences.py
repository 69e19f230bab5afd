"""Records of formats that teach by contrast: good and bad answers, better and worse ones, and what they are worth."""

from __future__ import annotations

from core.release.answers import Record, asked, conversation, messages, said, sharegpt_turns
from core.release.row import RejectedAnswer, ReleaseRow


def label(row: ReleaseRow) -> bool | None:
    """Whether a row's answer is one to learn or to avoid; None where that is not known or the rule wants neither.

    A row that the rule left behind is at most a bad example: a valid one of too low a grade is none.
    """
    if row.admitted:
        return row.judged.valid
    return False if row.judged.valid is False else None


def kto(row: ReleaseRow, seed: int, copy: int) -> list[Record]:
    is_good = label(row)
    if is_good is None:
        return []
    return [{"prompt": messages(conversation(row)), "completion": said(row.output), "label": is_good}]


def dpo(row: ReleaseRow, seed: int, copy: int) -> list[Record]:
    prompt = messages(conversation(row))
    return [{"prompt": prompt, "chosen": said(row.output), "rejected": said(pair.rejected)} for pair in _pairs(row)]


def reward(row: ReleaseRow, seed: int, copy: int) -> list[Record]:
    """Pairs with the margin that TRL's reward loss asks for: how much better, 0 where only the order is known."""
    prompt = messages(conversation(row))
    return [
        {"prompt": prompt, "chosen": said(row.output), "rejected": said(pair.rejected), "margin": pair.margin or 0.0}
        for pair in _pairs(row)
    ]


def openai_dpo(row: ReleaseRow, seed: int, copy: int) -> list[Record]:
    if any(turn.role not in ("user", "assistant", "system") for turn in row.turns):
        return []
    read = {"messages": messages(conversation(row)), "tools": [], "parallel_tool_calls": True}
    return [
        {"input": read, "preferred_output": said(row.output), "non_preferred_output": said(pair.rejected)}
        for pair in _pairs(row)
    ]


def llamafactory_ranking(row: ReleaseRow, seed: int, copy: int) -> list[Record]:
    turns = sharegpt_turns(conversation(row))
    return [
        {
            "conversations": turns,
            "chosen": {"from": "gpt", "value": row.output},
            "rejected": {"from": "gpt", "value": pair.rejected},
        }
        for pair in _pairs(row)
    ]


def llamafactory_kto(row: ReleaseRow, seed: int, copy: int) -> list[Record]:
    is_good = label(row)
    if is_good is None:
        return []
    turns = [*sharegpt_turns(conversation(row)), {"from": "gpt", "value": row.output}]
    return [{"conversations": turns, "kto_tag": is_good}]


def axolotl_kto(row: ReleaseRow, seed: int, copy: int) -> list[Record]:
    """Texts alone, as Axolotl's types for KTO read them; they have no place for earlier turns."""
    is_good = label(row)
    if is_good is None or row.turns:
        return []
    return [{"system": row.system, "prompt": asked(row), "completion": row.output, "label": is_good}]


def score(row: ReleaseRow, seed: int, copy: int) -> list[Record]:
    """What people's grades make of a text: the mean, A 4 to D 1, and of how many."""
    if row.judged.score is None:
        return []
    record = {"id": row.id, "messages": messages(conversation(row)) + said(row.output)}
    return [{**record, "score": row.judged.score, "ratings": row.judged.ratings}]


def _pairs(row: ReleaseRow) -> list[RejectedAnswer]:
    return [pair for pair in row.pairs if pair.rejected.strip() and row.admitted]
