"""What a person sees of the link: the register image, counters, the timeline."""
