"""The models in a process of their own: what hangs or crashes there is killed and started anew."""
