"""Training: from a recipe to a calibrated, exported and described model."""
