"""Where the work of a long run is done, besides this process."""
