#!/usr/bin/env bash
# Builds everything and runs every test project; installs what is missing first. Ends with "N passed, N failed".
#   test/run.sh                 all projects
#   test/run.sh Protocol Silo   only these (folders below test/)
set -uo pipefail
cd "$(dirname "$0")/.."

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_USE_MSBUILD_SERVER=0
configuration=${CONFIGURATION:-Release}

if ! dotnet --list-sdks 2>/dev/null | grep -q '^10\.'; then
  echo "The .NET SDK 10 is needed; see https://dot.net/download" >&2
  exit 1
fi

# What the tests need beside the SDK: command and Debian package. The cluster's processes find each other through a real Redis server, and are cut off from each other with ip.
# Messages are produced to real queues; each test starts servers of its own.
export PATH="$PATH:/usr/sbin:/sbin"
needed=(redis-server:redis-server ip:iproute2 rabbitmq-server:rabbitmq-server nats-server:nats-server)
missing=()
for entry in "${needed[@]}"; do command -v "${entry%%:*}" >/dev/null || missing+=("${entry#*:}"); done
if [ ${#missing[@]} -gt 0 ]; then
  echo "== install ${missing[*]}"
  sudo=$([ "$(id -u)" -eq 0 ] || echo sudo)
  if ! { $sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null; then
    echo "missing and could not be installed: ${missing[*]}" >&2
    exit 1
  fi
fi
echo "== build ($configuration)"
# One compiler process for all projects: each would start a cold one of its own otherwise.
dotnet build Frontier.Orleans.sln -c "$configuration" -v quiet -nodeReuse:false -p:UseSharedCompilation=true
built=$?
dotnet build-server shutdown --vbcscompiler >/dev/null 2>&1
if [ "$built" -ne 0 ]; then
  echo "0 passed, 1 failed"
  exit 1
fi

if [ $# -gt 0 ]; then
  projects=()
  for name in "$@"; do projects+=(test/"$name"/*.Tests.csproj); done
else
  projects=(test/*/*.Tests.csproj)
fi

# Two projects at a time: most of the time of the long ones is spent waiting for processes. The longest begin first, so that none is left alone at the end.
lanes=${LANES:-2}
first=(test/Cluster/*.Tests.csproj test/Sdk/*.Tests.csproj test/EndToEnd/*.Tests.csproj test/Operator/*.Tests.csproj test/Queues/*.Tests.csproj)
ordered=()
for project in "${first[@]}"; do [[ " ${projects[*]} " == *" $project "* ]] && ordered+=("$project"); done
for project in "${projects[@]}"; do [[ " ${ordered[*]} " == *" $project "* ]] || ordered+=("$project"); done

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

# Runs one project; its output is printed whole when it is done. Leaves "status" and the log behind for the sum.
run_project() {
  local project=$1 name
  name=$(basename "$project")
  dotnet test "$project" -c "$configuration" --no-build -nodeReuse:false --blame-hang-timeout 5m --blame-hang-dump-type none \
    --logger "trx;LogFileName=$results/$name.trx" >"$results/$name.log" 2>&1
  echo $? >"$results/$name.status"
  { flock 9; echo "== $project"; cat "$results/$name.log"; } 9>"$results/print"
}

for project in "${ordered[@]}"; do
  while [ "$(jobs -rp | wc -l)" -ge "$lanes" ]; do wait -n; done
  run_project "$project" &
done
wait

passed=0 failed=0 skipped=0
for project in "${ordered[@]}"; do
  name=$(basename "$project")
  status=$(cat "$results/$name.status")
  # Passed!  - Failed:     0, Passed:    12, Skipped:     0, Total:    12, Duration: 1 s - Frontier.X.Tests.dll (net10.0)
  summary=$(grep -E '^(Passed|Failed)! +- Failed:' "$results/$name.log" | tail -n 1)
  if [ -n "$summary" ]; then
    f=$(sed -E 's/.*Failed: +([0-9]+),.*/\1/' <<<"$summary")
    passed=$((passed + $(sed -E 's/.*Passed: +([0-9]+),.*/\1/' <<<"$summary")))
    skipped=$((skipped + $(sed -E 's/.*Skipped: +([0-9]+),.*/\1/' <<<"$summary")))
    failed=$((failed + f))
    # A run that fails without a failed test (a crash, a hang) must not pass.
    if [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then failed=$((failed + 1)); fi
  else
    echo "$project: no test was run" >&2
    failed=$((failed + 1))
  fi
done

echo "== the slowest twenty"
grep -ohE '<UnitTestResult [^>]*' "$results"/*.trx 2>/dev/null |
  sed -nE 's/.*testName="([^"]*)".*duration="([0-9:.]+)".*/\2 \1/p' | sort -r | head -n 20

if [ "$skipped" -gt 0 ]; then
  echo "$skipped skipped: the reasons stand above"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
