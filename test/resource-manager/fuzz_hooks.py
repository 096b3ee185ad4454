"""What Schemathesis does to each request: it comes from another address, and with the administrator's token if there is one."""

import os
import random

import schemathesis

TOKEN = os.environ.get("LANDFAST_FUZZ_TOKEN")


@schemathesis.hook
def before_call(context, case, kwargs):
    # Wrong credentials are counted by address, so that from one address little else than their limit would be met.
    case.headers["X-Forwarded-For"] = ".".join(str(random.randrange(1, 255)) for _ in range(4))
    if TOKEN:
        case.headers["Authorization"] = f"Bearer {TOKEN}"
