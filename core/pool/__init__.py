"""The common ground: a pool's tasks, instances, arrivals, decisions, ratings, filters and search.

Functions here take an open connection: a room's act decides what is one transaction.
"""
