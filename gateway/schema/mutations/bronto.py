"""What only Bronto takes about a client account."""

from ...domain.changes import BrontoPatch
from ...domain.details import BrontoAllocations, BrontoContact
from ..describe import input_type, optional
from ..scalars import BigInt, given
from .inputs import patched


@input_type
class BrontoAllocationsInput:
    """What an agency allots to a Bronto account; absent fields stay as they are."""

    can_exceed: bool | None = optional(
        "Whether the account may go over its allocations; needed to create one."
    )
    emails: int | None = optional("Messages; needed to create an account.")
    contacts: BigInt | None = optional("Contacts; needed to create an account.")
    hosting: BigInt | None = optional(
        "Hosting space, in Bronto's unit; needed to create an account."
    )
    logins: BigInt | None = optional("Logins.")
    api: bool | None = optional("Whether the account may use Bronto's API.")
    bundle: str | None = optional("Bundle of features, in Bronto's words.")


@input_type
class BrontoContactInput:
    """The contact person of a Bronto account; absent fields stay as they are."""

    first_name: str | None = optional("First name.")
    last_name: str | None = optional("Last name.")
    phone: str | None = optional("Telephone number.")
    address: str | None = optional("Street address.")
    address2: str | None = optional("Second line of the address.")
    city: str | None = optional("City.")
    state: str | None = optional("State or province.")
    zip: str | None = optional("Postal code.")
    country: str | None = optional("Country.")
    notes: str | None = optional("Notes.")


@input_type
class BrontoClientInput:
    """What Bronto takes about a client account beyond name, e-mail address and company; absent
    fields stay as they are."""

    allocations: BrontoAllocationsInput | None = optional(
        "What the agency allots to the account; needed to create one."
    )
    contact: BrontoContactInput | None = optional("The client's contact person.")
    time_zone: str | None = optional("Time zone, in Bronto's words.")
    locale: str | None = optional("Locale, such as `en_US`.")
    usage_alert_email: str | None = optional(
        "Address that is told when the allocations run out; null tells nobody."
    )


def bronto_patch(asked: BrontoClientInput | None) -> BrontoPatch | None:
    """The patch that the input means; null stays as it is, but for the address to tell."""
    asked = given(asked)
    if asked is None:
        return None
    allocations, contact = given(asked.allocations), given(asked.contact)
    return BrontoPatch(
        allocations=None if allocations is None else _allocations(allocations),
        contact=None if contact is None else _contact(contact),
        time_zone=given(asked.time_zone),
        locale=given(asked.locale),
        usage_alert_email=patched(asked.usage_alert_email),
    )


def _allocations(asked: BrontoAllocationsInput) -> BrontoAllocations:
    return BrontoAllocations(
        can_exceed=given(asked.can_exceed),
        emails=given(asked.emails),
        contacts=given(asked.contacts),
        hosting=given(asked.hosting),
        logins=given(asked.logins),
        api=given(asked.api),
        bundle=given(asked.bundle),
    )


def _contact(asked: BrontoContactInput) -> BrontoContact:
    values = {name: given(getattr(asked, name)) for name in BrontoContact.__struct_fields__}
    return BrontoContact(**values)
