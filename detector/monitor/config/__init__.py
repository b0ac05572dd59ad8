"""The settings of `detector watch`, from YAML."""
