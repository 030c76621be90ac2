"""The widgets of the Run screen. Each paints one piece of a ``RunView`` and knows no rule."""
