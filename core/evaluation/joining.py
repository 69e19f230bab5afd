"""Which task a row of another file belongs to: by its text after folding white space, then by id."""

from __future__ import annotations

from collections.abc import Iterable

from core.evaluation.words import text_key


class Join:
    """The tasks of a set, to be found by instruction and input, or by id.

    Where several tasks have the very same text, rows are given to them one after the other.
    """

    def __init__(self, keys: Iterable[tuple[int, str, str, str, str]]) -> None:
        """`keys`: (task id, external id, key of instruction and input, key of the instruction, cluster)."""
        self._by_text: dict[str, list[int]] = {}
        self._by_instruction: dict[str, list[int]] = {}
        self._by_id: dict[str, list[int]] = {}
        self._given: dict[tuple[str, str], int] = {}
        for task_id, external, key, alone, _ in keys:
            self._by_text.setdefault(key, []).append(task_id)
            self._by_instruction.setdefault(alone, []).append(task_id)
            if external:
                self._by_id.setdefault(external, []).append(task_id)

    def task(self, source: str, instruction: str, input: str = "", external_id: str = "") -> int | None:
        """Return the task of a row, or None. `source` is whose row it is: each model goes through equal texts anew.

        An id counts only where the row has no instruction: other files number their rows in their own way.
        """
        if not instruction:
            return self._next(source, f"id {external_id}", self._by_id.get(external_id, []))
        key = text_key(instruction, input)
        found = self._by_text.get(key, [])
        if not found and not input:
            found = self._by_instruction.get(key, [])
            found = found if len(found) == 1 else []  # an instruction that several inputs share says nothing alone
        return self._next(source, key, found)

    def _next(self, source: str, key: str, found: list[int]) -> int | None:
        if not found:
            return None
        at = self._given.get((source, key), 0)
        self._given[(source, key)] = at + 1
        return found[at % len(found)]
