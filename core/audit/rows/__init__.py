"""SQL of the room audit; nobody else imports it."""
