"""What the account endpoints take and return."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, EmailStr, Field, SecretStr

from transactional.fields import PostalAddress, Region, RequestBody

Email = Annotated[EmailStr, AfterValidator(str.lower), Field(max_length=254)]


class Registration(RequestBody):
    """A new customer."""

    email: Email
    password: Annotated[SecretStr, Field(min_length=10, max_length=128)]
    region: Region | None = None


class Guest(RequestBody):
    """Who orders without a password."""

    email: Email
    region: Region | None = None


class Credentials(RequestBody):
    """What logs in."""

    email: Email
    password: Annotated[SecretStr, Field(max_length=128)]


class RefreshRequest(RequestBody):
    """What continues a session."""

    refresh_token: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]


class PasswordChange(RequestBody):
    """The password so far and the one from now on."""

    password: Annotated[SecretStr, Field(max_length=128)]
    new_password: Annotated[SecretStr, Field(min_length=10, max_length=128)]


class Code(RequestBody):
    """A code from a mail."""

    code: Annotated[str, Field(pattern=r"^[0-9a-f-]{1,60}$")]


class PasswordResetRequest(RequestBody):
    """Whose password is forgotten."""

    email: Email


class NewPassword(Code):
    """A code from a mail and the password from now on."""

    new_password: Annotated[SecretStr, Field(min_length=10, max_length=128)]


class EmailChange(RequestBody):
    """The password and the address from now on."""

    password: Annotated[SecretStr, Field(max_length=128)]
    new_email: Email


class Deletion(RequestBody):
    """The password, once more: there is no way back."""

    password: Annotated[SecretStr, Field(max_length=128)]


class AddressRequest(PostalAddress):
    """An address; the default one is where orders go that name none."""

    is_default: bool = False


class AddressView(PostalAddress):
    """An address of the caller's."""

    address_id: int
    is_default: bool


class Token(BaseModel):
    """Send it as `Authorization: Bearer <access_token>`; keep the refresh token, good once."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the standard's word
    expires_in_seconds: int
    refresh_token: Annotated[str, Field(description="for POST /tokens/refresh, within 30 days")]


class AccountView(BaseModel):
    """A customer's own account."""

    customer_id: int
    email: str
    role: Literal["shopper", "seller", "ops"]
    region: str | None
    registered_at: dt.datetime
    has_password: Annotated[bool, Field(description="false for a guest until one is set")]
    email_confirmed_at: Annotated[dt.datetime | None, Field(description="null until it is")]
