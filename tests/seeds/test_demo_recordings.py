"""The recorded replies of the provider `demo`, judged by an independent reading of the Self-Instruct rules.

Nothing here imports the product: the rules are restated on their own, so that a change of the recordings that breaks
what the demo promises shows without the product's filters in the way.
"""

import json
import re
import string
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from rapidfuzz.distance import LCSseq

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
UNFIT = re.compile(r"\b(images?|graphs?|pictures?|files?|maps?|draw|plot|go to)\b", re.IGNORECASE)
INSTRUCTION_RULES = {
    "too short",
    "too long",
    "unfit word",
    "write a program",
    "punctuation",
    "non-ascii",
    "cut by length",
    "similar",
}
INSTANCE_RULES = {
    "no output",
    "input equals output",
    "ends with a colon",
    "cut by length",
    "duplicate",
    "two outputs",
    "unparsable",
}


@cache
def lines(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (SEEDS / "demo" / f"{name}.jsonl").read_text("utf-8").splitlines()]


@cache
def verdicts() -> list[list[tuple[str, str]]]:
    """For every instruction reply its candidates with the rule that drops each, or "" for an accepted one."""
    seed_file = SEEDS / "seed_tasks.jsonl"
    seed_lines = seed_file.read_text("utf-8").splitlines() if seed_file.exists() else []
    seeds = [json.loads(line)["instruction"] for line in seed_lines if line.strip()]
    known = [tokens(seed) for seed in seeds]
    judged = []
    for reply in lines("instructions"):
        rules = []
        for candidate in re.split(r"\n\d+\s?\. ", reply["text"]):
            instruction = " ".join(candidate.split())
            rule = "cut by length" if reply["finish_reason"] == "length" else unfit_because(instruction)
            if not rule and any(rouge_l(tokens(instruction), other) > 0.7 for other in known):
                rule = "similar"
            if not rule:
                known.append(tokens(instruction))
            rules.append((instruction, rule))
        judged.append(rules)
    return judged


def unfit_because(instruction: str) -> str:
    words = len(instruction.split())
    checks = {
        "too short": words <= 3,
        "too long": words > 150,
        "unfit word": bool(UNFIT.search(instruction)),
        "write a program": instruction.startswith("Write a program"),
        "punctuation": instruction[:1] in string.punctuation,
        "non-ascii": not instruction[:1].isascii(),
    }
    return next((rule for rule, holds in checks.items() if holds), "")


def tokens(text: str) -> list[str]:
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).split()


def rouge_l(one: list[str], other: list[str]) -> float:
    return 2 * LCSseq.similarity(one, other) / (len(one) + len(other))


def accepted() -> list[str]:
    return [instruction for reply in verdicts() for instruction, rule in reply if not rule]


def is_classification(instruction: str) -> bool:
    (reply,) = [line["text"] for line in lines("classification") if line["instruction"] == instruction]
    return reply.strip() in {"Yes", "yes", "YES"}


def instances(instruction: str) -> tuple[list[tuple[str, str]], Counter[str]]:
    """The surviving (input, output) pairs of a task, and how often each rule dropped one."""
    (reply,) = [line for line in lines("instances") if line["instruction"] == instruction]
    pairs = labelled(reply["text"]) if is_classification(instruction) else exemplified(reply["text"])
    dropped = Counter() if pairs else Counter(["unparsable"])
    if reply["finish_reason"] == "length":
        pairs, dropped["cut by length"] = pairs[:-1], 1
    kept = []
    for given, output in pairs:
        if not output:
            dropped["no output"] += 1
        elif given == output:
            dropped["input equals output"] += 1
        elif given.endswith(":") or output.endswith(":"):
            dropped["ends with a colon"] += 1
        elif (given, output) in kept:
            dropped["duplicate"] += 1
        else:
            kept.append((given, output))
    inputs = [given for given, _ in kept if given]
    if len(inputs) != len(set(inputs)):
        dropped["two outputs"] += len(kept)
        kept = []
    return kept[:5], dropped


def labelled(text: str) -> list[tuple[str, str]]:
    blocks = [block.strip().partition("\n") for block in text.split("Class label:")[1:]]
    return [(given.strip(), label.strip()) for label, _, given in blocks]


