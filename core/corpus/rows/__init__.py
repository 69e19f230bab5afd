"""SQL of the room corpus; nobody else imports it."""
