"""The configuration of `detector watch`, read from YAML."""
