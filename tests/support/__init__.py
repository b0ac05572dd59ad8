"""What several test modules use: sample pictures, datasets, servers, tiny weights."""
