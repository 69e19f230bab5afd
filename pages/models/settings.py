"""Models: where requests go, with which key, and what they cost."""

from __future__ import annotations

import os
from typing import Any

import streamlit as st

from core.llm import target as models
from core.llm.body import ANSWERING
from core.llm.connection import list_models
from core.llm.errors import ModelError
from core.llm.listing import CUT, MOST_MODELS
from core.llm.prices import OPENAI_PRICES, Price, prices_for
from core.llm.providers import PRESETS, provider
from core.llm.target import Target
from core.records import Endpoint, WinnowError
from core.trying import try_target
from core.words import brief, number_of
from pages.models.connection import more, show_trial
from pages.shared import clicked, session, settings_form, tables
from pages.shared.plain import sendable

st.title("Models", anchor=False)
pool, database = session.pool(), session.database()
now = models.default_target(database)

left, right = st.container(key="models").columns(2, gap="large")
with right:  # drawn first: an address that is being typed ends the script
    st.subheader("Prices", anchor=False)
    st.caption(
        "Dollars for a million tokens. What you enter holds over the built-in prices; a price unknown shows as unknown."
    )
    entered = models.own_prices(database)
    rows: list[dict[str, Any]] = [
        {"model": name, "prompt": p.prompt, "completion": p.completion, "as of": p.as_of} for name, p in entered.items()
    ]
    if now.model not in prices_for(provider(now.provider, now.base_url), entered):  # the one in use wants one first
        rows.append({"model": now.model, "prompt": None, "completion": None, "as of": ""})
    edited = st.data_editor(
        rows or [{"model": "", "prompt": None, "completion": None, "as of": ""}],
        placeholder="",
        num_rows="dynamic",
        key=f"prices-{hash(str(rows))}",  # what was typed is in them once it is kept, and would come twice
        column_config={
            "model": st.column_config.TextColumn(width=125),
            "prompt": st.column_config.NumberColumn("prompt $", min_value=0.0, format="%.4f", width=88),
            "completion": st.column_config.NumberColumn("completion $", min_value=0.0, format="%.4f", width=112),
            "as of": st.column_config.TextColumn(width=72),
        },
    )
    if st.button("Keep these prices", key="keep-prices"):
        typed = clicked.entered(edited, "model", "prompt", "completion", "as of")
        begun = [row for row in typed if row["prompt"] is not None or row["completion"] is not None]
        whole = [row for row in begun if all(row[name] not in (None, "") for name in ("model", "prompt", "completion"))]
        try:
            kept = {
                str(row["model"]).strip(): Price(
                    float(row["prompt"]), float(row["completion"]), str(row["as of"] or "")
                )
                for row in whole
            }
            if kept != entered:
                models.set_prices(database, kept)
            st.success(f"{number_of(len(kept), 'price')} kept." if kept else "No price is entered.")
            for row in begun:
                if row not in whole:
                    wants = [name for name in ("model", "prompt", "completion") if row[name] in (None, "")]
                    its = f" of {row['model']}" if row["model"] else ""
                    st.text(sendable(f"Not kept: a price{its} that lacks {' and '.join(wants)}."))
        except WinnowError as error:
            st.text(brief(str(error)))
        except (ValueError, OverflowError):
            st.text("A price is a number of dollars; enter both as numbers.")
    with st.expander("Built-in prices, for OpenAI's own models"):
        tables.show(
            [
                {"model": n, "prompt $": p.prompt, "completion $": p.completion, "as of": p.as_of}
                for n, p in OPENAI_PRICES.items()
            ]
        )

with left:
    st.subheader("Server and model", anchor=False)
    names = list(PRESETS)
    chosen = st.selectbox(
        "Provider",
        names,
        index=names.index(now.provider) if now.provider in names else names.index("custom"),
        format_func=lambda name: PRESETS[name].label,
        key="provider",
    )
    preset = PRESETS[chosen]
    st.caption(preset.note)
    base_url = now.base_url if chosen == now.provider else preset.base_url
    if not (preset.is_demo or preset.is_in_process):
        base_url = st.text_input("Base URL", base_url, key=f"url-{chosen}", placeholder="http://localhost:8000/v1")
        key = st.text_input(
            "API key",
            type="password",
            key=f"key-{chosen}",
            placeholder="kept in memory until the server stops, never stored"
            if preset.needs_key
            else "not needed by most local servers",
            help="Better: set OPENAI_API_KEY before the start. A key is never written to disk, a log or an export.",
        )
    try:
        server = provider(chosen, base_url)
        if not (preset.is_demo or preset.is_in_process) and key:
            models.use_key(server.base_url, key)
    except WinnowError as error:
        st.text(brief(str(error)))
        st.stop()
    if os.environ.get("OPENAI_API_KEY") and not preset.is_demo:
        st.caption(
            "OPENAI_API_KEY is set; it goes to OPENAI_BASE_URL, or to OpenAI where that is not set, and nowhere else."
        )

    found: list[str] = st.session_state.get(f"models-{server.base_url}", ["demo"] if preset.is_demo else [])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        model = st.selectbox(
            "Model",
            sorted({*found, *([now.model] if chosen == now.provider and now.model else [])}),
            index=None
            if chosen != now.provider
            else sorted({*found, now.model}).index(now.model)
            if now.model
            else None,
            accept_new_options=True,
            placeholder="fetch the list, or type a name",
            key=f"model-{chosen}",
        )
        if not preset.is_demo and st.button("Fetch the list", key="fetch"):
            try:
                st.session_state[f"models-{server.base_url}"] = list_models(server, models.key_for(server))
                st.rerun()
            except ModelError as error:
                st.text(brief(str(error)))
    if len(found) >= MOST_MODELS:
        st.caption(CUT)
    ends = list(ANSWERING)
    endpoint = st.segmented_control(
        "Endpoint",
        ends,
        default=now.endpoint if chosen == now.provider else server.endpoint,
        required=True,
        format_func=lambda e: f"{e.value} (base models)" if e is Endpoint.COMPLETIONS else e.value,
        help="Base models are asked on completions, with the papers' layout; chat models on chat, or on responses.",
        key=f"endpoint-{chosen}",
    )
    pace = settings_form.draw(now, "target", ("concurrency", "timeout"), columns=2)

    try:
        target = Target(
            server.name,
            server.base_url,
            model or ("demo" if preset.is_demo else ""),
            endpoint,
            **{"concurrency": now.concurrency, "timeout": now.timeout, **pace},
            **more(now),
        )
    except WinnowError as error:
        st.text(brief(str(error)))
        st.stop()
    with st.container(horizontal=True):
        if st.button("Use this for new runs", type="primary", key="use"):
            try:
                models.choose_target(database, target)
                st.session_state["models-told"] = "New runs use this."
                st.rerun()  # the prices stand above, and begin with the model in use
            except WinnowError as error:
                st.error("Not saved.")
                st.text(brief(str(error)))
        if told := st.session_state.pop("models-told", None):
            st.success(told)
        if st.button("Test connection", key="test", disabled=not target.model):
            with st.spinner("Asking each step's request, small…"):
                trial = try_target(database, target)
            (st.success if trial.ok else st.error)("It works." if trial.ok else "It does not work yet.")
            show_trial(trial)
