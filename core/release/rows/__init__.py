"""SQL of the room release; nobody else imports it."""
