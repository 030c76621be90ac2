"""Who judges a part: the reflex, alone or with the second opinion of a model that has words."""
