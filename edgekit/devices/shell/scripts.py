"""What runs there: short scripts for a POSIX ``sh``, sent through the link and never through a login shell.

Each answers with lines that begin with a marker of one use, because a login shell's start-up files may print as well.
A path that comes from outside is quoted, and begins with ``./`` or ``/``, so that none is an option.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from pathlib import PurePosixPath

SHELL = "exec sh"
"""Words that every login shell understands: bash, dash, fish, csh."""
GROUP = 'exec sh -c "exec 3<&0; setsid sh <&3 3<&- & wait"'
"""The same, in a session of its own: not every server gives one, and ``kill 0`` must not reach the server."""

TOOLS = ("setsid", "sha256sum", "mkdir", "rm", "mv", "cp", "cat", "touch", "readlink", "sleep", "ls", "wc")
MOST_KEPT_KIB = 128 << 10
"""When more than this is in the cache, what no push has asked for longest goes: samples pass through it by the GB."""
MAX_UNUSED_DAYS = 30
"""Files that no push has asked for since are removed from the cache."""

GONE, OUTSIDE, DAMAGED, NO_FILE, NO_FOLDER = 93, 94, 95, 96, 97
"""Codes that our scripts end with; anything else that is not 0 is explained on standard error."""
WANT = "want"
"""The word that asks for a file's content."""
INCOMING = "incoming"
"""Where in the working folder a file's content arrives, before its hash is checked."""
FROM_INPUT = f'echo {WANT}; cat >"$work/{INCOMING}" || exit 1'
"""How a file's content comes: through the script's own input, when it has asked."""
NOT_YET = f"echo {WANT}; exit"
"""Not now: it is only told that it is missing."""
HAS_COME = ":"
"""It was put into the working folder by other means."""

_MAX_SLEEP_S = 10**8


def keeper(marker: str, *, cache: str) -> str:
    """Make the working folder, and remove it when the link is gone, however it ended.

    Says ``ready FOLDER``, ``lacks TOOL`` or ``fault REASON``; at the end ``removed``, or why not.

    Args:
        marker: of this script.
        cache: the one folder there in which anything of ours stays, as a word of ``sh``.
    """
    return f"""{{
LC_ALL=C; export LC_ALL; umask 077; trap '' HUP INT TERM PIPE
say() {{ printf '\\n{marker} %s %s.' "$1" "$2"; printf '\\n{marker} end\\n'; }}
for tool in {" ".join(TOOLS)}; do
  command -v "$tool" >/dev/null 2>&1 || {{ say lacks "$tool"; exit; }}
done
cache={cache}
made() {{ mkdir -p -- "$cache/files" "$cache/work" && cd -P -- "$cache/work"; }}
fault=$(made 2>&1) || {{ say fault "$fault"; exit; }}
cd -P -- "$cache/work"
read -r boot </proc/sys/kernel/random/boot_id || boot=none
discard() {{ rm -rf -- "$1" 2>/dev/null || {{ chmod -R u+rwx -- "$1"; rm -rf -- "$1"; }} 2>&1; }}
for old in *; do
  [ -d "$old" ] || continue
  [ "${{old%.*}}" = "$boot" ] && [ "${{old##*.}}" != "$$" ] && kill -0 "${{old##*.}}" 2>/dev/null && continue
  discard "./$old" >/dev/null
done
find ../files -type f -mtime +{MAX_UNUSED_DAYS} -exec rm -f -- {{}} + >/dev/null 2>&1
own=$PWD/$boot.$$
fault=$(mkdir -- "$own" "$own/files" 2>&1) || {{ say fault "$fault"; exit; }}
say ready "$own"
cat >/dev/null
cd /
tries=0
until fault=$(discard "$own"); do
  tries=$((tries + 1)); [ "$tries" -lt 5 ] || {{ say fault "$fault"; exit; }}
  sleep 1
done
say removed "$own"
}}
"""


def execute(marker: str, argv: Sequence[str], *, work: str, timeout: float) -> str:
    """Run a command; when it ends, when the link does, or long after the timeout, its whole process group is killed.

    The environment is the login's, with the interpreter first that ``edgekit devices prepare`` has made.
    """
    python = shlex.quote(f"{cache_of(work)}/python/bin")
    most = min(math.ceil(timeout) + 60, _MAX_SLEEP_S)
    command = " ".join(map(shlex.quote, argv))
    return f"""{{
printf '\\n{marker}\\n'; printf '\\n{marker}\\n' >&2
exec 3<&0 </dev/null
cd -P -- {shlex.quote(work)}/files 2>/dev/null || {{ printf '\\n{marker} ended {GONE} ours\\n' >&2; exit; }}
PATH={python}:$PATH
( cat <&3; kill -9 0 ) >/dev/null 2>&1 &
( exec 3<&-; sleep {most}; kill -9 0 ) >/dev/null 2>&1 &
exec 4>&2 2>/dev/null
( exec 3<&- 2>&4 4>&-; exec {command} )
printf '\\n{marker} ended %s\\n' "$?" >&4
kill -9 0
}}
"""


