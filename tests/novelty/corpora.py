"""Texts for the novelty tests, and the plainest possible ROUGE-L to hold the fast one against."""

import random
from functools import cache

from hypothesis import strategies as st

from core.novelty.tokens import Tokeniser, tokenise

WORDS = ("write", "a", "the", "poem", "list", "of", "five", "Give", "me", "7", "cats", "and", "dogs")
FEW_WORDS = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
MIXED = st.sampled_from(
    ["写", "一", "首", "诗", "สวัสดี", "ありがとう", "Straße", "naïve", "e", "2", " ", ",", "İ", "ﬁ", "K"]
)
ANY_SCRIPT = st.one_of(st.text(max_size=30), st.lists(MIXED, max_size=20).map("".join), FEW_WORDS)

COMMON_LENGTHS = (1, 2, 5, 9, 14, 20)
EDGE_LENGTHS = (33, 63, 64, 65, 90, 128, 129, 200)


def plain_lcs(one: list[str], other: list[str]) -> int:
    """Return the length of the longest common subsequence by the textbook's table."""
    row = [0] * (len(other) + 1)
    for token in one:
        before = row[:]
        for at, candidate in enumerate(other, 1):
            row[at] = before[at - 1] + 1 if token == candidate else max(before[at], row[at - 1])
    return row[-1]


def plain_score(one: list[str], other: list[str]) -> float:
    """Return ROUGE-L F1 from the textbook's table, 0 where nothing is shared."""
    lcs = plain_lcs(one, other)
    return 2 * lcs / (len(one) + len(other)) if lcs else 0.0


@cache
def plain_scores(texts: tuple[str, ...], tokeniser: Tokeniser = Tokeniser.PAPER) -> list[list[float]]:
    """Return the score of each text with each earlier one."""
    cut = [tokenise(text, tokeniser) for text in texts]
    return [[plain_score(tokens, other) for other in cut[:at]] for at, tokens in enumerate(cut)]


@cache
def assorted_texts(count: int, seed: int, words: int = 60) -> tuple[str, ...]:
    """Return texts with everything that is awkward: repeats, twins, empty ones, over 64 and over 128 tokens."""
    chance = random.Random(seed)
    texts: list[str] = []
    for _ in range(count):
        kind = chance.random()
        if kind < 0.02:
            texts.append("")
        elif kind < 0.05 and texts:
            texts.append(chance.choice(texts).upper())
        elif kind < 0.5 and texts:
            texts.append(_edited(chance.choice(texts).split(), chance, words))
        else:
            length = chance.choice(COMMON_LENGTHS if chance.random() < 0.85 else EDGE_LENGTHS)
            texts.append(" ".join(f"w{int(chance.paretovariate(0.9)) % words}" for _ in range(length)))
    return tuple(texts)


def _edited(tokens: list[str], chance: random.Random, words: int) -> str:
    for _ in range(1 + len(tokens) // 6):
        at = chance.randrange(len(tokens) + 1)
        tokens[at : at + chance.choice((0, 1))] = [f"w{chance.randrange(words)}"] * chance.choice((0, 1, 1))
    return " ".join(tokens)
