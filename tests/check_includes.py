#!/usr/bin/env python3
"""Holds the #include lines to the direction in which the rooms may know each other.

A room may include itself and the rooms named after it here, and what those may include. The table says the same as
CMakeLists.txt's library list, and this check reads that list, so the two cannot drift apart.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
ROOM = re.compile(r"^seedling_library\((\w+)\s+(\S+?)\s*(?:DEPENDS ([\w ]+))?\)", re.M)


def read_rooms():
    """{folder: (name, set of folders it may include)} from CMakeLists.txt."""
    direct = {name: (folder, (depends or "").split()) for name, folder, depends in
              ROOM.findall((ROOT / "CMakeLists.txt").read_text())}

    def reachable(name):
        found = {name}
        for other in direct[name][1]:
            found |= reachable(other)
        return found

    return {folder: {direct[other][0] for other in reachable(name)} | {"trainer/kernels"}
            for name, (folder, _) in direct.items()}


def room_of(path, folders):
    """The room a project file belongs to: the longest folder that holds it."""
    inside = [folder for folder in folders if path.is_relative_to(folder)]
    return max(inside, key=len) if inside else None


def main():
    rooms = read_rooms()
    folders = list(rooms) + ["trainer/kernels"]
    wrong = []
    for folder in folders:
        for source in sorted((ROOT / folder).rglob("*")):
            if source.suffix not in {".h", ".cpp", ".cu", ".cuh", ".inc"}:
                continue
            relative = source.relative_to(ROOT)
            for number, line in enumerate(source.read_text().splitlines(), 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                for base in ("trainer", "."):
                    target = pathlib.Path(base) / match.group(1)
                    room = room_of(target, folders)
                    if room:
                        allowed = rooms.get(folder, {"trainer/kernels", "trainer/base"})
                        if room not in allowed:
                            wrong.append(f"{relative}:{number}: {folder} must not include {room} ({match.group(1)})")
                        break
    print("\n".join(wrong) if wrong else f"include directions: {len(rooms)} rooms, all right")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
