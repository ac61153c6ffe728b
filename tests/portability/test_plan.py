"""The numbering plan in every layout it was met in, and lookups at the edges of ranges."""

import os
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portability.answer import Answer
from portability.holders import Holders
from portability.networks import Network, Networks
from portability.plan import Plan, PlanError, Ranges, read_plan
from portability.source import SourceUnavailable
from tests.support.numbering import current_layout, invented_plan, networks, older_layout

CURRENT = "ZONA,NUMERACION_INICIAL,NUMERACION_FINAL,OCUPACION,MODALIDAD,RAZON_SOCIAL,FECHA_ASIGNACION\n"
TELCEL = '"RADIOMÓVIL DIPSA, S.A. DE C.V."'
ATT = '"AT&T COMERCIALIZACION MOVIL, S. DE R.L. DE C.V."'


def read(tmp_path: Path, text: str | bytes, name: str = "plan.csv") -> Ranges:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    os.utime(path, (500.0, 500.0))
    return read_plan(path, networks())


def found(ranges: Ranges, number: int) -> tuple[str | None, bool | None] | None:
    answer = Plan(ranges).lookup(number)
    return answer and (answer.network, answer.mobile)


@pytest.mark.parametrize("layout", [current_layout, older_layout])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_plan_reads_both_public_layouts_in_every_encoding(
    tmp_path: Path, layout: type, encoding: str, newline: str
) -> None:
    invented = invented_plan(Random(7), 120)

    plan = Plan(read(tmp_path, layout(invented, newline).encode(encoding)))

    assert plan.ranges is not None
    assert plan.ranges.report.rows == 120
    assert plan.ranges.report.bad == ()
    for piece in invented:
        for national in (piece.start, piece.end):
            answer = plan.lookup(int(f"52{national}"))
            assert answer is not None
            assert (answer.network, answer.mobile) == (piece.holder.network, piece.mobile)


def test_plan_answers_inside_ranges_and_nothing_in_gaps(tmp_path: Path) -> None:
    ranges = read(
        tmp_path,
        CURRENT + f"5,5512340000,5512340999,1000,CPP,{TELCEL},\n5,5512342000,5512342000,1,FIJO,{ATT},\n",
    )
    asked = (525512339999, 525512340000, 525512340999, 525512341000, 525512342000, 525512342001, 0, 999999999999999)

    assert [found(ranges, number) for number in asked] == [
        *(None, ("telcel", True), ("telcel", True), None, ("att", False), None, None, None)
    ]
    assert Plan(ranges).lookup(525512340000) == Answer("telcel", "plan", as_of=500.0, mobile=True)
    assert [Plan(ranges).mobile(number) for number in (525512340000, 525512342000, 525512341000)] == [True, False, None]


def test_adjacent_ranges_of_one_network_and_kind_merge(tmp_path: Path) -> None:
    ranges = read(
        tmp_path,
        CURRENT
        + f"5,5512341000,5512341999,1000,MPP,RADIOMOVIL DIPSA,\n5,5512340000,5512340999,1000,CPP,{TELCEL},\n"
        + f"5,5512342000,5512342999,1000,FIJO,{TELCEL},\n",
    )

    assert list(zip(ranges.starts, ranges.ends, strict=True)) == [
        (525512340000, 525512341999),
        (525512342000, 525512342999),
    ]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (f"5,5512340999,5512340000,1000,CPP,{TELCEL},", "end"),
        (f"5,55123400AA,5512340999,1000,CPP,{TELCEL},", "NUMERACION_INICIAL"),
        (f"5,551234000,551234099,100,CPP,{TELCEL},", "NUMERACION_INICIAL"),
        (f"5,,,1000,CPP,{TELCEL},", "NUMERACION_INICIAL"),
        ("5,5512340000,5512340999,1000,CPP,,", "holder"),
        ("5", "NUMERACION_INICIAL"),
    ],
)
def test_bad_row_of_a_plan_is_counted_named_and_left_out(tmp_path: Path, row: str, field: str) -> None:
    ranges = read(tmp_path, CURRENT + f"\n{row}\n5,5599990000,5599999999,10000,CPP,{TELCEL},\n , ,\n")

    (bad,) = ranges.report.bad
    assert (bad.line, bad.field, ranges.report.bad_rows, ranges.report.rows) == (3, field, 1, 1)
    assert ranges.starts == [525599990000]


