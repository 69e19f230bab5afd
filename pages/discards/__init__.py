"""The page discards."""
