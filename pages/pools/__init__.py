"""The page pools."""
