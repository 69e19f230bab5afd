"""An audit as a document to share: one self-contained HTML file, or Markdown, with every judged item in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from core.audit.findings import Findings
from core.audit.judged import JudgedItem
from core.pool.guidelines import Guidelines
from core.statistics.sampling import TaskSample
from core.words import number_of


@dataclass(frozen=True, slots=True)
class AuditReport:
    """Everything that a report of an audit shows.

    `population`: the filter in words. `drawn_at`, `written_at`: seconds since 1970. `items` in the order of the draw.
    `after_looking`: how many ratings came from reviewers who had seen what others said by then, by name; `looked`: who
    has seen it by now, the first one first.
    """

    name: str
    pool: str
    population: str
    drawn_at: float
    written_at: float
    sample: TaskSample
    guidelines: Guidelines
    findings: Findings
    items: tuple[JudgedItem, ...]
    after_looking: Mapping[str, int] = field(default_factory=dict)
    looked: tuple[str, ...] = ()

    @property
    def reviewers(self) -> tuple[str, ...]:
        """Everybody who rated an item, by name."""
        return tuple(sorted({rating.reviewer for item in self.items for rating in item.ratings}))

    @property
    def tasks(self) -> int:
        """How many tasks the population holds."""
        return sum(self.sample.tasks.values())

    @property
    def blindness(self) -> str:
        """Whether reviewers judged without knowing what others had said, and how many have looked by now."""
        if not self.looked:
            return "Nobody has seen what others said before giving their own answers: nobody has opened the result yet."
        people = "One person has" if len(self.looked) == 1 else f"{number_of(len(self.looked), 'person', 'have')}"
        apart = [name for name in self.looked if name not in self.reviewers]
        without = f", {len(apart)} of them without having judged" if apart else ""
        opened = f"{people} opened the result by now{without}."
        if not self.after_looking:
            return f"{opened} As far as this program knows, no rating was given after its reviewer had seen it."
        n = sum(self.after_looking.values())
        who = "one reviewer" if len(self.after_looking) == 1 else f"{number_of(len(self.after_looking), 'reviewer')}"
        return (
            f"{opened} {n} of the ratings, by {who}, were given, changed or brought in after they had seen what others "
            "said: these count in the shares, and are left out of the figures of agreement."
        )

    @property
    def method(self) -> str:
        """How the sample was drawn, in one paragraph."""
        drawn = len(self.sample.items)
        how = {
            None: "every task with the same chance",
            "proportional": "from each stratum in proportion to its size",
            "equal": "as many from each stratum",
        }[self.sample.allocation]
        return (
            f"{drawn} of {number_of(self.tasks, 'task', 'were')} drawn without replacement, {how}, and one random "
            f"instance of each. "
            f"The order of the draw is that of the SHA-256 of the seed ({self.sample.seed}) and the task's number, so "
            "the same population gives the same sample anywhere. The texts were frozen with their hashes when they "
            "were drawn; what was edited later is shown and judged here as it was."
        )


COUNTING = (
    "A and B count as valid. Where reviewers differ the stricter answer counts: yes needs more than half of them, and "
    "of two middle grades the worse is taken; an adjudication settles what it answers. Intervals of shares are "
    "Wilson's at 95%; those of agreement come from a bootstrap over items, and raw agreement is a mean over pairs of "
    "ratings. “All fields valid” is asked of the items that have all three answers. The estimate for the pool is "
    "weighted by stratum and by the instances of each task, and corrected for the tasks that were drawn out of a "
    "finite number; which instance of a task was judged stays chance. The shares of the sample are not corrected, as "
    "in the paper. The paper's figures are those of Self-Instruct (Wang et al., 2023): Table 2, and its section on "
    "human evaluation."
)


def readable(text: str) -> str:
    """Return text with control characters made visible and lone surrogates replaced, all else as it is."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(_visible(character) for character in unified)


def moment(seconds: float) -> str:
    """Return a point in time as people read it, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _visible(character: str) -> str:
    code = ord(character)
    if code < 0x20 and character not in "\n\t":
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return "\ufffd" if 0x80 <= code < 0xA0 or 0xD800 <= code <= 0xDFFF else character
