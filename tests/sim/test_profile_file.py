"""Profile files: read with all that is wrong by line, played as written, and under the options of `relevo sim`."""

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.cli import sim
from gateway.config.problems import ConfigError
from gateway.sim.habits import SILENCE, Pair
from gateway.sim.profile import IdForm, Profile, ReceiptForm
from gateway.sim.profile_file import load_profile
from gateway.smpp.events import Answered
from gateway.smpp.pdu import BindTransceiver, DataSm, DataSmResp, DeliverSm, SubmitSm, tlv, tlv_text
from gateway.smpp.receipt import read
from gateway.smpp.spec import EsmClass, MessageState, Tag
from gateway.smpp.status import CommandStatus
from gateway.text.data_coding import Alphabet
from gateway.text.segments import LongMessages
from tests.sim.running import SUBMIT, bound, next_deliver, running
from tests.support.peer import Peer

PROFILES = Path(__file__).parents[2] / "conf" / "profiles"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "carrier.yaml"
    path.write_text(text)
    return path


def played(tmp_path: Path, text: str) -> dict[str, object]:
    """What of a file a running simulator needs, with receipts at once."""
    profile = load_profile(written(tmp_path, text), {})
    return {name: getattr(profile, name) for name in ("habits", "receipt_form", "alphabet", "tps", "window")}


@pytest.mark.parametrize("path", sorted(PROFILES.glob("*.yaml")), ids=lambda path: path.stem)
def test_profiles_of_the_project_can_be_played(path: Path) -> None:
    profile = load_profile(path, {})
    assert profile.name == path.stem
    assert profile.tps is not None


def test_profile_file_says_what_a_carrier_is_like() -> None:
    profile = load_profile(PROFILES / "aggregator.yaml", {})
    habits = profile.habits
    assert (profile.alphabet, profile.id_form, profile.receipt_form) == (Alphabet.LATIN1, IdForm.UUID, ReceiptForm.BOTH)
    assert (profile.tps, habits.over_tps, profile.window, habits.over_window) == (15, 0x455, 8, 0x14)
    assert habits.version is None
    assert habits.source == {"short": (Pair(0, 1), Pair(6, 0))}
    assert habits.destination == (Pair(1, 1),)
    assert habits.long_messages == (LongMessages.SAR, LongMessages.PAYLOAD)
    assert habits.receipts.tlvs == ((0x1403, b"mx-telcel"),)
    assert load_profile(PROFILES / "cloud.yaml", {}).habits.over_window == SILENCE


def test_profile_of_the_documentation_can_be_played(tmp_path: Path) -> None:
    text = (PROFILES.parents[1] / "docs" / "carriers.md").read_text()
    example = text.split("```yaml\n")[1].split("```")[0]
    habits = load_profile(written(tmp_path, example), {}).habits
    assert habits.numbers == {"52000*": CommandStatus.ESME_RINVDSTADR, "*404": MessageState.UNDELIVERABLE}
    assert habits.receipts.zone_s == -6 * 3600


def test_empty_profile_file_is_an_smsc_that_takes_everything(tmp_path: Path) -> None:
    assert load_profile(written(tmp_path, ""), {}) == Profile()
    assert load_profile(written(tmp_path, "name: sim\n"), {}) == Profile()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: x\nlatencyy: 20ms\n", "carrier.yaml:2: latencyy: is not a known key, did you mean latency?"),
        ("receipts:\n  form: txt\n", "carrier.yaml:2: receipts.form: 'txt' is not one of the choices"),
        ("over_tps: ESME_ROFL\n", "carrier.yaml:1: over_tps: 'ESME_ROFL' is no command_status"),
        ("destination:\n  refuse: silence\n", "carrier.yaml:2: destination.refuse: 'silence' is no command_status"),
        ('destination: {numbers: {"52*": GONE}}\n', "carrier.yaml:1: destination.numbers.52*: 'GONE'"),
        ("receipts:\n  zone: Mexico\n", "carrier.yaml:2: receipts.zone: 'Mexico' is not an offset"),
        ("faults:\n  drop: 70%\n  silent: 0.6\n", "carrier.yaml:1: faults: the shares of what submits meet add up"),
        ("faults: {errors: {0x45: 2}}\n", "carrier.yaml:1: faults.errors.0x45: '2' is out of range"),
        ("bind: {inactivity: 60}\n", "has no unit"),
        ("name: [\n", "carrier.yaml:2: is not valid YAML"),
    ],
)
def test_profile_file_says_what_is_wrong_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as wrong:
        load_profile(written(tmp_path, text), {})
    assert said in str(wrong.value)


