"""`Detector`, and the run of `detector infer`: batches, threads, tracking and result files."""
