"""Why the emulator cannot start."""


class PortInUseError(Exception):
    """Another process listens on the port that we were given."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is in use: stop what listens there, or choose another with --port")
        self.port = port
