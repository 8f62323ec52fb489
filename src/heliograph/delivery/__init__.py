"""Delivery to backends that are elsewhere: after the response, within a budget, never in line."""
