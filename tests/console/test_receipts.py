"""Receipts: the same slip as 42 columns, as bytes for a printer and as a page; hostile texts stay texts."""

from __future__ import annotations

import logging
import re
import sys
import tempfile
import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from barcode.codex import Code128
from hypothesis import assume, given
from hypothesis import strategies as st
from litestar.testing import RequestFactory
from msgspec.structs import replace

from regulars.console import i18n
from regulars.console.receipts import escpos as printing
from regulars.console.receipts.bars import BARS_CHARS_MAX, code128, fits_bars, symbol
from regulars.console.receipts.columns import beside, clean, width, wrap
from regulars.console.receipts.escpos import escpos
from regulars.console.receipts.slip import Amount, Line, NextReward, Points, Slip, Voucher
from regulars.console.receipts.text import COLUMNS, text
from regulars.console.web.slip import slip_page
from tests.console.stage import Stage

CODE = "K7QX-92MF-1TPA-5"
MEMBER = Points(
    card="•••• 0001",
    before=1_120,
    earned=16,
    used=100,
    after=1_036,
    worth_minor=1_036,
    tier="Silver",
    next_reward=NextReward("Free coffee", 64),
    offers=("Welcome offer",),
    vouchers=(Voucher(text="£5 off your next visit", code=CODE, valid_until=date(2026, 8, 31)),),
)
SLIP = Slip(
    shop="Corner Coffee",
    address=("1 High Street", "London N1 1AA"),
    receipt="R-1001",
    sold_at=datetime(2026, 7, 22, 10, 15, tzinfo=UTC),
    zone="Europe/London",
    till="07",
    staff="s-12",
    currency="GBP",
    lines=(
        Line(
            name="Premium coffee 250 g",
            quantity_micro=2_000_000,
            unit_price_minor=899,
            discounts=(Amount("Two for less", 450),),
            net_minor=1_348,
        ),
        Line(
            name="Green tea, loose, hand-picked in the highlands",
            quantity_micro=125_000,
            unit_price_minor=4_000,
            net_minor=500,
        ),
    ),
    subtotals=(Amount("Welcome offer", -100),),
    total_minor=1_748,
    taxes=(Amount("VAT 20 % included", 291),),
    tenders=(Amount("Points", 100), Amount("Card", 1_648)),
    points=MEMBER,
    message="Thank you. Exchange within 30 days with this receipt.",
)
GOLDEN = """\
              Corner Coffee
              1 High Street
              London N1 1AA
------------------------------------------
Receipt R-1001                     Till 07
22 Jul 2026, 11:15 BST          Staff s-12
------------------------------------------
Premium coffee 250 g                £13.48
  2 × £8.99
  Two for less: -£4.50
Green tea, loose, hand-picked in the
highlands                            £5.00
  0.125 × £40.00
------------------------------------------
Welcome offer                       -£1.00
Total                               £17.48
  VAT 20 % included                  £2.91
Points                               £1.00
Card                                £16.48
------------------------------------------
               Your points
Card •••• 0001                      Silver
Points before                        1,120
Earned                                 +16
Used                                  -100
Points now                           1,036
Worth                               £10.36
Offer used: Welcome offer
Next reward: Free coffee
  64 more points needed
------------------------------------------
          £5 off your next visit
         Valid until 31 Aug 2026
             K7QX-92MF-1TPA-5
------------------------------------------
 Thank you. Exchange within 30 days with
              this receipt.
"""


def sold(name: str = "Tea", **changes: Any) -> Slip:
    """A sale of one article to nobody we know."""
    line = Line(name=name, unit_price_minor=500, net_minor=500)
    return replace(SLIP, lines=(line,), subtotals=(), taxes=(), tenders=(), points=None, **changes)


def line_with(words: str, slip: Slip) -> str:
    return next(line for line in text(slip).splitlines() if words in line)


# ------------------------------------------------------------------------------------------ 42 columns


def test_a_slip_as_plain_text() -> None:
    assert text(SLIP) == GOLDEN


@pytest.mark.parametrize(
    ("currency", "shown"), [("JPY", "¥1,234,567"), ("KWD", "KWD 1,234.567"), ("EUR", "€12,345.67")]
)
def test_amounts_have_the_decimals_of_their_currency(currency: str, shown: str) -> None:
    line = line_with("Total", sold(currency=currency, total_minor=1_234_567))
    assert line.endswith(f" {shown}")
    assert len(line) == COLUMNS


