"""What only one vendor has about a client; a further vendor with fields of its own adds a type
here."""

from datetime import datetime
from typing import Annotated

import strawberry
from msgspec.structs import asdict

from ..domain import details as domain
from ..domain.caller import Scope
from ..domain.exports import exportable_from, exportable_to
from ..domain.model import ClientRecord
from ..guards.marks import requires
from .context import View
from .describe import field, field_of, object_type
from .paging import After, Before, Connection, First, Last, listed
from .scalars import BigInt, Day, window
from .values import KeyValue


@object_type
class BrontoContact:
    """The contact person of a Bronto account, beside the record's company and e-mail address;
    values are null where none was given."""

    first_name: str | None = strawberry.field(description="First name.")
    last_name: str | None = strawberry.field(description="Last name.")
    phone: str | None = strawberry.field(description="Telephone number.")
    address: str | None = strawberry.field(description="Street address.")
    address2: str | None = strawberry.field(description="Second line of the address.")
    city: str | None = strawberry.field(description="City.")
    state: str | None = strawberry.field(description="State or province.")
    zip: str | None = strawberry.field(description="Postal code.")
    country: str | None = strawberry.field(description="Country.")
    notes: str | None = strawberry.field(description="Notes.")


@object_type
class BrontoAllocations:
    """What an agency allots to a Bronto account for each period; values are null where the vendor
    does not tell."""

    can_exceed: bool | None = strawberry.field(
        description="Whether the account may go over its allocations."
    )
    emails: int | None = strawberry.field(description="Messages.")
    contacts: BigInt | None = strawberry.field(description="Contacts.")
    hosting: BigInt | None = strawberry.field(description="Hosting space, in Bronto's unit.")
    logins: BigInt | None = strawberry.field(description="Logins.")
    api: bool | None = strawberry.field(description="Whether the account may use Bronto's API.")
    bundle: str | None = strawberry.field(
        description="Bundle of features, in Bronto's words, such as `professional`."
    )
    starts_at: datetime | None = strawberry.field(description="When the first period began.")


@object_type
class BrontoList:
    """A contact list of a Bronto account."""

    vendor_id: str = strawberry.field(description="The list's id at Bronto.")
    name: str | None = strawberry.field(description="Name inside Bronto.")
    label: str | None = strawberry.field(description="Name that contacts see.")
    active_count: BigInt | None = strawberry.field(
        description="Contacts on it that can be written to."
    )


@object_type
class BrontoDetails:
    """A client account at Bronto; values are null where the vendor does not tell."""

    contact: BrontoContact | None = strawberry.field(
        description="The client's contact person; null when none is recorded."
    )
    time_zone: str | None = strawberry.field(description="Time zone, in Bronto's words.")
    locale: str | None = strawberry.field(description="Locale, such as `en_US`.")
    usage_alert_email: str | None = strawberry.field(
        description="Address that is told when the allocations run out; null when nobody is."
    )
    current_contacts: BigInt | None = strawberry.field(description="Contacts that the account has.")
    max_contacts: BigInt | None = strawberry.field(
        description="Most contacts that the account may have."
    )
    current_monthly_emails: int | None = strawberry.field(
        description="Messages sent in this month."
    )
    current_hosting_size: BigInt | None = strawberry.field(
        description="Hosting space in use, in Bronto's unit."
    )
    max_hosting_size: BigInt | None = strawberry.field(
        description="Most hosting space that may be used, in Bronto's unit."
    )
    allocations: BrontoAllocations | None = strawberry.field(
        description="What the agency allots to the account."
    )
    record: strawberry.Private[ClientRecord]
    view: strawberry.Private[View]

    @field_of(list[BrontoList] | None)
    async def lists(self) -> object:
        """The account's contact lists; as work inside a client account null with CAPABILITY_MISSING
        while the gateway holds no token of this client."""
        return await self.view.particular(self.record, "lists_of", self.record.vendor_id)


@object_type
class EngagingNetworksField:
    """A field that an Engaging Networks account keeps for each supporter."""

    name: str = strawberry.field(description="The account's own name of it, which may hold spaces.")
    tag: str | None = strawberry.field(
        description="What the vendor knows it as, such as `Email Address`; null when the account"
        " did not say."
    )


