import pytest
import torch
from hypothesis import HealthCheck, settings

# A busy machine is slow, and that is no failure.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Torch's threads wait busily for each other: on a machine that does other work, two are many times slower than one."""
    torch.set_num_threads(1)
