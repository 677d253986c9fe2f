"""The extension command `west ocpp-rig`."""
