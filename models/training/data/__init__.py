"""The training data: photographs, samples, and how a sample is composed."""