def push(marker: str, target: PurePosixPath, *, work: str, sha256: str, receive: str = FROM_INPUT) -> str:
    """Put a file into the working folder, from the cache; where that lacks it, the content is received first.

    Args:
        marker: of this script.
        target: below the working folder.
        work: the working folder.
        sha256: of the content.
        receive: how it comes: ``FROM_INPUT``, ``NOT_YET`` or ``HAS_COME``.
    """
    return _wrapped(
        marker,
        f"""umask 077
{_enter(work, target.parts[:-1], 'mkdir -p -- "$1"')}
name=./{shlex.quote(target.name)}; work={shlex.quote(work)}; cache=${{work%/*/*}}; file=$cache/files/{sha256}
if [ -d "$name" ]; then echo 'Is a directory' >&2; exit 1; fi
whole() {{ [ -f "$1" ] && [ "$(sha256sum <"$1")" = '{sha256}  -' ]; }}
if whole "$file"; then
  touch -- "$file"
else
  {receive}
  whole "$work/{INCOMING}" || exit {DAMAGED}
  # Sync brings the file's own time along, and what counts here is when it was asked for.
  {{ touch -- "$work/{INCOMING}" && mkdir -p -- "$cache/files" && mv -f -- "$work/{INCOMING}" "$file"; }} || exit 1
  kept=0
  ls -t -- "$cache/files" | while read -r each; do
    size=$(wc -c <"$cache/files/$each") && kept=$((kept + size / 1024 + 1)) || continue
    [ "$kept" -le {MOST_KEPT_KIB} ] || [ "$each" = {sha256} ] || rm -f -- "$cache/files/$each"
  done
fi
{{ cp -- "$file" "$work/placing" && mv -f -- "$work/placing" "$name"; }} || exit 1
""",
    )


def pull(marker: str, source: PurePosixPath, *, work: str) -> str:
    """Put a file's content on standard output, and then its hash on standard error."""
    return _wrapped(
        marker,
        f"""{_enter(work, source.parts[:-1], 'test -d "$1"')}
name=./{shlex.quote(source.name)}
if [ -h "$name" ]; then
  case $(readlink -f -- "$name") in "$root"/*) ;; *) exit {OUTSIDE} ;; esac
fi
if [ ! -e "$name" ]; then echo 'No such file or directory' >&2; exit 1; fi
[ -f "$name" ] || exit {NO_FILE}
cat -- "$name" || exit 1
sha256sum <"$name" >&2
""",
    )


def cache_of(work: str) -> str:
    """Return the cache folder that a working folder is in."""
    return work.rsplit("/", 2)[0]


def clean(marker: str, *, work: str) -> str:
    """Remove everything from the cache but the working folders of others that are still there."""
    return _wrapped(
        marker,
        f"""work={shlex.quote(work)}; cache=${{work%/*/*}}
cd -P -- "$cache" || exit {GONE}
du -sk . 2>/dev/null || echo '0 .'
for each in ./* ./.[!.]*; do
  [ -e "$each" ] && [ "$each" != ./work ] || continue
  rm -rf -- "$each" || exit 1
done
""",
    )


def _wrapped(marker: str, body: str) -> str:
    return f"""{{
LC_ALL=C; export LC_ALL
printf '\\n{marker}\\n'; printf '\\n{marker}\\n' >&2
( {body} )
printf '\\n{marker} ended %s\\n' "$?" >&2
exit
}}
"""


def _enter(work: str, folders: Sequence[str], first: str) -> str:
    """Go down to a folder, step by step: a link that a command has left must not lead out."""
    lines = [
        f"cd -P -- {shlex.quote(work)}/files 2>/dev/null || exit {GONE}",
        "root=$PWD",
        f'into() {{ {first} || exit {NO_FOLDER}; cd -P -- "$1" || exit 1; '
        f'case $PWD/ in "$root"/*) ;; *) exit {OUTSIDE} ;; esac; }}',
        *(f"into ./{shlex.quote(folder)}" for folder in folders),
    ]
    return "\n".join(lines)
