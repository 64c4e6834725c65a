"""Logging in and out, registering, the account, its addresses and its password."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from features.schemas.row import Id
from storefront.addresses import address_form, address_of, missing_fields
from storefront.apis import ENTRY_SECONDS, Document, RefusedError
from storefront.deps import Clerk, ClerkDep, CustomerDep, Form, FormDep
from storefront.errors import PageRoute
from storefront.problems import sentence
from storefront.visits import CART, FORMS, N_UNITS, NOTICES, REFRESH, local_path

router = APIRouter(route_class=PageRoute)
MIN_PASSWORD = 10
AddressId = Annotated[Id, Path()]


@router.get("/login")
async def show_log_in(request: Request, clerk: ClerkDep) -> Response:
    """Ask for e-mail and password."""
    if clerk.visit.customer is not None:
        return clerk.go(_next(request.query_params.get("next", "")))
    return _entry(clerk, "login.html", request.query_params.get("next", ""))


@router.post("/login")
async def log_in(clerk: ClerkDep, form: FormDep) -> Response:
    """Log in; what a guest put into the cart joins the customer's."""
    try:
        await _begin(clerk, form)
    except RefusedError as error:
        return _refused(clerk, "login.html", form, error)
    return clerk.go(_next(form.text("next")))


@router.get("/register")
async def show_registration(request: Request, clerk: ClerkDep) -> Response:
    """Ask for what an account needs."""
    return _entry(clerk, "register.html", request.query_params.get("next", ""))


@router.post("/register")
async def register(clerk: ClerkDep, form: FormDep) -> Response:
    """Make an account and log in."""
    body = {"email": form.text("email"), "password": _password(form)}
    try:
        await clerk.apis.shop.send("POST", "/accounts", body, seconds=ENTRY_SECONDS)
        await _begin(clerk, form)
    except RefusedError as error:
        return _refused(clerk, "register.html", form, error)
    return clerk.go(_next(form.text("next")))


@router.post("/guest")
async def begin_as_guest(clerk: ClerkDep, form: FormDep) -> Response:
    """Go on without a password: an account by e-mail alone, which this browser is logged in to."""
    try:
        made = await clerk.apis.shop.send(
            "POST", "/accounts/guests", {"email": form.text("email")}, _cart(clerk)
        )
    except RefusedError as error:
        return _refused(clerk, "login.html", form, error)
    _enter(clerk, made)
    return clerk.go(_next(form.text("next")))


@router.post("/logout")
async def log_out(clerk: ClerkDep, _: FormDep) -> Response:
    """End the session."""
    token = clerk.visit.get(REFRESH)
    clerk.visit.log_out()
    if token:
        await clerk.apis.shop.send("POST", "/tokens/revoke", {"refresh_token": token})
    return clerk.go("/")


@router.get("/password")
async def show_forgotten(clerk: ClerkDep) -> Response:
    """Ask whose password is forgotten, and for the code that was sent."""
    return clerk.page("password.html", {"refusal": "", "was_sent": False, "least": MIN_PASSWORD})


@router.post("/password")
async def reset_password(clerk: ClerkDep, form: FormDep) -> Response:
    """Send a code for a new password, or set it by the code."""
    shop, code = clerk.apis.shop, form.text("code")
    try:
        if code:
            new = {"code": code, "new_password": _password(form)}
            await shop.send("PUT", "/accounts/password-resets", new, seconds=ENTRY_SECONDS)
            return clerk.go("/login")
        await shop.send("POST", "/accounts/password-resets", {"email": form.text("email")})
    except RefusedError as error:
        data = {"refusal": _reason(error, clerk), "was_sent": bool(code), "least": MIN_PASSWORD}
        return clerk.page("password.html", data, error.status)
    return clerk.page("password.html", {"refusal": "", "was_sent": True, "least": MIN_PASSWORD})


async def _begin(clerk: Clerk, form: Form) -> None:
    body = {"email": form.text("email"), "password": _password(form)}
    made = await clerk.apis.shop.send("POST", "/tokens", body, _cart(clerk), ENTRY_SECONDS)
    _enter(clerk, made)


def _cart(clerk: Clerk) -> dict[str, str]:
    return {"Cart-Token": clerk.visit.get(CART)} if clerk.visit.get(CART) else {}


def _enter(clerk: Clerk, made: Document) -> None:
    clerk.visit.forget(CART, N_UNITS, NOTICES)
    clerk.visit.keep(FORMS, clerk.new_id())  # forms of before the log-in count no more
    clerk.visit.log_in(made["access_token"], made["refresh_token"], made["expires_in_seconds"])


def _password(form: Form) -> str:
    value = form.data.get("password", "")
    return value if isinstance(value, str) else ""


def _next(path: str) -> str:
    return local_path(path, "/account")


