"""Pictures as files: which ones a folder holds, which of them are masks, and how they are decoded."""
