"""One plain row on the way to an example: each role read from its column, whatever shape the value has."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.importing import talk
from core.importing.roles import NEGATIVE, POSITIVE, Role, leaf
from core.importing.talk import Unreadable
from core.pool.judgement import Judgement
from core.records import Grade, Turn


@dataclass(slots=True)
class RowReading:
    """One plain row on the way to an example: what was read of it, and which columns that used up."""

    row: Mapping[str, Any]
    plan: Mapping[Role, str]
    chosen: Mapping[str, Role]
    instruction: str = ""
    given: str = ""
    output: str | None = None
    system: str = ""
    turns: tuple[Turn, ...] = ()
    thoughts: str = ""
    rejected: tuple[str, ...] = ()
    said: Judgement | None = None
    used: set[str] = field(default_factory=set)  # columns of which nothing is left to keep
    became: dict[str, Role] = field(default_factory=dict)

    def read(self) -> None:
        before = self._turns_before()
        if not self._from_conversation(before) and not self._from_columns(before):
            shown = ", ".join(list(map(str, self.row))[:6]) or "none"
            raise Unreadable(f"no instruction with an output, messages or conversations; its fields are: {shown}")
        self._system()
        self._thoughts()
        self._rejected()
        self.said = self._judgement()
        for role in (Role.CLASSIFICATION, Role.NAME):
            value = self._value(role)
            if labelled(value) is not None if role is Role.CLASSIFICATION else _is_text(value):
                self._use(role)

    def _value(self, role: Role) -> Any:
        column = self.plan.get(role)
        return None if column is None else self.row[column]

    def _turns_before(self) -> tuple[Turn, ...]:
        value = self._value(Role.TURNS)
        if value is None or value == []:
            return ()
        heard = talk.listen(value)
        self._use(Role.TURNS, heard.whole)
        return tuple(heard.turns)

    def _from_conversation(self, before: Sequence[Turn]) -> bool:
        """Read the row by its conversation, unless its columns say something else that is whole by itself."""
        value = self._value(Role.CONVERSATION)
        if value is None or value == []:
            return False
        has_columns = _is_text(self._value(Role.INSTRUCTION)) and _is_text(self._value(Role.OUTPUT))
        try:
            found = talk.talk(value, before)
        except Unreadable:
            if has_columns:
                return False  # it stays beside
            raise
        if has_columns:
            if (found.output or "").strip() != str(self._value(Role.OUTPUT)).strip():
                return False
            if found.instruction.strip() == str(self._value(Role.INSTRUCTION)).strip():
                self._use(Role.INSTRUCTION)
            self._use(Role.OUTPUT)
        self._take(found)
        self._use(Role.CONVERSATION, found.whole)
        if self.output is None and Role.OUTPUT in self.plan:
            self.output, whole = self._answer()
            self._use(Role.OUTPUT, whole)
        return True

    def _take(self, found: talk.Talk) -> None:
        self.system, self.turns = found.system, found.turns
        self.instruction, self.output, self.thoughts = found.instruction, found.output, found.thoughts

    def _from_columns(self, before: tuple[Turn, ...]) -> bool:
        asked, answer = self._value(Role.INSTRUCTION), self._value(Role.OUTPUT)
        if talk.is_talk(answer) and Role.OUTPUT in self.plan:
            return self._from_answering_talk(asked, answer, before)
        if asked is None:
            return False
        if talk.is_talk(asked):
            found = talk.talk(asked, before)
            if found.output is not None and answer is not None:
                raise Unreadable(f"the conversation in {self.plan[Role.INSTRUCTION]} ends with an answer already")
            self._take(found)
            self._use(Role.INSTRUCTION, found.whole)
        else:
            self.instruction, self.turns = filled(self.row, self.plan[Role.INSTRUCTION]), before
            self._use(Role.INSTRUCTION)
        if Role.INPUT in self.plan:
            self.given = self._text(Role.INPUT)
            self._use(Role.INPUT)
        if answer is not None:
            self.output, whole = self._answer()
            self._use(Role.OUTPUT, whole)
            if leaf(self.plan[Role.OUTPUT]) == "completion" and isinstance(answer, str):
                self.output = answer.strip()
        return True

    def _answer(self) -> tuple[str, bool]:
        """The output in its column, and whether that is all that the column says."""
        value = self._value(Role.OUTPUT)
        if talk.is_talk(value):
            heard = talk.listen(value)
            return "\n\n".join(turn.text for turn in _last_answer(heard.turns)), heard.whole
        return _answer(value, self.plan[Role.OUTPUT])

    def _from_answering_talk(self, asked: Any, answer: Any, before: tuple[Turn, ...]) -> bool:
        """The output is a conversation: one with its question, as preference data have it, or an answer's turn."""
        heard = talk.listen(answer)
        if any(turn.role == "user" for turn in heard.turns):
            found = talk.talk(answer, before)
            if (_is_text(asked) and found.instruction.strip() == asked.strip()) or talk.is_talk(asked):
                self._use(Role.INSTRUCTION)
        elif asked is None:
            return False
        else:
            column = self.plan[Role.INSTRUCTION]
            opening = talk.listen(asked).turns if talk.is_talk(asked) else [Turn("user", filled(self.row, column))]
            turns = [*opening, *heard.turns]
            found = talk.talk([{"role": turn.role, "content": turn.text} for turn in turns], before)
            found = talk.Talk(found.system, found.turns, found.instruction, found.output, heard.thoughts, heard.whole)
            self._use(Role.INSTRUCTION)
        self._take(found)
        self._use(Role.OUTPUT, found.whole)
        return True

    def _system(self) -> None:
        value = talk.text_of(self._value(Role.SYSTEM))  # also in parts, as some vendors' files have it
        if value is not None:
            own = value.strip()
            if own and own != self.system.strip():
                self.system = f"{own}\n\n{self.system}".strip()
            self._use(Role.SYSTEM)

    def _thoughts(self) -> None:
        value = self._value(Role.THOUGHTS)
        if isinstance(value, str):
            self.thoughts = value.strip() or self.thoughts
            self._use(Role.THOUGHTS)
        if self.output:
            thoughts, rest = talk.without_thoughts(self.output)
            if thoughts or rest != self.output:
                self.thoughts = self.thoughts or thoughts
                self.output = rest

    def _rejected(self) -> None:
        value = self._value(Role.REJECTED)
        if value is None:
            return
        if talk.is_talk(value):
            turns = talk.listen(value).turns
            answer = "\n\n".join(turn.text for turn in _last_answer(turns))
            self.rejected = (answer,) if answer else ()
            self._use(Role.REJECTED)
            return
        texts = value if isinstance(value, list | tuple) else [value]
        if all(isinstance(text, str) for text in texts):
            self.rejected = tuple(text for text in texts if text.strip())
            self._use(Role.REJECTED)

    def _judgement(self) -> Judgement | None:
        grade = self._value(Role.GRADE)
        if isinstance(grade, str) and grade.strip().upper() in tuple(Grade):
            self._use(Role.GRADE)
            return Judgement(Grade(grade.strip().upper()))
        good = _good(self._value(Role.LABEL), self.plan.get(Role.LABEL) in self.chosen)
        if good is None:
            return None
        self._use(Role.LABEL)
        return Judgement(valid=good)

    def _text(self, role: Role) -> str:
        value = self._value(role)
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return "\n\n".join(value)
        if not isinstance(value, str):
            raise Unreadable(f"the field {self.plan[role]} is not text")
        return value

    def _use(self, role: Role, whole: bool = True) -> None:
        """Note that a column became this; where it says more than was used, it is kept beside as well."""
        if role in self.plan:
            self.became[self.plan[role]] = role
            self.used |= {self.plan[role]} if whole else set()


