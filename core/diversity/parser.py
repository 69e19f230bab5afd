"""The choice of a parser: what is installed, what each is called, and which languages it reads."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from core.diversity.language import NAMES, language_of
from core.diversity.verbnoun import EXTRACTOR_VERSION, LANGUAGES
from core.records import WinnowError
from core.words import number_of

BUILT_IN = "built-in small"
LEXICON = "lexicon"
PREFERRED = ("benepar_en3_large", "benepar_en3")
"""Better than the built-in parser, where the user has them."""

SAMPLE = 400
"""So many texts say which language a pool is in."""

_BUILT_IN_MODEL = Path(__file__).parent / "model" / "benepar_small.pt"
_RELEASED = re.compile(r"benepar_([a-z]{2})\d?(?:_\w+)?")
_NEEDED = ("torch", "benepar", "transformers", "spacy", "numba", "nltk")


class ParserMissing(WinnowError):
    """No installed parser has this name, or a package that it needs is missing."""


@dataclass(frozen=True, slots=True)
class Parser:
    """A way from an instruction to its verb and noun.

    `name` chooses it, `label` stands on the charts, `language` is what it reads, `model` its weights (None for the
    lexicon), `key` is what a cached pair is filed under: it changes whenever the same text may give another pair.
    """

    name: str
    label: str
    language: str
    model: Path | None
    key: str


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether a parser reads the language of a sample, and in one sentence why not ("" when it does)."""

    fits: bool
    reason: str = ""


def available_parsers(folder: Path | None = None) -> tuple[Parser, ...]:
    """The parsers that can run here, the best first; the lexicon is always the last.

    `folder` holds installed models (by default `parsers` in the data folder): folders named like benepar's releases,
    and checkpoints `NAME.pt` of one's own training. Models that benepar downloaded into nltk's folders are found too.
    """
    lexicon = Parser(LEXICON, "word list, no parser", "en", None, f"{LEXICON}/{EXTRACTOR_VERSION}")
    if missing_packages():
        return (lexicon,)
    built_in = _parser(BUILT_IN, "built-in small parser", "en", _BUILT_IN_MODEL)
    installed = _installed(parsers_folder() if folder is None else folder)
    best = sorted((p for p in installed if p.name in PREFERRED), key=lambda parser: PREFERRED.index(parser.name))
    others = [parser for parser in installed if parser.name not in PREFERRED]
    return (*best, built_in, *others, lexicon)


def parser_named(name: str, folder: Path | None = None) -> Parser:
    """The available parser of that name. Raises ParserMissing with what to do."""
    found = next((parser for parser in available_parsers(folder) if parser.name == name), None)
    if found is not None:
        return found
    if missing := missing_packages():
        raise ParserMissing(f"The parser {name} needs {', '.join(missing)}: install them, or use {LEXICON}.")
    if _language(name) == "zh" and find_spec("jieba") is None:
        raise ParserMissing(f"The parser {name} needs jieba to cut Chinese into words: run pip install jieba.")
    raise ParserMissing(f"There is no parser named {name} here: run parser install {name}, or use {BUILT_IN}.")


def best_parser(sample: Sequence[str], folder: Path | None = None) -> Parser | None:
    """The best available parser that reads the sample's language, or None."""
    return next((parser for parser in available_parsers(folder) if fit(parser, sample).fits), None)


def fit(parser: Parser, sample: Iterable[str]) -> Fit:
    """Whether the parser reads most of these texts."""
    language = language_of([text for _, text in zip(range(SAMPLE), sample, strict=False)])
    if language.code in (parser.language, "und"):
        return Fit(True)
    return Fit(
        False,
        f"{language.texts} of {number_of(language.of, 'instruction')} looked at are in {language.name}, and the "
        f"{parser.label} "
        f"reads {NAMES[parser.language]}: choose another parser for this pool, or do without verbs and nouns.",
    )


def parsers_folder() -> Path:
    """Where installed parsers lie."""
    from core.settings import load

    return load().data_dir / "parsers"


def missing_packages() -> list[str]:
    """The packages without which only the lexicon can run."""
    return [package for package in _NEEDED if find_spec(package) is None]


def _installed(folder: Path) -> list[Parser]:
    found: dict[str, Parser] = {}
    for place in (folder, *(place / "models" for place in _nltk_folders())):
        if not place.is_dir():
            continue
        for model in sorted(place.iterdir()):
            name = model.stem if model.suffix == ".pt" else model.name
            language = "en" if model.suffix == ".pt" else _language(name)
            is_model = model.suffix == ".pt" or (model / "benepar_model.bin").is_file()
            readable = language in LANGUAGES and (language != "zh" or find_spec("jieba") is not None)
            if is_model and readable and language is not None and name not in (BUILT_IN, LEXICON):
                found.setdefault(name, _parser(name, f"parser {name}", language, model))
    return list(found.values())


def _language(name: str) -> str | None:
    match = _RELEASED.fullmatch(name)
    return match[1] if match else None


def _parser(name: str, label: str, language: str, model: Path) -> Parser:
    weights = model / "benepar_model.bin" if model.is_dir() else model
    size = weights.stat().st_size
    with weights.open("rb") as stream:  # the ends of a checkpoint tell it from another of the same size
        start = stream.read(65_536)
        stream.seek(max(0, size - 65_536))
        mark = sha256(start + stream.read() + str(size).encode()).hexdigest()[:8]
    return Parser(name, label, language, model, f"{name}/{mark}/{EXTRACTOR_VERSION}")


def _nltk_folders() -> list[Path]:
    named = [Path(place) for place in os.environ.get("NLTK_DATA", "").split(os.pathsep) if place]
    return [*named, Path.home() / "nltk_data", Path(sys.prefix) / "nltk_data", Path("/usr/share/nltk_data")]