def test_row_that_claims_what_another_holder_has_is_left_out_whatever_the_order(tmp_path: Path) -> None:
    inside = f"5,5512345000,5512345999,1000,CPP,{ATT},"
    around = f"5,5512340000,5512349999,10000,CPP,{TELCEL},"
    next_to = f"5,5512350000,5512350999,1000,CPP,{ATT},"

    wide_first = read(tmp_path, CURRENT + "\n".join((around, inside, next_to)))
    narrow_first = read(tmp_path, CURRENT + "\n".join((inside, around, next_to)))

    assert [bad.line for bad in (*wide_first.report.bad, *narrow_first.report.bad)] == [3, 3]
    assert found(wide_first, 525512345000) == ("telcel", True)
    assert found(narrow_first, 525512345000) == ("att", True)
    assert found(narrow_first, 525512340000) is None
    assert found(wide_first, 525512350000) == found(narrow_first, 525512350000) == ("att", True)


@pytest.mark.parametrize("shifted", ["X,5,{}", "{}"])
def test_columns_are_found_where_data_stands_a_column_off_the_header(tmp_path: Path, shifted: str) -> None:
    row = shifted.format(f"5512340000,5512340999,1000,CPP,{TELCEL},01/01/2019")

    assert found(read(tmp_path, CURRENT + row), 525512340500) == ("telcel", True)


def test_older_layout_is_found_a_column_off_its_header(tmp_path: Path) -> None:
    invented = invented_plan(Random(3), 60)
    header, *lines = older_layout(invented, "\n").splitlines()
    text = "\n".join([header, *("EXTRA," + line for line in lines)])

    ranges = read(tmp_path, text)

    assert ranges.report.bad == ()
    assert all(found(ranges, int(f"52{r.start}")) == (r.holder.network, r.mobile) for r in invented)


def test_older_layout_names_numbers_that_are_none(tmp_path: Path) -> None:
    header, line = older_layout(invented_plan(Random(3), 1), "\n").splitlines()
    nir = line.split(",")[8]

    ranges = read(tmp_path, f"{header}\n{line.replace(f',{nir},', ',X,', 1)}\n")

    assert [(bad.line, bad.field) for bad in ranges.report.bad] == [(2, "NIR")]


def test_row_without_a_kind_still_names_its_network(tmp_path: Path) -> None:
    ranges = read(tmp_path, CURRENT + f"5,5512340000,5512340999,1000,,{TELCEL},\n")

    assert found(ranges, 525512340000) == ("telcel", None)
    assert ranges.report.without_kind == 1


def test_holder_that_is_no_network_is_reported_and_its_kind_kept(tmp_path: Path) -> None:
    name = "ALTÁN REDES, S.A.P.I. DE C.V."
    ranges = read(
        tmp_path,
        CURRENT + f'5,5512340000,5512340999,1000,CPP,"{name}",\n5,5512350000,5512350999,1000,FIJO,Casa,\n',
    )

    assert ranges.report.unknown_holders == {name: 1000}
    assert found(ranges, 525512340000) == (None, True)
    assert found(ranges, 525512350000) == (None, False)


CODED = "NUMERO_INICIAL,NUMERO_FINAL,TIPO_SERVICIO,MPP,AREA_SERVICIO,IDO,IDA,ZONA\n"


def test_layout_of_concessionaires_names_networks_by_their_codes(tmp_path: Path) -> None:
    rows = [
        "5512340000,5512340999,MOVIL,N,100,188,188,5",
        "5512341000,5512341999,M,S,100,166,901,5",  # whose customers, and whose switch
        "5512342000,5512342999,Fijo,N,100,156,156,5",
        "5512343000,5512343999,,S,100,156,,5",
        "X,5512344000,5512344999,,N,100,777,156,5",  # a column off
    ]
    ranges = read(tmp_path, CODED + "\n".join(rows))

    assert [found(ranges, 525512340500 + 1000 * at) for at in range(5)] == [
        *(("telcel", True), ("weex", True), ("att", False), ("att", True), ("att", None))
    ]
    assert Plan(ranges).lookup(525512341500).hosts == ("movistar",)  # type: ignore[union-attr]
    assert ranges.report.bad == ()


