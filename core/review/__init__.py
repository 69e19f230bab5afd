"""Judging: queues, ratings, audits, and the statistics that say how far to trust them."""
