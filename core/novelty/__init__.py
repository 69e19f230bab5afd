"""Novelty: how close a new instruction comes to those already in the pool, as exact ROUGE-L F1, at speed.

Read it in this order: `tokens` (what is compared), `score` (the measure), `index` (one text against a growing pool),
`gate` (which candidates get in), `arrival` and `replay` (the same question again at another threshold), `join`
(all similar pairs of a whole pool), and last `arrays`, `flat` and `kernels`, which are only about being fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.novelty.arrival import Admissions, MeasuringStopped, Pairs
    from core.novelty.gate import Gate, GateVerdict, admit
    from core.novelty.index import Neighbour, NoveltyIndex
    from core.novelty.join import similar_pairs, stream_pairs
    from core.novelty.replay import CurvePoint, curve
    from core.novelty.score import released_f1, rouge_l
    from core.novelty.tokens import Tokeniser, VocabularyFull, tokenise, unseen_share

__all__ = [
    "Admissions",
    "CurvePoint",
    "Gate",
    "Neighbour",
    "NoveltyIndex",
    "Pairs",
    "MeasuringStopped",
    "Tokeniser",
    "GateVerdict",
    "VocabularyFull",
    "admit",
    "curve",
    "released_f1",
    "rouge_l",
    "similar_pairs",
    "stream_pairs",
    "tokenise",
    "unseen_share",
]


def __getattr__(name: str) -> object:
    """A word of this room, loaded when it is first asked for: who only cuts a text into tokens loads no arrays."""
    for module, words in _HOME.items():
        if name in words:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


_HOME = {
    "arrival": {"Admissions", "MeasuringStopped", "Pairs"},
    "gate": {"Gate", "GateVerdict", "admit"},
    "index": {"Neighbour", "NoveltyIndex"},
    "join": {"similar_pairs", "stream_pairs"},
    "replay": {"CurvePoint", "curve"},
    "score": {"released_f1", "rouge_l"},
    "tokens": {"Tokeniser", "VocabularyFull", "tokenise", "unseen_share"},
}
