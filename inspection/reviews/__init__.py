"""What a person says of a part that he has looked at: what may be said, of which parts, how it is put."""
