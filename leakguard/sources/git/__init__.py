"""Git repositories as a source: objects by id, never patches and never a checkout."""
