"""SQL of the room near; nobody else imports it."""
