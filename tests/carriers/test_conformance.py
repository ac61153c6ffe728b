"""The check of a carrier finds the habits that a simulated one plays: all of conf/profiles, and single quirks."""

from pathlib import Path
from typing import Any

import pytest

from gateway.config.carriers import AddressType, CarrierSenders, SourceAddress
from gateway.sim.faults import Faults
from gateway.sim.profile_file import load_profile
from gateway.smpp.status import CommandStatus
from tests.carriers.handset import Checked, carrier_to, checked
from tests.sim.running import running

PROFILES = Path(__file__).parents[2] / "conf" / "profiles"
ALL = ("senders", "alphabet", "ucs2", "class", "long", "refusals", "oversize", "window", "rate")


async def check_of(name: str, *modes: str, senders: tuple[str, ...] = ("45555",), **changes: Any) -> Checked:
    """A check of the project's profile with this name, its receipts sooner."""
    profile = load_profile(PROFILES / f"{name}.yaml", {})
    played = {field: getattr(profile, field) for field in profile.__slots__ if field not in {"host", "port"}}
    played |= {"receipts_after_s": 0.05, "receipts_jitter_s": 0.0}
    async with running(**played) as (simulator, port):
        carrier = carrier_to(port, *modes, senders=CarrierSenders(allow=senders))
        pace_per_s = 0.9 * (profile.tps or 100)
        return await checked(simulator, carrier, pace_per_s=pace_per_s, **changes)


async def test_check_finds_the_habits_of_an_operator() -> None:
    found = await check_of("operator", senders=("45555", "BANCO"))
    keys = found.profile.keys
    assert (keys["tps"], keys["alphabet"], keys["long_messages"], keys["message_ids"]) == (20, "gsm7", "udh", "hex-dec")
    assert keys["source"]["short"] == {"ton": 3, "npi": 0}
    assert keys["source"]["alphanumeric"] == {"ton": 5, "npi": 0}
    assert keys["destination"] == {"format": "e164", "ton": 1, "npi": 1}
    assert (keys["ucs2"], keys["errors"]) == (True, {})
    assert found.profile.bind_keys == {"window": 10, "interface_version": "3.4"}
    assert set(found.profile.open) == {"source.long"}
    assert found.findings.refusals == {
        "an invalid number": CommandStatus.ESME_RINVDSTADR,
        "a text too long for one segment": CommandStatus.ESME_RINVMSGLEN,
    }
    assert "receipts come by deliver_sm, their content by text" in found.profile.remarks
    assert "receipts' dates are in UTC-06:00" in found.profile.remarks
    assert found.sent <= found.most


@pytest.mark.slow
async def test_check_finds_the_habits_of_an_aggregator() -> None:
    found = await check_of("aggregator", senders=("45555", "BANCO"))
    keys = found.profile.keys
    assert (keys["tps"], keys["alphabet"], keys["long_messages"], keys["message_ids"]) == (15, "latin1", "sar", "same")
    assert keys["source"]["short"] == {"ton": 0, "npi": 1}
    assert keys["destination"] == {"format": "plus", "ton": 1, "npi": 1}
    assert keys["ucs2"] is True
    assert keys["errors"] == {0x455: "throttle", 0x400: "refuse"}
    assert found.profile.bind_keys["window"] == 8
    assert found.findings.flash is False
    remarks = "\n".join(found.profile.remarks)
    assert "their content by both, with the carrier's own TLVs 0x1403" in remarks
    assert found.findings.refusals["a sender that is not ours"] == CommandStatus.ESME_RINVSRCADR


@pytest.mark.slow
async def test_check_finds_the_habits_of_a_legacy_smsc() -> None:
    found = await check_of("legacy", "transmitter", "receiver")
    keys = found.profile.keys
    assert (keys["tps"], keys["alphabet"], keys["long_messages"], keys["message_ids"]) == (8, "ascii", "udh", "same")
    assert keys["source"]["short"] == {"ton": 0, "npi": 0}
    assert keys["destination"] == {"format": "national", "ton": 2, "npi": 1}
    assert keys["ucs2"] is False
    assert found.profile.bind_keys == {"window": 1, "interface_version": "3.3"}
    assert keys["receipt_parts"] == "last"
    assert [note.sent for note in found.notes if "3.3" in note.verdict] == ["G, sar", "H, payload"]


