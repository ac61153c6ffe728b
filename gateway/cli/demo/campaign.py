"""What the shop writes, and how its texts become submit_sm: plain ones, accents, and long ones in both usual ways."""

from collections.abc import Iterator
from enum import Enum
from random import Random
from typing import NamedTuple

from gateway.cli.demo.people import Person
from gateway.smpp.pdu import SubmitSm
from gateway.smpp.spec import EsmClass, Npi, RegisteredDelivery, Tag, Ton
from gateway.text.encoding import choose
from gateway.text.segments import LongMessages, count, split

SENDER = "28888"


class Form(Enum):
    """How a text reaches the gateway."""

    WHOLE = "one submit_sm"
    PAYLOAD = "one submit_sm, a long text in message_payload"
    PARTS = "cut by the app, a submit_sm for each part"


class Copy(NamedTuple):
    """A text of the campaign with a place for the name, and how often it is taken."""

    form: Form
    weight: int
    text: str


COPIES = (
    Copy(Form.WHOLE, 40, "{name}, hoy 20% menos en calzado. Muestra este SMS en caja. Responde BAJA para no recibir."),
    Copy(Form.WHOLE, 30, "Tienda: tu punto de venta cierra a las 21 h. Canjea tu vale de $150 hoy, {name}."),
    Copy(Form.WHOLE, 12, "¡{name}, última semana! Envío gratis en línea blanca y cómputo."),
    Copy(Form.WHOLE, 5, "{name}: tu piñata a ½ precio, sólo mañana en Tienda → pasillo 7"),
    Copy(
        Form.PAYLOAD, 4,
        "Hola {name}: tu pedido viene en camino. Lo entrega Paqueteria del Centro entre 10 y 14 h. Ten a la mano una "
        "identificacion; si no estas, lo dejamos en el punto de entrega mas cercano por 5 dias y te avisamos por SMS.",
    ),
    Copy(
        Form.PAYLOAD, 4,
        "{name}, tu garantía venció ayer. Renuévala en tu sucursal o en línea antes del próximo miércoles y conserva "
        "el diagnóstico sin costo, la recolección a domicilio y la atención de técnicos certificados.",
    ),
    Copy(
        Form.PARTS, 5,
        "Gracias por tu compra, {name}. Factura electronica: entra a tienda.example/factura con el folio de tu ticket "
        "y tu RFC dentro de los 30 dias siguientes. Dudas al 800 000 0000, lunes a sabado de 9 a 20 h. Tienda.",
    ),
)  # fmt: skip

_NAMES = ("Ana", "Beto", "Citlali", "Diego", "Elena", "Fer", "Gabi", "Hugo", "Itzel", "Juan", "Lupita", "Memo", "Paco")
_UDHI = int(EsmClass.UDHI)
_RECEIPT = int(RegisteredDelivery.RECEIPT)


class Flyer(NamedTuple):
    """What one person is sent."""

    person: Person
    form: Form
    text: str

    @property
    def segments(self) -> int:
        """What a carrier will see of it."""
        return count(choose(self.text))


def flyers(people: list[Person], random: Random) -> Iterator[Flyer]:
    """A text for each."""
    weights = [one.weight for one in COPIES]
    for person, one in zip(people, random.choices(COPIES, weights, k=len(people)), strict=True):
        yield Flyer(person, one.form, one.text.format(name=random.choice(_NAMES)))


def submits(flyer: Flyer, reference: int) -> list[SubmitSm]:
    """The PDUs of one text, with a receipt asked for each; `reference` (8 bits) joins parts at the phone."""
    mode = LongMessages.PAYLOAD if flyer.form is Form.PAYLOAD else LongMessages.UDH
    encoded = choose(flyer.text)
    plain = SubmitSm(
        source_addr_ton=int(Ton.NETWORK_SPECIFIC),
        source_addr=SENDER,
        dest_addr_ton=int(Ton.INTERNATIONAL),
        dest_addr_npi=int(Npi.ISDN),
        destination_addr=flyer.person.number,
        registered_delivery=_RECEIPT,
        data_coding=encoded.data_coding,
    )
    pdus = []
    for part in split(encoded, mode, reference):
        octets = part.udh + part.octets
        if part.payload:
            pdus.append(plain._replace(tlvs=((int(Tag.MESSAGE_PAYLOAD), octets),)))
        else:
            pdus.append(plain._replace(esm_class=_UDHI if part.udh else 0, short_message=octets))
    return pdus
