"""A pool as a map: instructions placed by meaning; computed as a run in a process of its own."""
