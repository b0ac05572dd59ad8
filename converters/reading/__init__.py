"""What the readers of the formats share: opening files that may be hostile, finding pictures, tables and shapes."""
