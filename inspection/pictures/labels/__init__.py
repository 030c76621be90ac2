"""Labels beside pictures: masks and what labelling tools export."""
