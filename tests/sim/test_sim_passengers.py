from msgspec.structs import replace
from sim_witness import HOUSE, QUIET_HOUSE, S

from protocols.lift.vocabulary import Direction
from sim.building import Traffic
from sim.passengers import Crowd, Journeys, Riders

N = 20_000
SMALL = replace(HOUSE, capacity_persons=2)


def test_gaps_have_the_mean_and_the_spread_of_a_poisson_process() -> None:
    journeys = Journeys(HOUSE, 5)
    gaps = [(journeys.next_gap_ns() or 0) / S for _ in range(N)]
    mean = sum(gaps) / N
    variance = sum((gap - mean) ** 2 for gap in gaps) / N
    assert abs(mean - 60) < 4 * 60 / N**0.5
    assert abs(variance / 60**2 - 1) < 4 * (8 / N) ** 0.5


def test_routes_keep_the_shares_of_traffic() -> None:
    """45/45/10 within four standard errors."""
    journeys = Journeys(HOUSE, 5)
    routes = [journeys.route() for _ in range(N)]
    error = 4 * (0.25 / N) ** 0.5
    assert abs(sum(origin == 0 for origin, _ in routes) / N - 0.45) < error
    assert abs(sum(to == 0 for _, to in routes) / N - 0.45) < error
    assert all(origin != to for origin, to in routes)
    assert {floor for route in routes for floor in route} == set(range(9))


def test_each_concern_has_a_stream_of_its_own() -> None:
    disturbed, calm = Journeys(HOUSE, 5), Journeys(HOUSE, 5)
    disturbed.destination_from(3)
    disturbed.route()
    assert disturbed.next_gap_ns() == calm.next_gap_ns()


def test_without_traffic_nobody_comes() -> None:
    assert Journeys(QUIET_HOUSE, 1).next_gap_ns() is None


def test_two_floors_have_no_traffic_between_upper_floors() -> None:
    hut = replace(HOUSE, floors=HOUSE.floors[:2], traffic=Traffic(incoming=0, outgoing=0))
    assert {Journeys(hut, 1).route() for _ in range(10)} == {(1, 0)}


def test_a_car_going_up_takes_those_who_want_up() -> None:
    crowd = Crowd(HOUSE)
    crowd.newcomer(3, 0, 0)
    up = crowd.newcomer(3, 7, 0)
    assert crowd.next_boarder(3, Direction.UP) == up


def test_who_waited_too_long_has_gone() -> None:
    crowd = Crowd(HOUSE)
    crowd.newcomer(3, 0, 0)
    stays = crowd.newcomer(3, 1, 1)
    gone = crowd.lose_patience(3, 600 * S + 1)
    assert [person.serial for person in gone] == [1]
    assert crowd.next_boarder(3, Direction.NONE) == stays
    assert (crowd.came, crowd.waiting, crowd.abandoned) == (2, 1, 1)


def test_a_full_car_has_no_room() -> None:
    crowd = Crowd(HOUSE)
    riders = Riders(crowd, SMALL)
    for _ in range(2):
        assert riders.has_room
        riders.board(crowd.newcomer(0, 1, 0))
    assert not riders.has_room


def test_who_is_on_the_way_into_one_car_neither_enters_another_nor_goes_away() -> None:
    crowd = Crowd(HOUSE)
    one, other = Riders(crowd, SMALL), Riders(crowd, SMALL)
    one.entering = crowd.newcomer(0, 1, 0)
    assert crowd.next_boarder(0, Direction.UP) is None
    assert crowd.lose_patience(0, 601 * S) == []
    one.board(one.entering)
    assert (crowd.waiting, crowd.riding, other.persons) == (0, 1, [])
