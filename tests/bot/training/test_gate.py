import pytest

from bot.training.gate import announcement, verdict
from bot.training.retrain import Report
from recommender.evaluation.metrics import Errors


def report(rmse: float, before: float | None = None) -> Report:
    def errors(rmse: float) -> Errors:
        return Errors(ratings=100, rmse=rmse, mae=rmse)

    return Report(
        dataset="ml-latest-small",
        data_at=0,
        ratings=1000,
        members=3,
        member_ratings=30,
        ratings_read=30,
        fitted_as="default",
        errors=errors(rmse),
        errors_before=None if before is None else errors(before),
        baselines={"mean of all ratings": errors(1.05), "mean of the film": errors(0.95)},
        seconds=1.0,
        device="CPU",
    )


@pytest.mark.parametrize("rmse", [0.80, 0.85, 0.8542])
def test_better_than_the_serving_model_or_within_half_a_percent_passes(rmse):
    assert verdict(report(rmse, before=0.85)) is None


def test_worse_than_that_is_rejected_with_both_figures():
    sentence = verdict(report(0.8544, before=0.85))
    assert "0.8544" in sentence
    assert "0.8500" in sentence


def test_without_a_comparable_model_only_the_baselines_count():
    assert verdict(report(0.94)) is None


@pytest.mark.parametrize("before", [None, 1.00])
def test_no_better_than_the_best_baseline_is_rejected_with_its_name(before):
    sentence = verdict(report(0.95, before))
    assert "mean of the film" in sentence
    assert "0.9500" in sentence


@pytest.mark.parametrize("before", [None, 0.85])
def test_an_error_that_is_no_number_is_rejected(before):
    sentence = verdict(report(float("nan"), before))
    assert "not published" in sentence
    assert "nan" in sentence


def test_a_published_model_is_told_with_both_errors():
    assert "0.8400" in announcement(report(0.84, before=0.85))
    assert "0.8500" in announcement(report(0.84, before=0.85))


@pytest.mark.parametrize(("rmse", "rise"), [(0.8501, "0.01%"), (0.8542, "0.49%")])
def test_where_the_error_rose_it_is_told_by_how_much_and_why_the_model_may_serve(rmse, rise):
    sentence = announcement(report(rmse, before=0.85))
    assert f"{rmse:.4f}" in sentence
    assert f"{rise} above the 0.8500" in sentence
    assert "Up to 0.5% is allowed, since" in sentence


@pytest.mark.parametrize(("rmse", "before"), [(0.84, 0.85), (0.85, 0.85), (0.94, None)])
def test_where_the_error_did_not_rise_there_is_nothing_to_excuse(rmse, before):
    assert "allowed" not in announcement(report(rmse, before))
