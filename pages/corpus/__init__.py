"""The page corpus."""