def test_layout_of_concessionaires_falls_back_to_the_other_code_and_reports_unknown_ones(tmp_path: Path) -> None:
    rows = ["5512340000,5512340999,MOVIL,N,1,188,905,5", "5512341000,5512341999,MOVIL,N,1,906,907,5"]
    bad = ["5512342000,5512342999,MOVIL,N,1,188,ABC,5", "5512343000,5512343999,MOVIL,N,1,,,5"]
    ranges = read(tmp_path, CODED + "\n".join(rows + bad))

    assert [found(ranges, 525512340000), found(ranges, 525512341000)] == [("telcel", True), (None, True)]
    assert ranges.report.unknown_holders == {"IDA 907, IDO 906": 1000}
    assert [(row.line, row.field) for row in ranges.report.bad] == [(4, "IDA"), (5, "IDA")]


@pytest.mark.parametrize("layout", [current_layout, older_layout])
def test_plan_read_around_a_number_answers_of_it_as_the_whole_does(tmp_path: Path, layout: type) -> None:
    invented = invented_plan(Random(5), 400)
    path = tmp_path / "plan.csv"
    path.write_text(layout(invented))
    whole = Plan(read_plan(path, networks()))
    random = Random(6)

    for piece in random.sample(invented, 40):
        for national in (piece.start, piece.end, piece.end + 1, random.randint(2_000_000_000, 9_999_999_999)):
            number = int(f"52{national}")
            part = read_plan(path, networks(), around=number)
            assert Plan(part).lookup(number) == whole.lookup(number)
            assert part.report.rows <= whole.ranges.report.rows  # type: ignore[union-attr]


def test_plan_whose_records_go_over_lines_is_read_whole_around_a_number(tmp_path: Path) -> None:
    text = CURRENT + '5,5512340000,5512340999,1000,CPP,"RADIOMOVIL\nDIPSA",\n8,8112340000,8112340999,1000,FIJO,X,\n'
    path = tmp_path / "plan.csv"
    path.write_text(text)

    part = read_plan(path, networks(), around=525512340000)

    assert (part.report.rows, found(part, 525512340000)) == (2, ("telcel", True))


def test_plan_in_use_takes_another(tmp_path: Path) -> None:
    plan = Plan(None, "no such file")
    plan.take(read(tmp_path, CURRENT + f"5,5512340000,5512340999,1000,CPP,{TELCEL},\n"))

    assert (plan.unavailable, plan.mobile(525512340000)) == (None, True)
    assert plan.ranges is not None and plan.ranges.file[2] == (tmp_path / "plan.csv").stat().st_size


def test_own_layout_takes_networks_by_any_name_and_numbers_national_or_whole(tmp_path: Path) -> None:
    text = "Start,End,Network,Kind\n5512340000,5512340999,telcel,\n525512350000,525512350999,156,mobile\n"
    ranges = read(tmp_path, text + "+34612000000,+34612999999,901,fixed\n5512360000,5512360999,334030,\n")

    assert [found(ranges, n) for n in (525512340500, 525512350500, 34612345678, 525512360000)] == [
        *(("telcel", None), ("att", True), ("weex", False), ("movistar", None))
    ]
    assert Plan(ranges).lookup(34612345678).hosts == ("movistar",)  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["", "a,b,c\n1,2,3\n", "<html>"])
def test_file_that_is_no_plan_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(PlanError, match=r"plan\.csv"):
        read(tmp_path, text)


def test_missing_plan_is_refused_and_a_source_without_one_says_why(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="No such file") as refused:
        read_plan(tmp_path / "none.csv", networks())
    plan = Plan(None, str(refused.value))

    with pytest.raises(SourceUnavailable, match="No such file"):
        plan.lookup(525512345678)
    assert plan.mobile(525512345678) is None
    assert plan.unavailable == str(refused.value)


