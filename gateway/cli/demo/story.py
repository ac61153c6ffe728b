"""What happens, act by act: ported numbers are loaded, a campaign runs with OTPs beside it, subscribers write back."""

import asyncio
from itertools import count
from random import Random

from rich.markup import escape

from gateway.cli.demo import bank
from gateway.cli.demo.account import Happened
from gateway.cli.demo.campaign import SENDER, submits
from gateway.cli.demo.cast import Cast
from gateway.cli.demo.checks import FINAL_WORDS
from gateway.cli.demo.conversation import answer_otp, say_goodbye
from gateway.cli.demo.ledger import Letter
from gateway.cli.demo.people import NAMES, Person
from gateway.cli.demo.process import relevo
from gateway.cli.demo.stage import Stage
from gateway.cli.demo.throttling import CARRIER
from gateway.cli.demo.workspace import PORTED
from gateway.config import load

OTPS_PER_S = 10.0
LEAST_OTPS = 30
_COUNTED_S = 5.0
_CAMPAIGN, _RECEIPTS = "a campaign, and OTPs beside it", "waiting for the last receipts"


class Story:
    """One performance. What it leaves for the account stands in `happened`."""

    def __init__(self, stage: Stage, cast: Cast, random: Random) -> None:
        self._stage = stage
        self._cast = cast
        self._random = random
        self._shown: list[Person] = []
        self.happened = Happened()

    async def play(self) -> None:
        """Everything up to the account. Raises StoryError, OSError where a step fails that the others depend on."""
        await self._load_numbers()
        await self._start_gateway()
        await self._look_up()
        await self._run_campaign()
        await self._converse()

    async def go_on(self, leave: asyncio.Event) -> None:
        """An OTP every other second, so that the console has something to show, until `leave` is set."""
        self._stage.ledger.close()
        while not leave.is_set():
            try:
                async with asyncio.timeout(0.5):
                    await leave.wait()
            except TimeoutError:
                self._stage.gateway.check()
                letter = bank.otp(self._random.choice(self._cast.flyers).person, self._random)
                await self._stage.bank.submit(self._stage.ledger, letter, self._stage.clock)

    async def close(self) -> None:
        """Let the shop leave, and the gateway drain and end."""
        stage = self._stage
        stage.say("SIGTERM to the gateway: it drains, unbinds and ends")
        stage.status = await stage.gateway.status()
        await stage.shop.unbind()
        await stage.gateway.stop()
        stage.collect()

    async def _load_numbers(self) -> None:
        stage = self._stage
        stage.say(f"[bold]relevo portability load {PORTED.name}[/]")
        output = await relevo("portability", "load", str(PORTED), "-c", str(stage.workspace.config))
        for line in output.splitlines():
            stage.note(escape(line))

    async def _start_gateway(self) -> None:
        stage = self._stage
        await stage.gateway.start()
        await stage.gateway.ready()
        stage.status = await stage.gateway.status()
        stage.say(f"[bold]relevo run[/] is ready, its console at {stage.gateway.console}")
        for name, smsc in stage.smscs.items():
            profile = smsc.simulator.profile
            fastest_ms, slowest_ms = profile.latency_s * 1000, (profile.latency_s + profile.jitter_s) * 1000
            binds = f"{smsc.binds} bind{'s' if smsc.binds != 1 else ''}"
            stage.note(f"{NAMES[name]}: {binds}, {smsc.tps} tps, answers in {fastest_ms:.0f} to {slowest_ms:.0f} ms")
        await stage.shop.bind(stage.workspace.ports.smpp, "tienda", stage.workspace.secrets.tienda_password)

    async def _look_up(self) -> None:
        """A ported number of each network, as the gateway sees it."""
        shown: set[str] = set()
        for person in self._cast.ported:
            if person.network in shown or person.holder not in NAMES:
                continue
            shown.add(person.network)
            seen = (await self._stage.bank.call("GET", f"/v1/lookup/+{person.number}")).body
            network = NAMES.get(str(seen.get("network")), "nobody")
            source = "the ported numbers" if seen.get("source") == "table" else f"the {seen.get('source')}"
            self._stage.say(f"{person.national}: {NAMES[person.holder]}'s range, but {source} say {network}")
            self._shown.append(person)

    async def _run_campaign(self) -> None:
        stage = self._stage
        campaign = self._submit_campaign()
        stage.say(f"[bold]banco[/] posts {OTPS_PER_S:.0f} OTPs a second over HTTP")
        over = asyncio.Event()
        share = sum(letter.person.carrier == CARRIER for letter in campaign)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._post_otps(tasks, over))
            throttling = tasks.create_task(self.happened.throttling.happen(stage, share))
            await self._follow(campaign)
            throttling.cancel()
            over.set()
        await stage.until(self._all_settled, _RECEIPTS)
        stage.say("every receipt is at its app" if self._all_settled() else "[red]some receipts do not come[/]")
        form = stage.status.get("message_ids", {}).get("att")
        stage.note(f"AT&T answers with hex ids and its receipts say them in decimal: found out ({form})")

    def _submit_campaign(self) -> list[Letter]:
        stage, flyers = self._stage, self._cast.flyers
        ported = sum(flyer.person.ported for flyer in flyers)
        stage.say(f"[bold]tienda[/] submits {len(flyers):,} texts over SMPP, {ported:,} of them to ported numbers")
        for flyer, reference in zip(flyers, count(self._random.randrange(256)), strict=False):
            pdus = submits(flyer, reference & 0xFF)
            letter = Letter("tienda", "bulk", SENDER, flyer.person, flyer.text, submits=len(pdus))
            stage.shop.submit(stage.ledger.write(letter), pdus)
        return list(stage.ledger.letters)

    async def _follow(self, campaign: list[Letter]) -> None:
        """Wait until the campaign is on disk, then until it is with its carriers."""
        stage = self._stage
        if await stage.until(lambda: all(letter.accepted or letter.refused for letter in campaign), _CAMPAIGN):
            slower = f" ({stage.shop.told_slower} were throttled and came again)" if stage.shop.told_slower else ""
            stage.say(f"all of it is on disk and answered{slower}; it leaves as the carriers allow")
        if await stage.until(lambda: all(letter.arrivals or letter.refused for letter in campaign), _CAMPAIGN):
            stage.say("all of it is with the carriers")
            self._tell_ported(campaign)

    def _tell_ported(self, campaign: list[Letter]) -> None:
        """Where the numbers went that were looked up before."""
        for letter in campaign:
            if letter.person in self._shown:
                went = ", ".join(NAMES[arrival.carrier] for arrival in letter.arrivals)
                person, hosted = letter.person, ""
                if person.carrier != person.network:
                    hosted = f" (which hosts {NAMES[person.network]})"
                self._stage.note(f"{person.national}, ported to {NAMES[person.network]}, went to {went}{hosted}")

    async def _post_otps(self, tasks: asyncio.TaskGroup, over: asyncio.Event) -> None:
        """One after the other at their pace, none waiting for the answer to the one before."""
        stage, clock = self._stage, self._stage.clock
        due, posted = clock.monotonic(), 0
        while posted < LEAST_OTPS or not over.is_set():
            letter = stage.ledger.write(bank.otp(self._cast.population.draw(self._random, 1)[0], self._random))
            tasks.create_task(stage.bank.submit(stage.ledger, letter, clock))
            posted += 1
            due += 1.0 / OTPS_PER_S
            await asyncio.sleep(max(0.0, due - clock.monotonic()))

    async def _converse(self) -> None:
        stage, happened = self._stage, self.happened
        reply = load(stage.workspace.config, {}).config.mo_routes[0].reply or ""
        happened.farewell, happened.to_refuse = await say_goodbye(stage, reply, self._random)
        happened.answered = await answer_otp(stage)
        await stage.until(self._all_settled, _RECEIPTS)
        await stage.until(self._all_ended, _RECEIPTS, patience_s=_COUNTED_S)

    def _all_ended(self) -> bool:
        """Whether the gateway says so too; its own reply may still be under way."""
        totals = self._stage.status.get("totals", {})
        return sum(int(totals.get(name, 0)) for name in FINAL_WORDS) >= self._stage.ledger.messages_and_replies

    def _all_settled(self) -> bool:
        return all(letter.settled for letter in self._stage.ledger.letters)
