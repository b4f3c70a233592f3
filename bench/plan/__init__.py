"""Which cases, under which protocol, and how long it will take."""
