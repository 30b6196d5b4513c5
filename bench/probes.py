"""How long do the probes of 1,000 registries take? Measured against `xargs -P 32 curl` in the same run.

A process of its own serves 1,000 ports over TLS, each like a private registry, and answers every request after 50 ms.
Both sides send the same four requests to each port over a new connection. The probe runs in a process of its own, with
the default of PROBE_CONCURRENCY; what it adds to its memory is its peak less what it had before the first look. Beside
it stands how long a sweep's batches take, one after the other as Microsoft's worker runs them by default.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from itertools import batched
from pathlib import Path

from bench.registries import DELAY_SECONDS, serve
from shared.domain.users.htpasswd import PROBE_USER
from shared.registry_probe import HttpProbe
from shared.registry_probe.look import ABSENT_TAGS
from shared.services.health.sweeps import BATCH
from shared.settings import Settings

REGISTRIES = 1000
CURLS = 32
MOST_SECONDS, MOST_MEGABYTES = 8.0, 150.0
PASSWORD = "the-password-of-the-probe"
STATUSES = {"/v2/": 401, "/v2/ as _probe": 200, "/": 200, ABSENT_TAGS: 404}


def probe(servers: list[str]) -> dict[str, float]:
    """Looks at all of them with the default settings; says how long it took and what it cost."""
    fields = Settings.model_fields
    timeout, concurrency = fields["probe_timeout_seconds"].default, fields["probe_concurrency"].default
    prober, targets = HttpProbe(timeout, concurrency), [(server, PASSWORD) for server in servers]
    before, began, cpu = _resident_kilobytes(), time.perf_counter(), time.process_time()
    seen = prober.look(targets)
    took, used = time.perf_counter() - began, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    seen += [each for batch in batched(targets, BATCH, strict=False) for each in prober.look(batch)]
    in_batches = time.perf_counter() - began
    found = Counter(str([each.stranger, each.member, each.root, each.storage]) for each in seen)
    _expect(found, Counter({str([*STATUSES.values()]): 2 * len(servers)}))
    return {
        "seconds": took,
        "cpu": used,
        "in batches": in_batches,
        "megabytes": (peak - before) / 1024,
        "concurrency": concurrency,
    }


def _resident_kilobytes() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


def curl(servers: list[str], authority: Path) -> float:
    """The same requests by one curl for each registry, `CURLS` at a time. Returns the seconds."""
    always = ["-s", "-o", "/dev/null", "-w", "%{http_code}\\n", "--cacert", str(authority)]
    user = ["-u", f"{PROBE_USER}:{PASSWORD}"]
    requests = [[*always, "https://{}/v2/"], [*always, *user, "https://{}/v2/"], [*always, "https://{}/"]]
    command = ["xargs", "-P", str(CURLS), "-I{}", "curl"]
    for request in [*requests, [*always, *user, "https://{}" + ABSENT_TAGS]]:
        command += [*request, "--next"]
    began = time.perf_counter()
    ran = subprocess.run(command[:-1], input="\n".join(servers), capture_output=True, text=True, check=True)  # noqa: S603 - fixed
    took = time.perf_counter() - began
    answers = Counter(ran.stdout.split())
    _expect(answers, Counter(map(str, [*STATUSES.values()] * len(servers))))
    return took


def _expect(found: Counter[str], wanted: Counter[str]) -> None:
    if found != wanted:
        raise SystemExit(f"This measured something else: {dict(found)}")


def main() -> int:
    """0 if the probes kept within their limits."""
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder), REGISTRIES) as (servers, authority):
        asked = json.dumps(servers)
        child = subprocess.run(
            [sys.executable, "-m", "bench.probes", "--probe"],
            input=asked,
            capture_output=True,
            text=True,
            check=True,
            env={"SSL_CERT_FILE": str(authority), "PATH": ""},
        )
        ours = json.loads(child.stdout)
        theirs = curl(servers, authority)
    print(
        f"{REGISTRIES} registries, {len(STATUSES)} requests each, answers after {DELAY_SECONDS * 1000:.0f} ms"
    )
    print(f"xargs -P {CURLS} curl   {theirs:6.2f} s")
    print(
        f"probes, {ours['concurrency']} at a time {ours['seconds']:6.2f} s  ({ours['cpu']:.2f} s of CPU),"
        f" {ours['megabytes']:.0f} MB added"
    )
    print(f"in batches of {BATCH}   {ours['in batches']:6.2f} s")
    print(f"ratio {ours['seconds'] / theirs:.2f}")
    return int(ours["seconds"] > MOST_SECONDS or ours["megabytes"] > MOST_MEGABYTES)


if __name__ == "__main__":
    if "--probe" in sys.argv:
        print(json.dumps(probe(json.load(sys.stdin))))
    else:
        sys.exit(main())
