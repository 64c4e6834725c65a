"""Money: authorising, capturing and giving back, through a provider."""
