"""The API under load: slow, silent and many clients beside a running line."""
