"""Fine-tuning of weights."""
