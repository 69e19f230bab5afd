"""A whole project as one readable file, and the check that its numbers come out again."""
