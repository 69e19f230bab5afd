"""A pool's own seeds: adding, editing, switching, promoting."""
