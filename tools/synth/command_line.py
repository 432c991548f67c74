"""What the commands of tools/synth and tools/energy share: exit codes, where netlists are left."""
import contextlib
import os
import sys
import tempfile
from pathlib import Path

from errors import BadInput


def exit_code(name, job):
    """That of `job()`, None for good; bad input and faults of tools are one line behind the name."""
    try:
        return job() or 0
    except (BadInput, OSError) as fault:
        print(f"{name}: {fault}", file=sys.stderr)
        return 2
    except RuntimeError as fault:
        print(f"{name}: {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


@contextlib.contextmanager
def work_folder(keep):
    """The folder `keep`, made if need be, or without one a folder that goes afterwards."""
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)


def write_whole(path, text):
    """Under a temporary name first: whoever reads the file sees the old text or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".partial")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)
