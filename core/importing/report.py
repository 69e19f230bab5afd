"""What an import did, and what it found in the file: the same figures for page and command line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.importing.roles import Role
from core.records import Fault
from core.words import number_of

FAULTS_KEPT = 1000


@dataclass(slots=True)
class ImportReport:
    """What an import did. `faults` holds the first thousand bad rows with line and reason; `bad` counts them all.

    `without_output`: rows that came without an answer; `negative`: rows of which the file says that they are not good;
    `mended`: tasks that an earlier import had dropped and that are accepted now. `fields`: what columns became;
    `unused`: those that are kept beside the texts, with how many rows have something there. Of seeds: `added`, the new
    ones' ids, `not_kept`, columns for which a seed has no place, with how many rows have something there, and `unseen`,
    what the pool's tokeniser cannot see of them, as a sentence.
    """

    kind: str = ""
    format: str = ""
    rows: int = 0
    tasks: int = 0
    accepted: int = 0
    instances: int = 0
    known: int = 0  # rows that the pool had already
    mended: int = 0
    bad: int = 0
    without_output: int = 0
    negative: int = 0
    rejected: int = 0  # answers that were held for worse than the output
    discards: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)
    fields: Mapping[str, Role] = field(default_factory=dict)
    unused: Mapping[str, int] = field(default_factory=dict)
    added: list[int] = field(default_factory=list)
    not_kept: Counter[str] = field(default_factory=Counter)
    unseen: str = ""

    @property
    def is_unanswered(self) -> bool:
        """Whether not one row came with an answer, although the file is not known to hold instructions alone."""
        return bool(self.rows) and self.without_output == self.rows and self.format not in INSTRUCTIONS_ALONE

    @property
    def warnings(self) -> list[str]:
        """What a person must hear before they call the import a success; empty where there is nothing."""
        found = []
        if self.without_output:
            found.append(without_output(self.without_output, self.rows))
        if self.bad:
            found.append(f"{self.bad:,} {'row' if self.bad == 1 else 'rows'} could not be read.")
        return [*found, *self.of_seeds]

    @property
    def of_seeds(self) -> list[str]:
        """What a file of seeds had that no seed holds, or that the pool's tokeniser can't see, as sentences."""
        return [*self.without_place, *filter(None, [self.unseen])]

    @property
    def without_place(self) -> list[str]:
        """What a file of seeds had that no seed holds, as a sentence; empty where there is nothing."""
        if not self.not_kept:
            return []
        columns = ", ".join(f"{column} ({number_of(n, 'row')})" for column, n in self.not_kept.most_common())
        return [f"Not kept: {columns}. A seed holds instruction, inputs, outputs, its name, and whether it classifies."]

    def fault(self, fault: Fault) -> None:
        """Note a bad row."""
        self.bad += 1
        if len(self.faults) < FAULTS_KEPT:
            self.faults.append(fault)

    @property
    def first_reason(self) -> str:
        """Why the first bad row is bad, as the end of a sentence."""
        if not self.faults:
            return "it has no rows."
        return f"line {self.faults[0].line}: {self.faults[0].reason}."

    def as_mapping(self) -> dict[str, object]:
        """The report as the command line prints it."""
        return {
            "file": self.kind,
            "format": self.format,
            "rows": self.rows,
            "tasks": self.tasks,
            "accepted": self.accepted,
            "discarded": self.tasks - self.accepted,
            "instances": self.instances,
            "already_there": self.known,
            "mended": self.mended,
            "without_output": self.without_output,
            "negative": self.negative,
            "rejected_answers": self.rejected,
            "bad_rows": self.bad,
            "fields": {column: role.value for column, role in self.fields.items()},
            "unused": list(self.unused),
            "not_kept": dict(self.not_kept.most_common()),
            "discards": dict(self.discards.most_common()),
            "report": [{"line": fault.line, "reason": fault.reason} for fault in self.faults],
        }


INSTRUCTIONS_ALONE = ("self-instruct-instructions",)  # the released program's list, which has no answers by design


def without_output(n: int, rows: int) -> str:
    """What a person must hear where so many of the rows have no answer."""
    if n == rows:
        return "None of the rows has an output; look which column holds it, and map that one to output."
    return f"{n:,} of {number_of(rows, 'row')} {'has' if n == 1 else 'have'} no output: none of these can be released."
