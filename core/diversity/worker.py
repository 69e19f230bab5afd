"""The parsing process: reads chunks of texts from standard input, writes their pairs to standard output, a line each.

Started by `parsing`, never by hand. The first line in names the parser; the first line out says that it is ready. An
error ends the process with its last words on standard error. The end of its input ends it too, and that is also what
happens when the process that started it dies.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from core.aside import answer, replies

ReadPair = tuple[str | None, str | None]


def main() -> None:
    """Serve chunks until there are no more."""
    out = replies()
    request = json.loads(sys.stdin.readline())
    pairs = pair_reader(request["model"], request["language"])
    gc.freeze()  # trees are many and have no cycles: the collector would only walk torch again and again
    gc.set_threshold(100_000, 50, 50)
    answer(out, {"ready": True})
    for line in sys.stdin:
        chunk = json.loads(line)
        answer(out, {"start": chunk["start"], "pairs": pairs(chunk["texts"])})


def pair_reader(model: str | None, language: str) -> Callable[[Sequence[str]], list[ReadPair]]:
    """The function from texts to pairs: of a benepar model, or of the lexicon when `model` is None."""
    if model is None:
        return _by_lexicon
    from core.diversity.berkeley import BerkeleyParser
    from core.diversity.sentence import SentenceReader
    from core.diversity.verbnoun import NOTHING, verb_noun

    reader = SentenceReader(language)
    parser = BerkeleyParser(Path(model))

    def pairs(texts: Sequence[str]) -> list[ReadPair]:
        sentences = [reader.first_sentence(text) for text in texts]
        found = iter(parser.answers([s for s in sentences if s is not None], lambda tree: verb_noun(tree, language)))
        answered = [next(found) if sentence is not None else NOTHING for sentence in sentences]
        return [(pair.verb, pair.noun) for pair in answered]

    return pairs


def _by_lexicon(texts: Sequence[str]) -> list[ReadPair]:
    from core.diversity.lexicon import verb_noun_by_lexicon

    return [(pair.verb, pair.noun) for pair in map(verb_noun_by_lexicon, texts)]


if __name__ == "__main__":
    main()
