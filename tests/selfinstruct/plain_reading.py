"""The method as plainly as it can be read: replies taken apart by hand, filters one `if` after the other.

Slow and obvious on purpose. The product's parsers and filters are held against it, decision for decision.
"""

from __future__ import annotations

import string

DIGITS, UNFIT = "0123456789", "image images graph graphs picture pictures file files map maps draw plot"


def numbered_parts(text: str) -> list[str]:
    """A reply of step 1, cut at each line break + number + at most one space + ". "; white space folded."""
    parts, start, at = [], 0, 0
    while at < len(text):
        end = at + 1
        while text[at] == "\n" and end < len(text) and text[end] in DIGITS:
            end += 1
        if text[at] == "\n" and end > at + 1:
            after = end + 1 if text[end : end + 1].isspace() else end
            if text[after : after + 2] == ". ":
                parts.append(text[start:at])
                start = at = after + 2
                continue
        at += 1
    parts.append(text[start:])
    return [" ".join(part.split()) for part in parts if part.split()]


def instruction_rule(text: str) -> str | None:
    """The rule that drops an instruction, in the order in which the released code asks; None: it stays."""
    words = text.split()
    if len(words) <= 3:
        return "too-short"
    if len(words) > 150:
        return "too-long"
    bare = "".join(c if c.isalnum() or c == "_" else " " for c in text.lower()).split()
    if any(word in bare for word in UNFIT.split()) or has_go_to(text.lower()):
        return "unfit-word"
    if text.lower().startswith("write a program"):
        return "forbidden-opening"
    if text[0] in string.punctuation:
        return "punctuation-start"
    if ord(text[0]) > 127:
        return "non-ascii-start"
    return None


def has_go_to(text: str) -> bool:
    """ "go to" with a single space, both as whole words."""
    padded = f" {text} "
    at = padded.find("go to")
    while at >= 0:
        around = padded[at - 1] + padded[at + 5]
        if not any(c.isalnum() or c == "_" for c in around):
            return True
        at = padded.find("go to", at + 1)
    return False


def cut_at(text: str, word: str, colon: bool) -> list[str]:
    """`text` cut at every `word`: with a number and a colon (white space between), or with a number and a dot."""
    parts, start, at = [], 0, 0
    while (at := text.find(word, at)) >= 0:
        end = at + len(word)
        if colon:
            while end < len(text) and text[end].isspace():
                end += 1
            while end < len(text) and text[end] in DIGITS:
                end += 1
            while end < len(text) and text[end].isspace():
                end += 1
            if text[end : end + 1] != ":":
                at += 1
                continue
            end += 1
        else:
            end += 1 if text[end : end + 1].isspace() else 0
            while end < len(text) and text[end] in DIGITS:
                end += 1
            end += 1 if text[end : end + 1] == "." else 0
        parts.append(text[start:at])
        start = at = end
    return [*parts, text[start:]]


def one_pair(block: str) -> tuple[str, str]:
    pieces = cut_at(block, "Output", colon=True)
    given, answer = (pieces[0].strip(), pieces[1].strip()) if len(pieces) > 1 else ("", block.strip())
    answer = cut_at(answer, "Input", colon=True)[0].strip()
    opening = cut_at(given, "Input", colon=True)
    if len(opening) > 1 and opening[0] == "":
        given = given[given.index(":") + 1 :].strip()
    return given, answer


def worked_examples(text: str) -> list[tuple[str, str]]:
    """Step 3, input first."""
    blocks = cut_at(text.strip(), "Example", colon=False)
    if len(blocks) > 1:
        return [one_pair(block.strip()) for block in blocks if block.strip()]
    return [one_pair(text.strip())] if len(cut_at(text, "Output", colon=True)) > 1 else []


def labelled_examples(text: str) -> list[tuple[str, str]]:
    """Step 3, label first."""
    found = []
    for block in text.split("Class label:")[1:]:
        lines = block.strip().split("\n")
        found.append(("\n".join(lines[1:]).strip(), lines[0].strip()))
    return found


def kept_instances(pairs: list[tuple[str, str]], was_cut: bool, most: int = 5) -> list[tuple[str, str]]:
    """What the filters of step 4 leave of one task's instances; order kept."""
    if was_cut:
        pairs = pairs[:-1]
    fit = []
    for given, answer in pairs:
        if given == answer or answer == "":
            continue
        if given.strip().endswith(":") or answer.strip().endswith(":"):
            continue
        fit.append((given, answer))
    for given, answer in fit:
        for other_given, other_answer in fit:
            if given != "" and given == other_given and answer != other_answer:
                return []
    once: list[tuple[str, str]] = []
    for pair in fit:
        if pair not in once:
            once.append(pair)
    return once[:most]
