"""What tox cannot be told in tox.ini: where else Pythons are, and which environments have run."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tox.plugin import impl

if TYPE_CHECKING:
    from tox.session.state import State
    from tox.tox_env.api import ToxEnv

pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
# A shim of pyenv answers only for versions that are selected; the interpreters themselves always do.
os.environ["PATH"] = os.pathsep.join([os.environ["PATH"], *map(str, sorted(pyenv.glob("versions/3.*/bin")))])


@impl
def tox_add_core_config(core_conf: object, state: State) -> None:
    """Forget what ran last time. The processes of a parallel run do not: they are part of this time."""
    if "TOX_PARALLEL_ENV" not in os.environ:
        shutil.rmtree(_ran(state.conf.work_dir), ignore_errors=True)


@impl
def tox_after_run_commands(tox_env: ToxEnv, exit_code: int, outcomes: object) -> None:
    """Note that an environment has run, for `tests/djangos.py`."""
    if exit_code == 0:
        folder = _ran(Path(tox_env.conf["env_dir"]).parent)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / tox_env.conf.name).touch()


def _ran(work_dir: Path) -> Path:
    return work_dir / "ran"
