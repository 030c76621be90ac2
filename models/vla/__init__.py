"""The vision-language-action model, from tokens to action, and its file."""
