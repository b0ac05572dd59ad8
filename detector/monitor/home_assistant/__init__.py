"""Cameras as devices of Home Assistant, over MQTT."""
