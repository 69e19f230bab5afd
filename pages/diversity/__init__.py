"""The page diversity."""
