"""SQL of the room gate; nobody else imports it."""
