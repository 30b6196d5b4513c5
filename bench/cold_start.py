"""What does telemetry cost a process that starts for a request? Prints the median of both, and their ratio.

Each start is a process of its own, in turns: it imports the app, builds the services and begins to trace.
"""

import os
import statistics
import subprocess
import sys

STARTS = 15
PROGRAM = """
import os, sys, time
began = time.perf_counter()
import function_app
from shared.bootstrap import services
from shared.telemetry.traces import telemetry
services()
telemetry.traceparent()
print(time.perf_counter() - began, flush=True)
os._exit(0)  # nothing is sent
"""
NOWHERE = "http://127.0.0.1:9/"
OFF = {
    "PATH": os.environ["PATH"],
    "AzureWebJobsStorage": f"AccountName=a;AccountKey=a2V5;TableEndpoint={NOWHERE};QueueEndpoint={NOWHERE}",
    "AZURE_SUBSCRIPTION_ID": "00000000-0000-4000-8000-000000000000",
    "AZURE_RESOURCE_GROUP": "berthage",
    "PUBLIC_URL": "https://berthage.example",
    "PROBE_KEY": "k" * 32,
}
ON = {
    **OFF,
    "TELEMETRY": "azure-monitor",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": (
        f"InstrumentationKey=00000000-0000-4000-8000-000000000000;IngestionEndpoint={NOWHERE}"
    ),
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": "true",
}


def _start(settings: dict[str, str]) -> float:
    """Seconds."""
    command = [sys.executable, "-c", PROGRAM]
    return float(subprocess.run(command, env=settings, capture_output=True, text=True, check=True).stdout)  # noqa: S603


def main() -> None:
    """Off and on in turns, so that a busy machine slows both."""
    pairs = [(_start(OFF), _start(ON)) for _ in range(STARTS)]
    off, on = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"off {off:.2f} s, on {on:.2f} s, ratio {on / off:.2f}")


if __name__ == "__main__":
    main()
