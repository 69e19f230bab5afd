"""What models were found to take, kept by address, endpoint and model."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from core.database import Database
from core.database.engine import upsert
from core.database.schema import model_findings as table
from core.llm.findings import ModelFinding, ModelFindings, ParameterVerdict
from core.records import Endpoint


class DatabaseMemory:
    """Remembers over runs and restarts. Every method is one committed transaction."""

    def __init__(self, database: Database, base_url: str) -> None:
        self._database, self._base_url = database, base_url

    def known(self, endpoint: Endpoint, model: str) -> ModelFindings:
        """What is remembered of a model on an endpoint of this address, by parameter."""
        with self._database.read() as c:
            return of_model(c, self._base_url, endpoint, model)

    def note(self, endpoint: Endpoint, model: str, finding: ModelFinding) -> None:
        """Remember a finding in the place of an earlier one of the same parameter."""
        with self._database.write() as c:
            keep(c, self._base_url, endpoint, model, finding)

    def replace(self, endpoint: Endpoint, model: str, findings: Sequence[ModelFinding]) -> None:
        """Remember these, and nothing that was remembered of the model before."""
        with self._database.write() as c:
            forget(c, self._base_url, endpoint, model)
            for finding in findings:
                keep(c, self._base_url, endpoint, model, finding)


def of_model(c: sa.Connection, base_url: str, endpoint: Endpoint, model: str) -> dict[str, ModelFinding]:
    """What is remembered of a model, by parameter; a verdict of a later program is passed over."""
    rows = c.execute(sa.select(table).where(*_place(base_url, endpoint, model)).order_by(table.c.parameter))
    return {
        row.parameter: ModelFinding(row.parameter, ParameterVerdict(row.verdict), row.value, row.said, row.as_of)
        for row in rows
        if row.verdict in list(ParameterVerdict)
    }


def keep(c: sa.Connection, base_url: str, endpoint: Endpoint, model: str, finding: ModelFinding) -> None:
    """Keep a finding in the place of an earlier one."""
    new = {
        "verdict": finding.verdict.value,
        "value": finding.value,
        "said": finding.said,
        "as_of": finding.as_of,
    }
    place = {"base_url": base_url, "endpoint": endpoint.value, "model": model, "parameter": finding.parameter}
    c.execute(upsert(c, table).values(**place, **new).on_conflict_do_update(index_elements=list(place), set_=new))


def forget(c: sa.Connection, base_url: str, endpoint: Endpoint, model: str) -> int:
    """Remember nothing of a model any more; return how many findings went."""
    return c.execute(table.delete().where(*_place(base_url, endpoint, model))).rowcount


def _place(base_url: str, endpoint: Endpoint, model: str) -> tuple[sa.ColumnElement[bool], ...]:
    return table.c.base_url == base_url, table.c.endpoint == endpoint.value, table.c.model == model
