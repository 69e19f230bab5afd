"""The command line's verbs, one module a room. Each module's `register` adds its verbs and their options."""
