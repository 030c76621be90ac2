"""What the model commands do: train and evaluate."""
