"""What only one vendor knows of a client; each is shown by the GraphQL type of the same name."""

from datetime import datetime

from msgspec import Struct


class BrontoContact(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The contact person of a Bronto account."""

    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    address: str | None = None
    address2: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None
    notes: str | None = None


class BrontoAllocations(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an agency allots to a Bronto account for each period."""

    can_exceed: bool | None = None
    emails: int | None = None
    contacts: int | None = None
    hosting: int | None = None
    logins: int | None = None
    api: bool | None = None
    bundle: str | None = None
    starts_at: datetime | None = None


class BrontoDetails(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="bronto"):
    """A client account at Bronto."""

    contact: BrontoContact | None = None
    time_zone: str | None = None
    locale: str | None = None
    usage_alert_email: str | None = None
    current_contacts: int | None = None
    max_contacts: int | None = None
    current_monthly_emails: int | None = None
    current_hosting_size: int | None = None
    max_hosting_size: int | None = None
    allocations: BrontoAllocations | None = None


class BrontoList(Struct, frozen=True, kw_only=True):
    """A contact list of a Bronto account."""

    vendor_id: str
    name: str | None = None
    label: str | None = None
    active_count: int | None = None


class EngagingNetworksDetails(
    Struct, frozen=True, kw_only=True, omit_defaults=True, tag="engaging_networks"
):
    """An account at Engaging Networks."""

    supporter_count: int | None = None


class EngagingNetworksField(Struct, frozen=True, kw_only=True):
    """A field that an Engaging Networks account keeps for each supporter."""

    name: str
    tag: str | None = None


class EngagingNetworksSupporter(Struct, frozen=True, kw_only=True):
    """A supporter of an Engaging Networks account; fields and questions as (key, value)."""

    vendor_id: str
    email: str
    suppressed: bool | None = None
    fields: tuple[tuple[str, str], ...] = ()
    questions: tuple[tuple[str, str], ...] = ()


class EngagingNetworksPage(Struct, frozen=True, kw_only=True):
    """A page of an Engaging Networks account, such as a petition."""

    vendor_id: str
    name: str | None = None
    title: str | None = None
    type: str | None = None
    sub_type: str | None = None
    status: str | None = None
    url: str | None = None
    locale: str | None = None
    created_at: datetime | None = None
    modified_at: datetime | None = None


class OwnDetails(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="own"):
    """A service at Own: one Salesforce organisation under backup."""

    salesforce_org_id: str | None = None
    enabled: bool | None = None
    item_count: int | None = None
    total_size: int | None = None
    message: str | None = None


class OwnBackup(Struct, frozen=True, kw_only=True):
    """A backup of a Salesforce organisation at Own."""

    vendor_id: str
    status: str | None = None
    trigger: str | None = None
    completed_at: datetime | None = None
    inserted_items: int | None = None
    updated_items: int | None = None
    deleted_items: int | None = None
    error_count: int | None = None
    warning_count: int | None = None
    salesforce_calls: int | None = None


class OwnBackupObject(Struct, frozen=True, kw_only=True):
    """One Salesforce object in a backup."""

    name: str
    status: str | None = None
    message: str | None = None
    item_count: int | None = None
    inserted_items: int | None = None
    updated_items: int | None = None
    deleted_items: int | None = None


class Login(Struct, frozen=True, kw_only=True):
    """A person's sign-in at a vendor."""

    username: str
    name: str | None = None
    email: str | None = None
    permissions: tuple[str, ...] = ()


class VendorEvent(Struct, frozen=True, kw_only=True):
    """Something that a vendor recorded; parameters as (key, value), nested values as JSON text."""

    vendor_id: str
    occurred_at: datetime | None = None
    name: str | None = None
    source: str | None = None
    user_email: str | None = None
    ip_address: str | None = None
    client_vendor_id: str | None = None
    parameters: tuple[tuple[str, str], ...] = ()


ClientDetails = BrontoDetails | EngagingNetworksDetails | OwnDetails
