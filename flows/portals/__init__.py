"""From a portal's address to archived answers."""
