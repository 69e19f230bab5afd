"""The pool that files come into."""

from __future__ import annotations

import pytest

from core import pools
from core.database import Database
from core.records import Pool


@pytest.fixture
def pool(database: Database) -> Pool:
    return pools.make(database, "a pool", own_seeds=[])