def test_profile_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_profile(tmp_path / "none.yaml", {})


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="relevo")
    sim.add_parser(parser.add_subparsers())
    return parser.parse_args(["sim", "--port", "0", *arguments])


def test_options_win_over_the_profile_file() -> None:
    file = ("--profile", str(PROFILES / "operator.yaml"))
    as_written, changed = sim._profile(parsed(*file)), sim._profile(parsed(*file, "--tps", "99", "--alphabet", "ascii"))
    assert (as_written.name, as_written.tps, as_written.window) == ("operator", 20, 10)
    assert (changed.tps, changed.window, changed.alphabet) == (99, 10, Alphabet.ASCII)
    assert changed.habits == as_written.habits


def test_options_add_to_the_faults_of_the_profile_file(tmp_path: Path) -> None:
    path = written(tmp_path, "faults: {errors: {ESME_RSYSERR: 1%}, fail: 5%}\n")
    faults = sim._profile(parsed("--profile", str(path), "--error-share", "0x45=0.1", "--expire-share", "0.2")).faults
    assert (faults.errors, faults.fail, faults.expire) == ({0x08: 0.01, 0x45: 0.1}, 0.05, 0.2)


def test_sim_refuses_a_wrong_profile_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, "tsp: 10\n")
    assert sim.run(parsed("--profile", str(path))) == 2
    assert "carrier.yaml:1: tsp: is not a known key, did you mean tps?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "changes", "status"),
    [
        ("source: {short: {ton: 3, npi: 0}}", {}, 0),
        ("source: {short: {ton: 0, npi: 0}, refuse: ESME_RINVSRCTON}", {}, CommandStatus.ESME_RINVSRCTON),
        ("source: {senders: [BANCO]}", {}, CommandStatus.ESME_RINVSRCADR),
        ("destination: {pairs: {ton: 2, npi: 1}}", {}, CommandStatus.ESME_RINVDSTADR),
        ("destination: {format: national}", {}, CommandStatus.ESME_RINVDSTADR),
        ("destination: {format: national}", {"destination_addr": "5512345678"}, 0),
        ("destination: {format: plus}", {"destination_addr": "+525512345678"}, 0),
        ("destination: {format: e164-521}", {}, CommandStatus.ESME_RINVDSTADR),
        ("destination: {format: e164-521}", {"destination_addr": "5215512345678"}, 0),
        ("destination: {format: e164-521}", {"destination_addr": "12025550123"}, 0),
        ('destination: {numbers: {"5255*": 0x401}}', {}, 0x401),
        ('destination: {numbers: {"5255*": UNDELIV}}', {}, 0),
        ("text: {ucs2: ESME_RINVDCS}", {"data_coding": 8}, CommandStatus.ESME_RINVDCS),
        ("text: {class: ESME_RINVDCS}", {"data_coding": 0x10}, CommandStatus.ESME_RINVDCS),
        ("text: {class: ESME_RINVDCS}", {"data_coding": 8}, 0),
        ("text: {longest: 160}", {"short_message": b"x" * 161}, CommandStatus.ESME_RINVMSGLEN),
        (
            "text: {long_messages: [sar, payload]}",
            {"esm_class": 0x40, "short_message": b"\x05\x00\x03\x01\x02\x01x"},
            CommandStatus.ESME_RINVESMCLASS,
        ),
        ("text: {long_messages: udh}", {"esm_class": 0x40, "short_message": b"\x05\x00\x03\x01\x02\x01x"}, 0),
        (
            "text: {long_messages: udh}",
            {"short_message": b"", "tlvs": ((int(Tag.MESSAGE_PAYLOAD), b"x" * 300),)},
            CommandStatus.ESME_RINVESMCLASS,
        ),
    ],
)
async def test_sim_answers_submits_by_its_habits(
    tmp_path: Path, text: str, changes: dict[str, object], status: int
) -> None:
    async with running(**played(tmp_path, text)) as (_, port), bound(port) as esme:
        submit: SubmitSm = SUBMIT._replace(**changes)  # type: ignore[arg-type]  # fields by name
        assert (await esme.ask(submit)).command_status == status


async def test_sim_ends_messages_by_their_number(tmp_path: Path) -> None:
    text = 'destination: {numbers: {"*5678": EXPIRED}}\nreceipts: {form: text}'
    async with running(**played(tmp_path, text)) as (_, port), bound(port) as esme:
        await esme.ask(SUBMIT)
        assert read(await next_deliver(esme)).state is MessageState.EXPIRED


