"""The only place with a network: providers, prices, budgets and the client that asks a model."""
