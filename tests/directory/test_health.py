"""Whether a vendor can be reached, from what its hosts' breakers make of it."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.directory.health import Health, HealthState, health
from gateway.domain.failures import ErrorCode
from gateway.domain.vendor import VendorName
from gateway.upstream.breaker import HostState, Phase
from tests.directory.fakes import NOON, ago

states = st.builds(
    HostState,
    vendor=st.just(VendorName.OWN),
    host=st.sampled_from(["app1.test", "useast2.test"]),
    slot=st.just("api_token"),
    phase=st.sampled_from(Phase),
    since=st.sampled_from([None, NOON, ago(60)]),
    reason=st.sampled_from([None, ErrorCode.VENDOR_UNAVAILABLE]),
)


def test_without_a_call_nothing_is_known() -> None:
    assert health([]) == Health(HealthState.UNKNOWN, None, "No call was made lately.")


@given(st.lists(states, min_size=1))
def test_all_hosts_open_is_down_any_in_trouble_is_degraded_none_is_up(
    known: list[HostState],
) -> None:
    phases = {state.phase for state in known}
    found = health(known)
    if phases == {Phase.CLOSED}:
        assert found.state is HealthState.UP
    elif phases == {Phase.OPEN}:
        assert found.state is HealthState.DOWN
    else:
        assert found.state is HealthState.DEGRADED
    assert (found.reason is None) == (found.state is HealthState.UP)


def test_the_reason_names_the_host_and_the_code() -> None:
    state = HostState(
        vendor=VendorName.OWN,
        host="app1.test",
        slot="api_token",
        phase=Phase.OPEN,
        since=NOON,
        reason=ErrorCode.VENDOR_TLS,
    )
    assert health([state]) == Health(
        HealthState.DOWN, NOON, "Calls to app1.test failed: VENDOR_TLS."
    )
