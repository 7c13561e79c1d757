"""Hostile inputs, what sends them, and what they may do."""
