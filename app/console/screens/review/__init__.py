"""The Review screen: held parts one after the other, and what a person says of each."""
