"""Fine-tuning with memory: every job is noted before anything is sent, and the model that came of it is kept."""

from __future__ import annotations

from pathlib import Path

from core.actor import acting
from core.database import Database
from core.llm import target as models
from core.llm.errors import ModelError
from core.llm.providers import Provider, provider
from core.llm.service import open_service
from core.pool.journal import Noted, note
from core.records import Refused
from core.release.finetune import Confirmation, FinetuneJob, FinetunePlan, cancelled, followed, started
from core.release.finetuned import Finetune
from core.release.rows import finetunes, releases


def begin(
    database: Database,
    server: Provider,
    plan: FinetunePlan,
    confirmation: Confirmation,
    release: Path,
    *,
    actor: str = "",
) -> Finetune:
    """Send what the plan says to the server, once it is confirmed, and return the job.

    A file that an earlier attempt sent in vain is not sent again. Raises Refused (another confirmation, no key) before
    anything is sent, and ModelError as the service answers; that attempt is kept with what was said.
    """
    if confirmation != Confirmation(plan.endpoint, str(plan.file), plan.rows):
        raise Refused(
            "The confirmation names another endpoint, file or number of rows; look at the plan and confirm it."
        )
    open_service(server, models.key_for(server)).close()  # what it refuses is refused before anything is noted
    with database.write() as c:
        known = releases.at_path(c, str(release.absolute()))
        uploaded = finetunes.uploaded(c, plan.endpoint, plan.sha256)
        noted = finetunes.add(
            c,
            pool_id=known.pool_id if known else None,
            release_path=str(release.absolute()),
            provider=server.name,
            endpoint=plan.endpoint,
            model=plan.model,
            file=str(plan.file),
            sha256=plan.sha256,
            rows=plan.rows,
            epochs=plan.epochs,
            usd=plan.usd,
            state="sending",
            actor=actor or acting(),
        )
        note(c, noted.pool_id, Noted.TUNED, noted.id, plan.model)

    def keep_file(file_id: str) -> None:
        with database.write() as c:
            finetunes.update(c, noted.id, file_id=file_id)

    with open_service(server, models.key_for(server)) as client:
        try:
            job = started(client, server, plan, confirmation, on_upload=keep_file, uploaded=uploaded)
        except ModelError as error:
            with database.write() as c:
                finetunes.update(c, noted.id, state="refused", error=str(error))
            raise
    return _kept(database, noted.id, job)


def jobs(database: Database, pool_id: int | None = None) -> list[Finetune]:
    """All jobs, or a pool's, newest first, as they were last heard of; nobody is asked."""
    with database.read() as c:
        return finetunes.every(c, pool_id)


def follow(database: Database, finetune_id: int) -> tuple[Finetune, FinetuneJob]:
    """Ask the service how a job stands, keep the answer and return it with the job's events."""
    noted = _known(database, finetune_id)
    server = provider(noted.provider, noted.endpoint)
    with open_service(server, models.key_for(server)) as client:
        job = followed(client, server, noted.job_id)
    return _kept(database, finetune_id, job), job


def stop(database: Database, finetune_id: int) -> Finetune:
    """Ask the service to stop a job; what it trained so far may be charged."""
    noted = _known(database, finetune_id)
    server = provider(noted.provider, noted.endpoint)
    with open_service(server, models.key_for(server)) as client:
        stopped = _kept(database, finetune_id, cancelled(client, server, noted.job_id))
    with database.write() as c:
        note(c, noted.pool_id, Noted.STOPPED_TUNING, finetune_id)
    return stopped


def _known(database: Database, finetune_id: int) -> Finetune:
    with database.read() as c:
        noted = finetunes.get(c, finetune_id)
    if not noted.job_id:
        raise Refused(f"Fine-tuning job {finetune_id} never reached the service; start it again.")
    return noted


def _kept(database: Database, finetune_id: int, job: FinetuneJob) -> Finetune:
    with database.write() as c:
        return finetunes.update(
            c, finetune_id, job_id=job.id, state=job.state, result=job.result or "", error=job.error
        )
