"""The same work given to leakguard and to its peers, side by side. Not part of the package."""
