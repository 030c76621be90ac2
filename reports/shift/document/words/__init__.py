"""The report's words, in English and in Simplified Chinese."""
