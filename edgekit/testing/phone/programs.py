"""The programs of a phone: Android's own shell and tools where they are installed, and stand-ins for the rest."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from edgekit.testing.on_this_machine import write_program

TOOLS = (
    "sh", "setsid", "sha256sum", "mkdir", "rm", "mv", "cp", "cat", "touch", "readlink", "sleep", "ls", "wc", "chmod",
    "find", "du", "df", "kill", "head", "grep", "sed", "printf", "id", "stat",
)  # fmt: skip
_READERS = {"cat", "head", "grep"}
_READS = """
# Files of the phone's own come first, and of this machine's system nothing is shown.
for word in "$@"; do
  shift
  case $word in /proc/*|/sys/*|/etc/*) word=$PHONE$word ;; esac
  set -- "$@" "$word"
done
exec {real} "$@"
"""
_STAND_INS = {
    "getprop": """
if [ $# -eq 0 ]; then exec sed 's/^\\([^=]*\\)=\\(.*\\)$/[\\1]: [\\2]/' "$PHONE/properties"; fi
exec sed -n "s/^$1=//p" "$PHONE/properties"
""",
    "dumpsys": """
if [ -f "$PHONE/dumpsys/$1" ]; then exec cat "$PHONE/dumpsys/$1"; fi
echo "Can't find service: $1" >&2
""",
    "cmd": """
if [ "$1 $2" = "package query-activities" ]; then
  if [ -s "$PHONE/apps" ]; then
    echo "1 activities found:"; echo "  Activity #0:"
    echo "    priority=0 preferredOrder=0 match=0x108000 specificIndex=-1 isDefault=false"
    sed 's/^/    /' "$PHONE/apps"
  else echo "No activities found"; fi
  exit
fi
echo "cmd: Can't find service: $1" >&2; exit 20
""",
    "am": """
verb=$1; component=; request=
if [ "$verb" = force-stop ]; then
  if [ -s "$PHONE/pids/$2" ]; then kill -9 "$(cat "$PHONE/pids/$2")" 2>/dev/null; rm -f "$PHONE/pids/$2"; fi
  exit
fi
while [ $# -gt 0 ]; do
  case $1 in -n) component=$2; shift ;; --es) [ "$2" = request ] && request=$3; shift 2 ;; esac
  shift
done
echo "Starting: Intent { act=edgekit.action.RUN cmp=$component (has extras) }"
if ! grep -qxF -- "$component" "$PHONE/apps" || ! [ -x "$PHONE/app" ]; then
  echo "Error type 3"; echo "Error: Activity class {$component} does not exist."; exit 1
fi
id=${component%%/*}
runs=$EXTERNAL_STORAGE/Android/data/$id/files/runs
mkdir -p "$PHONE/pids" "$runs"
setsid "$PHONE/app" "$PHONE/packages/$id/base.apk" "$runs" "$request" </dev/null >"$PHONE/app.log" 2>&1 &
echo $! >"$PHONE/pids/$id"
# Apps are no part of the session that starts them, and that may be killed as soon as this ends.
while kill -0 $! 2>/dev/null; do
  read -r _ _ _ _ group _ </proc/$!/stat && [ "$group" = $! ] && break
  sleep 0.01
done 2>/dev/null
echo "Status: ok"; echo "Complete"
""",
    "pm": """
case $1 in
path)
  if [ -f "$PHONE/packages/$2/base.apk" ]; then echo "package:$PHONE/packages/$2/base.apk"; else exit 1; fi ;;
install)
  if [ -s "$PHONE/refuses" ]; then cat >/dev/null; echo "Failure [$(cat "$PHONE/refuses")]"; exit 1; fi
  id=$(cat "$PHONE/installs")
  mkdir -p "$PHONE/packages/$id"; cat >"$PHONE/packages/$id/base.apk"
  grep -q "^$id/" "$PHONE/apps" 2>/dev/null || echo "$id/edgekit.demo.RunActivity" >>"$PHONE/apps"
  echo Success ;;
esac
""",
    "pidof": """
[ -s "$PHONE/pids/$1" ] && kill -0 "$(cat "$PHONE/pids/$1")" 2>/dev/null && cat "$PHONE/pids/$1"
""",
    "getconf": 'case $1 in PAGE_SIZE|PAGESIZE) exec cat "$PHONE/page_size" ;; esac; exit 1',
    "uname": """
case $1 in -m) echo "$(getprop test.machine)" ;; *) echo "Linux $(getprop test.kernel)" ;; esac
""",
}


def lay_out_programs(folder: Path, *, python: Sequence[str]) -> None:
    """Fill a phone's folder of programs.

    Args:
        folder: made.
        python: the command that is ``python3`` there; empty: there is none, as on real phones.
    """
    folder.mkdir(parents=True)
    for name in TOOLS:
        # Android's shell is mksh, and its tools are toybox'; where these are not installed, this machine's own do.
        android = shutil.which("mksh" if name == "sh" else "toybox")
        real = android or shutil.which(name)
        if real is None:
            raise FileNotFoundError(f"{name} is not installed")
        if name in _READERS:
            command = [real, name] if android else [real]
            write_program(folder / name, _READS.format(real=shlex.join(command)))
        else:
            (folder / name).symlink_to(real)
    for name, body in _STAND_INS.items():
        write_program(folder / name, body)
    if python:
        write_program(folder / "python3", f'exec {shlex.join(python)} "$@"')


def write_properties(path: Path, properties: Mapping[str, str]) -> None:
    """Write what ``getprop`` tells."""
    path.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))
