"""What people do on AgencyAccess's pages: clients grant and skip, admins roll keys."""

from collections.abc import Callable, Mapping

from .state import CAPABILITIES, Agency, Json, make_key

Note = Callable[[str, str, str, Json], None]
"""Keeps what changed: agency, action, the object's id, and the change."""


def act(agencies: Mapping[str, Agency], action: Json, note: Note) -> Json:
    """Carry an action out; `ValueError` with a sentence when it cannot be.

    `grant`, `skip` {link, platform?, service?} · `finish_intake` {link} · `roll_key`,
    `generate_token` {agency, capabilities?} · `activate`, `deactivate` {agency, account} ·
    `enable_intake`, `disable_intake` {agency} · `delete_client` {client} · `delete_link` {link}.
    """
    match action.get("action"):
        case "grant" | "skip":
            return _decide(agencies, action, note)
        case "finish_intake":
            return _finish_intake(agencies, action, note)
        case "roll_key" | "generate_token":
            return _roll_key(agencies, action, note)
        case "activate" | "deactivate":
            return _activate(agencies, action, note)
        case "enable_intake" | "disable_intake":
            return _enable_intake(agencies, action, note)
        case "delete_client":
            return _delete_client(agencies, action, note)
        case "delete_link":
            return _delete_link(agencies, action, note)
        case other:
            raise ValueError(f"AgencyAccess's dashboard has no action {other!r}.")


def _decide(agencies: Mapping[str, Agency], action: Json, note: Note) -> Json:
    """A client grants or skips what a link asks for, or the part of it that is named."""
    name, link = _link(agencies, action)
    granted = action["action"] == "grant"
    platform, service = action.get("platform"), action.get("service")
    hit = [
        config
        for its_platform, services in link["requestedAccounts"].items()
        for its_service, config in services.items()
        if platform in (None, its_platform) and service in (None, its_service)
    ]
    if not hit:
        raise ValueError("platform, service: the link asks for no such service.")
    for config in hit:
        config |= {"granted": granted, "skipped": not granted}
    note(name, action["action"], link["id"], {"platform": platform, "service": service})
    return link


def _finish_intake(agencies: Mapping[str, Agency], action: Json, note: Note) -> Json:
    name, link = _link(agencies, action)
    if not link["intakeForm"]["requested"]:
        raise ValueError("link: it asks for no intake form.")
    link["intakeForm"]["complete"] = True
    note(name, "finish_intake", link["id"], {})
    return link


def _roll_key(agencies: Mapping[str, Agency], action: Json, note: Note) -> Json:
    """A new key with chosen capabilities, or those of the old one, which dies at once."""
    name, agency = _agency(agencies, action)
    wanted = action.get("capabilities", agency.capabilities)
    if not isinstance(wanted, list) or not all(word in CAPABILITIES for word in wanted):
        raise ValueError(f"capabilities: a list of {', '.join(CAPABILITIES)}.")
    agency.made += 1
    agency.key, agency.capabilities = make_key(name, agency.made), wanted
    note(name, action["action"], name, {"capabilities": wanted})
    return {"api_key": agency.key}


def _activate(agencies: Mapping[str, Agency], action: Json, note: Note) -> Json:
    name, agency = _agency(agencies, action)
    account, active = action.get("account"), action["action"] == "activate"
    if not isinstance(account, str) or account not in agency.accounts:
        raise ValueError("account: the agency has no linked account of that id.")
    agency.accounts[account] = active
    note(name, action["action"], account, {"active": active})
    return {"account": account, "active": active}


def _enable_intake(agencies: Mapping[str, Agency], action: Json, note: Note) -> Json:
    name, agency = _agency(agencies, action)
    agency.intake_form = action["action"] == "enable_intake"
    note(name, action["action"], name, {"intake_form": agency.intake_form})
    return {"intake_form": agency.intake_form}


def _delete_client(agencies: Mapping[str, Agency], action: Json, note: Note) -> Json:
    """Deletes a client, and its links with it (vendor page 7, "Other product facts")."""
    wanted = action.get("client")
    for name, agency in agencies.items():
        if isinstance(wanted, str) and wanted in agency.clients:
            gone = [key for key, link in agency.links.items() if link["clientID"] == wanted]
            for key in gone:
                del agency.links[key]
            del agency.clients[wanted]
            note(name, "delete_client", wanted, {"links": gone})
            return {"client": wanted, "links": gone}
    raise ValueError("client: AgencyAccess has no client of that id.")


def _delete_link(agencies: Mapping[str, Agency], action: Json, note: Note) -> Json:
    name, link = _link(agencies, action)
    del agencies[name].links[link["id"]]
    note(name, "delete_link", link["id"], {})
    return {"link": link["id"]}


def _agency(agencies: Mapping[str, Agency], action: Json) -> tuple[str, Agency]:
    name = action.get("agency")
    if not isinstance(name, str) or name not in agencies:
        raise ValueError(f"agency: one of {', '.join(agencies)} is needed.")
    return name, agencies[name]


def _link(agencies: Mapping[str, Agency], action: Json) -> tuple[str, Json]:
    wanted = action.get("link")
    for name, agency in agencies.items():
        if isinstance(wanted, str) and wanted in agency.links:
            return name, agency.links[wanted]
    raise ValueError("link: AgencyAccess has no link of that id.")
