"""Vision towers: from a picture to feature maps."""
