"""The gate: whether a new model may serve."""

from bot.training.retrain import Report

TOLERANCE = 0.005  # a new model's error may be this much above the serving one's


def verdict(report: Report) -> str | None:
    """Why the new model must not serve, in a sentence; None if it may."""
    rmse, before = report.errors.rmse, report.errors_before
    # `not a <= b` is also true where a is NaN.
    if before is not None and not rmse <= before.rmse * (1 + TOLERANCE):
        return (
            f"The new model was not published: its error on held-out ratings is {rmse:.4f} stars (RMSE), "
            f"more than {TOLERANCE:.1%} above the serving model's {before.rmse:.4f}."
        )
    for name, baseline in report.baselines.items():
        if not rmse < baseline.rmse:
            return (
                f"The new model was not published: its error on held-out ratings is {rmse:.4f} stars (RMSE), "
                f"and predicting the {name} gives {baseline.rmse:.4f}."
            )
    return None


def announcement(report: Report) -> str:
    """What is said of a new model that serves; why it may, if its error is above that of the one before."""
    rmse, before = report.errors.rmse, report.errors_before
    text = f"A new model serves: its error on held-out ratings is {rmse:.4f} stars (RMSE)"
    if before is None:
        return f"{text}."
    if rmse <= before.rmse:
        return f"{text}; the one before had {before.rmse:.4f}."
    return (
        f"{text}, {rmse / before.rmse - 1:.2%} above the {before.rmse:.4f} of the one before. "
        f"Up to {TOLERANCE:.1%} is allowed, since the new model knows later ratings."
    )
