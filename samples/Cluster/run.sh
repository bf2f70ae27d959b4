#!/usr/bin/env bash
# A cluster on one machine: Redis, one silo, two gateways. Shows what the façade says of it, and runs until Ctrl+C.
#   samples/Cluster/run.sh                 until Ctrl+C
#   samples/Cluster/run.sh --once          shows the cluster and ends
#   samples/Cluster/run.sh --gateways 3    so many gateways, 1 to 9
set -euo pipefail
cd "$(dirname "$0")/../.."

once= gateways=2
while [ $# -gt 0 ]; do
  case $1 in
    --once) once=1 ;;
    --gateways) gateways=${2:-}; shift ;;
    *) echo "usage: $0 [--once] [--gateways N]" >&2; exit 1 ;;
  esac
  shift
done
[[ $gateways =~ ^[1-9]$ ]] || { echo "--gateways must be from 1 to 9" >&2; exit 1; }

command -v redis-server >/dev/null || { echo "redis-server is needed: apt-get install redis-server" >&2; exit 1; }
command -v curl >/dev/null || { echo "curl is needed: apt-get install curl" >&2; exit 1; }
dotnet build Silo -c Release -v quiet
work=$(mktemp -d)
pids=()
stop() {
  trap - EXIT INT TERM
  # Gateways first, so that their edges are told while everything else is there.
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do kill -TERM "${pids[i]}" 2>/dev/null || true; wait "${pids[i]}" 2>/dev/null || true; done
  rm -rf "$work"
}
trap stop EXIT INT TERM

redis-server --port 36379 --bind 127.0.0.1 --save '' --appendonly no --dir "$work" >"$work/redis.log" &
pids+=($!)

start() { # name roles keys…
  local name=$1 roles=$2
  shift 2
  dotnet Silo/bin/Release/net10.0/Frontier.Silo.dll --roles "$roles" --cluster:redis=127.0.0.1:36379 --cluster:listen_addr=127.0.0.1 \
    --daemon:frontier_id="$name" "$@" >"$work/$name.log" 2>&1 &
  pids+=($!)
}

start silo-1 silo --controlplane:listen:addr=127.0.0.1:30020 --control_plane:listen:addr=127.0.0.1:40011 --observability:addr=127.0.0.1:9090
for ((i = 0; i < gateways; i++)); do
  start "gateway-$((i + 1))" gateway --servicebound:listen:addr="127.0.0.1:$((30011 + 1000 * i))" --edgebound:listen:addr="127.0.0.1:$((30012 + 1000 * i))" \
    --controlplane:listen:addr="127.0.0.1:$((30010 + 1000 * i))" --observability:addr="127.0.0.1:$((9091 + i))"
done

ready() { # port
  for _ in $(seq 120); do
    curl -fs "127.0.0.1:$1/readyz" >/dev/null && return
    sleep 0.5
  done
  echo "port $1 did not become ready; logs:" >&2
  tail -n 20 "$work"/*.log >&2
  exit 1
}
for ((i = 0; i <= gateways; i++)); do ready "$((9090 + i))"; done

echo "\$ curl -s 127.0.0.1:40011/cluster/v1/frontiers"
curl -s 127.0.0.1:40011/cluster/v1/frontiers
echo
[ -n "$once" ] && exit 0
echo "gateway-1: services 30011, edges 30012, control plane 30010; the next: the same plus 1000, and so on. Gateways' processes: ${pids[*]:2}. Ctrl+C ends it."
wait
