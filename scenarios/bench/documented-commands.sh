#!/usr/bin/env bash
# The path of scenarios/doc-2x/safe-scale-down.yaml as a careful person would script it: the document's commands, `kubectl
# wait`, and a look at the servers once a second. Prints how long each step took, to be held against
#   seatrial run scenarios/doc-2x/safe-scale-down.yaml --manifests SET --env kind --reuse NAME --keep
# Usage: KUBECONFIG=... scenarios/bench/documented-commands.sh IMAGE [SET]      needs kubectl; SET is `headless` or `doc`
set -euo pipefail

image=${1:?an image, such as tdengine/tdengine:2.1.1.0}
set=${2:-headless}
manifests=$(cd "$(dirname "$0")/../../fixtures/doc-2x/$set" && pwd)
namespace=bench-$$
k() { kubectl -n "$namespace" "$@"; }
trap 'kubectl delete namespace "$namespace" --wait=false >/dev/null 2>&1' EXIT

begun=$(date +%s%N) last=$begun
lap() {
  local now; now=$(date +%s%N)
  printf '%7.1f s  %s\n' "$(((now - last) / 1000000))e-3" "$1"
  last=$now
}
dnodes() {
  k exec "$1" -- taos -s "show dnodes" 2>/dev/null |
    awk -F'|' '$1 ~ /^ *[0-9]+ *$/ { gsub(/ /, "", $1); gsub(/ /, "", $5); printf "%s=%s ", $1, $5 }'
}
# Waits until every pod given shows exactly these dnodes.
until_dnodes() {
  local wanted=$1 pod; shift
  for _ in $(seq 180); do
    for pod in "$@"; do [ "$(dnodes "$pod")" = "$wanted" ] || { sleep 1; continue 2; }; done
    return
  done
  echo "not within its time: $wanted" >&2; exit 1
}
until_() { for _ in $(seq 180); do if "$@"; then return; fi; sleep 1; done; echo "not within its time: $*" >&2; exit 1; }
pod() { k get pod "$1" -o jsonpath="$2" 2>/dev/null; }
crashes() { [[ $(pod tdengine-2 '{.status.containerStatuses[0].state.waiting.reason}') == CrashLoopBackOff ]]; }
all_pods() { k get pod "tdengine-$(($1 - 1))" >/dev/null 2>&1 && k wait --for=condition=Ready --timeout=300s pod -l app=tdengine >/dev/null; }

kubectl create namespace "$namespace" >/dev/null
for file in taoscfg taosd-service tdengine; do
  sed -E "s#image: .*#image: $image#; s#imagePullPolicy: .*#imagePullPolicy: IfNotPresent#; s#replicas: .*#replicas: 3#" \
    "$manifests/$file.yaml" | k apply -f - >/dev/null
done
until_ all_pods 3
until_dnodes "1=ready 2=ready 3=ready " tdengine-0 tdengine-1 tdengine-2
lap "apply the manifests; three pods and three dnodes are ready"

k exec tdengine-0 -- taos -s "drop dnode 'tdengine-2.taosd.$namespace.svc.cluster.local:6030'" >/dev/null
until_dnodes "1=ready 2=ready " tdengine-0 tdengine-1
until_ crashes
lap "drop the dnode; it is gone, and its pod crashes"

k scale statefulset tdengine --replicas=2 >/dev/null
k wait --for=delete --timeout=180s pod/tdengine-2 >/dev/null 2>&1 || true
sleep 10 # as the scenario looks that the volume claim stays
k get pvc taosdata-tdengine-2 >/dev/null
until_dnodes "1=ready 2=ready " tdengine-0 tdengine-1
lap "scale to 2; the pod is gone, its volume claim stays for 10 s"

k delete pvc taosdata-tdengine-2 >/dev/null
until_dnodes "1=ready 2=ready " tdengine-0 tdengine-1
lap "delete the volume claim"

k scale statefulset tdengine --replicas=3 >/dev/null
until_ all_pods 3
until_dnodes "1=ready 2=ready 4=ready " tdengine-0 tdengine-1 tdengine-2
lap "scale to 3; the dnode joins with id 4"

last=$begun
lap "in all"
