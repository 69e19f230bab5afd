"""What a person is told where a page failed: a sentence, and for a fault of ours its number; never a link elsewhere."""

from __future__ import annotations

import streamlit as st

from core import foreign, logs
from core.records import StorageFailed, WinnowError
from core.words import brief


def said(error: BaseException) -> str:
    """What went wrong, as the one text that there is room for; a fault of ours is written to the log."""
    if isinstance(error, WinnowError):
        return brief(str(error))
    return foreign.IS_FULL if foreign.is_full(error) else logs.fault(error).sentence


def tell(error: Exception) -> bool:
    """Say what went wrong, in Streamlit's place; its details go to the log. True: nothing else is shown."""
    if isinstance(error, WinnowError):
        is_storage = isinstance(error, StorageFailed)
        st.error("This step could not be saved or read." if is_storage else "This was not done.")
        st.text(brief(str(error)))
        return True
    if foreign.is_full(error):
        st.error("This was not done.")
        st.text(foreign.IS_FULL)
        return True
    own = logs.fault(error)
    st.error(f"This page met a fault of Winnow's own, number {own.number}. What was saved is saved; reload to go on.")
    st.text(own.sentence)
    return True
