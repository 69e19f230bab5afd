"""What the diversity page shows of a selection."""

from __future__ import annotations

import pytest

from core import pools
from core.database import Database
from core.diversity import seedscores
from core.diversity.axes import length_histograms
from core.diversity.charts import length_bars, sunburst
from core.diversity.numbers import as_mapping, behind_charts
from core.diversity.report import PAPER_MEANS
from core.diversity.rows import looks
from core.diversity.selection import TaskSelection
from core.diversity.statistics import length_histogram
from core.diversity.theme import DARK, LIGHT
from core.diversity.verbnoun import VerbNoun
from core.diversity.view import TEXTS, DiversityFigures, judged_pairs, look, with_length
from core.novelty import NoveltyIndex
from core.pool import arrivals, tasks
from core.pool.arrivals import NewTask
from core.pool.edits import change_task
from core.records import Grade, Origin
from core.seeds import promotion, seeds
from tests.diversity.looked_at import PAIRS, SEEDS, lexicon, pool_to_look_at, rate


def looked(database: Database, pool_id: int, wanted: TaskSelection = TaskSelection()) -> DiversityFigures:
    return look(database, pool_id, wanted, lexicon().key)


def scores(database: Database, pool_id: int) -> dict[str, tuple[int | None, float | None]]:
    with database.read() as c:
        found = tasks.page(c, pool_id, origin=Origin.SELF_INSTRUCT)
    return {task.instruction: (task.seed_id, task.seed_score) for task in found}


def test_a_look_counts_pairs_and_how_many_have_one(database: Database) -> None:
    found = looked(database, pool_to_look_at(database).id)
    assert (found.tasks, found.parsed, found.waiting) == (6, 6, 0)
    assert found.pairs[VerbNoun("write", "poem")] == 2
    table = found.table(1, 1)
    assert table.sentence == "4 of 6 have a verb-noun pair"
    assert [(s.verb, s.noun, s.count) for s in table.sectors] == [("write", "poem", 2)]


def test_what_is_not_parsed_yet_waits_and_is_in_no_total(database: Database) -> None:
    found = looked(database, pool_to_look_at(database, parsed=False).id)
    assert (found.tasks, found.waiting, found.table().total) == (6, 6, 0)


def test_another_parser_s_pairs_are_not_mixed_in(database: Database) -> None:
    pool = pool_to_look_at(database)
    assert look(database, pool.id, TaskSelection(), "built-in small/00000000/1").pairs == {}


@pytest.mark.parametrize(
    ("wanted", "n"),
    [
        (TaskSelection(), 6),
        (TaskSelection(origin="self-instruct"), 6),
        (TaskSelection(origin="import"), 0),
        (TaskSelection(origin="seed"), 2),
        (TaskSelection(run_id=1), 6),
        (TaskSelection(run_id=2), 0),
        (TaskSelection(is_classification=True), 3),
        (TaskSelection(state="approved"), 1),
        (TaskSelection(state="refused"), 1),
        (TaskSelection(state="rated"), 2),
        (TaskSelection(state="unrated"), 4),
        (TaskSelection(state="rejected"), 0),
    ],
)
def test_a_selection_holds_what_it_says(database: Database, wanted: TaskSelection, n: int) -> None:
    pool = pool_to_look_at(database)
    rate(database, pool, "Sort the list of cities.", Grade.A)
    rate(database, pool, "Yes or no?", Grade.D)
    found = looked(database, pool.id, wanted)
    assert found.tasks == found.texts.table1.instructions == n
    if wanted.state == "approved":
        assert found.pairs == {VerbNoun("sort", "list"): 1}


def test_the_tasks_behind_a_sector_are_as_many_as_it_says(database: Database) -> None:
    pool = pool_to_look_at(database)
    key = lexicon().key
    with database.read() as c:
        of_pair = looks.with_pair(c, pool.id, TaskSelection(), key, "write", ("poem",))
        of_verb = looks.with_pair(c, pool.id, TaskSelection(), key, "write", ("poem", "essay"))
    assert [one.instruction for one in of_pair] == list(PAIRS)[:2]
    assert len(of_verb) == 3