def test_a_return_has_its_minus_and_a_debt_too() -> None:
    assert line_with("Total", sold(total_minor=-500)).endswith(" -£5.00")
    indebted = replace(SLIP, points=replace(MEMBER, after=-40, worth_minor=None))
    assert line_with("Points now", indebted).endswith(" -40")
    assert "Worth" not in text(indebted)


def test_who_is_no_member_gets_no_points() -> None:
    assert "oints" not in text(sold())


def test_a_reward_within_reach_is_told_as_such() -> None:
    within = replace(SLIP, points=replace(MEMBER, next_reward=NextReward("Free coffee", 0)))
    assert "Reward you can have now: Free coffee" in text(within)
    near = replace(SLIP, points=replace(MEMBER, next_reward=NextReward("Free coffee", 1)))
    assert "1 more point needed" in text(near)


def test_a_slip_speaks_the_language_in_force() -> None:
    i18n.use(i18n.languages()["es"])
    try:
        said = text(replace(SLIP, currency="EUR"))
    finally:
        i18n.use(i18n.ENGLISH)
    assert "Puntos ahora" in said
    assert re.search(r"^Total +17,48 €$", said, re.MULTILINE)


def test_the_time_is_the_shops() -> None:
    assert "22 Jul 2026, 19:15 JST" in text(sold(zone="Asia/Tokyo"))


@pytest.mark.parametrize(
    ("said", "columns"),
    [
        ("tea", 3),
        ("お茶", 4),
        ("ｱｲｽ", 3),
        ("한글", 4),
        (unicodedata.normalize("NFD", "né"), 2),
        ("☕", 2),
        ("ก็", 1),
        ("\u1100\u1161", 2),
    ],
)
def test_wide_and_combining_characters_are_counted_as_they_are_shown(said: str, columns: int) -> None:
    assert width(said) == columns


def test_wide_names_end_where_narrow_ones_do() -> None:
    line = line_with("お茶", sold("お茶"))
    assert line.endswith(" £5.00")
    assert width(line) == COLUMNS


ANY_TEXT = st.text(max_size=120)
AMOUNT = st.integers(-(10**15), 10**15)
AMOUNTS = st.lists(st.builds(Amount, ANY_TEXT, AMOUNT), max_size=2).map(tuple)
LINES = st.lists(
    st.builds(
        Line,
        name=ANY_TEXT,
        quantity_micro=st.integers(-(10**12), 10**12),
        unit_price_minor=AMOUNT,
        discounts=AMOUNTS,
        net_minor=AMOUNT,
    ),
    max_size=3,
).map(tuple)
POINTS = st.builds(
    Points,
    card=ANY_TEXT,
    before=st.integers(-(10**12), 10**12),
    earned=st.integers(0, 10**12),
    used=st.integers(0, 10**12),
    after=st.integers(-(10**12), 10**12),
    worth_minor=st.none() | AMOUNT,
    tier=ANY_TEXT,
    next_reward=st.none() | st.builds(NextReward, ANY_TEXT, st.integers(0, 10**9)),
    offers=st.lists(ANY_TEXT, max_size=2).map(tuple),
    vouchers=st.lists(st.builds(Voucher, text=ANY_TEXT, code=ANY_TEXT), max_size=2).map(tuple),
)
SLIPS = st.builds(
    Slip,
    shop=ANY_TEXT,
    address=st.lists(ANY_TEXT, max_size=2).map(tuple),
    receipt=ANY_TEXT,
    sold_at=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    zone=st.sampled_from(["Europe/London", "Asia/Kathmandu", "America/St_Johns"]),
    till=ANY_TEXT,
    staff=ANY_TEXT,
    currency=st.sampled_from(["GBP", "JPY", "KWD", "CLF", "CHF"]),
    lines=LINES,
    subtotals=AMOUNTS,
    total_minor=AMOUNT,
    taxes=AMOUNTS,
    tenders=AMOUNTS,
    points=st.none() | POINTS,
    message=ANY_TEXT,
)


@given(SLIPS)
def test_no_line_takes_more_than_42_columns_whatever_is_written(slip: Slip) -> None:
    lines = text(slip).split("\n")
    assert lines.pop() == ""
    assert max(width(line) for line in lines) <= COLUMNS
    assert not [char for line in lines for char in line if unicodedata.category(char)[0] == "C"]


