"""The page backups."""
