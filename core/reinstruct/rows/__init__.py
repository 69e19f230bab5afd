"""SQL of the room reinstruct; nobody else imports it."""
