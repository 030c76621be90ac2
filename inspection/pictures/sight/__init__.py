"""From a picture as it was taken to what is judged of it: aligned, cut out, without what may vary."""
