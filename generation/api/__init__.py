"""Jobs, batches, prices, models, providers and money, for programs."""
