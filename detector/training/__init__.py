"""Fine-tuning of weights: what is checked, trained on, written and measured."""