def test_the_nearest_seed_is_found_once_where_it_is_not_known(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = pool_to_look_at(database)
    monkeypatch.setattr(seedscores, "AT_ONCE", 2)  # part by part, up to a last one that is as large as the others
    assert seedscores.measure(database, pool) == 6
    assert seedscores.measure(database, pool) == 0
    index = NoveltyIndex()
    for key, text in enumerate(SEEDS):
        index.add(key, text)
    for text, (_, score) in scores(database, pool.id).items():
        if text in PAIRS:
            nearest = index.nearest(text)
            assert nearest is not None
            assert score == nearest.score


def test_new_seeds_make_the_scores_be_found_again(database: Database) -> None:
    pool = pool_to_look_at(database)
    seedscores.measure(database, pool)
    before = scores(database, pool.id)["Explain how tides work."]
    seeds.add(database, pool.id, [seeds.Seed("", "Explain how tides work for children.", (("", "…"),), False)])
    assert scores(database, pool.id)["Explain how tides work."] == (None, None)
    assert looked(database, pool.id).scores == ()
    assert seedscores.measure(database, pool) == 6
    after = scores(database, pool.id)["Explain how tides work."]
    assert after[1] is not None
    assert before[1] is not None
    assert after[1] > before[1]


def test_nothing_more_is_kept_once_the_seeds_change_between_two_parts(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = pool_to_look_at(database)
    new = seeds.Seed("", "Explain how tides work for children.", (("", "…"),), False)
    monkeypatch.setattr(seedscores, "AT_ONCE", 2)
    monkeypatch.setattr(seedscores.time, "sleep", lambda _: seeds.add(database, pool.id, [new]))
    assert seedscores.measure(database, pool) == 2
    assert {score for _, score in scores(database, pool.id).values()} == {None}


def test_a_seed_that_is_switched_off_is_nobody_s_nearest(database: Database) -> None:
    pool = pool_to_look_at(database)
    seedscores.measure(database, pool)
    poem = next(task for task in seeds.of_pool(database, pool.id) if task.instruction == SEEDS[0])
    assert scores(database, pool.id)["Write a poem about the sea."][0] == poem.id
    seeds.switch(database, [poem.id], on=False)
    seedscores.measure(database, pool)
    assert scores(database, pool.id)["Write a poem about the sea."][0] != poem.id


def test_an_edited_instruction_is_parsed_and_measured_again(database: Database) -> None:
    pool = pool_to_look_at(database)
    seedscores.measure(database, pool)
    with database.write() as c:
        task = next(task for task in tasks.page(c, pool.id) if task.instruction == "Yes or no?")
        change_task(c, task, "List five rivers, please.", task.is_classification)
    assert looked(database, pool.id).waiting == 1
    assert seedscores.measure(database, pool) == 1
    score = scores(database, pool.id)["List five rivers, please."][1]
    assert score is not None
    assert score > 0.7


def test_a_pool_without_seeds_has_no_scores_and_no_error(database: Database) -> None:
    pool = pools.make(database, "bare", own_seeds=[])
    with database.write() as c:
        arrivals.add(c, pool.id, [NewTask(Origin.IMPORT, "Write a poem.")])
    assert seedscores.measure(database, pool) == 0
    assert looked(database, pool.id).scores == ()


def test_the_tasks_of_all_bars_together_are_all_measured_tasks(database: Database) -> None:
    pool = pool_to_look_at(database)
    seedscores.measure(database, pool)
    behind = []
    with database.read() as c:
        for bar in looked(database, pool.id).rouge().bins:
            its = looks.with_seed_score(c, pool.id, TaskSelection(), "", bar.low, bar.high, closed=bar.high == 1)
            assert len(its) == bar.count
            behind += [one.instruction for one in its]
    assert sorted(behind) == sorted(PAIRS)


def test_coverage_over_time_follows_the_batches(database: Database) -> None:
    first, second = looked(database, pool_to_look_at(database).id).growth
    assert (first.candidates, first.accepted, first.pairs, first.new_pairs) == (4, 4, 3, 3)
    assert (second.number, second.candidates, second.accepted, second.new_pairs) == (7, 3, 2, 0)


def test_lengths_and_table_1_agree(database: Database) -> None:
    found = looked(database, pool_to_look_at(database).id)
    words = [len(text.split()) for text in PAIRS]
    assert found.texts.table1.mean_instruction == pytest.approx(sum(words) / 6)
    assert found.texts.table1.empty_input == 3
    assert found.texts.lengths["input"] == {2: 3}


def test_json_and_csv_hold_the_same_numbers(database: Database) -> None:
    found = looked(database, pool_to_look_at(database).id)
    told, tables = as_mapping(found), behind_charts(found)
    assert told["counts"]["with_pair"] == sum(row["count"] for row in tables["verb-noun"]) == 4
    assert sum(bar["count"] for bar in told["rouge"]["bins"]) == told["rouge"]["n"]
    assert told["table1"]["paper"]["instructions"] == 52_445
    assert told["coverage"]["paper"]["with_pair"] == 26_559


def test_a_look_may_be_kept_until_something_changes(database: Database) -> None:
    pool = pool_to_look_at(database)
    key = lexicon().key

    def moment(state: str = "approved") -> tuple[int, ...]:
        with database.read() as c:
            return looks.moment(c, key, TaskSelection(state=state))

    before, texts = moment(), moment("accepted")
    assert moment() == before
    rate(database, pool, "Yes or no?", Grade.B)
    rated = moment()
    assert rated != before
    assert moment("accepted") == texts, "what was accepted does not depend on ratings"
    with database.write() as c:
        arrivals.add(c, pool.id, [NewTask(Origin.IMPORT, "Write a poem.")])
    assert moment() != rated
    assert moment("accepted") != texts


def test_a_promoted_task_s_nearest_seed_is_not_its_own_copy(database: Database) -> None:
    pool = pool_to_look_at(database)
    with database.read() as c:
        task_id, text = next(each for each in tasks.instructions(c, pool.id) if each[1] == "Explain how tides work.")
    seedscores.measure(database, pool)
    before = scores(database, pool.id)[text]
    rate(database, pool, text, Grade.A)
    promotion.promote(database, task_id)
    assert seedscores.measure(database, pool) > 0
    assert scores(database, pool.id)[text] == before


def test_a_bar_of_lengths_holds_exactly_the_tasks_with_such_a_text(database: Database) -> None:
    pool = pool_to_look_at(database)
    (histograms,) = length_histograms([looked(database, pool.id)])
    for text in TEXTS:
        for bar in histograms[text].bins:
            behind = with_length(database, pool.id, TaskSelection(), lexicon().key, text, bar.low, bar.high)
            assert len(behind) == bar.count  # an instance a task here


def test_the_bar_that_holds_all_longer_texts_says_so() -> None:
    histogram = length_histogram([*range(100), 5_000])
    bars = length_bars({"instruction": histogram}, LIGHT, "words", PAPER_MEANS).data[0]
    assert [text for text in bars.text if text] == [f"{histogram.bins[-1].low:.0f}+"]
    even = length_bars({"instruction": length_histogram([1, 2, 3])}, LIGHT, "words", PAPER_MEANS).data[0]
    assert not any(even.text)


def test_the_sunburst_is_coloured_by_the_share_valid_with_its_interval(database: Database) -> None:
    pool = pool_to_look_at(database)
    rate(database, pool, "Write a poem about the sea.", Grade.A)
    rate(database, pool, "Write a poem about a bridge.", Grade.D)
    found = looked(database, pool.id)
    judged = judged_pairs(database, pool.id, TaskSelection(), lexicon().key, "anna")
    assert judged == {VerbNoun("write", "poem"): (2, 1)}
    for theme in (LIGHT, DARK):
        drawn = sunburst(found.table(), theme, "word list", judged=judged)
        colour = dict(zip(drawn.data[0].ids, drawn.data[0].marker.colors, strict=True))
        hover = dict(zip(drawn.data[0].ids, drawn.data[0].customdata, strict=True))
        assert colour["sort/list"] == theme.grid and "no instance is rated" in hover["sort/list"]
        assert "valid: 1 of 2 rated instances, 50% [9, 91]" in hover["write/poem"]
        assert "of 2 rated instances in the chart 1 valid" in drawn.layout.title.text
