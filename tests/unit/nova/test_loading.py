# SPDX-License-Identifier: Apache-2.0
"""Nova and we, each as a wheel or editable: Nova stays whole and finds the driver in every combination."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import nova
import pytest

ROOT = Path(__file__).parents[3]
NOVA = Path(nova.__file__).parent

#: A finder as setuptools writes it for an editable install: names a package's place without a path entry.
FINDER = """
import importlib.util, sys
class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name == "nova":
            init = {init!r}
            return importlib.util.spec_from_file_location(name, init, submodule_search_locations=[{folder!r}])
sys.meta_path.append(Finder)
"""

#: What nova-compute does before it loads its driver, and then loads it.
LOAD = """
import site, sys
for folder in sys.argv[1:]:
    site.addsitedir(folder)
sys.argv[1:] = []
from nova import monkey_patch
monkey_patch.patch(backend="threading")
import nova.conf, nova.virt.fake, nova.virt.libvirt, os_vif
nova.conf.CONF([], project="nova", default_config_files=[])
os_vif.initialize()
import zvm.nova.options
options = {"server": "127.0.0.1", "password": "x", "host": "h", "diskpool": "p"}
zvm.nova.options.register(nova.conf.CONF)
for name, value in options.items():
    nova.conf.CONF.set_override(name, value, group="zvm_xcat")
nova.conf.CONF.set_override("compute_driver", "zvm_xcat.ZVMDriver")
from nova.virt import driver
print(nova.__file__)
print(zvm.nova.options.__file__)
print(type(driver.load_compute_driver(None)).__name__)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our wheel, as a release has it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=300)
    [found] = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All that is installed here but Nova and us."""
    folder = tmp_path_factory.mktemp("others")
    for item in NOVA.parent.iterdir():
        ours = item.name.startswith(("nova_zvm", "_editable_impl_nova_zvm", "zvm"))
        if not ours and item.name != "nova" and not item.name.startswith(("nova-", "a1_coverage")):
            (folder / item.name).symlink_to(item)
    return folder


def install_nova(site: Path, how: str) -> None:
    for metadata in NOVA.parent.glob("nova-*.dist-info"):
        (site / metadata.name).symlink_to(metadata)
    if how == "wheel":
        (site / "nova").symlink_to(NOVA)
    elif how == "editable path":
        source = site.with_name("nova-source")
        source.mkdir()
        (source / "nova").symlink_to(NOVA)
        (site / "nova-editable.pth").write_text(f"{source}\n")
    else:
        finder = FINDER.format(init=str(NOVA / "__init__.py"), folder=str(NOVA))
        (site / "_nova_finder.py").write_text(finder)
        (site / "nova-editable.pth").write_text("import _nova_finder\n")


def install_ours(site: Path, how: str, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        if how == "wheel":
            archive.extractall(site)
            return
        archive.extractall(site, [name for name in archive.namelist() if ".dist-info/" in name])
    (site / "nova-zvm-editable.pth").write_text(f"{ROOT / 'src'}\n")


@pytest.mark.parametrize("ours", ["wheel", "editable"])
@pytest.mark.parametrize("novas", ["wheel", "editable path", "editable finder"])
def test_nova_finds_the_driver(tmp_path: Path, wheel: Path, others: Path, novas: str, ours: str) -> None:
    site = tmp_path / "site-packages"
    site.mkdir()
    install_nova(site, novas)
    install_ours(site, ours, wheel)
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "COVERAGE"))
    }
    result = subprocess.run(
        [sys._base_executable, "-S", "-c", LOAD, str(site), str(others)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=tmp_path,
        env=environment,
    )
    assert result.returncode == 0, result.stderr
    of_nova, of_ours, driver = result.stdout.splitlines()
    assert Path(of_nova).resolve() == (NOVA / "__init__.py").resolve()
    assert Path(of_ours).is_relative_to(site if ours == "wheel" else ROOT)
    assert driver == "ZVMDriver"


def test_the_wheel_has_no_file_below_nova(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert {name.split("/")[0] for name in archive.namelist()} == {
            "zvm",
            wheel.name.split("-py3")[0] + ".dist-info",
        }