def test_plan_that_lost_a_tenth_of_its_rows_is_refused(tmp_path: Path) -> None:
    whole = read(tmp_path, current_layout(invented_plan(Random(7), 100)))
    path = tmp_path / "less.csv"
    path.write_text(current_layout(invented_plan(Random(7), 89)))

    with pytest.raises(PlanError, match="89 rows, the plan in use has 100"):
        read_plan(path, networks(), in_use=whole.report)
    path.write_text(current_layout(invented_plan(Random(7), 90)))
    assert read_plan(path, networks(), in_use=whole.report).report.rows == 90


def test_public_plan_has_the_date_of_its_name(tmp_path: Path) -> None:
    text = CURRENT + f"5,5512340000,5512340999,1000,CPP,{TELCEL},\n"

    assert read(tmp_path, text, "pnn_Publico_21_01_2026.csv").as_of == datetime(2026, 1, 21, tzinfo=UTC).timestamp()
    assert read(tmp_path, text, "pnn_Publico_99_99_2026.csv").as_of == 500.0


@pytest.mark.parametrize(
    ("holder", "network"),
    [
        ("RADIOMÓVIL DIPSA, S.A. DE C.V.", "telcel"),
        ("Radiomovil Dipsa SA de CV", "telcel"),
        ("AT&T COMUNICACIONES DIGITALES, S. DE R.L. DE C.V. (ANTES NEXTEL)", "att"),
        ("PEGASO PCS, S.A. DE C.V. (ANTES X, S.A.)", "movistar"),
        ("WEEX, S.A.P.I. DE C.V.", "weex"),
        ("ATTICA, S.A. DE C.V.", None),
        ("DIPSA", None),
    ],
)
def test_holder_is_known_by_how_its_name_begins(holder: str, network: str | None) -> None:
    assert Holders(networks()).network(holder) == network


def test_holder_is_known_by_mccmnc_where_the_configuration_has_another_name() -> None:
    known = Networks([Network("amx", "América Móvil", ("334020",))])

    assert Holders(known).network("RADIOMOVIL DIPSA, S.A. DE C.V.") == "amx"


def test_holder_is_the_network_that_an_alias_names_before_all_else() -> None:
    aliases = {"Móvil Imaginaria": "weex", "RADIOMOVIL DIPSA": "att", "RADIOMOVIL DIPSA DEL NORTE, S.A.": "telcel"}
    holders = Holders(networks(), aliases)

    assert [
        holders.network(name)
        for name in (
            *("MÓVIL IMAGINARIA, S.A.P.I. DE C.V. (ANTES «SUEÑO CEL», S.A.)", "MOVIL IMAGINARIAS"),
            *("RADIOMÓVIL DIPSA, S.A. DE C.V.", "RADIOMOVIL DIPSA DEL NORTE", "PEGASO PCS"),
        )
    ] == ["weex", None, "att", "telcel", "movistar"]


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20), st.sampled_from([TELCEL, ATT])), max_size=12)


@settings(max_examples=100, deadline=None)
@given(SPANS)
def test_plan_answers_only_what_a_row_says_and_its_ranges_stay_apart(
    tmp_path_factory: pytest.TempPathFactory, spans: list[tuple[int, int, str]]
) -> None:
    base = 5512340000
    rows = [f"5,{base + at},{base + at + size},{size + 1},CPP,{holder},\n" for at, size, holder in spans]
    ranges = read(tmp_path_factory.mktemp("plan"), CURRENT + "".join(rows))

    said = {TELCEL: "telcel", ATT: "att"}
    for offset in range(90):
        answer = found(ranges, int(f"52{base + offset}"))
        claims = [said[holder] for at, size, holder in spans if at <= offset <= at + size]
        assert answer is None or answer[0] in claims
        assert not (answer is None and claims and ranges.report.bad_rows == 0)
    assert all(end < start for end, start in zip(ranges.ends, ranges.starts[1:], strict=False))
    assert ranges.report.rows + ranges.report.bad_rows == len(spans)