def _entry(
    clerk: Clerk,
    template: str,
    next_path: str,
    typed: tuple[str, str] = ("", ""),
    status: int = 200,
) -> Response:
    """Return the page that asks for e-mail and password; `typed`: the e-mail, and what is wrong."""
    email, refusal = typed
    data = {"next": _next(next_path), "email": email, "refusal": refusal, "least": MIN_PASSWORD}
    return clerk.page(template, data, status)


def _refused(clerk: Clerk, template: str, form: Form, error: RefusedError) -> Response:
    if error.status == 401:
        refusal = clerk.speak("login.wrong")
    elif error.status == 422:
        refusal = clerk.speak("register.malformed", least=MIN_PASSWORD)
        if "password" not in form.data:
            refusal = clerk.speak("guest.malformed")
    else:
        refusal = sentence(error, clerk.speak)
    typed = (form.text("email"), refusal)
    return _entry(clerk, template, form.text("next"), typed, error.status)


@router.get("/account")
async def show_account(_: CustomerDep, clerk: ClerkDep) -> Response:
    """Show the account."""
    return await _account(clerk)


@router.post("/account/confirmation")
async def confirm_email(_: CustomerDep, clerk: ClerkDep, form: FormDep) -> Response:
    """Confirm the e-mail address by the code that came by mail, or send another code."""
    try:
        if form.text("again"):
            await clerk.apis.shop.send("POST", "/accounts/me/email-confirmations")
        else:
            code = {"code": form.text("code")}
            await clerk.apis.shop.send("POST", "/accounts/email-confirmations", code)
    except RefusedError as error:
        return await _account(clerk, refusal=_reason(error, clerk))
    return clerk.go("/account")


@router.post("/account/password")
async def change_password(_: CustomerDep, clerk: ClerkDep, form: FormDep) -> Response:
    """Set another password; everybody has to log in again."""
    new = form.data.get("new_password", "")
    body = {"password": _password(form), "new_password": new}
    try:
        await clerk.apis.shop.send("PUT", "/accounts/me/password", body, seconds=ENTRY_SECONDS)
    except RefusedError as error:
        return await _account(clerk, refusal=_reason(error, clerk))
    clerk.visit.log_out()
    return clerk.go("/login")


def _reason(error: RefusedError, clerk: Clerk) -> str:
    if error.status == 401:
        return clerk.speak("login.wrong")
    if error.status == 422:
        return clerk.speak("account.malformed", least=MIN_PASSWORD)
    return sentence(error, clerk.speak)


@router.post("/account/addresses")
async def add_address(_: CustomerDep, clerk: ClerkDep, form: FormDep) -> Response:
    """Add an address."""
    return await _keep_address(clerk, form, ("POST", "/accounts/me/addresses"))


@router.get("/account/addresses/{address_id}")
async def show_address(address_id: AddressId, _: CustomerDep, clerk: ClerkDep) -> Response:
    """Show an address, to be changed."""
    found = await clerk.apis.shop.get("/accounts/me/addresses")
    chosen = [each for each in found if each["address_id"] == address_id]
    if not chosen:
        return clerk.message("missing", 404)
    data = {"address_id": address_id, **address_form(chosen[0], frozenset())}
    return clerk.page("address.html", data)


@router.post("/account/addresses/{address_id}")
async def change_address(
    address_id: AddressId,
    _: CustomerDep,
    clerk: ClerkDep,
    form: FormDep,
) -> Response:
    """Change an address, or delete it."""
    path = f"/accounts/me/addresses/{address_id}"
    if form.text("remove"):
        await clerk.apis.shop.send("DELETE", path)
        return clerk.go("/account")
    return await _keep_address(clerk, form, ("PUT", path), address_id)


async def _keep_address(
    clerk: Clerk,
    form: Form,
    request: tuple[str, str],
    address_id: int = 0,
) -> Response:
    address = address_of(form)
    wrong = missing_fields(address)
    if not wrong:
        try:
            await clerk.apis.shop.send(*request, address)
            return clerk.go("/account")
        except RefusedError as error:
            wrong = error.fields
            if error.status != 422:
                return await _account(clerk, refusal=_reason(error, clerk))
    if address_id:
        data = {"address_id": address_id, **address_form(address, wrong)}
        return clerk.page("address.html", data, 422)
    return await _account(clerk, address, wrong)


async def _account(
    clerk: Clerk,
    typed: Document | None = None,
    wrong: frozenset[str] = frozenset(),
    refusal: str = "",
) -> Response:
    data = {
        "account": await clerk.apis.shop.get("/accounts/me"),
        "addresses": await clerk.apis.shop.get("/accounts/me/addresses"),
        "refusal": refusal,
        "least": MIN_PASSWORD,
        **address_form(typed, wrong),
    }
    return clerk.page("account.html", data, 422 if refusal or wrong else 200)
