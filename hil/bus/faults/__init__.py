"""Wire faults as data: pure, seeded transformers of what an end drives, named by their catalogue ids."""
