"""SQL of the room importing; nobody else imports it."""
