"""Requests that travel together: as a batch at a server, for half the price, or as a file through a person's hands."""
