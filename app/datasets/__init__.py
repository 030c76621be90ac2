"""Folders and files of pictures with what is known of them."""