@given(ANY_TEXT, st.integers(2, COLUMNS))
def test_wrapping_loses_nothing_but_spaces(said: str, columns: int) -> None:
    assert "".join(wrap(clean(said), columns)).replace(" ", "") == clean(said).replace(" ", "")


@given(ANY_TEXT.map(clean), st.text("0123456789,.£", max_size=60))
def test_an_amount_always_ends_at_the_edge(label: str, amount: str) -> None:
    lines = beside(label, amount, COLUMNS)
    assert all(width(line) <= COLUMNS for line in lines)
    assert not amount or (width(lines[-1]) == COLUMNS and lines[-1][-1] == amount[-1])


# --------------------------------------------------------------------------------------------- printer


class Decoded:
    """What a printer makes of the bytes: lines of text, codes drawn, other commands."""

    def __init__(self, sent: bytes) -> None:
        self.pages = {number: name for name, number in _pages()}
        self.text, self.codes, self.commands = "", list[str](), list[bytes]()
        self._page = "CP437"
        self._rest = sent
        while self._rest:
            self._step()

    def _step(self) -> None:
        first = self._rest[0]
        if first == 0x1B:
            self._escape()
        elif first == 0x1D:
            self._group()
        else:
            assert first == 0x0A or first >= 0x20, f"a control byte {first:#x} reached the printer"
            self.text += self._char(self._take(1))

    def _escape(self) -> None:
        command = self._take(2)
        argument = b"" if command == b"\x1b@" else self._take(1)
        if command == b"\x1bt":
            self._page = self.pages[argument[0]]
        self.commands.append(command + argument)

    def _group(self) -> None:
        command = self._take(2)
        if command == b"\x1d(":
            size = self._take(3)
            data = self._take(size[1] + 256 * size[2])
            if data[:3] == b"1P0":
                self.codes.append("qr:" + data[3:].decode())
        elif command == b"\x1dk":
            assert self._take(1) == b"\x49"
            data = self._take(self._take(1)[0])
            self.codes.append("bars:" + data.decode().removeprefix("{B").replace("{{", "{"))
        else:
            command += self._take(1)
        self.commands.append(command)

    def _char(self, byte: bytes) -> str:
        if byte[0] < 0x80:
            return byte.decode()
        from escpos.codepages import CodePages

        page = CodePages.get_encoding(self._page)
        if "data" in page:
            return str("".join(page["data"])[byte[0] - 0x80])
        return byte.decode(page["python_encode"])

    def _take(self, count: int) -> bytes:
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken


def _pages() -> Iterator[tuple[str, int]]:
    pages: dict[str, str] = printing._printer()().profile.get_code_pages()
    return ((name, int(number)) for name, number in pages.items())


def test_the_printer_is_sent_the_lines_of_the_text_and_the_code_and_is_told_to_cut() -> None:
    decoded = Decoded(escpos(SLIP))
    assert decoded.text == GOLDEN
    assert decoded.codes == [f"bars:{CODE}"]
    assert decoded.commands[0] == b"\x1b@"
    assert decoded.commands[-1] == b"\x1dV\x00"


@pytest.mark.parametrize(
    "name", ["Żółta gęś", "Чай зелёный", "Ελληνικός καφές", "Crème brûlée", "5 € × ½", "ชา"]
)
def test_every_alphabet_a_code_page_has_is_printed(name: str) -> None:
    slip = sold(name)
    assert Decoded(escpos(slip)).text == text(slip)


def test_what_no_code_page_has_keeps_its_columns() -> None:
    slip = sold("Set 🎁 ☕")
    line = next(line for line in Decoded(escpos(slip)).text.splitlines() if "Set" in line)
    assert line.startswith("Set ?? ??")
    assert len(line) == COLUMNS


def test_chinese_goes_out_as_gb_18030() -> None:
    assert "绿茶".encode("gb18030") in escpos(sold("绿茶"))


@pytest.mark.parametrize("code", ["x" * (BARS_CHARS_MAX + 1), "тест-1"])
def test_a_code_that_bars_cannot_say_becomes_a_qr_code(code: str) -> None:
    voucher = Voucher(text="Voucher", code=code)
    slip = replace(SLIP, points=replace(MEMBER, vouchers=(voucher,)))
    assert Decoded(escpos(slip)).codes == [f"qr:{code}"]
    assert symbol(code).width == symbol(code).height


