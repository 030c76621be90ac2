"""What the memory is measured on: photographs, and products that are rendered; one file each."""
