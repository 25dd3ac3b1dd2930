"""Words by which programs head the columns of a customer file, in six languages, folded to plain letters."""

from __future__ import annotations

import re
from typing import Final, Literal

from regulars.capabilities.identity.normalise import fold

Field = Literal[
    "external_id", "loyalty_card", "payment_token", "email", "phone", "given_name", "family_name", "full_name",
    "birth_date", "line1", "line2", "city", "region", "postcode", "country", "locale", "gender",
]  # fmt: skip

_WORDS: Final[dict[Field, str]] = {
    "email": "email, e mail, mail, email address, e mail address, mail address, correo, correo electronico, courriel, "
    "adresse email, e mail adresse, posta elettronica, emailadres",
    "phone": "phone, telephone, tel, mobile, mobile phone, cell, cell phone, cellphone, phone number, mobile number, "
    "phone no, mobile no, handy, mobil, telefon, telefonnummer, mobilnummer, telefono, movil, portable, gsm, cellulare, "
    "telefoon, whatsapp, contact number, telephone number, phonenumber",
    "loyalty_card": "loyalty card, loyalty, loyalty number, loyalty id, loyalty card number, card, card number, card no, "
    "member number, membership number, membership id, member id, member no, club card, kundenkarte, kartennummer, "
    "carte fidelite, carte de fidelite, tarjeta, tarjeta cliente, carta fedelta, klantenkaart, points card",
    "payment_token": "payment token, token, card token, card fingerprint, fingerprint, payment fingerprint",
    "external_id": "external id, id, customer id, customer number, customer no, cust id, cust no, customerid, client id, "
    "client number, record id, unique id, user id, account id, account number, account no, contact id, crm id, kundennummer, "
    "kunden nr, kundennr, kunden id, kunde nr, numero client, no client, id cliente, numero cliente, codigo cliente, "
    "codice cliente, klantnummer, uid, guid, uuid, pos id",
    "given_name": "given name, given names, first name, firstname, first names, forename, forenames, vorname, prenom, nombre, "
    "nome, name first, voornaam, christian name, fname, first",
    "family_name": "family name, last name, lastname, surname, nachname, familienname, zuname, nom, nom de famille, apellido, "
    "apellidos, primer apellido, cognome, achternaam, name last, lname, last, second name",
    "full_name": "name, full name, fullname, customer name, client name, contact name, kundenname, nombre completo, nom complet, "
    "nombre y apellidos, nome completo, display name, cardholder, account name, name full",
    "birth_date": "birth date, birthdate, date of birth, dob, birthday, birth day, d o b, geburtsdatum, geburtstag, geb datum, "
    "geb, date de naissance, naissance, fecha de nacimiento, fecha nacimiento, nacimiento, data di nascita, nascita, geboortedatum",
    "line1": "line1, line 1, address, address1, address 1, address line 1, address line1, addr line1, addr1, addr full, "
    "street, street address, strasse, str, adresse, anschrift, rue, direccion, domicilio, calle, indirizzo, via, adres, straat",
    "line2": "line2, line 2, address2, address 2, address line 2, addr2, adresszusatz, complement, address3, address 3",
    "city": "city, town, ort, stadt, wohnort, ville, ciudad, poblacion, localidad, citta, comune, plaats, suburb, "
    "addr city, post town",
    "region": "region, state, county, province, provincia, bundesland, departement, comunidad, addr state",
    "postcode": "postcode, post code, postal code, zip, zip code, zipcode, plz, postleitzahl, code postal, cp, codigo postal, "
    "cap, addr postal code, eircode",
    "country": "country, country code, land, pays, pais, paese, nation, addr country",
    "locale": "locale, language, lang, sprache, langue, idioma, lingua, language code",
    "gender": "gender, sex, geschlecht, sexe, sexo, sesso",
}
_PHRASES: Final = {
    phrase.strip(): field
    for field, phrases in _WORDS.items()
    for phrase in phrases.split(",")
    if phrase.strip()
}
_LONGEST: Final = max(len(phrase.split()) for phrase in _PHRASES)
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
# Words that say something about a field instead of being it.
_ABOUT: Final = frozenset(
    """type opt optin in out consent consents newsletter subscribed unsubscribed verified valid status marketing allowed
    permission created updated count source hash domain provider place flag bounce bounced label national passport tax
    driver drivers license licence employer org company middle""".split()
)
_WEAK: Final = frozenset("id first last name card state nom cap cp via str geb land mail line region".split())
"""Too short or too common to say anything as a part of a longer header."""
_PREFIXES: Final = frozenset(
    "customer cust client kunde kunden cliente contact primary main home billing shipping default features person".split()
)


def named(header: str) -> tuple[Field | None, bool]:
    """The field a header names, and whether the whole header says it (else only a part of it does)."""
    words = fold(_CAMEL.sub(" ", header)).split()
    exact = _PHRASES.get(" ".join(words)) or _PHRASES.get(fold(header))
    if exact is not None:
        return exact, True
    if not words or _ABOUT & set(words):
        return None, False
    for size in range(min(len(words), _LONGEST), 0, -1):
        for start in range(len(words) - size, -1, -1):
            phrase = " ".join(words[start : start + size])
            part = _PHRASES.get(phrase)
            whole = start + size == len(words) and set(words[:start]) <= _PREFIXES
            if part is not None and (whole or phrase not in _WEAK):
                return part, whole
    return None, False
