"""Fine-tunes weights through ultralytics: checks, data, trainer and results."""
