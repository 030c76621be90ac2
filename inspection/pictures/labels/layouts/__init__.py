"""Pictures with annotations, as labelling tools export them: one small reader a layout."""
