"""SQL of the room llm; nobody else imports it."""
