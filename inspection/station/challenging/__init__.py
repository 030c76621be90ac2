"""The station's challenge at work: what keeps the station closed, and the challenge under way."""
