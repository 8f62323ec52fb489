"""Exporters: an encoding and a place to send it to."""
