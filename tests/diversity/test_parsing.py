"""The parsing process: chunks as they come, stop, death, and a parent that stays light."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.diversity.parser import Parser, parser_named
from core.diversity.parsing import FIRST_CHUNK, ParsingFailed, parse_texts

ROOT = Path(__file__).parents[2]
TEXTS = [f"Write a poem about the number {n}." for n in range(FIRST_CHUNK)] + ["Sort the list.", "", "Explain why."]


@pytest.fixture
def lexicon(tmp_path: Path) -> Parser:
    return parser_named("lexicon", tmp_path)


def child_of_this_process() -> int:
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    found = [int(pid) for pid in children if b"core.diversity.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    assert len(found) == 1
    return found[0]


def test_pairs_come_in_chunks_and_in_order(built_in: Parser) -> None:
    chunks = list(parse_texts(TEXTS, built_in))
    assert [(chunk.start, len(chunk.pairs), chunk.done, chunk.total) for chunk in chunks] == [
        (0, FIRST_CHUNK, FIRST_CHUNK, len(TEXTS)),
        (FIRST_CHUNK, 3, len(TEXTS), len(TEXTS)),
    ]
    assert {(pair.verb, pair.noun) for pair in chunks[0].pairs} == {("write", "poem")}
    assert [(pair.verb, pair.noun) for pair in chunks[1].pairs] == [("sort", "list"), (None, None), ("explain", None)]


def test_the_parent_never_loads_torch() -> None:
    program = (
        "import sys\n"
        "from core.diversity.parser import best_parser\n"
        "from core.diversity.parsing import parse_texts\n"
        "import core.diversity.statistics, core.diversity.table1, core.diversity.install, core.diversity.lexicon\n"
        "texts = ['Write a poem.']\n"
        "assert best_parser(texts).name\n"
        "list(parse_texts(texts, __import__('core.diversity.parser', fromlist=['x']).parser_named('lexicon')))\n"
        "heavy = {'torch', 'benepar', 'transformers', 'spacy', 'numba', 'nltk', 'numpy', 'lemminflect'}\n"
        "heavy &= set(sys.modules)\n"
        "sys.exit(' '.join(sorted(heavy)) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_lexicon_needs_neither_torch_nor_spacy_and_loads_them_nowhere() -> None:
    program = (
        "import sys\n"
        "class Gone:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('torch', 'spacy', 'benepar', 'nltk', 'transformers', 'numba'):\n"
        "            asked.append(name)\n"
        "            raise ImportError(name)\n"
        "asked = []\n"
        "sys.meta_path.insert(0, Gone())\n"
        "from core.diversity.lexicon import verb_noun_by_lexicon\n"
        "pair = verb_noun_by_lexicon('Please write a short poem about the ocean.')\n"
        "sys.exit((' '.join(asked) or 0) if (pair.verb, pair.noun) == ('write', 'poem') else 'read otherwise')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_stop_ends_the_process_and_keeps_what_came(lexicon: Parser) -> None:
    pids: list[int] = []
    chunks = []
    for chunk in parse_texts(TEXTS * 40, lexicon, should_stop=lambda: bool(pids)):
        pids.append(child_of_this_process())
        chunks.append(chunk)
    assert len(chunks) == 1
    (pid,) = pids
    assert not Path(f"/proc/{pid}").exists()


def test_a_killed_process_costs_one_clear_error_and_only_the_chunk_in_hand(lexicon: Parser) -> None:
    chunks = parse_texts(TEXTS * 400, lexicon)
    first = next(chunks)
    os.kill(child_of_this_process(), signal.SIGKILL)
    with pytest.raises(
        ParsingFailed, match=r"ended after \d+ of .* \(killed by signal 9[^)]*\): what it had parsed is kept"
    ):
        list(chunks)
    assert first.done == FIRST_CHUNK


def test_a_model_that_cannot_be_loaded_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "broken.pt").write_bytes(b"no checkpoint")
    with pytest.raises(ParsingFailed, match="parser broken cannot be loaded"):
        list(parse_texts(["Write."], parser_named("broken", tmp_path)))


def test_hostile_texts_pass_through_the_process(lexicon: Parser) -> None:
    texts = ["Write\x00 a poem\ud800", "x" * 100_000, '{"start": 0}\n{"texts": []}', "🙂"]
    (chunk,) = parse_texts(texts, lexicon)
    assert len(chunk.pairs) == len(texts)
    assert chunk.pairs[0].noun == "poem"


def test_no_key_reaches_the_process_and_leaving_the_loop_ends_it(
    lexicon: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    chunks = parse_texts(TEXTS * 40, lexicon)
    next(chunks)
    pid = child_of_this_process()
    environment = Path(f"/proc/{pid}/environ").read_bytes()
    chunks.close()
    assert not Path(f"/proc/{pid}").exists()
    assert b"sk-secret" not in environment
    assert b"OMP_WAIT_POLICY=PASSIVE" in environment


def test_no_texts_need_no_process(built_in: Parser) -> None:
    assert list(parse_texts([], built_in)) == []
