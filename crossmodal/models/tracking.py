"""What a model reports of its training: means over the steps of an epoch."""


class Tracking:
    """For a model that has `trackers`, a `keras.metrics.Mean` by each name that its steps report."""

    trackers: dict

    def track(self, values):
        """Add a step's values; returns the means of the epoch so far."""
        for name, value in values.items():
            self.trackers[name].update_state(value)
        return {name: self.trackers[name].result() for name in values}

    @property
    def metrics(self):
        return list(self.trackers.values())
