"""What a pool tells its reviewers: the four grades, the three questions, and the pool's own rules after them.

The scale and the questions are those of Self-Instruct (section 4.3 and Table 2), said in our own words.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.pool import pool_settings
from core.records import Grade, Pool


@dataclass(frozen=True, slots=True)
class GradeRule:
    """What a grade means, and a line that helps with doubtful cases."""

    grade: Grade
    title: str
    meaning: str
    doubt: str


@dataclass(frozen=True, slots=True)
class Question:
    """One yes-or-no question of the audit, how to answer it, and an example of each answer."""

    key: str
    text: str
    explanation: str
    yes: str
    no: str


@dataclass(frozen=True, slots=True)
class Guidelines:
    """The rules that reviewers of a pool see. `own_rules` is plain text that the pool adds."""

    grades: tuple[GradeRule, ...]
    questions: tuple[Question, ...]
    own_rules: str = ""


QUESTIONS = (
    Question(
        "instruction_valid",
        "Does the instruction describe a valid task?",
        "Yes if a reader can tell what is wanted and it can be done in text. It need not be interesting or new. "
        "Judge it without the input and the output.",
        "“Turn the recipe into a shopping list.”",
        "“Continue the text above.” with nothing above it; “Take a photo of your desk.”",
    ),
    Question(
        "input_appropriate",
        "Is the input appropriate for the instruction?",
        "Yes if the input is what the instruction asks to work on, complete enough to work on it. An empty input is "
        "appropriate where the instruction says everything, and is not where it asks about something that is missing.",
        "“Translate the sentence into French.” with “The library opens at nine.”",
        "“Summarise the article.” with an empty input, or with a list of film titles.",
    ),
    Question(
        "output_correct",
        "Is the output a correct and acceptable response to the instruction and the input?",
        "Yes if a person who asked for this would accept the answer as it stands: right in substance, in the form that "
        "was asked for, and whole. Check facts and sums.",
        "“Name three prime numbers above 10.” answered “11, 13, 17”.",
        "“Name three prime numbers above 10.” answered “11, 13, 15”, or an answer that stops in mid-sentence.",
    ),
)

ALL_VALID = Question(
    "all_valid",
    "Are all fields valid?",
    "Nobody is asked this one: it is yes where all three answers are yes, no where all are given and one is no.",
    "yes, yes, yes",
    "yes, no, yes",
)

DEFAULT = Guidelines(
    grades=(
        GradeRule(
            Grade.A,
            "valid and satisfying",
            "The answer does what was asked, and there is nothing that you would want changed.",
            "A matter of taste is no reason for a B.",
        ),
        GradeRule(
            Grade.B,
            "acceptable, with minor errors or imperfections",
            "The answer can be used as it is, though something small is wrong, missing or clumsy.",
            "Could the asker use it without correcting it? Then it is at least a B.",
        ),
        GradeRule(
            Grade.C,
            "relevant, but with significant errors",
            "The answer responds to the instruction, yet a large part of it is wrong or missing.",
            "It is on the subject, and the asker would still have to do the work over: C.",
        ),
        GradeRule(
            Grade.D,
            "irrelevant or invalid",
            "The answer does not respond to the instruction, is empty or broken, or the task itself cannot be done.",
            "Nothing in it helps the asker: D.",
        ),
    ),
    questions=QUESTIONS,
)


def guidelines(own_rules: str = "") -> Guidelines:
    """Return the default guidelines followed by a pool's own rules."""
    return replace(DEFAULT, own_rules=own_rules.strip())


def own_rules(pool: Pool) -> str:
    """Return what a pool's settings add to the default guidelines."""
    return pool_settings.of(pool).guidelines.strip()


def as_text(rules: Guidelines) -> str:
    """Return guidelines as plain text, for a panel or a file: grades, questions with examples, own rules."""
    parts = ["Grades (A and B count as valid)"]
    parts += [f"{rule.grade.value}  {rule.title}. {rule.meaning} {rule.doubt}" for rule in rules.grades]
    parts.append("Questions")
    parts += [f"{q.text}\n{q.explanation}\nYes: {q.yes}\nNo: {q.no}" for q in rules.questions]
    if rules.own_rules:
        parts += ["Rules of this pool", rules.own_rules]
    return "\n\n".join(parts) + "\n"
