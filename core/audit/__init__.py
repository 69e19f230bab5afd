"""Audits: a seeded sample, its judging, Table 2 with intervals, the estimate for the pool, the report."""
