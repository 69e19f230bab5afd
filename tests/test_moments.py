"""Points in time leave with their zone, and come back as what they were."""

from __future__ import annotations

import pytest

from core.moments import exact_moment, moment, seconds_of


def test_a_moment_in_a_file_names_its_zone_and_comes_back_to_the_microsecond() -> None:
    at = 1_790_000_000.1234567
    assert moment(at) == "2026-09-21T14:13:20+00:00"
    assert exact_moment(at) == "2026-09-21T14:13:20.123457+00:00"
    assert abs(seconds_of(exact_moment(at)) - at) < 1e-6
    assert exact_moment(seconds_of(exact_moment(at))) == exact_moment(at)


@pytest.mark.parametrize(
    "given", [5, 5.0, "5", "1970-01-01T00:00:05Z", "1970-01-01T01:00:05+01:00", "1970-01-01 00:00:05"]
)
def test_a_time_is_iso_8601_or_seconds(given: object) -> None:
    assert seconds_of(given) == 5


@pytest.mark.parametrize("given", ["yesterday", "", None, True, [5], "nan", float("inf"), 10**400])
def test_what_is_no_time_is_refused(given: object) -> None:
    with pytest.raises(ValueError):
        seconds_of(given)
