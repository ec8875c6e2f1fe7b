"""Vendors as facts: support, token laws, words. The same for every agency."""

from dataclasses import asdict
from typing import Annotated

import strawberry

from .. import contract
from ..contract import SupportLevel, TokenManager
from ..domain.model import TokenKind
from ..domain.vendor import VendorName
from .context import Info
from .describe import field, object_type


@object_type
class Support:
    """How far a vendor supports one operation of the gateway."""

    operation: str = strawberry.field(
        description="The operation, named as in this schema, such as `createLink` or"
        " `Client.tokens`."
    )
    level: SupportLevel = strawberry.field(description="Who answers it.")
    reason: str | None = strawberry.field(
        description="Why it is not LIVE, in a sentence; null when it is."
    )


@object_type
class TokenLaw:
    """What a vendor allows with one kind of token; every rotation is derived from it."""

    kind: TokenKind = strawberry.field(description="The kind of token.")
    max_live_per_holder: int | None = strawberry.field(
        description="How many may live at once for one holder (the user where tokens are bound to"
        " users, else the account); null when no limit is known."
    )
    revoke_first: bool = strawberry.field(
        description="Whether the old token dies before or when the new one is made, so that a"
        " rotation leaves a gap."
    )
    shown_once: bool = strawberry.field(
        description="Whether the value is shown only once, when it is made."
    )
    expires_after_days: int | None = strawberry.field(
        description="Days from making to the end, used or not; null when it does not expire."
    )
    managed_by: TokenManager = strawberry.field(description="Who can make and revoke one.")
    how_to: str = strawberry.field(
        description="How a person makes and replaces one at the vendor, in a sentence."
    )

    @classmethod
    def of(cls, law: contract.TokenLaw) -> "TokenLaw":
        """The law as the schema shows it."""
        return cls(**asdict(law))


@object_type
class PlatformService:
    """A service of a platform, such as Google Ads."""

    name: str = strawberry.field(
        description="Name of the service, as `LinkServiceInput.service` takes it."
    )
    access_levels: list[str] = strawberry.field(
        description="Access levels to choose from, such as `ADMIN`; empty where the service has"
        " none."
    )


@object_type
class Platform:
    """A platform on which an access link can ask for access, such as Google."""

    name: str = strawberry.field(
        description="Name of the platform, as `LinkServiceInput.platform` takes it."
    )
    services: list[PlatformService] = strawberry.field(description="Services of the platform.")


@object_type
class Vendor:
    """A vendor: what it can do, under which token laws, and which words it uses. The same for every
    agency."""

    name: VendorName = strawberry.field(description="The vendor's name in this schema.")
    title: str = strawberry.field(description="The vendor's name for people.")
    support: list[Support] = strawberry.field(
        description="What the vendor can and cannot do, one row for each operation of the gateway."
    )
    token_laws: list[TokenLaw] = strawberry.field(
        description="The vendor's law for each kind of token that it has."
    )
    permissions: list[str] = strawberry.field(
        description="The vendor's words for what a token or a credential may do, such as"
        " `CREATE_LINK`; empty where it has none."
    )
    languages: list[str] = strawberry.field(
        description="The languages in which the vendor can address a client, such as `English`;"
        " empty where it does not ask."
    )
    platforms: list[Platform] = strawberry.field(
        description="What an access link may ask for, to build a form from; names outside this list"
        " are tried, with a warning. Empty where the vendor has no links."
    )
    documentation: list[str] = strawberry.field(
        description="Addresses of the vendor's own documentation."
    )

    @classmethod
    def of(cls, vendor: contract.Vendor) -> "Vendor":
        """The vendor as the schema shows it; nested facts are shown as they are."""
        return cls(
            name=vendor.name,
            title=vendor.title,
            support=[
                Support(operation=operation, level=row.level, reason=row.reason)
                for operation, row in vendor.support.items()
            ],
            token_laws=[TokenLaw.of(law) for law in vendor.token_laws],
            permissions=list(vendor.permissions),
            languages=list(vendor.languages),
            platforms=[_platform(platform) for platform in vendor.platforms],
            documentation=list(vendor.documentation),
        )


def _platform(platform: contract.Platform) -> Platform:
    services = [
        PlatformService(name=service.name, access_levels=list(service.access_levels))
        for service in platform.services
    ]
    return Platform(name=platform.name, services=services)


@strawberry.type
class VendorQuery:
    """The vendors' part of Query."""

    @field
    def vendor(
        self,
        info: Info,
        name: Annotated[VendorName, strawberry.argument(description="The vendor meant.")],
    ) -> Vendor:
        """One vendor: what it can do, and its words and laws."""
        return Vendor.of(info.context.vendors[name])

    @field
    def vendors(self, info: Info) -> list[Vendor]:
        """All vendors of this gateway, whether or not the agency has an account there."""
        return [Vendor.of(vendor) for vendor in info.context.vendors.values()]
