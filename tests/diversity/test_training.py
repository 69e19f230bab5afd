"""The training code: corpora in, a parser out that can be chosen. Tiny sizes show that it learns, not how well."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from core.diversity.berkeley import BerkeleyParser
from core.diversity.parser import parser_named
from core.diversity.sentence import Sentence
from core.diversity.training.__main__ import main
from core.diversity.training.examples import as_read, batches, from_tree
from core.diversity.training.model import labelled_spans
from core.diversity.training.score import score
from core.diversity.training.synthetic.grammar import MAX_WORDS, Grammar, read_rules
from core.diversity.training.synthetic.words import Words
from core.diversity.training.treebank import clean, read_tagged, read_trees, without_final_stop
from core.diversity.tree import read_tree

FREQUENT = (
    "window",
    "purple",
    "happily",
    "gather",
    "obtain",
    "table",
    "sofa",
    "mountain",
    "bright",
    "enormous",
    "kevin",
)
SHAPE = {
    "d_model": 32,
    "num_layers": 1,
    "num_heads": 2,
    "d_kv": 8,
    "d_ff": 32,
    "d_label_hidden": 16,
    "d_tag_hidden": 16,
}
SMALL, WIDER = json.dumps(SHAPE), json.dumps(SHAPE | {"d_ff": 64})
PTB = """(ROOT (S (NP-SBJ (-NONE- *)) (VP (VB Open) (NP (DT the) (NN door))) (. .)))

(ROOT (FRAG (NP (NN _)) (NP (NN ____)) (. .)))

