"""What holds everywhere. The other modules add only what differs; every value comes from the environment."""

from __future__ import annotations

import os
from pathlib import Path

from config.env import ROOT, database, env, flag, micros, number, sealing_keys

BASE_DIR = ROOT
DATA_DIR = Path(env.str("DATA_DIR", default=str(ROOT / "var"))).resolve()

DEBUG = False
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "servestatic.runserver_nostatic",
    "config.admin_app.RushesAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "channels",
    "django_htmx",
    "rest_framework",
    "drf_spectacular_sidecar",
    "csp",
    "accounts",
    "projects",
    "scenes",
    "generation",
    "config",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.seen.SeenMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "csp.middleware.CSPMiddleware",
    "projects.pacing.PaceMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- Where things are kept -------------------------------------------------------------------------------------------

DATABASES = {"default": database(env.str("DATABASE_URL", default="") or f"sqlite:///{DATA_DIR / 'rushes.sqlite3'}")}

REDIS_URL = env.str("REDIS_URL", default="")
# Without Redis, queue, channel layer and workers live in the server's own process.
EMBEDDED_WORKER = flag("EMBEDDED_WORKER", not REDIS_URL)

if REDIS_URL:
    CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": REDIS_URL}}
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL], "prefix": env.str("REDIS_PREFIX", default="rushes")},
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    CHANNEL_LAYERS = {"default": {"BACKEND": "config.layers.LocalChannelLayer"}}
QUEUE_NAMESPACE = env.str("REDIS_PREFIX", default="rushes")

S3_BUCKET = env.str("S3_BUCKET", default="")
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(DATA_DIR / "media"))).resolve()
MEDIA_LINK_SECONDS = number("MEDIA_LINK_SECONDS", 3600, least=60)
if S3_BUCKET:
    _media = {
        "BACKEND": "scenes.s3.S3MediaStorage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": env.str("S3_ENDPOINT_URL", default="") or None,
            "region_name": env.str("S3_REGION", default="") or None,
            "access_key": env.str("S3_ACCESS_KEY_ID", default="") or None,
            "secret_key": env.str("S3_SECRET_ACCESS_KEY", default="") or None,
            "addressing_style": env.str("S3_ADDRESSING_STYLE", default="auto"),
            "signature_version": "s3v4",
            "querystring_auth": True,
            "querystring_expire": MEDIA_LINK_SECONDS,
            "default_acl": None,
            "file_overwrite": True,
            "object_parameters": {"CacheControl": "private, max-age=86400"},
        },
    }
else:
    _media = {
        "BACKEND": "scenes.storage.LocalMediaStorage",
        "OPTIONS": {"location": str(MEDIA_ROOT), "base_url": None, "allow_overwrite": True},
    }
STORAGES = {
    "default": _media,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]

# --- People ----------------------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
# Argon2 first: Django's default spends 1.6 s of a core on each login.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "projects:home"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.TeamSignupForm"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_FORMS = {"add_email": "accounts.addresses.ChangeAddressForm"}
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Rushes · "
# Beside allauth's own: mails that somebody has sent, links of invitations that somebody tries.
ACCOUNT_RATE_LIMITS: dict[str, str] | bool = {"invite": "100/h/user,4/h/key", "invitation": "60/m/ip"}
MFA_ADAPTER = "accounts.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# A telephone's clock may be half a minute off.
MFA_TOTP_TOLERANCE = 1
USERSESSIONS_ADAPTER = "accounts.sessions.SessionsAdapter"
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Rushes <rushes@localhost>")
# With a mail server the sign-up says the same of every address. Without one (mail goes to the terminal) a newcomer is
# let in at once, and so the form has to say when an address has an account.
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_VERIFICATION = env.str(
    "EMAIL_VERIFICATION",
    default="optional" if EMAIL_CONFIG["EMAIL_BACKEND"].endswith("console.EmailBackend") else "mandatory",
)
# Where nobody can confirm an address, a second factor does not wait for that.
MFA_ALLOW_UNVERIFIED_EMAIL = ACCOUNT_EMAIL_VERIFICATION != "mandatory"

# --- The job engine: seconds unless said otherwise. Source of the figures: docs/architecture.md, "Jobs" ---------------

ENGINE = {
    "SWEEP_SECONDS": number("ENGINE_SWEEP_SECONDS", 15, least=1),
    "CLAIM_LEASE": number("ENGINE_CLAIM_LEASE", 60, least=1),
    "SEND_LEASE": number("ENGINE_SEND_LEASE", 120, least=1),
    "FETCH_LEASE": number("ENGINE_FETCH_LEASE", 600, least=1),
    "POLL_THREADS": number("ENGINE_POLL_THREADS", 32, least=1),
    "WORKER_THREADS": number("WORKER_THREADS", 8, least=1),
    # Local rendering is bound by cores, not by a provider's limits.
    "LOCAL_RENDERS": number("LOCAL_RENDERS", os.cpu_count() or 2, least=1),
}

# --- Providers -------------------------------------------------------------------------------------------------------

