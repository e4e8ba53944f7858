"""Running the service: logs, metrics, health."""