(ROOT (S (NP-SBJ=1 (PRP She)) (VP (VP (VBZ sings)))))
"""


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("training")
    (folder / "words.txt").write_text("\n".join(FREQUENT))
    main(["synthesise", "60", str(folder / "trees.txt"), "--seed", "3", "--words", str(folder / "words.txt")])
    return folder / "trees.txt"


@pytest.fixture(scope="module")
def trained(synthetic: Path) -> Path:
    """A few steps from nothing, then a few more from there with wider layers."""
    folder = synthetic.parent
    (folder / "tagged.conllu").write_text("# a comment\n1\tOpen\topen\tVERB\tVB\n2\tit\tit\tPRON\tPRP\n\n")
    common = ["--trees", str(synthetic), "--dev", str(synthetic), "--synthetic", str(synthetic), "--minutes", "1"]
    common += ["--tagged", str(folder / "tagged.conllu"), "--steps"]
    main(["train", *common, "6", "--out", str(folder / "first.pt"), "--set", SMALL])
    main(
        ["train", *common, "3", "--out", str(folder / "second.pt"), "--set", WIDER, "--start", str(folder / "first.pt")]
    )
    main(["shrink", str(folder / "second.pt"), str(folder / "mine.pt")])
    return folder / "mine.pt"


def test_a_trained_parser_can_be_chosen_and_parses(trained: Path) -> None:
    parser = parser_named("mine", trained.parent)
    assert parser.model is not None
    (tree,) = BerkeleyParser(parser.model).trees([Sentence(("Write", "a", "poem", "."), (True, True, False, False))])
    assert [word.word for word in tree.words()] == ["Write", "a", "poem", "."]


def test_training_lowers_the_loss(synthetic: Path, tmp_path: Path) -> None:
    from core.diversity.spanscores import SpanScorer
    from core.diversity.training.loop import Material, TrainingPlan, batch_loss, train
    from core.diversity.training.model import new_model, settings

    trees = read_trees(synthetic)[:12]
    model = new_model(trees, settings(**SHAPE))
    examples = [from_tree(tree, model) for tree in trees]

    def loss() -> float:
        model.eval()
        return float(batch_loss(model, SpanScorer(model), examples, [False] * len(examples)).detach())

    before = loss()
    material = Material([(example, None) for example in examples])
    train(
        model,
        material,
        examples[:2],
        TrainingPlan(minutes=1, rate=0.02, max_steps=40),
        tmp_path / "model.pt",
        lambda line: None,
    )
    assert loss() < 0.8 * before


def test_the_fast_loss_is_benepar_s_loss(synthetic: Path) -> None:
    from benepar import InputSentence
    from nltk import Tree

    from core.diversity.spanscores import SpanScorer
    from core.diversity.training.loop import tree_loss
    from core.diversity.training.model import new_model, settings

    class Known(InputSentence):  # type: ignore[misc]  # benepar has no types
        @property
        def tree(self) -> Tree:
            return Tree.fromstring(str(trees[self.tags]))

        def pos(self) -> list[tuple[str, str]]:
            return list(self.tree.pos())

    trees = read_trees(synthetic)[:8]
    model = new_model(trees, settings(**SHAPE))
    model.eval()
    examples = [from_tree(tree, model) for tree in trees]
    known = [Known(words=list(example.words), space_after=[], tags=n) for n, example in enumerate(examples)]
    batch = model.pad_encoded([model.encode(example) for example in known])
    theirs = model.criterion(model.forward(batch)[0], batch["span_labels"]) / len(trees)
    ours = tree_loss(SpanScorer(model)([example.words for example in examples]), examples)
    assert float(ours.detach()) == pytest.approx(float(theirs.detach()), rel=1e-5)


def test_a_checkpoint_is_scored(trained: Path, synthetic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["score", str(trained), str(synthetic)])
    assert "n 60" in capsys.readouterr().out


def test_a_checkpoint_with_other_labels_is_refused_as_a_start(trained: Path, synthetic: Path, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("(TOP (S (VP (VB Go))))\n")
    other = ["--trees", str(tmp_path / "other.txt"), "--dev", str(synthetic), "--out", str(tmp_path / "x.pt")]
    with pytest.raises(ValueError, match="other labels or tags"):
        main(["train", *other, "--set", SMALL, "--start", str(trained.parent / "first.pt")])


def test_the_grammar_makes_whole_sentences_of_bounded_length() -> None:
    draw = random.Random(1)
    trees = list(Grammar(Words(FREQUENT, draw), draw).sentences(300))
    lengths = [sum(1 for _ in tree.words()) for tree in trees]
    assert max(lengths) <= MAX_WORDS
    assert all(read_tree(str(tree)).label == "TOP" for tree in trees)
    assert all(tree.first.word[0] == tree.first.word[0].upper() for tree in trees)
    openings = {tree.children[0].label for tree in trees}
    assert {"S", "SQ", "SBARQ", "FRAG"} <= openings


def test_the_same_seed_makes_the_same_sentences() -> None:
    made = [
        [str(tree) for tree in Grammar(Words(FREQUENT, draw), draw).sentences(20)]
        for draw in (random.Random(5), random.Random(5))
    ]
    assert made[0] == made[1]


@pytest.mark.parametrize(
    "rules", ["a\n  x (NP (NN b))", "a\n  1 (NP", "a\n  1 word", "a\n  1 <b>", "a\n  1 (NP (NN a b))"]
)
def test_a_faulty_grammar_is_refused(tmp_path: Path, rules: str) -> None:
    (tmp_path / "grammar.txt").write_text(rules)
    with pytest.raises(ValueError, match=r"grammar\.txt"):
        read_rules(tmp_path / "grammar.txt")


def test_gum_becomes_one_clean_tree_a_line(tmp_path: Path) -> None:
    corpus = tmp_path / "gum"
    (corpus / "const").mkdir(parents=True)
    (corpus / "splits.md").write_text("## train\n  * GUM_news_one\n## dev\n  * GUM_bio_two\n  * GUM_fiction_three\n")
    for name in ("GUM_news_one", "GUM_bio_two", "GUM_fiction_three"):
        (corpus / "const" / f"{name}.ptb").write_text(PTB)
    main(["trees", str(corpus), str(tmp_path / "out")])
    lines = (tmp_path / "out" / "dev.txt").read_text().splitlines()
    assert lines == [
        "(TOP (S (VP (VB Open) (NP (DT the) (NN door))) (. .)))",
        "(TOP (S (NP (PRP She)) (VP (VBZ sings))))",
    ]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["dev.txt", "train.txt"]


def test_a_file_that_is_no_treebank_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "trees.txt").write_text("(TOP (NP (NN a)))\n(TOP (NP\n")
    with pytest.raises(ValueError, match=r"trees\.txt, line 2"):
        read_trees(tmp_path / "trees.txt")


def test_tags_are_read_without_joined_words(tmp_path: Path) -> None:
    rows = ["1-2\tdon't\t_\t_\t_", "1\tdo\tdo\tAUX\tVBP", "2\tn't\tnot\tPART\tRB", "3\tgo\tgo\tVERB\tVB"]
    (tmp_path / "a.conllu").write_text("\n".join(rows) + "\n\n1\tHm\thm\tINTJ\tUH\n")
    assert list(read_tagged(tmp_path / "a.conllu", 80)) == [[("do", "VBP"), ("n't", "RB"), ("go", "VB")]]


def test_brackets_are_scored_as_the_field_does() -> None:
    gold = read_tree("(TOP (S (NP (PRP I)) (VP (VBP give) (PRT (RP up))) (. .)))")
    same = read_tree("(TOP (S (NP (PRP I)) (VP (VBP give) (ADVP (RB up)) (. .))))")
    worse = read_tree("(TOP (S (NP (PRP I) (VBP give)) (VP (RP up)) (. .)))")
    found = score([gold], [same])
    assert (found.f1, found.exact, found.tags) == (100.0, 100.0, 75.0)
    assert score([gold], [worse]).f1 == pytest.approx(100 * 2 * 1 / (4 + 3))


def test_a_tree_loses_its_final_stop_and_nothing_else() -> None:
    tree = read_tree("(TOP (S (VP (VB Go) (ADVP (RB home))) (. .)))")
    assert str(without_final_stop(tree)) == "(TOP (S (VP (VB Go) (ADVP (RB home)))))"
    assert without_final_stop(read_tree("(TOP (S (VP (VB Go))))")) is None


def test_spans_name_chains_and_leave_out_the_top() -> None:
    assert labelled_spans(read_tree("(TOP (S (VP (VB Go) (ADVP (RB home)))))")) == [(1, 1, "ADVP"), (0, 1, "S::VP")]
    assert clean(read_tree("(S (NP-SBJ (-NONE- *)))")) is None


def test_words_are_read_as_in_running_text() -> None:
    assert [as_read(word) for word in ("-LRB-", "``", "’s", "a")] == ["(", '"', "'s", "a"]


def test_every_example_is_in_one_batch(synthetic: Path) -> None:
    from core.diversity.training.model import new_model, settings

    trees = read_trees(synthetic)
    model = new_model(trees, settings(**SHAPE))
    examples = [from_tree(tree, model) for tree in trees]
    found = [example for batch in batches(examples, 100, random.Random(1)) for example in batch]
    assert sorted(map(id, found)) == sorted(map(id, examples))