async def test_sim_writes_receipts_in_its_own_words_and_zone(tmp_path: Path) -> None:
    text = (
        "receipts: {form: text, words: {DELIVRD: ENTREGADO}, dates: YYYYMMDDhhmmss, "
        'zone: "-06:00", tlvs: {0x1403: "mx"}}'
    )
    async with running(**played(tmp_path, text)) as (_, port), bound(port) as esme:
        await esme.ask(SUBMIT)
        pdu = await next_deliver(esme)
    receipt = read(pdu)
    assert (receipt.stat, tlv_text(pdu, 0x1403), receipt.tlv_id) == ("ENTREGADO", "mx", "")
    assert receipt.done_date is not None
    away = datetime.now(UTC).replace(tzinfo=None) - receipt.done_date
    assert timedelta(hours=5, minutes=59) < away < timedelta(hours=6, minutes=1)


async def test_sim_sends_receipts_by_data_sm(tmp_path: Path) -> None:
    async with running(**played(tmp_path, "receipts: {by: data_sm}")) as (_, port), bound(port) as esme:
        message_id = (await esme.ask(SUBMIT)).pdu.message_id  # type: ignore[union-attr]  # it was taken
        received = await esme.expect(DataSm)
        esme.answer(received, DataSmResp())
    assert isinstance(received.pdu, DataSm)
    assert received.pdu.esm_class == EsmClass.TYPE_RECEIPT
    assert (read(received.pdu).tlv_id, read(received.pdu).text_id) == (message_id, message_id)


@pytest.mark.parametrize(("parts", "number"), [("first", 1), ("last", 2)])
async def test_sim_sends_a_receipt_for_one_part_only(tmp_path: Path, parts: str, number: int) -> None:
    async with running(**played(tmp_path, f"receipts: {{parts: {parts}}}")) as (simulator, port), bound(port) as esme:
        ids = []
        for part in (1, 2):
            octets = bytes((5, 0, 3, 9, 2, part)) + b"text"
            answer = await esme.ask(SUBMIT._replace(esm_class=0x40, short_message=octets))
            ids.append(answer.pdu.message_id)  # type: ignore[union-attr]  # it was taken
        assert read(await next_deliver(esme)).message_id == ids[number - 1]
        assert simulator.stats.receipts == 1


async def test_sim_says_its_version_and_takes_only_its_modes(tmp_path: Path) -> None:
    changes = played(tmp_path, "bind: {version: none, modes: transmitter, refuse_mode: ESME_RINVCMDID}")
    async with running(**changes) as (_, port):
        esme = await Peer.connect("127.0.0.1", port)
        esme.send(BindTransceiver(system_id="acme", password="secret"))
        await esme.expect_closed()
        await esme.close()
    async with running(**played(tmp_path, "bind: {version: none}")) as (_, port), bound(port) as esme:
        assert esme.session.peer_version is None
    async with running(**played(tmp_path, "bind: {version: '5.0'}")) as (_, port), bound(port) as esme:
        assert esme.session.peer_version == 0x50


async def test_sim_unbinds_who_says_nothing(tmp_path: Path) -> None:
    async with running(**played(tmp_path, "bind: {inactivity: 100ms}")) as (_, port), bound(port) as esme:
        await esme.expect_closed()


async def test_sim_says_nothing_over_its_window_where_that_is_its_habit(tmp_path: Path) -> None:
    text = "window: 2\nover_window: silence"
    async with running(latency_s=0.05, **played(tmp_path, text)) as (simulator, port), bound(port) as esme:
        for _ in range(4):
            esme.send(SUBMIT)
        answers = [await esme.expect_event(Answered) for _ in range(2)]
        assert [answer.command_status for answer in answers] == [0, 0]
        assert (await esme.ask(SUBMIT)).command_status == 0
        assert simulator.stats.accepted == 3


async def test_sim_writes_inbound_messages_in_their_own_alphabet(tmp_path: Path) -> None:
    async with (
        running(**played(tmp_path, "inbound: {alphabet: latin1}")) as (simulator, port),
        bound(port) as esme,
    ):
        simulator.mo("525512345678", "45555", "¿Qué @?")
        pdu = await next_deliver(esme)
        assert isinstance(pdu, DeliverSm)
        assert pdu.short_message == "¿Qué @?".encode("latin-1")
        assert tlv(pdu, Tag.MESSAGE_PAYLOAD) is None
