import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import UsageError
from bench.points import Point, parse_values, points

PARAMS = {"authors": (10, 100, 1000), "posts": (1, 10)}
TYPICAL = {"authors": 100, "posts": 10}


def at(authors, posts):
    return Point({"authors": authors, "posts": posts})


def test_a_plain_run_has_the_typical_point():
    """Without a grid there is one point, the typical one."""
    assert [at(100, 10)] == points(PARAMS, TYPICAL)


def test_a_grid_varies_each_parameter_alone():
    """A grid of `each` starts at the typical point and changes one parameter at a time, no point twice."""
    assert [at(100, 10), at(10, 10), at(1000, 10), at(100, 1)] == points(PARAMS, TYPICAL, "each")


def test_a_full_grid_is_the_product():
    """A full grid has every combination once, the typical one first."""
    found = points(PARAMS, TYPICAL, "full")
    assert found[0] == at(100, 10)
    assert len(found) == 6
    assert {(point.params["authors"], point.params["posts"]) for point in found} == {
        (authors, posts) for authors in (10, 100, 1000) for posts in (1, 10)
    }


def test_chosen_values_take_the_place_of_the_typical_one():
    """Values that are set are measured in place of the typical one, whether the grid has them or not."""
    assert [at(7, 10), at(1000, 10)] == points(PARAMS, TYPICAL, chosen={"authors": [7, 1000]})


def test_chosen_values_of_two_parameters_are_multiplied():
    """Two parameters that are set give the product of their values."""
    expected = [at(7, 1), at(7, 2), at(8, 1), at(8, 2)]
    assert expected == points(PARAMS, TYPICAL, chosen={"authors": [7, 8], "posts": [1, 2]})


def test_a_grid_varies_the_others_at_each_chosen_value():
    """With one parameter set, a grid of `each` varies the other at each of its values."""
    expected = [at(7, 10), at(8, 10), at(7, 1), at(8, 1)]
    assert expected == points(PARAMS, TYPICAL, "each", {"authors": [7, 8]})


def test_a_full_grid_takes_the_chosen_values_of_a_parameter():
    """With one parameter set, a full grid multiplies its values with the grid of the other."""
    assert [at(7, 1), at(7, 10)] == sorted(
        points(PARAMS, TYPICAL, "full", {"authors": [7]}), key=lambda point: point.params["posts"]
    )


def test_a_parameter_of_another_scenario_is_passed_over():
    """A value set for a parameter that this scenario lacks changes nothing here."""
    assert [at(100, 10)] == points(PARAMS, TYPICAL, chosen={"depth": [3]})


def test_the_same_value_twice_is_one_point():
    """A value that is given twice is measured once."""
    assert [at(7, 10)] == points(PARAMS, TYPICAL, chosen={"authors": [7, 7]})


@pytest.mark.parametrize("grid", ["typical", "each", "full"])
def test_a_scenario_without_parameters_has_one_point(grid):
    """Where there is nothing to choose there is one point."""
    assert [Point({})] == points({}, {}, grid)


@given(
    st.dictionaries(st.sampled_from("abcd"), st.lists(st.integers(0, 5), min_size=1, max_size=4, unique=True)),
    st.data(),
    st.sampled_from(["typical", "each", "full"]),
)
def test_each_grid_is_the_typical_point_and_more(params, data, grid):
    """Every grid starts with the typical point where that is of the grid, has no point twice, and only grid values."""
    typical = {name: data.draw(st.sampled_from(values)) for name, values in params.items()}
    found = points(params, typical, grid)
    assert found[0] == Point(typical)
    assert len(set(found)) == len(found)
    assert all(point.params[name] in values for point in found for name, values in params.items())
    assert set(found) <= set(points(params, typical, "full"))


def test_points_of_equal_choices_are_one():
    """Points are equal, and hash equal, by what was chosen, in whichever order; the round-trip time belongs to it."""
    one, other = Point({"a": 1, "b": "x"}, 2.0), Point({"b": "x", "a": 1}, 2.0)
    assert one == other
    assert hash(one) == hash(other)
    assert one != Point({"a": 1, "b": "x"})


@pytest.mark.parametrize(
    ("point", "text"),
    [
        (at(100, 10), "authors=100 posts=10"),
        (Point({"authors": 100}, 0.5), "authors=100 rtt=0.5ms"),
        (Point({"authors": 100}, 2.0), "authors=100 rtt=2ms"),
        (Point({}), ""),
    ],
)
def test_a_point_reads_as_its_choices(point, text):
    """A point is written as its parameters and, where there is one, the added round-trip time."""
    assert text == str(point)


@pytest.mark.parametrize(
    ("text", "grid", "values"),
    [
        ("5,10", (1, 2), [5, 10]),
        (" 5 , 10 ", (1, 2), [5, 10]),
        ("0.5", (1.0,), [0.5]),
        ("a,b", ("x",), ["a", "b"]),
        ("true,no,1", (False,), [True, False, True]),
    ],
)
def test_values_are_read_as_the_parameters_type(text, grid, values):
    """Values on the command line become what the grid holds: numbers, text or booleans."""
    found = parse_values("n", text, {"n": grid})
    assert values == found
    assert [type(value) for value in values] == [type(value) for value in found]


@pytest.mark.parametrize(
    ("text", "grid", "complaint"),
    [
        ("5,many", (1, 2), "--set n=5,many: 'many' is no int, as n wants (for example n=1)"),
        ("5.5", (1, 2), "--set n=5.5: '5.5' is no int, as n wants (for example n=1)"),
        ("maybe", (True,), "--set n=maybe: 'maybe' is no bool, as n wants (for example n=True)"),
        ("5,", (1, 2), "--set n=5,: '' is no int, as n wants (for example n=1)"),
    ],
)
def test_a_value_of_another_type_is_refused(text, grid, complaint):
    """A value that is not of the parameter's type is refused in one line, with an example."""
    with pytest.raises(UsageError) as refusal:
        parse_values("n", text, {"n": grid})
    assert complaint == str(refusal.value)


@pytest.mark.parametrize("text", ["nan", "inf", "-inf"])
def test_a_number_that_is_none_is_refused(text):
    """NaN and infinity are no values to measure at."""
    with pytest.raises(UsageError, match="is no float"):
        parse_values("n", text, {"n": (0.5,)})


def test_whole_and_broken_numbers_in_one_grid_are_both_read():
    """A grid that begins with a whole number and has broken ones takes broken ones."""
    assert [0.5, 2] == parse_values("share", "0.5,2", {"share": (1, 0.25)})
