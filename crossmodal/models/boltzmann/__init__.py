"""Boltzmann machines, which learn from data without labels, and the networks that are built of them."""
