"""The life of an alarm, after the pattern of EN 81-28 and GB/T 24475 (lift_standards: confidence V1)."""
