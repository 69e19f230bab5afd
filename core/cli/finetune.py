"""The verb finetune: plan, start, status, cancel. Nothing is sent without a confirmation of endpoint, file and rows."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli.console import Console, Subparsers, by_name, database, verb, who
from core.records import Refused
from core.words import number_of

if TYPE_CHECKING:
    from core.database import Database
    from core.llm.providers import Provider
    from core.release.finetune import FinetunePlan


def register(verbs: Subparsers) -> None:
    """Add the verb with its actions."""
    parser = verbs.add_parser("finetune", help="fine-tune a model on a release: plan, start, status, cancel")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    plan = verb(actions, "plan", _plan, "show what would be sent, and what it would probably cost; sends nothing")
    start = verb(actions, "start", _start, "send the file and create the job, once confirmed")
    for each in (plan, start):
        by_name(each, "folder", only="it is a folder", help="the release that was written")
        each.add_argument("--model", required=True, help="the model to start from")
        each.add_argument("--format", help="by default the release's chat file, or prompts for base models")
        each.add_argument("--epochs", type=int, default=2)
        each.add_argument(
            "--usd-per-million", type=float, help="the price of a million training tokens, if you know it"
        )
        each.add_argument("--provider", help="by default the one chosen on the page Models")
        each.add_argument("--base-url", help="of another OpenAI-compatible service")
    start.add_argument("--confirm", nargs=3, metavar=("ENDPOINT", "FILE", "ROWS"), help="send exactly this")
    status = verb(actions, "status", _status, "how jobs stand, and which models came of them")
    status.add_argument(
        "id", type=int, nargs="?", help="ask the service about this one; without it, list what is known"
    )
    cancel = verb(actions, "cancel", _cancel, "ask the service to stop a job")
    cancel.add_argument("id", type=int)


def _plan(chosen: argparse.Namespace, console: Console) -> int | None:
    _, plan = _planned(chosen, database())
    console.result(
        {**_told(plan), "sent": False}, lambda: [plan.question, f"Nothing was sent. To send it: {_needed(plan)}"]
    )
    return 0


def _start(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.release import tuning
    from core.release.finetune import Confirmation

    db = database()
    server, plan = _planned(chosen, db)
    if chosen.confirm is None:
        raise Refused(f"{plan.question} Nothing was sent; to send it, add {_needed(plan)}")
    endpoint, file, rows = chosen.confirm
    if not rows.isdecimal():
        raise Refused(f'"{rows}" is no number of rows; nothing was sent. It would be {_needed(plan)}')
    confirmation = Confirmation(endpoint.rstrip("/"), str(Path(file).absolute()), int(rows))
    job = tuning.begin(db, server, plan, confirmation, chosen.folder, actor=who())
    console.result(
        {**asdict(job), "sent": True},
        lambda: [f"Job {job.id} ({job.job_id}) is {job.state}; `winnow finetune status {job.id}` follows it."],
    )
    return 0


def _status(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.release import tuning

    db = database()
    if chosen.id is None:
        known = tuning.jobs(db)
        console.result(
            {"jobs": [asdict(job) for job in known]},
            lambda: (
                [_line(job) for job in known]
                or ["There is no fine-tuning job yet; `winnow finetune plan FOLDER` says what one would send and cost."]
            ),
        )
        return 0
    noted, job = tuning.follow(db, chosen.id)
    found = {**asdict(noted), "trained_tokens": job.trained_tokens, "events": [asdict(event) for event in job.events]}
    console.result(found, lambda: [_line(noted), *(f"  {event.message}" for event in job.events)])
    return 0


def _cancel(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.release import tuning

    noted = tuning.stop(database(), chosen.id)
    console.result(asdict(noted), lambda: [_line(noted)])
    return 0


def _planned(chosen: argparse.Namespace, db: Database) -> tuple[Provider, FinetunePlan]:
    from core.llm import target as models
    from core.llm.providers import provider
    from core.release.finetune import planned

    if chosen.base_url or chosen.provider:
        server = provider(chosen.provider or "", chosen.base_url or "")
        models.use_key_of_environment(server)
    else:
        server = (models.environment_target() or models.default_target(db)).resolved()
    release = chosen.folder.absolute()
    return server, planned(
        release,
        chosen.model,
        server.base_url,
        form=chosen.format,
        epochs=chosen.epochs,
        usd_per_million_tokens=chosen.usd_per_million,
    )


def _told(plan: FinetunePlan) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Path) else value for name, value in asdict(plan).items()}


def _needed(plan: FinetunePlan) -> str:
    return f"--confirm {plan.endpoint} {plan.file} {plan.rows}"


def _line(job: Any) -> str:
    came = f", model {job.result}" if job.result else f": {job.error}" if job.error else ""
    return f"{job.id}  {job.state or 'not sent'}  {job.model} on {number_of(job.rows, 'row')} of {job.file}{came}"
