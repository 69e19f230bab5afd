"""Which parsers there are, what they are called, and which languages they read."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from core.diversity import parser as parsers
from core.diversity.berkeley import BerkeleyParser
from core.diversity.language import language_of
from core.diversity.parser import ParserMissing, available_parsers, best_parser, fit, parser_named
from core.diversity.sentence import SentenceReader
from tests.diversity.labelled import labelled

ENGLISH = ["Write a poem about the sea.", "What is the capital of Peru?", "Sort these words."]
CHINESE = ["写一首关于秋天的诗。", "解释量子计算。", "把这个句子翻译成英文。"]


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for installed models, and no others on the machine."""
    monkeypatch.setattr(parsers, "_nltk_folders", list)
    return tmp_path


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    find = importlib.util.find_spec

    def hide(name: str) -> None:
        def found(package: str) -> ModuleSpec | None:
            return None if package == name else find(package)

        monkeypatch.setattr(parsers, "find_spec", found)

    return hide


def pretend(folder: Path, name: str) -> None:
    (folder / name).mkdir()
    (folder / name / "benepar_model.bin").write_bytes(b"weights of " + name.encode())


def test_the_built_in_parser_is_there_without_a_download(models: Path) -> None:
    assert [parser.name for parser in available_parsers(models)] == ["built-in small", "lexicon"]
    assert available_parsers(models)[0].label == "built-in small parser"


def test_an_installed_parser_is_preferred(models: Path) -> None:
    pretend(models, "benepar_en3")
    assert [parser.name for parser in available_parsers(models)] == ["benepar_en3", "built-in small", "lexicon"]


def test_a_checkpoint_of_ones_own_can_be_chosen(models: Path) -> None:
    (models / "mine.pt").write_bytes(b"weights")
    assert parser_named("mine", models).language == "en"


def test_without_torch_only_the_lexicon_is_left(models: Path, without: Callable[[str], None]) -> None:
    without("torch")
    assert [parser.name for parser in available_parsers(models)] == ["lexicon"]
    with pytest.raises(ParserMissing, match="needs torch"):
        parser_named("built-in small", models)


def test_a_chinese_parser_wants_words_cut(models: Path, without: Callable[[str], None]) -> None:
    pretend(models, "benepar_zh2")
    without("jieba")
    with pytest.raises(ParserMissing, match="pip install jieba"):
        parser_named("benepar_zh2", models)


def test_an_unknown_parser_is_named_with_the_way_out(models: Path) -> None:
    with pytest.raises(ParserMissing, match="run parser install benepar_en3"):
        parser_named("benepar_en3", models)


def test_a_parser_says_which_language_it_cannot_read(models: Path) -> None:
    found = fit(parser_named("built-in small", models), CHINESE)
    assert not found.fits
    assert "3 of 3 instructions looked at are in Chinese" in found.reason
    assert best_parser(CHINESE, models) is None


def test_english_with_some_other_text_is_english(models: Path) -> None:
    parser = best_parser(ENGLISH * 3 + CHINESE, models)
    assert parser is not None
    assert parser.name == "built-in small"


def test_new_weights_make_a_new_key_for_cached_pairs(models: Path) -> None:
    (models / "mine.pt").write_bytes(b"weights")
    before = parser_named("mine", models).key
    (models / "mine.pt").write_bytes(b"heavier")
    assert parser_named("mine", models).key != before


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (ENGLISH, "en"),
        (["sort", "translate", "git rebase"], "en"),
        (CHINESE, "zh"),
        (["秋についての詩を書いてください。", "次の文を要約する"], "ja"),
        (["가을에 대한 시를 써라"], "ko"),
        (["Напиши стихотворение об осени"], "ru"),
        (["เขียนบทกวีเกี่ยวกับทะเล"], "th"),
        (["Schreibe ein Gedicht über den Herbst.", "Was ist die Hauptstadt von Peru?"], "de"),
        (["Écris un poème sur la mer.", "Quelle est la capitale du Pérou ?"], "fr"),
        (["Escribe un poema sobre el mar.", "¿Cuál es la capital del Perú?"], "es"),
        (["用 Python 写一个函数", "把 list 排序"], "zh"),
        (["12 + 3", ""], "und"),
        ([], "und"),
    ],
)
def test_a_language_is_told_from_a_few_instructions(texts: list[str], code: str) -> None:
    assert language_of(texts).code == code


def test_the_fast_pass_draws_the_trees_that_benepar_draws(berkeley: BerkeleyParser, reader: SentenceReader) -> None:
    from core.diversity.berkeley import from_nltk

    sentences = [reader.first_sentence(row.instruction) for row in labelled("instructions_64.tsv")[:24]]
    known = [sentence for sentence in sentences if sentence is not None]
    ours: Sequence[str] = [str(tree) for tree in berkeley.trees(known)]
    inputs = [list(sentence.words) for sentence in known]
    assert ours == [str(from_nltk(tree)) for tree in berkeley._benepar.parse_sents(inputs)]
