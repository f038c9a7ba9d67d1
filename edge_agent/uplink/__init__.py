"""From the journal to the platform over MQTT, and acknowledgements back."""
