"""The prompts' wording, ours throughout; each is a setting that a run may change. Braces name what is filled in.

The layout that the parser reads back is the released code's: a numbered list, Yes or No, and "Example", "Input:",
"Output:" or "Class label:" blocks (Self-Instruct appendix A.2).
"""

from __future__ import annotations

INSTRUCTIONS = """\
A long and varied list of tasks, each asking for something different from the ones before it:

{examples}
{next}."""

CLASSIFICATION_INSTRUCTIONS = """\
A long and varied list of tasks that are answered with one label out of a few; where it helps, the labels are named:

{examples}
{next}."""

IS_CLASSIFICATION = """\
For each task, say whether its answer is always one of a small set of labels that is known in advance.

{examples}

Task: {instruction}
Answered with a label?"""

INPUT_FIRST = """\
Worked examples for a number of tasks. Where a task needs something to work on, that comes first as the input; where it \
needs nothing more, only the output is given. Different examples of one task differ in kind.

{examples}

Task: {instruction}
"""

OUTPUT_FIRST = """\
Worked examples for a number of labelling tasks. Each example gives the class label first and then an input that has \
this label. A task gets every one of its labels, each with an input of its own.

{examples}

Task: {instruction}
"""

CHAT_SYSTEM = (
    "You help researchers to build a varied, correct set of tasks. Follow the layout asked for; add no comments."
)

CHAT_INSTRUCTIONS = """\
Here are some tasks from a set that is meant to be as varied as possible:

{examples}

Add tasks {next} to {last}, one numbered line each. Let them differ from the ones above and from one another in subject, \
in what is asked, and in wording: questions as well as commands, long and short. A language model alone must be able to \
do each of them, without pictures, sound, files or the web. Reply with the numbered lines only."""

CHAT_CLASSIFICATION_INSTRUCTIONS = """\
Here are some labelling tasks from a set that is meant to be as varied as possible:

{examples}

Add tasks {next} to {last}, one numbered line each. Each must be answered with one of a few labels; name the labels where \
they are not obvious. Let subjects and wording differ. Reply with the numbered lines only."""

CHAT_IS_CLASSIFICATION = """\
Is the answer to a task always one of a small set of labels that is known in advance? Some answers:

{examples}

Task: {instruction}
Reply with Yes or No."""

AGAIN = "The answer is one word, Yes or No, and nothing else."

CHAT_INPUT_FIRST = """\
Make one to three worked examples for a task. Where the task needs something to work on, write a realistic input; where \
it needs nothing more, leave the input out. The output must be complete and correct. The layout:

{examples}

Now the examples for this one, each beginning with a line "Example 1", "Example 2", ..., then "Input:" if there is one, \
then "Output:".

Task: {instruction}"""

CHAT_OUTPUT_FIRST = """\
Make worked examples for a labelling task: for each of its labels a line "Class label: " with the label, and below it a \
realistic input that has this label. The layout:

{examples}

Now the examples for this one, at most five.

Task: {instruction}"""


def fill(template: str, **values: str) -> str:
    """Put the values in; braces elsewhere, in the template or in a value, stay as they are."""
    parts = [template]
    for name, value in values.items():
        mark = "{" + name + "}"
        parts = [piece for part in parts for piece in _split(part, mark, value)]
    return "".join(parts)


class _Filled(str):
    """A piece that came from a value, and is not searched for marks again."""

    __slots__ = ()


def _split(part: str, mark: str, value: str) -> list[str]:
    if isinstance(part, _Filled):
        return [part]
    pieces: list[str] = []
    for piece in part.split(mark):
        pieces += [piece, _Filled(value)]
    return pieces[:-1]
