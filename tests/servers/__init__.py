"""Real servers in the proof: `make test-servers`. None of it is collected by `make test`."""
