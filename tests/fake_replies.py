"""What the fake model says: Self-Instruct-like replies that depend on the prompt and on nothing else.

The vocabulary is wide enough that most instructions of a long run are new by ROUGE-L 0.7, and some are not.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from core.llm.body import limit_of


def _words(text: str) -> list[str]:
    return text.split()


VERBS = _words(
    """
    explain summarise rewrite compare describe suggest translate invent compose outline calculate estimate list
    recommend simplify expand criticise defend paraphrase correct predict organise reorder convert question
    interview introduce justify illustrate plan budget schedule rank shorten formalise dramatise narrate debate
    teach quiz answer refute balance proofread annotate abridge transform reverse complete continue draft edit
    """
)
LABELLING = _words("Classify Label Sort Judge Decide")
THINGS = _words(
    """
    letter recipe poem argument contract timetable speech lecture apology riddle proverb menu diary slogan lesson
    fable memo complaint review interview biography obituary syllabus manifesto glossary dialogue invoice petition
    prescription forecast itinerary checklist equation theorem experiment hypothesis algorithm query sonnet ballad
    joke toast sermon verdict treaty patent warranty manual caption headline editorial footnote dictionary almanac
    census ledger receipt passport blueprint orchestra garden kitchen harbour glacier volcano desert orchard
    lighthouse
    """
)
KINDS = _words(
    """
    friendly stern medieval modern rural tiny enormous secret nervous cheerful ancient digital seasonal formal
    playful careful ambitious forgotten imaginary practical weekly legal musical culinary botanical nautical
    agricultural astronomical chemical diplomatic economic geological historical linguistic mathematical medical
    philosophical poetic political psychological scientific social technical theatrical urban veterinary volcanic
    wooden
    """
)
READERS = _words(
    """
    beekeepers sailors toddlers grandparents surgeons bakers astronauts librarians carpenters gardeners programmers
    chemists nurses farmers teachers lawyers musicians plumbers pilots chess-players translators potters cyclists
    divers weavers tailors glaziers judges miners clerks painters referees butchers florists masons
    """
)
TURNS = """without using the letter e|in exactly three sentences|before the first snow falls|using only questions|
with one surprising fact|as if it were a bedtime story|and name the weakest point|for somebody in a great hurry|
while keeping every number|and give two alternatives|from the point of view of a cat|in the style of a telegram|
so that it rhymes|and say what is missing|with a short moral at the end|using terms from cooking|in reverse order|
and mark what you doubt|in plain words|and keep it polite|as a dialogue of two friends|starting from the conclusion|
under a strict budget|without any jargon|and count the words used|with an example from history""".replace(
    "\n", ""
).split("|")
LABELS = _words("positive negative neutral urgent harmless formal informal true false unknown")


def self_instruct_reply(body: Mapping[str, Any], prompt: str) -> str:
    """Return the reply to a prompt of step 1, 2 or 3, told apart by its limits and its last lines."""
    chance = random.Random(sha256(prompt.encode("utf-8", "surrogatepass")).digest())
    step = step_of(body, prompt)
    if step == "instructions":
        return _numbered(prompt, chance)
    asked = re.findall(r"Task: (.*)", prompt)
    labelling = bool(asked) and asked[-1].split(" ")[0] in LABELLING
    if step == "classification":
        return " Yes" if labelling else " No"
    return _labelled(chance) if "Class label" in prompt else _worked(chance)


def step_of(body: Mapping[str, Any], prompt: str) -> str:
    """Return "instructions", "classification" or "instances", whatever the template's wording."""
    if (limit_of(body) or 16) <= 16:
        return "classification"
    ends_in_number = re.search(r"(?m)^\d+\.\s*\Z", prompt)
    if "\n\n" in (body.get("stop") or ()) or ends_in_number or "numbered" in prompt[-80:]:
        return "instructions"
    return "instances"


def instruction(chance: random.Random) -> str:
    """Return one instruction; about one in twelve is too short or forbidden, so that filters have work."""
    kind = chance.random()
    if kind < 0.04:
        return f"{chance.choice(VERBS).capitalize()} it"
    if kind < 0.08:
        return f"Draw a picture of a {chance.choice(KINDS)} {chance.choice(THINGS)} for {chance.choice(READERS)}."
    thing, other = chance.sample(THINGS, 2)
    one, two = chance.sample(KINDS, 2)
    if kind < 0.2:
        verb = chance.choice(LABELLING)
        return f"{verb} the {one} {thing} as {' or '.join(chance.sample(LABELS, 2))} for {chance.choice(READERS)}."
    verb = chance.choice(VERBS).capitalize()
    return f"{verb} a {one} {thing} and a {two} {other} for {chance.choice(READERS)} {chance.choice(TURNS)}."


def _numbered(prompt: str, chance: random.Random) -> str:
    numbers = re.findall(r"(?m)^(\d+)\.", prompt)
    first = int(numbers[-1]) if re.search(r"\d+\.\s*\Z", prompt) else int(numbers[-1]) + 1 if numbers else 1
    written = [instruction(chance) for _ in range(chance.randint(6, 8))]
    return f" {written[0]}" + "".join(f"\n{n}. {text}" for n, text in enumerate(written[1:], first + 1))


def _worked(chance: random.Random) -> str:
    if chance.random() < 0.4:
        return f"Output: {_sentences(chance)}"
    return "\n\n".join(
        f"Example {n}\nInput: {_sentence(chance)}\nOutput: {_sentences(chance)}"
        for n in range(1, chance.randint(1, 3) + 1)
    )


def _labelled(chance: random.Random) -> str:
    return "\n\n".join(f"Class label: {label}\n{_sentence(chance)}" for label in chance.sample(LABELS, 2))


def _sentences(chance: random.Random) -> str:
    return " ".join(_sentence(chance) for _ in range(chance.randint(1, 3)))


def _sentence(chance: random.Random) -> str:
    return (
        f"The {chance.choice(KINDS)} {chance.choice(THINGS)} that {chance.choice(READERS)} keep is "
        f"{chance.choice(KINDS)}, {chance.choice(TURNS)}."
    )


def vector_of(text: str, dimensions: int = 24) -> list[float]:
    """A text's embedding: texts with words in common lie near each other."""
    numbers = [0.0] * dimensions
    for word in re.findall(r"\w+", text.lower()):
        at = random.Random(sha256(word.encode()).hexdigest())
        numbers = [one + at.gauss(0, 1) for one in numbers]
    length = math.sqrt(sum(one * one for one in numbers)) or 1.0
    return [one / length if text.strip() else 1.0 for one in numbers]
