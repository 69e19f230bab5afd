"""Texts to places: vectors by TF-IDF and SVD or a model, a layout by UMAP, densities, titles, how true the map is.

All of it runs in the map's own process (`worker`), since it takes a gigabyte and a minute where a pool is large.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.maps.recipe import MapRecipe
from core.novelty.tokens import Tokeniser, tokenise

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIMENSIONS = 50  # of the vectors that TF-IDF is reduced to
PIECE = 4_096  # embeddings that are unpacked together
RARE = 500  # from so many texts on, a word in one text alone tells nothing about nearness
CELLS = 160  # of the grid on which density is counted, each way
BLUR = 2.0  # cells
MOST_TITLES, LEAST_TITLES, TITLE_WORDS = 24, 4, 3
TITLED = 25  # texts for each title: on a map of few more of them would say nothing
COMMON = 0.15  # of the texts around have a word that a title may have
APART = 0.09  # of the map's width: two titles are further from each other than that
CROWD = 0.12  # of the highest density: a place below it gets no title
TRUSTED, TRUST_NEIGHBOURS = 500, 15  # texts whose nearness is checked, and how many around each


@dataclass(frozen=True, slots=True)
class MapTitle:
    """The words that set a dense place apart, and where it is."""

    x: float
    y: float
    words: str


@dataclass(frozen=True, slots=True)
class Placed:
    """Places of texts in their order, x and y between 0 and 1; `density` 1 is the densest place.

    `trust`: trustworthiness (Venna and Kaski) at 15 neighbours over `trusted` texts: 1 where whoever is near on the
    map is near in meaning.
    """

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    density: NDArray[np.float32]
    titles: tuple[MapTitle, ...]
    trust: float
    trusted: int


TellsStage = Callable[[str, int, int], None]  # what is being done, how far, of how much (0: not known)


def place(
    texts: Sequence[str], recipe: MapRecipe, on_stage: TellsStage, embeddings: NDArray[np.float16] | None = None
) -> Placed:
    """Place texts, in their order: by a model's embeddings (texts x dimensions) where there are some, else by words.

    The titles of dense places are words either way.
    """
    on_stage("words", 0, 0)
    weights, words = _tf_idf(texts)
    on_stage("vectors", 0, 0)
    vectors = _reduced(weights, recipe.seed) if embeddings is None else principal(embeddings)
    on_stage("neighbours", 0, 0)
    laid = _laid_out(vectors, recipe, on_stage)
    on_stage("titles", 0, 0)
    grid, density = _densities(laid)
    trust, trusted = trustworthiness(vectors, laid, recipe.seed)
    return Placed(laid[:, 0], laid[:, 1], density, _titles(laid, grid, weights, words), trust, trusted)


def _tf_idf(texts: Sequence[str]) -> tuple[Any, Sequence[str]]:
    """Weights (texts x words, sparse, rows of length 1) and the words; scripts without spaces by characters."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    def terms(text: str) -> list[str]:
        return tokenise(text, Tokeniser.UNICODE)

    many = len(texts) >= RARE
    counted = TfidfVectorizer(analyzer=terms, sublinear_tf=True, min_df=2 if many else 1, dtype=np.float32)
    try:
        return counted.fit_transform(texts), counted.get_feature_names_out()
    except ValueError:  # not one word in all texts, or none twice
        alone = TfidfVectorizer(analyzer=lambda text: terms(text) or ["(no word)"], dtype=np.float32)
        return alone.fit_transform(texts), alone.get_feature_names_out()


def _reduced(weights: Any, seed: int) -> NDArray[np.float32]:
    from sklearn.decomposition import TruncatedSVD

    most = min(DIMENSIONS, weights.shape[0] - 1, weights.shape[1] - 1)
    if most < 2:
        return np.asarray(weights.toarray(), np.float32)
    return _unit(TruncatedSVD(most, random_state=seed).fit_transform(weights))


def principal(embeddings: NDArray[np.float16]) -> NDArray[np.float32]:
    """Embeddings in the directions in which they differ most, by the covariance's exact eigenvectors.

    Counted in pieces, so that 16-bit numbers are never all unpacked at once.
    """
    from scipy.linalg import eigh

    n, across = embeddings.shape
    pieces = [slice(at, at + PIECE) for at in range(0, n, PIECE)]
    mean = sum(embeddings[piece].sum(axis=0, dtype=np.float64) for piece in pieces) / n
    spread = np.zeros((across, across))
    for piece in pieces:
        apart = embeddings[piece] - mean
        spread += apart.T @ apart
    most = min(DIMENSIONS, across)
    _, directions = eigh(spread, subset_by_index=(across - most, across - 1))
    directions = directions[:, ::-1]
    # Which way an eigenvector points is nobody's: its largest part is made to be above nought.
    directions *= np.sign(directions[np.abs(directions).argmax(axis=0), np.arange(most)])
    return _unit(np.concatenate([(embeddings[piece] - mean) @ directions for piece in pieces]))


def _unit(vectors: Any) -> NDArray[np.float32]:
    """Each row at length 1, so that distances are those of angles; a row of noughts stays."""
    rows = np.asarray(vectors, np.float32)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(length, length, 1), np.float32)


