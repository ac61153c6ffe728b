"""`relevo check`."""

from pathlib import Path

from tests.cli.conftest import Relevo


def test_check_of_a_right_configuration_says_ok_and_warns(relevo: Relevo, config: Path) -> None:
    ran = relevo("check")

    assert (ran.status, ran.err) == (0, "")
    warned, *_, last = ran.out.splitlines()
    assert warned.startswith(f"{config}:4: networks.att: warning: has no route")
    assert last == f"{config}: ok"


def test_check_prints_every_problem_with_its_place(relevo: Relevo, config: Path) -> None:
    config.write_text(config.read_text().replace("port: 2801", "port: x").replace("via: [telcel]", "via: [telcl]"))

    ran = relevo("check")

    assert ran.status == 2
    first, second = ran.out.splitlines()
    assert first.startswith(f"{config}:9: carriers.telcel.binds[0].port: 'x' is not a whole number, expected ")
    assert second.startswith(f"{config}:12: routes[0].via[0]: ")


def test_check_in_json_lists_errors_and_warnings(relevo: Relevo, config: Path) -> None:
    fine = relevo("check", "--json")
    config.write_text("carriers: [")
    broken = relevo("check", "--json")

    assert (fine.status, fine.json["ok"], fine.json["errors"]) == (0, True, [])
    assert fine.json["warnings"][0]["path"] == "networks.att"
    assert (broken.status, broken.json["ok"]) == (2, False)
    assert broken.json["errors"][0]["line"] == 1


def test_check_shows_no_secret_and_no_control_character(relevo: Relevo, config: Path) -> None:
    config.write_text(config.read_text().replace('"s3cret-of-telcel"', '"s3cret-of-telcel"\n      , "bad\\ekey": 1'))

    ran = relevo("check")

    assert ran.status == 2
    assert "s3cret" not in ran.out + ran.err
    assert "\x1b" not in ran.out
