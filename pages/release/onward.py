"""From a release to the Hub and to fine-tuning: first what would be sent, then one explicit yes."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.llm import target as models
from core.llm.errors import ModelError
from core.records import Pool, WinnowError
from core.release import tuning
from core.release.finetune import Confirmation, planned
from core.release.huggingface import MAIN, Push, pushed, rehearsed
from core.release.released import Released
from core.words import brief, number_of
from pages.shared import session, tables
from pages.shared.running import ago


def push(one: Released) -> None:
    """Put a release on the Hugging Face Hub; private unless said otherwise, all of its formats or some."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        repository = st.text_input("Dataset", key=f"hub-{one.id}", placeholder="OWNER/NAME", width=300)
        revision = st.text_input("Branch", MAIN, key=f"hub-branch-{one.id}", width=140)
        tag = st.text_input("Tag", key=f"hub-tag-{one.id}", placeholder="none", width=110)
        public = st.checkbox("Public", key=f"hub-public-{one.id}")
        replace = st.checkbox("Replace what is there", key=f"hub-replace-{one.id}")
    formats = list(dict.fromkeys(file["format"] for file in one.files if "format" in file))
    only = st.pills("Formats (none chosen: all)", formats, selection_mode="multi", key=f"hub-formats-{one.id}")
    asked = st.button("Show what would be sent", key=f"hub-plan-{one.id}")
    st.caption("The token of HF_TOKEN or `hf auth login` is read when it is sent. Private by default.")
    key = f"push-{one.id}"
    if asked:
        st.session_state.pop(f"{key}-said", None)
        try:
            st.session_state[key] = rehearsed(
                Path(one.path),
                repository.strip(),
                private=not public,
                replace=replace,
                formats=only,
                revision=revision.strip(),
                tag=tag.strip(),
            )
        except WinnowError as error:
            st.session_state.pop(key, None)
            st.text(brief(str(error)))
    plan: Push | None = st.session_state.get(key)
    if plan is not None:
        st.text(plan.question)
        tables.show([{"file": path, "bytes": size} for path, size in plan.files], at_most=345)
        if st.button(f"Yes, send {number_of(len(plan.files), 'file')}", key=f"hub-send-{one.id}"):
            _send(plan, key)
    if said := st.session_state.get(f"{key}-said"):
        st.text(said)


def fine_tune(pool: Pool, one: Released) -> None:
    """Fine-tune a model on a release; nothing is sent before a confirmation of endpoint, file and rows."""
    server = models.default_target(session.database()).resolved()
    st.caption("Sent to the provider of the page Models, with its key. OpenAI trains its own models only.")
    st.text(f"Provider: {server.label}, {server.shown_url}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        model = st.text_input("Model to start from", key=f"tune-model-{one.id}", width=260)
        epochs = st.number_input("Epochs", 1, 50, 2, key=f"tune-epochs-{one.id}", width=110)
        price = st.number_input(
            "$ for a million training tokens",
            0.0,
            value=None,
            key=f"tune-price-{one.id}",
            placeholder="unknown",
            width=210,
        )
        asked = st.button("Show what would be sent", key=f"tune-plan-{one.id}")
    key = f"tune-{one.id}"
    if asked:
        st.session_state.pop(f"{key}-said", None)
        try:
            st.session_state[key] = planned(
                Path(one.path), model.strip(), server.base_url, epochs=epochs, usd_per_million_tokens=price
            )
        except WinnowError as error:
            st.session_state.pop(key, None)
            st.text(brief(str(error)))
    plan = st.session_state.get(key)
    if plan is not None:
        st.text(plan.question)
        yes = st.checkbox(
            f"I confirm endpoint, file and the {number_of(plan.rows, 'row')} named above", key=f"tune-yes-{one.id}"
        )
        if st.button("Send and start the job", key=f"tune-send-{one.id}", disabled=not yes):
            confirmation = Confirmation(plan.endpoint, str(plan.file), plan.rows)
            try:
                job = tuning.begin(
                    session.database(), server, plan, confirmation, Path(one.path), actor=session.reviewer()
                )
                st.session_state[f"{key}-said"] = f"Job {job.job_id} is {job.state}."
                st.session_state.pop(key)
                st.rerun()
            except WinnowError as error:
                st.text(brief(str(error)))
    if said := st.session_state.get(f"{key}-said"):
        st.text(said)
    jobs(pool)


def jobs(pool: Pool) -> None:
    """The pool's fine-tuning jobs, with the models that came of them."""
    known = tuning.jobs(session.database(), pool.id)
    if not known:
        return
    tables.show(
        [
            {
                "job": job.id,
                "at the service": job.job_id,
                "state": job.state,
                "from": job.model,
                "rows": job.rows,
                "model": job.result,
                "begun": ago(job.created_at),
                "said": job.error,
            }
            for job in known
        ],
    )
    if st.button("Ask the service how they stand", key="tune-follow"):
        for job in known:
            if job.job_id and not job.result:
                try:
                    tuning.follow(session.database(), job.id)
                except (ModelError, WinnowError) as error:
                    st.text(f"Job {job.id}: {error}")
                    return
        st.rerun()


def _send(plan: Push, key: str) -> None:
    try:
        with st.spinner("Sending…"):
            st.session_state[f"{key}-said"] = f"Sent: {pushed(plan, plan)}"
        st.session_state.pop(key)
        st.rerun()
    except WinnowError as error:
        st.text(brief(str(error)))
