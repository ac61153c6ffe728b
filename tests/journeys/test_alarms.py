"""What an alert can be made of, on the whole way: a bind that will not come by itself, certificates that expire."""

from pathlib import Path

from gateway.sim.faults import Faults
from gateway.smpp.status import CommandStatus
from tests.journeys.conftest import MakeGateway, MakeSmsc
from tests.support.certificates import Authority, Signed
from tests.support.gateway import GatewayProcess, app, carrier, quiet_ports, until

STOPPED, EXPIRY = "relevo_bind_stopped", "relevo_tls_certificate_expiry_timestamp_seconds"


async def reasons(gateway: GatewayProcess) -> dict[str, float]:
    names = ("credentials", "submit", "operator")
    return {reason: await gateway.metric(STOPPED, carrier="one", reason=reason) for reason in names}


async def test_bind_refused_for_its_password_is_told_with_its_remedy_until_it_is_started(
    make_gateway: MakeGateway, make_smsc: MakeSmsc
) -> None:
    smsc = await make_smsc()
    smsc.there.faults = Faults(refuse_binds=CommandStatus.ESME_RINVPASWD)
    gateway = make_gateway(carriers={"one": carrier("one", [smsc.port])}, apps={"bank": app(system_id="bank")})
    gateway.launch()
    await until(lambda: gateway.logged("bind_refused_for_good"), 10, "the refusal")

    (bind,) = (await gateway.status())["binds"]
    assert (bind["state"], bind["reason"]) == ("failed", "bind refused: ESME_RINVPASWD")
    assert f"relevo bind start {bind['bind']}" in bind["remedy"]
    assert await reasons(gateway) == {"credentials": 1, "submit": 0, "operator": 0}
    assert smsc.there.stats.binds_refused == 1  # it has not tried again

    smsc.there.faults = Faults()
    await command(gateway, bind["bind"], "start")
    await gateway.ready()
    assert await reasons(gateway) == {"credentials": 0, "submit": 0, "operator": 0}
    assert (await gateway.status())["binds"][0]["remedy"] == ""

    await command(gateway, bind["bind"], "stop")
    assert await reasons(gateway) == {"credentials": 0, "submit": 0, "operator": 1}


async def test_bind_refused_for_its_password_is_bound_once_a_reload_has_the_right_one(
    make_gateway: MakeGateway, make_smsc: MakeSmsc
) -> None:
    right = carrier("one", [(await make_smsc()).port])
    wrong = right | {"binds": [bind | {"password": "wr0ng"} for bind in right["binds"]]}
    gateway = make_gateway(carriers={"one": wrong}, apps={"bank": app(system_id="bank")})
    gateway.launch()
    await until(lambda: gateway.logged("bind_refused_for_good"), 10, "the refusal")
    assert "`relevo reload`" in (await gateway.status())["binds"][0]["remedy"]

    gateway.configure(carriers={"one": right})
    assert len(await reload(gateway)) == 1
    await gateway.ready()
    assert await reasons(gateway) == {"credentials": 0, "submit": 0, "operator": 0}


async def test_listeners_certificates_tell_their_expiry_also_when_they_are_renewed(
    make_gateway: MakeGateway, make_smsc: MakeSmsc, tmp_path: Path
) -> None:
    authority, smsc = Authority(tmp_path, "authority"), await make_smsc()
    served, other = authority.sign("localhost", 10), authority.sign("other", 20)
    renewed = authority.sign("renewed", 90)
    (tls_port,) = quiet_ports(1)
    gateway = make_gateway(carriers={"one": carrier("one", [smsc.port])}, apps={"bank": app(system_id="bank")})
    gateway.configure(
        http={"listen": f"127.0.0.1:{gateway.http_port}", "tls": files(served)},
        smpp={"listen": f"127.0.0.1:{gateway.smpp_port}", "tls_listen": f"127.0.0.1:{tls_port}", "tls": files(other)},
    )
    await gateway.start()
    before = {name: await gateway.metric(EXPIRY, listener=name) for name in ("http", "smpp")}
    assert round((before["smpp"] - before["http"]) / 86_400) == 10

    served.certificate.write_bytes(renewed.certificate.read_bytes())
    served.key.write_bytes(renewed.key.read_bytes())
    assert await reload(gateway) == ["http.tls.certificate: read again"]
    assert await gateway.metric(EXPIRY, listener="smpp") == before["smpp"]
    assert round((await gateway.metric(EXPIRY, listener="http") - before["http"]) / 86_400) == 80
    url = f"https://127.0.0.1:{gateway.http_port}/docs"
    async with gateway.session.get(url, ssl=authority.trusting(), server_hostname="renewed") as answer:
        assert answer.status == 200


def files(signed: Signed) -> dict[str, str]:
    return {"certificate": str(signed.certificate), "key": str(signed.key)}


async def command(gateway: GatewayProcess, bind: str, action: str) -> None:
    url = f"http://127.0.0.1:{gateway.admin_port}/v1/binds/{bind}/{action}"
    async with gateway.session.post(url, headers={"X-Relevo": "1"}) as answer:
        assert answer.status == 202


async def reload(gateway: GatewayProcess) -> list[str]:
    url = f"http://127.0.0.1:{gateway.admin_port}/v1/reload"
    async with gateway.session.post(url, headers={"X-Relevo": "1"}) as answer:
        assert answer.status == 200
        changes: list[str] = (await answer.json())["changes"]
        return changes
