"""What is run: every write of the schema, each as often as was asked for."""

from random import Random

import pytest
from graphql import GraphQLInputObjectType

from gateway import schema
from tests.crash.cases import Moment
from tests.crash.plans import WRITES, Passed, Wanted, at_points, at_random, bases
from tests.crash.writes import Write

POINTS = (
    "storage.pages:10 before execute",
    "directory.changes.journaling:85 after begin",
    "upstream.journal:20 after sending",
    "upstream.journal:22 after answered",
    "storage.connection:58 before commit",
)
PASSED = {write.name: Passed(POINTS, 0.1) for write in WRITES}


def wanted(points: int | None = None, random: int = 0) -> Wanted:
    return Wanted(points=points, recoveries=0, random=random)


def test_every_mutation_of_the_schema_dies() -> None:
    mutation = schema.executable(schema.build()).mutation_type
    assert mutation is not None
    assert {write.mutation for write in WRITES} == {*mutation.fields, "sendImport"}


@pytest.mark.parametrize(
    "write", [each for each in WRITES if each.place is None], ids=lambda write: write.name
)
def test_a_mutation_takes_the_input_that_the_schema_has(write: Write) -> None:
    mutation = schema.executable(schema.build()).mutation_type
    assert mutation is not None
    kind = mutation.fields[write.mutation].args["input"].type
    named = getattr(kind, "of_type", kind)
    assert isinstance(named, GraphQLInputObjectType)
    assert f"$input: {named.name}!" in write.document()


def test_two_rounds_kill_every_write_twice_and_every_vendor_around_its_commit() -> None:
    plans = at_points(wanted(2 * len(WRITES)), PASSED, Random(1))
    for write in WRITES:
        deaths = [plan.first.moment for plan in plans if plan.write is write]
        assert len(deaths) == 2
        assert (Moment.COMMITTED in deaths) == bool(write.vendors)


def test_without_a_number_every_point_that_matters_is_taken_once() -> None:
    plans = at_points(wanted(), PASSED, Random(1))
    for write in WRITES:
        of_it = [plan.first for plan in plans if plan.write is write]
        at = sorted(death.at for death in of_it if death.moment is Moment.POINT)
        assert at == [2, 3, 4, 5]
        assert (Moment.ARRIVED in {death.moment for death in of_it}) == bool(write.vendors)


def test_recoveries_begin_with_what_was_recorded_sent_done_and_answered() -> None:
    for write in WRITES:
        first = [plan.first for plan in bases(PASSED, [write])]
        moments = [death.moment for death in first]
        if write.vendors:
            assert moments == [Moment.POINT, Moment.ARRIVED, Moment.COMMITTED, Moment.POINT]
            assert (first[0].at, first[-1].at) == (2, 4)
        else:
            assert moments == [Moment.POINT]


def test_random_deaths_come_while_a_caller_waits_or_soon_after() -> None:
    plans = at_random(wanted(random=3 * len(WRITES)), PASSED, Random(1))
    assert all(0 <= plan.first.at <= 0.13 for plan in plans)
    assert {plan.write.name for plan in plans} == {write.name for write in WRITES}
