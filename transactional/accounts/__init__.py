"""Who may do what: registering, logging in, roles."""
