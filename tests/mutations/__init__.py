"""The mutation bench: typed faults seeded into clean reports, and what the rules make of them."""
