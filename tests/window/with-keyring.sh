#!/usr/bin/env bash
# Runs a command within a D-Bus session that has an unlocked, empty keyring. Meant for a session of its own
# (dbus-run-session) with a fresh home folder: it must never meet the keyring of a person.
set -euo pipefail

# The daemon writes its environment as assignments; it ends with the session's bus.
started=$(printf 'for tests only' | gnome-keyring-daemon --unlock --components=secrets)
while IFS= read -r line; do
  [[ $line == *=* ]] && export "${line?}"
done <<<"$started"

exec "$@"
