"""The page audit."""
