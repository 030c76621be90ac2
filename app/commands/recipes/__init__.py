"""The longer of the commands of ``passgate recipe``, and what they and others say."""
