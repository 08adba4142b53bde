from bot.serving import Serving
from recommender import Recommender


def test_serving_finds_the_films_of_its_model_by_name(model):
    serving = Serving.of(model)
    assert serving.recommender is model
    assert serving.titles.search("the matrix")[0].movie.title == "The Matrix"


def test_a_retrained_model_has_its_films_from_its_file_and_their_names_from_the_one_before(model, tmp_path):
    before = Serving.of(model)
    model.with_info(name="new").save(tmp_path / "new.safetensors")
    after = Serving.of(Recommender.load(tmp_path / "new.safetensors"), before)
    assert after.recommender.info["name"] == "new"
    assert after.recommender.is_stored
    assert after.titles.search("the matrix") == before.titles.search("the matrix")


def test_a_model_of_other_films_takes_over_nothing(model):
    movies = model.movies.assign(title=model.movies["title"] + " Again")
    other = Recommender(model.model, movies, model.info)
    after = Serving.of(other, before=Serving.of(model))
    assert after.recommender is other
    assert after.titles.search("the matrix again")[0].movie.title.endswith("Again")