def exemplified(text: str) -> list[tuple[str, str]]:
    blocks = [block for block in re.split(r"Example\s?\d*\.?", text) if block.strip()]
    if len(blocks) == 1 and not re.search(r"Example\s?\d|Output\s*\d*\s*:", text):
        return []
    pairs = []
    for block in blocks:
        given, output = re.split(r"Output\s*\d*\s*:", block)[:2]
        output = re.split(r"Input\s*\d*\s*:", output)[0]
        pairs.append((re.sub(r"^Input\s*\d*\s*:", "", given.strip()).strip(), output.strip()))
    return pairs


@pytest.mark.parametrize("name", ["instructions", "classification", "instances"])
def test_every_recording_is_one_line_with_a_reply_and_the_reason_it_ended(name: str) -> None:
    keys = {"text", "finish_reason"} if name == "instructions" else {"instruction", "text", "finish_reason"}
    for line in lines(name):
        assert set(line) == keys
        assert line["finish_reason"] in {"stop", "length"}
        assert line["text"].strip()


def test_instruction_replies_go_on_from_nine_and_end_before_their_stop_sequences() -> None:
    assert len(lines("instructions")) >= 44
    for line in lines("instructions"):
        assert re.match(r" \S", line["text"])
        numbers = [9, *map(int, re.findall(r"\n(\d+)\s?\. ", line["text"]))]
        assert all(later - earlier in {0, 1} for earlier, later in pairwise(numbers))
        assert numbers[-1] <= 15
        assert 7 <= len(numbers) <= 8
        assert not any(stop in line["text"] for stop in ("\n\n", "\n16", "16.", "16 ."))


def test_instance_and_classification_replies_hold_none_of_their_stop_sequences() -> None:
    assert not any(stop in line["text"] for line in lines("instances") for stop in ("Example 6", "Task:"))
    assert not any(stop in line["text"] for line in lines("classification") for stop in ("\n", "Task"))


def test_every_instruction_rule_fires_and_the_discards_are_a_sixth_or_so() -> None:
    fired = Counter(rule for reply in verdicts() for _, rule in reply if rule)
    assert set(fired) == INSTRUCTION_RULES
    assert min(fired.values()) >= 2
    assert fired["similar"] >= 15
    assert sum(line["finish_reason"] == "length" for line in lines("instructions")) >= 2
    assert 0.12 <= fired.total() / sum(map(len, verdicts())) <= 0.22


def test_any_five_replies_in_a_row_show_at_least_two_reasons_for_a_discard() -> None:
    for start in range(len(verdicts()) - 4):
        reasons = {rule for reply in verdicts()[start : start + 5] for _, rule in reply if rule}
        assert len(reasons) >= 2, f"replies {start} to {start + 4} show only {reasons}"


def test_every_accepted_instruction_has_one_reply_of_each_later_step() -> None:
    for name in ("classification", "instances"):
        recorded = Counter(line["instruction"] for line in lines(name))
        assert max(recorded.values()) == 1
        assert set(accepted()) <= set(recorded)


def test_an_instruction_that_only_its_neighbours_drop_has_replies_for_looser_thresholds() -> None:
    similar = {instruction for reply in verdicts() for instruction, rule in reply if rule == "similar"}
    assert similar <= {line["instruction"] for line in lines("instances")}
    assert similar <= {line["instruction"] for line in lines("classification")}


def test_every_instance_rule_drops_something_in_at_least_two_tasks() -> None:
    fired = Counter(rule for instruction in accepted() for rule in instances(instruction)[1])
    assert set(fired) == INSTANCE_RULES
    assert min(fired.values()) >= 2


def test_the_demo_grows_a_pool_large_enough_for_an_audit_of_two_hundred() -> None:
    survivors = {instruction: kept for instruction in accepted() if (kept := instances(instruction)[0])}
    assert len(survivors) >= 265
    assert sum(map(len, survivors.values())) >= 430
    assert sum(map(is_classification, survivors)) >= 35


def test_the_demo_tasks_begin_with_at_least_seventy_different_words() -> None:
    assert len({instruction.split()[0] for instruction in accepted()}) >= 70


def test_one_output_carries_markup_that_no_screen_may_render() -> None:
    outputs = [output for instruction in accepted() for _, output in instances(instruction)[0]]
    assert any("<script>" in output and "![x](http" in output for output in outputs)
