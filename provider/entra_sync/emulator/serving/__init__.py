"""The emulator over TLS on localhost, and the control API beside Graph."""