@given(SLIPS)
def test_nothing_written_on_a_slip_commands_the_printer(slip: Slip) -> None:
    allowed = {b"\x1b@", b"\x1bt", b"\x1bE", b"\x1ba", b"\x1bd", b"\x1d(", b"\x1dk", b"\x1dV"}
    allowed |= {b"\x1dh", b"\x1dw", b"\x1df", b"\x1dH"}
    assume(not re.search("[\u4e00-\u9fa5]", text(slip)))
    decoded = Decoded(escpos(replace(slip, shop=slip.shop + "\x1bp\x00\x19\xfa", message="\x1d(k")))
    assert {one[:2] for one in decoded.commands} <= allowed


def test_the_printers_library_leaves_no_handler_and_no_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = list(logging.getLogger().handlers)
    for name in [name for name in list(sys.modules) if name.split(".")[0] == "escpos"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    printing._printer.cache_clear()
    assert escpos(SLIP).startswith(b"\x1b@")
    printing._printer.cache_clear()
    assert logging.getLogger().handlers == before
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------------------ codes


@given(
    st.text(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ abcdefghijklmnopqrstuvwxyz-+/$%.{}~!", min_size=1, max_size=BARS_CHARS_MAX
    )
)
def test_bars_are_those_that_other_code_makes(code: str) -> None:
    widths = code128(code)
    drawn = "".join(("1" if place % 2 == 0 else "0") * int(one) for place, one in enumerate(widths))
    assert drawn == Code128(code).build()[0]


def test_bars_of_figures_carry_every_digit_and_their_check() -> None:
    # Set B throughout: start, ten symbols, check, stop; every symbol is 11 modules wide, the stop 13.
    assert sum(int(one) for one in code128("0123456789")) == 12 * 11 + 13


def test_a_code_takes_bars_only_where_they_are_thick_enough_to_read() -> None:
    assert fits_bars("x" * BARS_CHARS_MAX)
    assert not fits_bars("x" * (BARS_CHARS_MAX + 1))
    assert not fits_bars("")
    drawn = symbol("x" * BARS_CHARS_MAX)
    assert drawn.width * drawn.scale * 25.4 / 96 <= 72 - 2 * 2


# ------------------------------------------------------------------------------------------------- page


def page_of(stage: Stage, slip: Slip) -> str:
    """The page as the console's templates make it, signed out: a slip needs no shell."""
    assert stage.console is not None
    request = RequestFactory().get("/")
    answer = slip_page(stage.console.desk.pages, request, slip, back="/store")
    assert answer.media_type == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.content.decode()


def words_of(page: str) -> list[str]:
    """The lines of the slip as a reader meets them."""
    rows = re.findall(
        r'<p class="slip-\w+"><span>(.*?)</span>(?: <span class="slip-sum">(.*?)</span>)?</p>', page
    )
    return [" ".join(part for part in row if part) for row in rows]


def test_the_page_says_what_the_text_says(quiet: Stage) -> None:
    page = page_of(quiet, SLIP)
    said = " ".join(words_of(page)).replace("\u2212", "-")
    assert said.split() == GOLDEN.replace("-" * COLUMNS, "").split()
    assert page.count("shape-rendering") == 1


def test_the_page_keeps_to_the_content_policy(quiet: Stage) -> None:
    page = page_of(quiet, SLIP)
    assert not re.search(r"\sstyle=|<style|\son\w+=|<script(?![^>]*\ssrc=)", page)
    assert "/static/slip." in page


def test_hostile_texts_stay_texts_on_the_page(quiet: Stage) -> None:
    bad = "<script>alert(1)</script>"
    member = replace(MEMBER, card=bad, tier=bad, offers=(bad,), vouchers=(Voucher(text=bad, code=bad),))
    slip = replace(SLIP, shop=bad, receipt=bad, message=bad, lines=(replace(SLIP.lines[0], name=bad),))
    page = page_of(quiet, replace(slip, points=member))
    assert bad not in page
    assert page.count("&lt;script&gt;alert(1)") >= 9


def test_words_cannot_be_turned_round() -> None:
    assert clean("Total\u202e 05.0\u2066£\u200b") == "Total 05.0£"


def test_the_bars_on_the_page_do_not_overlap_and_keep_their_quiet_zone() -> None:
    drawn = symbol(CODE)
    bars = [(int(x), int(w)) for x, w in re.findall(r"M(\d+) 0h(\d+)", drawn.path)]
    assert bars[0][0] == 10
    assert sum(bars[-1]) == drawn.width - 10
    assert all(x + w < after for (x, w), (after, _) in pairwise(bars))
