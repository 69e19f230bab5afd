"""Text comes back exactly as it came, whatever characters it has."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import pools
from core.database import Database
from core.database.schema import AnyText, preferences
from core.pool import arrivals, tasks
from core.pool.arrivals import NewInstance, NewTask
from core.records import Origin

AWKWARD = st.text(
    st.one_of(
        st.characters(),
        st.characters(categories=["Cs"]),
        st.sampled_from("\0\x1b\ufeff\ufffd\u202e0\U0010f7fe\U0010f7ff\U0010f800\U0010fffd\U0010ffff😀好"),
    ),
    max_size=30,
)


@given(AWKWARD)
def test_every_text_survives_the_way_to_the_database_and_back(text: str) -> None:
    column = AnyText()
    stored = column.process_bind_param(text, None)
    assert stored is not None
    assert "\0" not in stored  # PostgreSQL takes none
    stored.encode("utf-8")
    assert column.process_result_value(stored, None) == text


@pytest.fixture
def pool_id(database: Database) -> int:
    return pools.make(database, "texts", own_seeds=[]).id


@settings(
    max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(AWKWARD, AWKWARD, AWKWARD)
def test_instructions_inputs_and_outputs_are_stored_to_the_letter(
    database: Database, pool_id: int, instruction: str, given_input: str, output: str
) -> None:
    with database.write() as c:
        new = NewTask(Origin.IMPORT, instruction, False, (NewInstance(given_input, output),))
        task = tasks.get(c, arrivals.add(c, pool_id, [new])[0])
    assert task.instruction == instruction
    assert [(i.input, i.output) for i in task.instances] == [(given_input, output)]


def test_a_search_finds_any_case_and_takes_wildcards_for_what_they_are(database: Database, pool_id: int) -> None:
    texts = ["Give 100% of it", "Give 100 of it", "snake_case", "snakeXcase", "写一首关于秋天的诗"]
    with database.write() as c:
        arrivals.add(c, pool_id, [NewTask(Origin.IMPORT, text) for text in texts])
    with database.read() as c:
        found = {
            asked: [task.instruction for task in tasks.page(c, pool_id, search=asked)]
            for asked in ("100%", "SNAKE_CASE", "秋天")
        }
    assert found == {"100%": [texts[0]], "SNAKE_CASE": [texts[2]], "秋天": [texts[4]]}


def test_what_a_server_sends_is_kept_whatever_it_has_in_it(database: Database) -> None:
    body = {"text": "a\0b\ud800😀", "\0": ["\udfff"], "logprob": float("-inf")}
    with database.write() as c:
        c.execute(preferences.insert().values(name="a reply", value=body))
    with database.read() as c:
        stored = c.execute(sa.select(preferences.c.value)).scalar_one()
    assert {**stored, "logprob": float(stored["logprob"])} == body
