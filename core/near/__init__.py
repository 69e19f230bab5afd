"""Near duplicates and thresholds of a large pool: a run compares its tasks once, and keeps what answers for all.

Read it in this order: `core/novelty/condense` (what is kept, and why it suffices), `job` (the run), `worker` (its
process), `kept` (what it found, read again), `large` (near duplicates and What if, as pages and verbs ask for them).
"""
