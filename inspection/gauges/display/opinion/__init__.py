"""A second opinion on the places of a display: by a small net that was taught on rendered displays alone."""
