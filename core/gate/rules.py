"""Every rule by which something is dropped: its id and its sentence, and the one threshold of novelty.

Ids are what the database holds, so they never change. What a rule does stands with its method
(`selfinstruct/filters.py`, `reinstruct/filters.py`) or with the gate (`admission.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core import methods
from core.records import Fate, Origin

THRESHOLD = 0.7
"""ROUGE-L F1 above which a candidate is too close (Self-Instruct section 3.2; REInstruct's pools share the gate)."""

SIMILAR_FLOOR = 0.5
"""Pairs at least this close are kept, so that any threshold from here up can be tried without a model call."""

LARGE = 60_000
"""Candidates from which a pool's similar pairs are no longer kept all (they grow with the square), but what decides."""

TOO_CLOSE = "too-close"
SEALED = "sealed"
REFUSED = "refused"
FILTERED = "filtered"
ONLY_THOUGHTS = "only-thoughts"
SERVER_ERROR = "server-error"
CUT = "cut"

# Self-Instruct, an instruction.
TOO_SHORT = "too-short"
TOO_LONG = "too-long"
UNFIT_WORD = "unfit-word"
FORBIDDEN_OPENING = "forbidden-opening"
PUNCTUATION_START = "punctuation-start"
NON_ASCII_START = "non-ascii-start"

# Self-Instruct, an instance.
UNPARSED = "unparsed"
EMPTY_OUTPUT = "empty-output"
SAME_AS_INPUT = "same-as-input"
ENDS_WITH_COLON = "ends-with-colon"
CONFLICTING_OUTPUTS = "conflicting-outputs"
DUPLICATE = "duplicate"
OVER_LIMIT = "over-limit"

# REInstruct, an instruction or an answer.
EMPTY_INSTRUCTION = "empty-instruction"
INSTRUCTION_TOO_LONG = "instruction-too-long"
SAYS_THIS = "says-this"
EMPTY_ANSWER = "empty-answer"
TOO_MANY_DASHES = "too-many-dashes"
SAYS_WEB_TEXT = "says-web-text"
SAYS_INFORMATION_PROVIDED = "says-information-provided"
REFUSAL = "refusal"

SELF_INSTRUCT: Mapping[str, str] = {
    CUT: "the reply was cut by its length limit",
    TOO_SHORT: "too few words",
    TOO_LONG: "too many words",
    UNFIT_WORD: "asks for what a language model cannot do",
    FORBIDDEN_OPENING: "begins with an opening that is not wanted",
    PUNCTUATION_START: "begins with punctuation",
    NON_ASCII_START: "begins with a non-ASCII character",
    TOO_CLOSE: "too close to a task that is there",
    UNPARSED: "no input and output could be read from the reply",
    EMPTY_OUTPUT: "the output is empty",
    SAME_AS_INPUT: "the output repeats the input",
    ENDS_WITH_COLON: "the input or output ends with a colon",
    CONFLICTING_OUTPUTS: "one input has two different outputs",
    DUPLICATE: "the same instance is there already",
    OVER_LIMIT: "more instances than a task may have; which ones stay is drawn at random",
}
REINSTRUCT: Mapping[str, str] = {
    CUT: SELF_INSTRUCT[CUT],
    EMPTY_INSTRUCTION: "no instruction could be read from the reply",
    INSTRUCTION_TOO_LONG: "the instruction has too many characters",
    SAYS_THIS: "the instruction says “this”",
    EMPTY_ANSWER: "no answer could be read from the reply",
    TOO_MANY_DASHES: "the answer has too many dashes followed by a space",
    SAYS_WEB_TEXT: "the answer speaks of its source as a web text",
    SAYS_INFORMATION_PROVIDED: "the answer says that it rests on the information provided",
    REFUSAL: "the answer refuses or apologises",
}
# A reply that holds no answer: what is dropped is the reply itself, whichever step it was for.
NO_ANSWER: Mapping[Fate, str] = {
    Fate.REFUSED: REFUSED,
    Fate.FILTERED: FILTERED,
    Fate.THOUGHTS: ONLY_THOUGHTS,
    Fate.FAULTY: SERVER_ERROR,
}
RULES: Mapping[str, str] = {
    **SELF_INSTRUCT,
    **REINSTRUCT,
    REFUSED: "the model refused to answer",
    FILTERED: "the provider's content filter withheld the reply",
    ONLY_THOUGHTS: "all tokens of the reply went into thinking",
    SERVER_ERROR: "the server sent an error in the place of a reply",
    SEALED: "an evaluation set holds this instruction, and sealed texts stay out of pools",
}


def sentence(rule: str) -> str:
    """What a rule drops, in words: ours, or those of the method that brings it; its id where nobody has any."""
    brought = (method.rules for method in methods.every().values())
    return RULES.get(rule) or next((rules[rule] for rules in brought if rule in rules), rule)


def words_by_space(text: str) -> int:
    """How many words a text has by white space, as the papers' code counts."""
    return len(text.split())


def of_run(origin: Origin, settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The rules that a run's tasks and answers had to pass, by the run's stored settings; none for what no run made."""
    if origin is Origin.SELF_INSTRUCT:
        return tuple(SELF_INSTRUCT)
    if origin is not Origin.REINSTRUCT:
        return ()
    refusals = settings.get("settings", {}).get("filters", {}).get("drop_refusals", False)
    return (*(rule for rule in REINSTRUCT if rule != REFUSAL or refusals), TOO_CLOSE)
