"""The words of the trade and the life of one part. Imports none of the other packages."""
