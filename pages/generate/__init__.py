"""The page generate."""