@object_type
class EngagingNetworksSupporter:
    """A supporter of an Engaging Networks account."""

    vendor_id: str = strawberry.field(description="The supporter's id at the vendor.")
    email: str = strawberry.field(description="E-mail address.")
    suppressed: bool | None = strawberry.field(
        description="Whether the supporter must not be written to; null when the vendor does not"
        " tell."
    )
    fields: list[KeyValue] = strawberry.field(
        description="Values of the account's fields; fields without a value are left out."
    )
    questions: list[KeyValue] = strawberry.field(
        description="Answers to opt-in and other questions, by name of the question."
    )

    @classmethod
    def of(cls, found: domain.EngagingNetworksSupporter) -> "EngagingNetworksSupporter":
        """The supporter as the schema shows it."""
        return cls(
            vendor_id=found.vendor_id,
            email=found.email,
            suppressed=found.suppressed,
            fields=[KeyValue(key=key, value=value) for key, value in found.fields],
            questions=[KeyValue(key=key, value=value) for key, value in found.questions],
        )


@object_type
class EngagingNetworksPage:
    """A page of an Engaging Networks account, such as a petition or a donation form; values are
    null where the vendor does not tell."""

    vendor_id: str = strawberry.field(description="The page's id at the vendor.")
    name: str | None = strawberry.field(description="Name inside the account.")
    title: str | None = strawberry.field(
        description="Title that visitors see; null when none is set."
    )
    type: str | None = strawberry.field(description="Type, in the vendor's words, such as `pet`.")
    sub_type: str | None = strawberry.field(
        description="Narrower type, in the vendor's words, such as `PET`."
    )
    status: str | None = strawberry.field(
        description="State, in the vendor's words, such as `live`."
    )
    url: str | None = strawberry.field(description="Address at which visitors find it.")
    locale: str | None = strawberry.field(description="Language and country, such as `en-GB`.")
    created_at: datetime | None = strawberry.field(description="When it was made.")
    modified_at: datetime | None = strawberry.field(description="When it was last changed.")

    @classmethod
    def of(cls, page: domain.EngagingNetworksPage) -> "EngagingNetworksPage":
        """The page as the schema shows it."""
        return cls(**asdict(page))


@object_type
class EngagingNetworksDetails:
    """An account at Engaging Networks: a campaigning organisation."""

    supporter_count: int | None = strawberry.field(
        description="Supporters in the account, at most 15 minutes old; null without a public"
        " token."
    )
    record: strawberry.Private[ClientRecord]
    view: strawberry.Private[View]

    @field_of(list[EngagingNetworksField] | None)
    async def supporter_fields(self) -> object:
        """The fields that the account keeps for a supporter; null when the vendor could not be
        asked."""
        return await self.view.particular(self.record, "fields_of", self.record.vendor_id)

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="The supporter with an e-mail address; null without an error when there is"
        " none.",
        directives=[requires(Scope.EXPORTS_READ)],
    )
    async def supporter(
        self,
        email: Annotated[str, strawberry.argument(description="The address, in any letter case.")],
    ) -> EngagingNetworksSupporter | None:
        key = (self.record.vendor_id, email.strip())
        found = await self.view.particular(self.record, "find_supporters", key)
        return None if found is None else EngagingNetworksSupporter.of(found)

    @field
    async def pages(
        self,
        type: Annotated[
            str,
            strawberry.argument(
                description="Type of the pages, in the vendor's words, such as `pet` or `nd`."
            ),
        ],
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        status: Annotated[
            str | None,
            strawberry.argument(
                description="State of the pages, in the vendor's words, such as `live`; all when"
                " absent."
            ),
        ] = strawberry.UNSET,
    ) -> Connection[EngagingNetworksPage] | None:
        """The account's pages of one type, newest first."""
        key = (self.record.vendor_id, type, status or "")
        found = await self.view.particular(self.record, "pages_of", key)
        wanted = window(first, after, last, before)
        return None if found is None else listed(found, wanted, EngagingNetworksPage.of)

    @field
    def exportable_from(self) -> Day:
        """The oldest day that an export can still reach, counted in US Eastern time."""
        return Day(exportable_from(self.view.context.clock.now()))

    @field
    def exportable_to(self) -> Day:
        """The newest day that is complete and can be exported, counted in US Eastern time."""
        return Day(exportable_to(self.view.context.clock.now()))


