"""A server that other people use. What has no safe default must be set, or the start stops and says so."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from config.env import env, flag, number, required, sealing_keys
from config.settings.base import *  # noqa: F403
from config.settings.base import STORAGES

SECRET_KEY = required("SECRET_KEY", "it signs sessions and links; 50 random characters.")
if len(SECRET_KEY) < 32:
    raise ImproperlyConfigured("SECRET_KEY is too short: use at least 32 random characters.")
FIELD_ENCRYPTION_KEYS = sealing_keys(
    required("FIELD_ENCRYPTION_KEYS", "it seals the keys that teams enter; openssl rand -base64 32 | tr '+/' '-_'.")
)
ALLOWED_HOSTS = [host.strip() for host in required("ALLOWED_HOSTS", "the host names people use.").split(",")]
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts; * would accept forged ones.")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[f"https://{host}" for host in ALLOWED_HOSTS])

# Otherwise the sign-up form would have to say whether an address has an account.
ACCOUNT_EMAIL_VERIFICATION = env.str("EMAIL_VERIFICATION", default="mandatory")
MFA_ALLOW_UNVERIFIED_EMAIL = ACCOUNT_EMAIL_VERIFICATION != "mandatory"

HTTPS = flag("HTTPS", True)
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = number("HSTS_SECONDS", 31_536_000 if HTTPS else 0)
BEHIND_PROXY = flag("BEHIND_PROXY", False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
# Failed logins are counted by address: without this all people would share the proxy's, and its limit.
ALLAUTH_TRUSTED_PROXY_COUNT = int(BEHIND_PROXY)

STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "servestatic.storage.CompressedManifestStaticFilesStorage"},
}
