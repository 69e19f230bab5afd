"""The command line with batches that are packed and looked at all the time, for tests that kill it."""

from __future__ import annotations

import sys

from core.__main__ import main
from core.llm.parcels import at_server, courier

courier.QUIET_S = 0.05
at_server.FIRST_POLL_S, at_server.LONGEST_POLL_S, at_server.LOOK_AGAIN_S = 0.01, 0.02, 0.01

if __name__ == "__main__":
    sys.exit(main())
