"""The shop's pages: a client of the two APIs, rendered on the server, whole without JavaScript."""
