#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# http_floor.sh PROGRAM: the floor of HTTP beside nginx in the same run. PROGRAM is the built bench_http_floor.
# Each serves the same 13 bytes on the first core, wrk asks from the second; the server's CPU time a request is the
# figure that a busy machine spoils least. Needs wrk and nginx. SECONDS_EACH (3) and ROUNDS (3, the best counts) may be
# set.
set -eu
program=$1
seconds=${SECONDS_EACH:-3} rounds=${ROUNDS:-3}
work=$(mktemp -d) served=""
trap 'for pid in $served; do kill "$pid" 2>/dev/null || true; done; rm -rf "$work"' EXIT
ours=18471 theirs=18472
ticks=$(getconf CLK_TCK)

cat > "$work/nginx.conf" <<CONF
daemon off; worker_processes 1; pid $work/pid; error_log $work/errors;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000000; server_tokens off;
  client_body_temp_path $work/b; proxy_temp_path $work/p; fastcgi_temp_path $work/f; uwsgi_temp_path $work/u;
  scgi_temp_path $work/s;
  server { listen 127.0.0.1:$theirs; location / { default_type text/plain; return 200 "Hello, world\n"; } } }
CONF

# CPU seconds that process $1 has taken. Its name, in brackets, may hold spaces.
cpu() { sed 's/.*) //' "/proc/$1/stat" | awk -v t="$ticks" '{ print ($12 + $13) / t }'; }
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }

# $1 name, $2 pid whose time counts, $3 port: a row "name requests/s us/request p99 KiB" for each round.
measure() {
  for round in $(seq "$rounds"); do
    before=$(cpu "$2")
    taskset -c 1 wrk -t1 -c64 -d"${seconds}s" --latency "http://127.0.0.1:$3/" > "$work/wrk"
    after=$(cpu "$2")
    awk -v name="$1" -v cpu="$(echo "$after $before" | awk '{ print $1 - $2 }')" -v kib="$(resident "$2")" '
      /requests in/ { n = $1 } /Requests\/sec/ { rate = $2 } /99%/ { p99 = $2 } /Non-2xx|Socket errors/ { bad = 1 }
      END { if (bad || n == 0) exit 1; printf "%s %d %.2f %s %d\n", name, rate, cpu / n * 1e6, p99, kib }' "$work/wrk"
  done | sort -k3 -n | head -1
}

taskset -c 0 "$program" "$ours" > "$work/counts" & served="$served $!"; our_pid=$!
taskset -c 0 nginx -c "$work/nginx.conf" 2>/dev/null & served="$served $!"; nginx_pid=$!
sleep 0.5
worker=$(pgrep -P "$nginx_pid" | head -1)

{ measure hospitium "$our_pid" "$ours"; measure nginx "$worker" "$theirs"; } > "$work/rows"
kill -TERM "$our_pid"; wait "$our_pid" || true

echo "HTTP floor: 13 bytes, 64 keep-alive connections, one core to serve and one to ask; best of $rounds x $seconds s"
echo "$(nproc) x $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), load $(cut -d' ' -f1 /proc/loadavg)"
awk 'BEGIN { printf "%-12s %12s %14s %10s %10s %8s\n", "server", "requests/s", "CPU us/request", "p99", "KiB", "ratio" }
  { rate[NR] = $3; printf "%-12s %12d %14.2f %10s %10d %8.2f\n", $1, $2, $3, $4, $5, $3 / rate[1] }' "$work/rows"