@object_type
class OwnBackupObject:
    """One Salesforce object in a backup, such as `accounts`; values are null where the vendor does
    not tell."""

    name: str = strawberry.field(
        description="Name of the object, as `BackupExportInput.objects` takes it."
    )
    status: str | None = strawberry.field(description="How its backup went, in Own's words.")
    message: str | None = strawberry.field(description="Remark on it; null when there is none.")
    item_count: BigInt | None = strawberry.field(description="Items of the object.")
    inserted_items: BigInt | None = strawberry.field(
        description="Items added since the backup before."
    )
    updated_items: BigInt | None = strawberry.field(
        description="Items changed since the backup before."
    )
    deleted_items: BigInt | None = strawberry.field(
        description="Items deleted since the backup before."
    )


@object_type
class OwnBackup:
    """A backup of a Salesforce organisation at Own; values are null where the vendor does not
    tell."""

    vendor_id: str = strawberry.field(description="The backup's id at Own.")
    status: str | None = strawberry.field(description="How it went, in Own's words, such as `OK`.")
    trigger: str | None = strawberry.field(
        description="What started it, in Own's words, such as `scheduled`."
    )
    completed_at: datetime | None = strawberry.field(
        description="When it ended; null while it runs."
    )
    inserted_items: BigInt | None = strawberry.field(
        description="Items added since the backup before."
    )
    updated_items: BigInt | None = strawberry.field(
        description="Items changed since the backup before."
    )
    deleted_items: BigInt | None = strawberry.field(
        description="Items deleted since the backup before."
    )
    error_count: int | None = strawberry.field(description="Sections that went wrong.")
    warning_count: int | None = strawberry.field(description="Sections that ended with a warning.")
    salesforce_calls: int | None = strawberry.field(
        description="Calls of the client's Salesforce quota that it used."
    )
    record: strawberry.Private[ClientRecord]
    view: strawberry.Private[View]

    @field_of(list[OwnBackupObject] | None)
    async def objects(self) -> object:
        """The Salesforce objects in it, by name."""
        key = (self.record.vendor_id, self.vendor_id)
        return await self.view.particular(self.record, "backup_objects_of", key)


@object_type
class OwnDetails:
    """A service at Own: one Salesforce organisation under backup; values are null where the vendor
    does not tell."""

    salesforce_org_id: str | None = strawberry.field(
        description="Salesforce's id of the organisation, of 18 characters."
    )
    enabled: bool | None = strawberry.field(description="Whether backups are switched on.")
    item_count: BigInt | None = strawberry.field(description="Items under backup.")
    total_size: BigInt | None = strawberry.field(description="Size under backup, in Own's unit.")
    message: str | None = strawberry.field(
        description="The last backup's remark; null when it had none."
    )
    record: strawberry.Private[ClientRecord]
    view: strawberry.Private[View]

    @field
    async def last_backup(self) -> OwnBackup | None:
        """The last backup that ended, well or with errors; null when there is none yet."""
        key = self.record.vendor_id
        found = await self.view.particular(self.record, "last_backups", key)
        return None if found is None else self._backup(found)

    @field
    async def backups(
        self,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[OwnBackup] | None:
        """Backups that the service has, newest first."""
        wanted = window(first, after, last, before)
        found = await self.view.particular(self.record, "backups_of", self.record.vendor_id)
        return None if found is None else listed(found, wanted, self._backup)

    def _backup(self, backup: domain.OwnBackup) -> OwnBackup:
        return OwnBackup(**asdict(backup), record=self.record, view=self.view)


ClientDetails = Annotated[
    BrontoDetails | EngagingNetworksDetails | OwnDetails,
    strawberry.union(
        "ClientDetails",
        description="What only one vendor has about a client; a further vendor may add a member.",
    ),
]


def details(
    values: domain.ClientDetails, record: ClientRecord, view: View
) -> BrontoDetails | EngagingNetworksDetails | OwnDetails:
    """A vendor's details as the schema shows them."""
    kinds = {
        domain.BrontoDetails: BrontoDetails,
        domain.EngagingNetworksDetails: EngagingNetworksDetails,
        domain.OwnDetails: OwnDetails,
    }
    shown: BrontoDetails | EngagingNetworksDetails | OwnDetails = kinds[type(values)](
        **asdict(values), record=record, view=view
    )
    return shown
