"""Labels beside pictures: which files are pictures, which are masks, and what labelling tools export."""
