"""What a user typed: every option declared once, one file a command, the pytest plugin."""
