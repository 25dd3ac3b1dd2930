"""Carrying a request out: each kind by the way the program has for it already, then closing it with its proof.

Erasing goes through `engine.forget`, correcting and withdrawing consent through the gate as events. Each may be
repeated after a crash: an event said twice counts once, and an erasure closes its request itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Final
from uuid import UUID

from regulars.console.services import lookups
from regulars.console.services.consents import Word, addresses_in_words, words_of
from regulars.console.services.lookups import Found
from regulars.console.services.on_behalf import CHANNELS, DOOR, OnBehalf
from regulars.console.services.people import Part
from regulars.console.services.saying import say
from regulars.engine.erase import Erasure
from regulars.store.database import Database
from regulars.store.sources import Sources
from regulars.store.vault import Vault
from regulars.vocabulary.errors import Conflict, InvalidInput, NotFound
from regulars.vocabulary.events import Consent, Event
from regulars.vocabulary.intake import Gate, Source

from . import correction as correcting
from . import rules
from .book import Book, Request, one_of
from .correction import Correction, customer_by, key_of
from .proof import Proof, fingerprint, proof_of
from .rules import Kind, Refusal

FILES_MAX: Final = 20
REASON: Final = "request"
_HEARD: Final = "The customer objected; request %s."
_ID_CHARACTERS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Means:
    """What carrying out needs. `forget` erases (profile id, actor, reason) and may take seconds: it runs in a thread."""

    db: Database
    vault: Vault
    gate: Gate
    sources: Sources
    clock: Callable[[], datetime]
    zone: tzinfo
    forget: Callable[[str, str, str], Erasure]


class Requests:
    """What the desk and the API do with requests; the register itself is `book`."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self.book = Book(means.db, means.vault, means.clock, means.zone)
        self.on_behalf = OnBehalf(means.db, means.gate, means.sources)

    async def customer(self, request: Request) -> Found:
        """The customer of a request as they are known now. Raises NotFound once they are gone."""
        found = None
        if request.profile_id is not None:
            async with self._means.db.read(self._means.vault.workspace_id) as conn:
                found = await lookups.by_record(conn, self._means.vault, request.profile_id)
        if found is None:
            raise NotFound("The customer of this request is not kept any more.", field="request_no")
        return found

    async def proof(self, no: int) -> Proof:
        """The proof of a request as it stands. Raises NotFound."""
        request = await self.book.one(no)
        return proof_of(request, await self.book.erasure_proof(request), await self.book.lines(request))

    async def refuse(self, no: int, reason: str, by: str, note: str = "") -> Request:
        """End a request without carrying it out. Raises InvalidInput, NotFound, Conflict."""
        refusal: Refusal = one_of(reason, Refusal, "reason")
        return await self.book.close(no, by, refused=refusal, note=note, fingerprint=fingerprint)

    async def handed_out(self, no: int, by: str, *, form: str, sha256: str, events: int) -> Request:
        """Note that a copy of all that is kept was handed out: in which form, and the hash of its data."""
        await self._ready(no, "access", "portability")
        file = {"at": self._means.clock(), "form": form, "sha256": sha256, "events": events}

        def add(request: Request) -> dict[str, Any]:
            files = [*request.proof.get("files", []), file][-FILES_MAX:]
            return request.proof | {"files": files}

        told = {"form": form, "file_sha256": sha256}
        return await self.book.keep_proof(no, by, "handed_out", told, add)

    async def answer(self, no: int, by: str) -> Request:
        """Close a request for access or portability once a copy was made. Raises Conflict before that."""
        request = await self._ready(no, "access", "portability")
        if not request.proof.get("files"):
            raise Conflict("Make the file or the printed copy first, and give it to the customer.")
        return await self.book.close(no, by, fingerprint=fingerprint)

    async def erase(self, no: int, by: str) -> Request:
        """Erase the customer, for good; this request and all others of theirs are emptied with them."""
        request = await self._ready(no, "erasure")
        if request.profile_id is None:
            raise NotFound("The customer of this request is not kept any more.", field="request_no")
        erasure = await asyncio.to_thread(self._means.forget, request.profile_id.hex, by, REASON)
        return await self.book.close(no, by, proof=erasure.proof, fingerprint=fingerprint)

    async def correct(self, no: int, correction: Correction, by: str) -> Request:
        """Say the right values in the terms of each record that has a wrong one. Raises InvalidInput, Conflict."""
        request = await self._ready(no, "correction")
        found, now = await self.customer(request), self._means.clock()
        known = await self._known_sources(found.parts)
        region = known[found.parts[0].source_id].region
        right = correcting.checked(correction, region=region, today=await self.book.today())
        corrected = correcting.events_for(right, found.parts, self._means.vault, request_no=no, now=now)
        if not corrected.events:
            raise Conflict(
                "The customer is known by this e-mail or phone alone, so it cannot be exchanged here. Correct it "
                "in the system it comes from.",
                code="known_by_it_alone",
                field=right.names[0],
            )
        for source_id, event in corrected.events:
            await self._say(known[source_id], event, found.profile_id, by)
        proof = {
            "fields": right.names,
            "records_corrected": len(corrected.events),
            "records_left": len(corrected.left),
            "correct_also_at": sorted({known[part.source_id].name for part in found.parts}),
        }
        return await self.book.close(no, by, proof=proof, fingerprint=fingerprint)

    async def object(self, no: int, by: str) -> Request:
        """Withdraw every consent of the customer; the proof counts those that only a source itself can take back."""
        request = await self._ready(no, "objection")
        found = await self.customer(request)
        async with self._means.db.read(self._means.vault.workspace_id) as conn:
            words = await words_of(conn, self._means.vault.workspace_id, found.parts, replaced=True)
        said = {(w.address, w.channel, w.purpose): w for each in words.values() for w in each}
        given = [word for word in said.values() if word.granted]
        done = [await self._withdraw(word, request, found, by) for word in given]
        proof = {"withdrawn": done.count(True), "left_at_source": done.count(False)}
        return await self.book.close(no, by, proof=proof, fingerprint=fingerprint)

    # -- inside -----------------------------------------------------------------------------------

    async def _ready(self, no: int, *wanted: Kind) -> Request:
        request = await self.book.one(no)
        if request.kind not in wanted:
            raise InvalidInput("This is a request of the kind %(kind)s.", field="kind", kind=request.kind)
        rules.after(request.state, "carry_out")
        return request

    async def _known_sources(self, parts: Sequence[Part]) -> dict[int, Source]:
        out = {}
        for number in {part.source_id for part in parts}:
            known = await self._means.sources.find_id(self._means.vault.workspace_id, number)
            if known is None:
                raise NotFound("A source of this customer is not known any more.")
            out[number] = known.source
        return out

    async def _say(self, source: Source, event: Event, profile_id: UUID, by: str) -> None:
        await say(
            self._means.gate,
            self._means.db,
            source,
            event,
            door=DOOR,
            actor=by,
            object_=f"profile:{profile_id.hex}",
        )

    async def _withdraw(self, word: Word, request: Request, found: Found, by: str) -> bool:
        """Take one consent back: for an address by the console, for a record in the record's own terms.

        False for an address that only the source knows, such as that of a device.
        """
        now = max(self._means.clock(), word.occurred_at)
        address = addresses_in_words(found.parts, clear=True).get(word.address)
        if address is not None and word.channel in CHANNELS:
            await self.on_behalf.say(
                self._means.vault.workspace_id,
                found,
                channel=word.channel,
                purpose=word.purpose,
                granted=False,
                reason=_HEARD % request.no,
                actor=by,
                now=now,
                address=address,
            )
            return True
        part = next((one for one in found.parts if one.record_id == word.address), None)
        key = key_of(part, self._means.vault) if part is not None else None
        if part is None or key is None:
            return False
        event = Event(
            id=f"objection-{request.no}-{part.record_id.hex}-{word.channel}-{word.purpose}"[
                :_ID_CHARACTERS_MAX
            ],
            type="consent.withdrawn",
            occurred_at=now,
            customer=customer_by(key),
            consent=Consent(channel=word.channel, purpose=word.purpose),
        )
        await self._say((await self._known_sources([part]))[part.source_id], event, found.profile_id, by)
        return True
