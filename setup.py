"""What pyproject.toml cannot say.

With RELEVO_COMPILE=1 in the environment the modules of the hot way, named there under tool.relevo.compiled, become C
extensions beside their sources; without it the package is pure Python. Needs mypy and a C compiler: see "Compiled" in
docs/operations.md.
"""

import os
import tomllib
from pathlib import Path

from setuptools import Extension, setup


def extensions() -> list[Extension]:
    """The compiled modules, as one group: calls between them are C calls."""
    if os.environ.get("RELEVO_COMPILE") != "1":
        return []
    from mypyc.build import mypycify  # noqa: PLC0415 - needed only here

    here = Path(__file__).parent
    with (here / "pyproject.toml").open("rb") as file:
        modules = tomllib.load(file)["tool"]["relevo"]["compiled"]
    paths = [str(Path(*name.split(".")).with_suffix(".py")) for name in modules]
    opt_level = os.environ.get("RELEVO_COMPILE_OPT", "3")
    return mypycify(paths, opt_level=opt_level, debug_level="0", group_name="relevo")


setup(ext_modules=extensions())
