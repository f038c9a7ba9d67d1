"""What a device's registers mean: profile files, their strict loader, and one layout in both directions."""
