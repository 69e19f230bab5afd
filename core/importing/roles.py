"""What a column of a file becomes: its role, known by its name or named by a person.

Names are compared in lower case, with `_` for spaces and hyphens; of several columns that could have a role the first
in the list has it, and the others are kept beside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from core.records import Refused


class Role(StrEnum):
    """What a column becomes in the pool."""

    INSTRUCTION = "instruction"
    INPUT = "input"
    OUTPUT = "output"
    REJECTED = "rejected"  # answers that were held for worse than the output
    SYSTEM = "system"
    TURNS = "turns"  # of the conversation before the instruction
    CONVERSATION = "conversation"  # all of it: system, turns, instruction and output
    THOUGHTS = "thoughts"
    LABEL = "label"  # good or not
    GRADE = "grade"  # A to D
    CLASSIFICATION = "classification"
    INSTANCES = "instances"  # a list of {input, output}
    NAME = "name"
    BESIDE = "beside"  # nothing of these: kept with the row


VERDICT = "verdict_of_a_person"  # the column in which a tool's record says good or bad

NAMES: Mapping[Role, tuple[str, ...]] = {
    Role.INSTRUCTION: (
        *("instruction", "instructions", "prompt", "question", "query", "inputs", "problem", "user_prompt", "request"),
        *("user_input", "human", "user"),
    ),
    Role.INPUT: ("input", "context", "passage", "source_text"),
    Role.OUTPUT: (
        *("output", "outputs", "response", "responses", "generation", "completion", "chosen", "answer", "answers"),
        *("targets", "target", "solution", "reply", "assistant", "preferred_output", "generations", "completions"),
        *("chosen_response", "model_answer", "gpt", "bot", "final_answer", "corrected", "response_text"),
    ),
    Role.REJECTED: ("rejected", "rejected_response", "rejected_answer", "rejected_responses", "non_preferred_output"),
    Role.SYSTEM: ("system", "system_prompt", "system_message", "system_instruction", "systeminstruction"),
    Role.TURNS: ("history", "turns_before", "previous_turns", "chat_history"),
    Role.CONVERSATION: ("messages", "conversations", "conversation", "dialogue", "dialog", "turns", "chat", "dialogs"),
    Role.THOUGHTS: (
        *("thoughts", "thinking", "reasoning_content", "reasoning", "reasoning_trace", "chain_of_thought", "cot"),
        *("rationale", "thought"),
    ),
    Role.LABEL: ("label", "kto_tag", "is_valid", "valid", "desirable", "accepted", VERDICT),
    Role.GRADE: ("grade",),
    Role.CLASSIFICATION: ("is_classification",),
    Role.INSTANCES: ("instances",),
    Role.NAME: ("name",),
}
_ROLES = {name: (role, rank) for role, names in NAMES.items() for rank, name in enumerate(names)}
_INSIDE = ("fields.", "data.")  # where annotation tools keep a record's own columns

# Words of judgement alone: "yes", "no", "positive" and "negative" are labels of many a classification task.
POSITIVE = frozenset({"true", "accept", "accepted", "good", "desirable", "approved", "thumbs_up"})
NEGATIVE = frozenset(
    {"false", "reject", "rejected", "discard", "discarded", "bad", "undesirable", "invalid", "thumbs_down"}
)
NAMED = tuple(role for role in Role if role is not Role.INSTANCES)  # what a person may map a column to


def leaf(column: str) -> str:
    """A column's name as names are compared."""
    name = column.strip().lower().replace(" ", "_").replace("-", "_")
    for inside in _INSIDE:
        name = name.removeprefix(inside)
    return name


def known(column: str) -> Role:
    """The role that a column has by its name alone, BESIDE where it has none."""
    return _ROLES.get(leaf(column), (Role.BESIDE, 0))[0]


def assign(columns: Iterable[str], chosen: Mapping[str, Role]) -> dict[Role, str]:
    """Which of a row's columns has which role: those that a person chose, then the best known name of each role."""
    found: dict[Role, str] = {role: column for column, role in chosen.items() if role is not Role.BESIDE}
    ranks: dict[Role, int] = dict.fromkeys(found, -1)
    free = [column for column in columns if column not in chosen]
    found = {role: column for role, column in found.items() if column in set(columns)}
    for column in free:
        role, rank = _ROLES.get(leaf(column), (Role.BESIDE, 0))
        if role is not Role.BESIDE and rank < ranks.get(role, len(_ROLES)):
            found[role], ranks[role] = column, rank
    is_alone = Role.INPUT in found and Role.INSTRUCTION not in found and Role.CONVERSATION not in found
    if is_alone and Role.INPUT not in chosen.values():
        found[Role.INSTRUCTION] = found.pop(Role.INPUT)
    if Role.INSTRUCTION not in found and Role.OUTPUT in found:
        text = next((column for column in free if leaf(column) == "text"), None)
        if text is not None:
            found[Role.INSTRUCTION] = text
    return found


def mapping(said: str) -> dict[str, Role]:
    """A mapping as a person writes it, `output=response,input=context`, by column; Refused where it cannot be read.

    `beside=column` keeps a column from becoming anything.
    """
    found: dict[str, Role] = {}
    for part in filter(None, (part.strip() for part in said.split(","))):
        role, sign, column = part.partition("=")
        if not sign or not column.strip():
            raise Refused(f'"{part}" is not ROLE=COLUMN; for example --map output=response,input=context.')
        if role.strip().lower() not in tuple(NAMED):
            raise Refused(f'There is no role "{role.strip()}"; choose from {", ".join(NAMED)}.')
        asked = Role(role.strip().lower())
        if asked is not Role.BESIDE and asked in found.values():
            raise Refused(f"Two columns are mapped to {asked}; choose one of them.")
        found[column.strip()] = asked
    return found
