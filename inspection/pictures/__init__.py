"""Pictures as files: how they are decoded, which ones a folder holds, and what their labels say of them."""