@pytest.mark.slow
async def test_check_finds_the_habits_of_a_cloud_provider() -> None:
    found = await check_of("cloud", window=24, rate=50)
    keys = found.profile.keys
    assert (keys["tps"], keys["alphabet"], keys["long_messages"], keys["message_ids"]) == (
        *(25, "gsm7", "payload"),
        "dec-hex",
    )
    assert keys["errors"] == {CommandStatus.ESME_RSUBMITFAIL: "refuse"}
    assert found.profile.bind_keys["window"] == 12
    remarks = "\n".join(found.profile.remarks)
    assert "requests over the window are not answered at all" in remarks
    assert "receipts come by data_sm, their content by tlv" in remarks


async def test_check_says_what_could_not_be_found_out() -> None:
    async with running(receipts_after_s=None) as (simulator, port):
        carrier = carrier_to(port, tps=33.0)
        found = await checked(simulator, carrier, attended=False, window=5, rate=5, wait_s=0.2)
    assert set(found.profile.open) == {
        *("alphabet", "message_ids", "window", "tps"),
        *("source.long", "source.alphanumeric"),
    }
    assert found.profile.keys["tps"] == 33
    assert found.profile.open["message_ids"].startswith("no receipt came")
    assert "nobody looked at the handset" in found.profile.open["alphabet"]


async def test_check_ends_where_no_address_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "carrier.yaml"
    file.write_text("source: {senders: [OTRO]}")
    async with running(habits=load_profile(file, {}).habits) as (simulator, port):
        found = await checked(simulator, carrier_to(port))
    assert not found.done
    assert found.sent == 8
    assert found.verdicts("plain")[-1] == "refused"
    assert "ask the carrier" in found.profile.open["source"]


async def test_check_tries_other_addresses_than_those_configured(tmp_path: Path) -> None:
    file = tmp_path / "carrier.yaml"
    file.write_text("source: {short: {ton: 3, npi: 0}}")
    async with running(habits=load_profile(file, {}).habits) as (simulator, port):
        carrier = carrier_to(port, source=SourceAddress(short=AddressType(6, 1)))
        found = await checked(simulator, carrier, skip=ALL, wait_s=0.2)
    assert found.profile.keys["source"]["short"] == {"ton": 3, "npi": 0}


async def test_check_sends_no_more_than_was_agreed_to() -> None:
    async with running() as (simulator, port):
        found = await checked(simulator, carrier_to(port), budget=4, wait_s=0.2)
        assert simulator.stats.submits == found.sent == 4
    assert any(remark.startswith("step alphabet was cut short") for remark in found.profile.remarks)


@pytest.mark.parametrize("status", [CommandStatus.ESME_RALYBND, CommandStatus.ESME_RINVPASWD])
async def test_check_says_why_the_bind_was_refused(status: CommandStatus) -> None:
    async with running(faults=Faults(refuse_binds=int(status))) as (simulator, port):
        found = await checked(simulator, carrier_to(port))
    assert (found.done, found.sent) == (False, 0)
    assert status.name in found.notes[0].came


async def test_check_goes_on_with_a_new_session_where_one_was_cut() -> None:
    async with running() as (simulator, port):
        skip = ("long", "refusals", "oversize", "window", "rate")
        found = await checked(simulator, carrier_to(port), skip=skip, wait_s=0.2, meanwhile=simulator.disconnect)
        assert simulator.stats.binds == 2
    assert found.done
    assert "the session is opened again" in found.verdicts("class")
    assert any(remark.startswith("step ucs2 was cut short") for remark in found.profile.remarks)


async def test_check_waits_where_it_is_told_to_go_slower() -> None:
    async with running(tps=1) as (simulator, port):
        skip = tuple(step for step in ALL if step != "ucs2")
        found = await checked(simulator, carrier_to(port), skip=skip, wait_s=0.2, budget=5)
        assert simulator.stats.refused == {CommandStatus.ESME_RTHROTTLED: 1}
    assert found.findings.ucs2 is True
    assert found.sent == 3


async def test_check_leaves_to_the_gateway_what_is_not_its_own() -> None:
    async with running() as (simulator, port):
        skip = ("class", "long", "refusals", "oversize", "window", "rate")

        def write_in() -> None:
            simulator.mo("525500000001", "45555", "hola")

        found = await checked(simulator, carrier_to(port), skip=skip, wait_s=0.2, meanwhile=write_in)
        assert simulator.stats.inbound == 1
        assert simulator.stats.delivered == len(found.findings.replies) == found.sent
        assert simulator.stats.dropped == 0
    assert any("put off" in remark for remark in found.profile.remarks)
