"""The page evaluate."""
