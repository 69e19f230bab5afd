"""The page map."""
