"""Training of the vision-language-action model: its data, its curriculum and its losses."""
