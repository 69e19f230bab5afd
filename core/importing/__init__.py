"""Bringing in tasks that were made elsewhere: files of several formats, read as a stream, bad rows reported."""
