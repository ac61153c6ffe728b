"""The configuration: one YAML file, read into frozen values, with all that is wrong in it said at once.

`load(path, os.environ)` gives a `Loaded` (config, warnings, lines) or raises ConfigError; `diff` compares two of them.
"""

from gateway.config.apps import App, Webhook
from gateway.config.carriers import Bind, BindTls, Carrier
from gateway.config.diff import Change, diff
from gateway.config.load import Loaded, load, parse
from gateway.config.locations import StoreUrl
from gateway.config.numbering import Network, Portability
from gateway.config.problems import ConfigError, Problem
from gateway.config.routing import Lanes, MoRoute, Route
from gateway.config.schema import Admin, Config, Http, Log, Smpp, Store, Tls
from gateway.config.secret import Secret
from gateway.config.units import Address

__all__ = [
    "Address",
    "Admin",
    "App",
    "Bind",
    "BindTls",
    "Carrier",
    "Change",
    "Config",
    "ConfigError",
    "Http",
    "Lanes",
    "Loaded",
    "Log",
    "MoRoute",
    "Network",
    "Portability",
    "Problem",
    "Route",
    "Secret",
    "Smpp",
    "Store",
    "StoreUrl",
    "Tls",
    "Webhook",
    "diff",
    "load",
    "parse",
]
