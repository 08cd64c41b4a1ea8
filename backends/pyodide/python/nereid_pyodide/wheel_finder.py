"""Finds packages in wheels that lie in folders, as the model imports them."""

import importlib
import importlib.machinery
import json
import os
import re
import sys
import zipfile
from typing import Any, Dict, List, Optional, Sequence

__all__ = ["WheelFinder"]

_SITE = "/nereid/site-packages"
_NAME = re.compile(r"(?P<name>[^-]+)-[^-]+(-\d[^-]*)?-(?P<python>[^-]+)-[^-]+-(?P<platform>[^-]+)\.whl\Z")
_ELSEWHERE = re.compile(r"(win|macosx|linux|manylinux|musllinux|android|ios)")


class WheelFinder:
    """The last on sys.meta_path: an import that fails everywhere else looks here."""

    def __init__(self, folders: Sequence[str]) -> None:
        self._folders = folders
        self._by_import: Optional[Dict[str, str]] = None
        self._installed: List[str] = []

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        if "." in fullname:
            return None
        if self._by_import is None:
            self._by_import = _index(self._folders)
        wheel = self._by_import.get(fullname)
        if wheel is None or wheel in self._installed:
            return None
        self._installed.append(wheel)
        _check_fits(fullname, wheel)
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(_SITE)
        if _SITE not in sys.path:
            sys.path.append(_SITE)
        importlib.invalidate_caches()
        return importlib.machinery.PathFinder.find_spec(fullname)


def _index(folders: Sequence[str]) -> Dict[str, str]:
    """The wheel of each importable name; an earlier folder wins."""
    found: Dict[str, str] = {}
    for folder in folders:
        listed = _listed_imports(folder)
        for file in sorted(os.listdir(folder)):
            parts = _NAME.match(file)
            if parts is None or _ELSEWHERE.match(parts["platform"]):
                continue
            path = os.path.join(folder, file)
            for name in listed.get(file) or _imports_of(path):
                found.setdefault(name, path)
    return found


def _listed_imports(folder: str) -> Dict[str, List[str]]:
    """By wheel, what the list of a Pyodide distribution says that it is imported as."""
    try:
        with open(os.path.join(folder, "pyodide-lock.json"), encoding="utf-8") as lock:
            packages = json.load(lock)["packages"].values()
    except FileNotFoundError:
        return {}
    return {package["file_name"]: package["imports"] for package in packages}


def _imports_of(wheel: str) -> List[str]:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist() if name.endswith((".py", ".so"))}
    return [top.split(".")[0] for top in tops if not top.endswith((".dist-info", ".data"))]


def _check_fits(name: str, wheel: str) -> None:
    """Raises ImportError for a wheel that was compiled for another Pyodide."""
    parts = _NAME.match(os.path.basename(wheel))
    own = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    if parts is None or parts["platform"] == "any" or own in parts["python"].split("."):
        return
    raise ImportError(
        f"{name} is in {wheel}, which is for another Pyodide: this one has Python "
        f"{sys.version_info[0]}.{sys.version_info[1]}",
        name=name,
    )
