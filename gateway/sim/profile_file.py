"""A carrier's habits as a YAML file, for `relevo sim --profile FILE`; conf/profiles has some to start from.

The file is read as the gateway's configuration is: an unknown key, a wrong value or a missing unit is a problem with
file and line, and all of them are told at once.
"""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from gateway.config.carriers import AddressType
from gateway.config.document import BrokenYamlError, compose
from gateway.config.problems import ConfigError, Problem
from gateway.config.reading import Reading
from gateway.config.smpp_values import VERSIONS
from gateway.config.structure import kind_of
from gateway.sim.faults import Dice, Faults
from gateway.sim.habits import Habits, Pair, ReceiptBy, ReceiptHabits, ReceiptParts
from gateway.sim.profile import IdForm, Profile, ReceiptForm
from gateway.sim.profile_keys import DATES, STATES, FaultKeys, ProfileFile, ReceiptKeys
from gateway.text.data_coding import Alphabet
from gateway.text.segments import LongMessages


def load_profile(path: Path, env: Mapping[str, str]) -> Profile:
    """The profile that the file at `path` describes, to listen on any free port. Raises ConfigError."""
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise _wrong(path, f"cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise _wrong(path, "is not UTF-8, expected a text in UTF-8") from error
    try:
        root = compose(text)
    except BrokenYamlError as error:
        raise _wrong(path, f"is not valid YAML: {error.reason}", error.line) from error
    if root is None:
        return profile_of(ProfileFile())
    reading = Reading(str(path), path.absolute().parent, env)
    written: ProfileFile = kind_of(ProfileFile).read(root, (), reading)
    profile = profile_of(written)
    try:
        Dice(profile.faults, lambda: 0.0)
    except ValueError as error:
        reading.wrong(("faults",), str(error))
    if reading.problems:
        raise ConfigError(sorted(reading.problems, key=lambda problem: problem.line))
    return profile


def profile_of(written: ProfileFile) -> Profile:
    """What was written as what the simulator plays."""
    bind, receipts, inbound = written.bind, written.receipts, written.inbound
    return Profile(
        name=written.name,
        logins=bind.logins,
        max_binds=bind.max,
        latency_s=written.latency,
        jitter_s=written.jitter,
        receipts_after_s=receipts.after,
        receipts_jitter_s=receipts.jitter,
        receipt_form=ReceiptForm(receipts.form),
        id_form=IdForm(written.ids),
        tps=written.tps,
        window=written.window,
        deliver_window=written.deliver_window,
        alphabet=Alphabet(written.text.alphabet),
        long_messages=LongMessages(inbound.long_messages),
        faults=_faults(written.faults, bind.refuse),
        habits=_habits(written),
    )


def _habits(written: ProfileFile) -> Habits:
    bind, source, destination, text = written.bind, written.source, written.destination, written.text
    given = {"short": source.short, "long": source.long, "alphanumeric": source.alphanumeric}
    return Habits(
        version=VERSIONS.get(bind.version),
        modes=bind.modes,
        refuse_mode=bind.refuse_mode,
        inactivity_s=bind.inactivity,
        over_tps=written.over_tps,
        over_window=written.over_window,
        source={kind: _pairs(pairs) for kind, pairs in given.items() if pairs},
        senders=source.senders,
        refuse_source=source.refuse,
        destination=_pairs(destination.pairs),
        destination_format=destination.format,
        refuse_destination=destination.refuse,
        numbers=destination.numbers,
        refuse_ucs2=text.ucs2,
        refuse_class=text.class_,
        long_messages=tuple(LongMessages(way) for way in text.long_messages),
        refuse_long=text.refuse_long,
        longest=text.longest,
        receipts=_receipts(written.receipts),
        inbound_alphabet=None if written.inbound.alphabet is None else Alphabet(written.inbound.alphabet),
    )


def _receipts(keys: ReceiptKeys) -> ReceiptHabits:
    return ReceiptHabits(
        words={STATES[word]: own for word, own in keys.words.items()},
        dates=DATES[keys.dates],
        zone_s=keys.zone,
        by=ReceiptBy(keys.by),
        parts=ReceiptParts(keys.parts),
        tlvs=tuple(keys.tlvs.items()),
    )


def _faults(keys: FaultKeys, refuse_binds: int | None) -> Faults:
    shares = [field.name for field in fields(FaultKeys) if field.name not in {"errors", "slow_by"}]
    return Faults(
        errors=dict(keys.errors),
        slow_s=keys.slow_by,
        refuse_binds=refuse_binds,
        **{name: getattr(keys, name) for name in shares},
    )


def _pairs(pairs: tuple[AddressType, ...]) -> tuple[Pair, ...]:
    return tuple(Pair(pair.ton, pair.npi) for pair in pairs)


def _wrong(path: Path, message: str, line: int = 1) -> ConfigError:
    return ConfigError([Problem(str(path), line, "", message)])
