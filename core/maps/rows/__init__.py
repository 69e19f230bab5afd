"""SQL of the room maps; nobody else imports it."""