# Keys for the whole installation; a team's own, entered in its settings, comes first.
PROVIDERS = {
    "runway": {"key": env.str("RUNWAYML_API_SECRET", default=""), "url": env.str("RUNWAY_BASE_URL", default="")},
    "runware": {"key": env.str("RUNWARE_API_KEY", default=""), "url": env.str("RUNWARE_BASE_URL", default="")},
    "anthropic": {"key": env.str("ANTHROPIC_API_KEY", default=""), "url": env.str("ANTHROPIC_BASE_URL", default="")},
    "openai_compatible": {
        "key": env.str("OPENAI_COMPATIBLE_API_KEY", default=""),
        "url": env.str("OPENAI_COMPATIBLE_BASE_URL", default=""),
        # Where only the endpoint knows its models: their names there, and prices in micro-units of a dollar.
        "own_models": {
            "openai-compatible-text": {
                "name": env.str("OPENAI_COMPATIBLE_TEXT_MODEL", default=""),
                "input": micros("OPENAI_COMPATIBLE_INPUT_PRICE"),
                "output": micros("OPENAI_COMPATIBLE_OUTPUT_PRICE"),
            },
            "openai-compatible-image": {
                "name": env.str("OPENAI_COMPATIBLE_IMAGE_MODEL", default=""),
                "image": micros("OPENAI_COMPATIBLE_IMAGE_PRICE"),
            },
        },
    },
    "parasail": {"key": env.str("PARASAIL_API_KEY", default=""), "url": env.str("PARASAIL_BASE_URL", default="")},
    "luma": {"key": env.str("LUMA_API_KEY", default=""), "url": env.str("LUMA_BASE_URL", default="")},
    "elevenlabs": {"key": env.str("ELEVENLABS_API_KEY", default=""), "url": env.str("ELEVENLABS_BASE_URL", default="")},
    "gemini": {"key": env.str("GEMINI_API_KEY", default=""), "url": env.str("GEMINI_BASE_URL", default="")},
}
# Local FLUX: the folder with a folder for each model, and after how many seconds without work its memory is given back.
FLUX_MODELS_DIR = Path(folder).expanduser() if (folder := env.str("FLUX_MODELS_DIR", default="")) else None
FLUX_IDLE_SECONDS = number("FLUX_IDLE_SECONDS", 300, least=1)
# Seal the keys that teams enter, newest first. Only with these can they be read again.
FIELD_ENCRYPTION_KEYS = sealing_keys(env.str("FIELD_ENCRYPTION_KEYS", default=""))
# Teams may enter endpoints of their own at public addresses over https only, and at these origins.
PROVIDER_ALLOWED_ORIGINS = env.list("PROVIDER_ALLOWED_ORIGINS", default=[])
# Results are fetched from public addresses over https only, except from these origins (a proxy, a test server).
FETCH_ALLOWED_ORIGINS = env.list("FETCH_ALLOWED_ORIGINS", default=[])
# Webhooks are sent to public addresses over https only, except to these origins (a receiver on this machine).
WEBHOOK_ALLOWED_ORIGINS = env.list("WEBHOOK_ALLOWED_ORIGINS", default=[])
# Rehearsals: simulated providers that run elsewhere (empty: this installation runs its own), and the share of the real
# time that they take.
REHEARSAL_URL = env.str("REHEARSAL_URL", default="").rstrip("/")
REHEARSAL_SPEED = env.float("REHEARSAL_SPEED", default=0.1)
# Where providers can call us back and links in mails lead, https://rushes.example.com; empty: they are only asked.
PUBLIC_URL = env.str("PUBLIC_URL", default="").rstrip("/")
# What a team may spend in a month until its owner says otherwise, in US dollars.
DEFAULT_MONTHLY_BUDGET = number("DEFAULT_MONTHLY_BUDGET", 100)
# Requests that wait longer than this for a producer's yes have expired.
APPROVAL_DAYS = number("APPROVAL_DAYS", 7, least=1)

# --- The REST API ----------------------------------------------------------------------------------------------------

# Requests that one token may send in a minute, by kind.
API_RATES = {
    "read": number("API_READS_A_MINUTE", 1200, least=1),
    "write": number("API_WRITES_A_MINUTE", 300, least=1),
    "spend": number("API_SPENDS_A_MINUTE", 60, least=1),
}
# All tokens and windows of one person together may send so many times as much.
API_RATES_TOGETHER = number("API_RATES_TOGETHER", 3, least=1)
# Sockets that one person may keep open in one process.
SOCKETS_OF_A_PERSON = number("SOCKETS_OF_A_PERSON", 100, least=2)
REST_FRAMEWORK = {
    "EXCEPTION_HANDLER": "accounts.rest.errors.answer_to",
    "DEFAULT_SCHEMA_CLASS": "accounts.rest.schema.Schema",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "COERCE_DECIMAL_TO_STRING": True,
    "UPLOADED_FILES_USE_URL": False,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Rushes",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SORT_OPERATIONS": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "DISABLE_ERRORS_AND_WARNINGS": False,
    "POSTPROCESSING_HOOKS": [
        "accounts.rest.schema.finish",
    ],
}

# --- Safety ----------------------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "media-src": ["'self'", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
if S3_BUCKET:
    # Media answers are redirects to signed links on the bucket, so its origin must be allowed by name.
    _origins = env.list("S3_PUBLIC_ORIGINS", default=[])
    for _directive in ("img-src", "media-src", "connect-src"):
        CONTENT_SECURITY_POLICY["DIRECTIVES"][_directive] += _origins
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# --- The rest --------------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_TZ = True
USE_I18N = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
}
