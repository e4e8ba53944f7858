"""Receiving deliveries: bytes and headers in, a row and a job out."""
