"""SQL of the room runs; nobody else imports it."""
