"""What one step of training needs: features, a batch, losses, the head."""
