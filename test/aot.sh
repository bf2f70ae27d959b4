#!/usr/bin/env bash
# Publishes the chat room sample ahead of time and lets it run as an edge and as a service. Fails on any trimming or AOT warning.
# Needs clang and zlib: apt-get install clang zlib1g-dev
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
pids=()
trap 'for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; rm -rf "$work"' EXIT

runtime=linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
dotnet publish samples/Chatroom -c Release -r "$runtime" -p:PublishAot=true -o "$work/app" -v quiet -nodeReuse:false
ls -l "$work/app/Frontier.Samples.Chatroom" | awk '{ printf "%.1f MB\n", $5 / 1048576 }'
dotnet build Silo -c Release -v quiet -nodeReuse:false
dotnet Silo/bin/Release/net10.0/Frontier.Silo.dll --edgebound:listen:addr=127.0.0.1:32012 --servicebound:listen:addr=127.0.0.1:32011 \
  --controlplane:listen:addr=127.0.0.1:0 --control_plane:listen:addr=127.0.0.1:0 --observability:addr=127.0.0.1:0 >"$work/gateway.log" 2>&1 &
pids+=($!)
await() { # file text
  for _ in $(seq 240); do
    grep -q "$2" "$1" 2>/dev/null && return
    sleep 0.25
  done
  echo "\"$2\" did not appear:" >&2
  cat "$1" >&2
  exit 1
}
await "$work/gateway.log" "is up"
"$work/app/Frontier.Samples.Chatroom" service --gateway 127.0.0.1:32011 >"$work/room.log" 2>&1 &
pids+=($!)
await "$work/room.log" "The room is open"
"$work/app/Frontier.Samples.Chatroom" client --gateway 127.0.0.1:32012 --name alone --script "compiled ahead of time" --leave-after 1
await "$work/room.log" "alone has left"
echo "The published edge works."
