"""Money as integer minor units and an ISO 4217 currency; never float."""

from __future__ import annotations

from decimal import Decimal

from .errors import InvalidInput

# ISO 4217 currencies whose minor unit is not 1/100.
_EXPONENTS = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(),
        0,
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}
AMOUNT_MINOR_MAX = 10**15


def exponent(currency: str) -> int:
    """Decimal places of a currency's minor unit (2 unless ISO 4217 says otherwise)."""
    return _EXPONENTS.get(currency, 2)


def to_minor(amount: str | int | Decimal, currency: str, *, field: str = "amount") -> int:
    """Turn a decimal amount in major units into minor units, exactly.

    Raises InvalidInput when the text is no number, is out of range or has more decimals than the currency
    carries (trailing zeros are fine).
    """
    try:
        scaled = Decimal(amount).scaleb(exponent(currency))
    except (ArithmeticError, TypeError, ValueError):
        raise InvalidInput(f"{field} is not an amount", field=field) from None
    if not scaled.is_finite() or abs(scaled) > AMOUNT_MINOR_MAX:
        raise InvalidInput(f"{field} is not an amount in range", field=field)
    if scaled != scaled.to_integral_value():
        raise InvalidInput(f"{field} has more decimals than {currency} has", field=field)
    return int(scaled)


def to_major(amount_minor: int, currency: str) -> Decimal:
    """Minor units as a decimal in major units, with the currency's decimals."""
    return Decimal(amount_minor).scaleb(-exponent(currency))
