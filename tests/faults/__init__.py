"""Simulated portals that answer with faults, and collecting from them while being killed."""
