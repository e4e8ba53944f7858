"""Makes the tables and the model of `leakguard.generic`. Not part of the package."""
