"""Where numbers are worked out."""

import torch


def chosen(device: str) -> torch.device:
    """The device of that name; for "auto" a GPU if there is one."""
    return torch.device(("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device)
