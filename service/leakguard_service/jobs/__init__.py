"""Durable jobs behind one port."""
