"""What the server keeps in memory: what stays for good is put out of the garbage collector's sight, which looks more
rarely; what nobody sees any more is let go."""

from __future__ import annotations

import gc
import sys

from streamlit.runtime.scriptrunner import get_script_run_ctx

_GROWN = 200  # modules more than at the last time: pages bring theirs along when they are first drawn
# Objects more than at the last look, looks at the young ones before one at the next older, and before one at all. By
# Python's own 700, 10, 10 fifty who rate were all stopped for 20 to 60 ms every five seconds.
_RARELY = 20_000, 20, 50
_known = 0
_MANY = 500  # widgets of a session before those that are gone are looked for
_AT_HAND = 100  # of these, the last: what their browser said of them may still be under way


def settle() -> None:
    """After a page was drawn: modules and what hangs on them are not looked through again.

    The collector stops every visitor while it looks, and nearly all that it looks at are modules.
    """
    global _known
    if len(sys.modules) - _known > _GROWN:
        _known = len(sys.modules)
        gc.set_threshold(*_RARELY)
        gc.collect()
        gc.freeze()


def forget_widgets(*beginnings: str) -> None:
    """Let go of this session's widgets that are drawn no more and whose keys begin so, but for the last.

    Streamlit forgets what such a widget said and keeps the rest of it while the session lasts.
    """
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return
    with context.session_state._lock:
        state = context.session_state._state
        widgets, names = state._new_widget_state.widget_metadata, state._key_id_mapper
        if len(widgets) <= _MANY:
            return
        said = (state._new_widget_state.states, state._old_state, state._new_session_state)
        gone = [
            (its, name)
            for its in widgets
            if (name := names.id_key_mapping.get(its, "")).startswith(beginnings)
            and not any(its in each or name in each for each in said)
        ]
        for its, name in gone[:-_AT_HAND]:
            del widgets[its]
            names.delete(name)
