"""The seeded world: two agencies whose customers use several vendors each.

Two customers appear in both agencies with the same name and company, so that whatever mixes up
agencies is seen at once. All people and companies are invented; addresses end in `.example`.
"""

from ..domain.vendor import VendorName
from ..double import Customer, SeedAgency, World

_A = VendorName.AGENCYACCESS
_B = VendorName.BRONTO
_E = VendorName.ENGAGING_NETWORKS
_O = VendorName.OWN

VENDORS = (_A, _B, _E, _O)
"""The vendors that the customers below are named with."""

_FURTHER = frozenset(VendorName) - set(VENDORS)
"""Until customers are named with it, a further vendor has those who are named with only two."""


def _customer(name: str, company: str, site: str, language: str, *vendors: VendorName) -> Customer:
    """A customer whose e-mail address is the first name at the company's site."""
    ascii_name = name.split()[0].casefold().encode("ascii", "ignore").decode() or "office"
    return Customer(
        name=name,
        email=f"{ascii_name}@{site}",
        company=company,
        website=f"https://{site}",
        language=language,
        vendors=frozenset(vendors) | (_FURTHER if len(vendors) == 2 else frozenset()),
    )


_HARBOUR = (
    _customer("Ana Ruiz", "Ruiz Cerámica SL", "ruiz.example", "Spanish", _A, _B, _E, _O),
    _customer("Pieter de Vries", "De Vries Fietsen", "devries.example", "Dutch", _A, _B),
    _customer("Margaret O'Neill", "Lighthouse Trust", "lighthouse.example", "English", _A, _E, _O),
    _customer("Jürgen Weiß", "Weiß & Söhne GmbH", "weiss.example", "German", _B, _O),
    _customer("Chloé Lefèvre", "Rivières Vivantes", "rivieres.example", "French", _A, _E),
    _customer("Sofia Marín", "Mareas Abiertas", "mareas.example", "Spanish", _B, _E),
    _customer("佐藤 花子", "Hanami Travel", "hanami.example", "English", _A, _O),
    _customer("Thomas Baker", "Baker & Baker", "bakers.example", "English", _A, _B, _O),
)

_MEADOW = (
    _customer("Ana Ruiz", "Ruiz Cerámica SL", "ruiz.example", "Spanish", _A, _B, _E),
    _customer("Thomas Baker", "Baker & Baker", "bakers.example", "English", _A, _O),
    _customer("Femke Jansen", "Groene Weide", "groeneweide.example", "Dutch", _A, _E, _O),
    _customer("Olivia Hart", "Hart Outdoor", "hart.example", "English", _A, _B, _E, _O),
    _customer("Łukasz Nowak", "Nowak Meble", "nowak.example", "English", _B, _O),
    _customer("Carmen Díaz", "Semillas del Sur", "semillas.example", "Spanish", _A, _E),
    _customer("Élodie Martin", "Atelier Martin", "ateliermartin.example", "French", _B, _E),
)


def world() -> World:
    """Harbour and Meadow, each with at least three customers at every vendor."""
    return World(
        agencies=(
            SeedAgency(name="Harbour", customers=_HARBOUR),
            SeedAgency(name="Meadow", customers=_MEADOW),
        )
    )
