"""What recipes and commands run: the options of an experiment, its training, what it measures and writes."""
