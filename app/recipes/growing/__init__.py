"""A recipe that learns more, picture by picture: what joins it, and which pictures would teach most."""