def _answer(value: Any, column: str) -> tuple[str, bool]:
    """The output in a column, and whether that is all that the column says."""
    if isinstance(value, str):
        return value, True
    if isinstance(value, bool | int | float):
        return json.dumps(value), True
    if isinstance(value, Mapping):
        inner = next(
            (value[name] for name in ("text", "output", "content", "value", "response") if name in value), None
        )
        if inner is not None:
            return _answer(inner, column)[0], len(value) == 1
    if isinstance(value, Sequence):
        if not value:
            return "", True
        first, whole = _answer(value[0], column)
        return first, whole and len(value) == 1
    raise Unreadable(f"the field {column} is not text")


def _last_answer(turns: Sequence[Turn]) -> Iterator[Turn]:
    asked = max((place for place, turn in enumerate(turns) if turn.role == "user"), default=-1)
    return (turn for turn in turns[asked + 1 :] if turn.role == "assistant")


def _good(value: Any, is_chosen: bool) -> bool | None:
    """What a label says. Numbers are mostly classes: 0 and 1 are read as bad and good where a person said so."""
    if isinstance(value, bool):
        return value
    if is_chosen and str(value).strip() in ("0", "1", "0.0", "1.0"):
        return str(value).strip()[0] == "1"
    said = value.strip().lower() if isinstance(value, str) else ""
    return said in POSITIVE if said in POSITIVE | NEGATIVE else None


_LABELS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def labelled(value: Any) -> bool | None:
    """Whether a row says that its task is a classification task; None where it says nothing, or nothing of the kind."""
    if isinstance(value, str):
        return _LABELS.get(value.strip().lower())
    return bool(value) if value in (True, False) else None  # 1 and 0 as well


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def filled(row: Mapping[str, Any], column: str) -> str:
    value = row[column]
    if not isinstance(value, str):
        raise Unreadable(f"the field {column} is not text")
    if not value.strip():
        raise Unreadable(f"the field {column} is empty")
    return value