def _laid_out(vectors: NDArray[np.float32], recipe: MapRecipe, on_stage: TellsStage) -> NDArray[np.float32]:
    """Places between 0 and 1, the longer side of the map from edge to edge."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tensorflow, which is not used, and of one thread, which the seed asks for
        from umap import UMAP  # type: ignore[import-untyped]

        layout = UMAP(
            n_neighbors=min(recipe.neighbours, len(vectors) - 1),
            min_dist=recipe.distance,
            n_epochs=recipe.rounds or None,
            metric="euclidean",
            init="pca" if vectors.shape[1] >= 2 else "random",
            random_state=recipe.seed,
            tqdm_kwds={"file": _Epochs(on_stage), "disable": False, "bar_format": "{n_fmt}/{total_fmt} "},
        ).fit_transform(vectors)
    found = np.asarray(layout, np.float64)
    # A few lie far outside: the map is of the middle 99.8 %, and those are put on its edge.
    low, high = np.quantile(found, 0.001, axis=0), np.quantile(found, 0.999, axis=0)
    found = np.clip(found, low, high) - low
    return np.asarray(found / (max(high - low) or 1), np.float32)


class _Epochs:
    """What UMAP's progress bar writes to, of which the numbers alone are taken."""

    def __init__(self, on_stage: TellsStage) -> None:
        self._on_stage = on_stage

    def write(self, written: str) -> None:
        done, slash, of = written.strip().partition("/")
        if slash and done.isdecimal() and of.isdecimal():
            self._on_stage("layout", int(done), int(of))

    def flush(self) -> None: ...


def _densities(laid: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """How dense the map is on a grid, and at each text; the highest is 1."""
    from scipy.ndimage import gaussian_filter

    cells = _cells(laid)
    grid = np.zeros((CELLS, CELLS))
    np.add.at(grid, (cells[:, 0], cells[:, 1]), 1.0)
    grid = gaussian_filter(grid, BLUR)
    grid /= grid.max() or 1
    return grid, np.asarray(grid[cells[:, 0], cells[:, 1]], np.float32)


def _cells(laid: NDArray[np.float32]) -> NDArray[np.int64]:
    return np.clip((laid * CELLS).astype(np.int64), 0, CELLS - 1)


def _titles(
    laid: NDArray[np.float32], grid: NDArray[np.float64], weights: Any, words: Sequence[str]
) -> tuple[MapTitle, ...]:
    """The densest places, far enough from each other, by the words that weigh more there than on the whole map."""
    from scipy.ndimage import maximum_filter

    peaks = np.argwhere((grid == maximum_filter(grid, 5)) & (grid >= CROWD))
    everywhere = np.asarray(weights.mean(axis=0)).ravel()
    tells = np.array([_tells(word) for word in words])
    most = min(MOST_TITLES, max(LEAST_TITLES, len(laid) // TITLED))
    titles: list[MapTitle] = []
    used: set[str] = set()
    for row, column in sorted(map(tuple, peaks), key=lambda cell: (-grid[cell], cell)):
        at = (np.array([row, column]) + 0.5) / CELLS
        if any(np.hypot(*(at - (one.x, one.y))) < APART for one in titles):
            continue
        here = np.flatnonzero(np.hypot(*(laid - at).T) < APART / 2)
        if len(here) < 3:
            continue
        more = np.asarray(weights[here].mean(axis=0)).ravel() - everywhere
        in_texts = np.asarray((weights[here] > 0).sum(axis=0)).ravel()
        fit = np.where(tells & (in_texts >= max(2, COMMON * len(here))), more, 0)
        best = [words[place] for place in np.argsort(-fit, kind="stable")[:TITLE_WORDS] if fit[place] > 0]
        if best and best[0] not in used:
            used.add(best[0])
            titles.append(MapTitle(float(at[0]), float(at[1]), " ".join(best)))
        if len(titles) == most:
            break
    return tuple(titles)


def _tells(word: str) -> bool:
    """Whether a word can stand in a title: no number, no letter alone, none of the words that stand everywhere."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return not word.isnumeric() and (len(word) > 1 or not word.isascii()) and word not in ENGLISH_STOP_WORDS


def trustworthiness(vectors: NDArray[np.float32], laid: NDArray[np.float32], seed: int) -> tuple[float, int]:
    """Whether neighbours on the map are neighbours in meaning, 0 to 1, over how many texts drawn by the seed.

    Venna and Kaski's trustworthiness, each drawn text against all others: exact for the drawn, an estimate for all.
    """
    n = len(vectors)
    k = min(TRUST_NEIGHBOURS, (n - 1) // 2)
    if k < 1:
        return 1.0, 0
    drawn = np.random.default_rng(seed).choice(n, min(n, TRUSTED), replace=False)
    lengths = (vectors.astype(np.float64) ** 2).sum(axis=1)
    penalty = 0.0
    for one in drawn.tolist():
        on_map = np.hypot(*(laid - laid[one]).T)
        in_meaning = lengths - 2.0 * (vectors @ vectors[one])
        on_map[one], in_meaning[one] = np.inf, -np.inf
        near = np.argpartition(on_map, k)[:k]
        rank = np.searchsorted(np.sort(in_meaning), in_meaning[near])  # itself is of rank 0
        penalty += float(np.maximum(rank - k, 0).sum())
    return 1.0 - 2.0 * penalty / (len(drawn) * k * (2 * n - 3 * k - 1)), len(drawn)
