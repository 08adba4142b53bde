"""How torch's threads wait for each other. Imported before torch, which reads it once."""

import os

# By default they spin. On cores shared with other work, a fit is then several times slower than it need be.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
