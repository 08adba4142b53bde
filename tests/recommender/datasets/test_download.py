import hashlib
from pathlib import Path

import pytest

from recommender.datasets import movielens
from recommender.datasets.movielens import DatasetError, load_movielens
from tests.recommender.datasets.download_site import CACHE, Site, names_in


def test_the_download_reports_its_progress(small_latest: Site, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    load_movielens("ml-latest", tmp_path, small_latest.url, progress=lambda done, total: seen.append((done, total)))
    size = len(small_latest.files["/ml-latest.zip"])
    assert seen[-1] == (size, size)


def test_a_broken_download_is_resumed(small_latest: Site, tmp_path: Path) -> None:
    small_latest.cut = 100
    with pytest.raises(DatasetError, match="broke off after 100 of"):
        load_movielens("ml-latest", tmp_path, small_latest.url)
    assert names_in(tmp_path) == {"ml-latest.zip.part"}
    small_latest.cut = None
    assert len(load_movielens("ml-latest", tmp_path, small_latest.url).ratings) == 3
    assert small_latest.asked == [("/ml-latest.zip", None), ("/ml-latest.zip", "bytes=100-")]
    assert names_in(tmp_path) == CACHE


def test_a_server_that_cannot_resume_sends_the_file_again(small_latest: Site, tmp_path: Path) -> None:
    small_latest.ranges = False
    (tmp_path / "ml-latest.zip.part").write_bytes(b"the beginning of something else")
    assert len(load_movielens("ml-latest", tmp_path, small_latest.url).ratings) == 3


def test_a_part_that_is_longer_than_the_file_is_downloaded_again(small_latest: Site, tmp_path: Path) -> None:
    (tmp_path / "ml-latest.zip.part").write_bytes(bytes(100_000))
    assert len(load_movielens("ml-latest", tmp_path, small_latest.url).ratings) == 3


def test_halves_that_do_not_fit_are_deleted_so_that_the_next_try_starts_afresh(
    small_latest: Site, tmp_path: Path
) -> None:
    (tmp_path / "ml-latest.zip.part").write_bytes(bytes(200))
    with pytest.raises(DatasetError, match="damaged"):
        load_movielens("ml-latest", tmp_path, small_latest.url)
    assert names_in(tmp_path) == set()
    assert len(load_movielens("ml-latest", tmp_path, small_latest.url).ratings) == 3


def test_a_file_that_the_server_lacks_is_a_dataset_error(site: Site, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"ml-20m\.zip could not be downloaded: .*404"):
        load_movielens("ml-20m", tmp_path, site.url)
    assert names_in(tmp_path) == set()


def test_a_site_that_does_not_answer_is_a_dataset_error(tmp_path: Path) -> None:
    site = Site()
    site.close()
    with pytest.raises(DatasetError, match="could not be downloaded"):
        load_movielens("ml-latest", tmp_path, site.url)


def test_without_a_folder_the_set_is_kept_in_data(
    small_latest: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    load_movielens("ml-latest", base_url=f"{small_latest.url}/")
    assert names_in(tmp_path) == {"data"} | {f"data/{name}" for name in CACHE}


@pytest.mark.parametrize("form", ["MD5 (ml-latest.zip) = {}\n", "{}  ml-latest.zip\n"])
def test_the_original_site_is_checked_against_its_md5(
    form: str, small_latest: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(movielens, "GROUPLENS", small_latest.url)
    good = hashlib.md5(small_latest.files["/ml-latest.zip"]).hexdigest()
    small_latest.files["/ml-latest.zip.md5"] = form.format("0" * 32).encode()
    with pytest.raises(DatasetError, match="md5 sum is not the published one"):
        load_movielens("ml-latest", tmp_path)
    assert names_in(tmp_path) == set()
    small_latest.files["/ml-latest.zip.md5"] = form.format(good.upper()).encode()
    assert len(load_movielens("ml-latest", tmp_path).ratings) == 3


def test_an_md5_file_without_a_sum_is_a_dataset_error(
    small_latest: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(movielens, "GROUPLENS", small_latest.url)
    small_latest.files["/ml-latest.zip.md5"] = b"<html>moved</html>"
    with pytest.raises(DatasetError, match="holds no md5 sum"):
        load_movielens("ml-latest", tmp_path)


def test_where_no_md5_is_published_the_other_checks_decide(
    small_latest: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(movielens, "GROUPLENS", small_latest.url)
    assert len(load_movielens("ml-latest", tmp_path).ratings) == 3


def test_a_mirror_is_not_held_to_the_md5_of_the_original(small_latest: Site, tmp_path: Path) -> None:
    small_latest.files["/ml-latest.zip.md5"] = b"0" * 32
    assert len(load_movielens("ml-latest", tmp_path, small_latest.url).ratings) == 3
