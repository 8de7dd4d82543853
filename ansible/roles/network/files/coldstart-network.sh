#!/bin/bash
# The pod network of one node, for nodes that share a layer-2 network: a bridge with the node's own pod subnet, a
# route to every other node's pod subnet, and address translation for what leaves the pods' network.
#
# All of it follows from the nodes that Kubernetes has: they are listed once, then watched, and listed again
# whenever the watch ends. So a node that comes, goes or returns with another pod subnet needs nothing but this.
#
# NODE_NAME, NODE_ADDRESS: this node; POD_SUBNET, SERVICE_SUBNET: all pods and services of the cluster.
set -uo pipefail

export KUBECONFIG=/etc/kubernetes/kubelet.conf
config=/etc/cni/net.d/10-coldstart.conflist
leases=/run/coldstart-cni
# Marks our routes, so that they can be told apart from everybody else's. Any number above 8 that nobody uses would do.
protocol=78
node='{.metadata.name}|{.spec.podCIDR}|{.status.addresses[?(@.type=="InternalIP")].address}|'
event='{.type}|{.object.metadata.name}|{.object.spec.podCIDR}|{.object.status.addresses[?(@.type=="InternalIP")].address}|'

# Pod subnet → address of its node, for all nodes but this one.
declare -A gateway_of=()

main() {
  watch_pid=
  trap 'stop_watching; exit 0' TERM INT
  while true; do
    until [ -e "$KUBECONFIG" ]; do
      sleep 1
    done
    follow
    sleep 1
  done
}

# Follows one kubelet.conf until its API server closes the watch or the file changes.
follow() {
  local joined line type name subnet address
  joined=$(identity)
  # A kubelet may always read its own node, so pods can start here before the others may be listed.
  learn_own "$(kubectl get node "$NODE_NAME" -o jsonpath='{.spec.podCIDR}' --request-timeout=10s 2>/dev/null)"
  learn_all || return
  exec 3< <(exec kubectl get nodes --watch --output-watch-events -o jsonpath="$event{'\n'}" 2>&1)
  watch_pid=$!
  while true; do
    if IFS='|' read -r -t 30 -u 3 type name subnet address line; then
      case $type in
        ADDED | MODIFIED | DELETED) learn "$type" "$name" "$subnet" "$address" ;;
        *) echo "$type" ;;
      esac
    elif [ $? -le 128 ]; then
      break # the watch ended
    fi
    # Also without news: a restarted network service throws away routes that it does not know.
    set_routes
    [ "$(identity)" = "$joined" ] || break
  done
  stop_watching
}

identity() {
  stat -c '%i %Y' "$KUBECONFIG" 2>/dev/null
}

stop_watching() {
  [ -z "$watch_pid" ] || kill "$watch_pid" 2>/dev/null
  watch_pid=
  exec 3<&-
}

# All nodes at once: what is not in this list is gone.
learn_all() {
  local list name subnet address rest
  list=$(kubectl get nodes -o jsonpath="{range .items[*]}$node{'\n'}{end}" --request-timeout=30s 2>&1) || {
    echo "cannot list nodes yet: ${list##*$'\n'}"
    return 1
  }
  gateway_of=()
  while IFS='|' read -r name subnet address rest; do
    learn ADDED "$name" "$subnet" "$address"
  done <<< "$list"
  set_routes
  set_translation
}

learn() {
  local type=$1 name=$2 subnet=$3 address=${4%% *} known
  if [ "$name" = "$NODE_NAME" ]; then
    [ "$type" = DELETED ] || learn_own "$subnet"
    return
  fi
  for known in "${!gateway_of[@]}"; do
    # The node may have come back with another subnet or address.
    [ "${gateway_of[$known]}" = "$address" ] && unset "gateway_of[$known]"
  done
  [ "$type" = DELETED ] && unset "gateway_of[$subnet]" && return
  [[ $subnet == *.*/* && -n $address ]] && gateway_of[$subnet]=$address
}

# Pods of this node get addresses from its own subnet; the bridge has the first one.
learn_own() {
  local subnet=$1 gateway length wanted
  [[ $subnet == *.*/* ]] || return
  length=${subnet#*/} gateway=${subnet%/*}
  gateway=${gateway%.*}.$((${gateway##*.} + 1))
  if ip -4 -oneline address show dev cni0 2>/dev/null | grep -q . &&
    ! ip -4 -oneline address show dev cni0 | grep -qF " $gateway/$length "; then
    echo "the pod subnet is $subnet now: taking the old bridge away"
    ip link delete cni0
    rm -rf "$leases"
  fi
  wanted=$(cni_config "$subnet")
  if [ "$(cat "$config" 2>/dev/null)" != "$wanted" ]; then
    echo "pods of this node get addresses from $subnet"
    mkdir -p "${config%/*}"
    printf '%s\n' "$wanted" > "$config.new" && mv "$config.new" "$config"
  fi
}

# Leases live in /run: after a restart of the machine there are no pods that could hold an address.
cni_config() {
  cat << END
{
  "cniVersion": "0.4.0",
  "name": "coldstart",
  "plugins": [
    {
      "type": "bridge",
      "bridge": "cni0",
      "isGateway": true,
      "ipMasq": false,
      "hairpinMode": true,
      "ipam": {
        "type": "host-local",
        "dataDir": "$leases",
        "ranges": [[{ "subnet": "$1" }]],
        "routes": [{ "dst": "0.0.0.0/0" }]
      }
    },
    { "type": "portmap", "capabilities": { "portMappings": true } }
  ]
}
END
}

set_routes() {
  local have subnet word
  declare -A via=()
  while read -r subnet word have word; do
    [ -z "$subnet" ] || via[$subnet]=$have
  done < <(ip -4 route show proto "$protocol")
  for subnet in "${!via[@]}"; do
    [ -n "${gateway_of[$subnet]:-}" ] || [ "$subnet" = "$SERVICE_SUBNET" ] || ip route delete "$subnet" proto "$protocol"
  done
  for subnet in "${!gateway_of[@]}"; do
    [ "${via[$subnet]:-}" = "${gateway_of[$subnet]}" ] ||
      ip route replace "$subnet" via "${gateway_of[$subnet]}" proto "$protocol" ||
      echo "no route to $subnet: is ${gateway_of[$subnet]} on the same network as this node?"
  done
  set_service_route
}

# Addresses of services are translated to those of pods after the kernel has looked for a route. Without a default
# route it would find none, so one is made up.
set_service_route() {
  local device
  ip -4 route get "${SERVICE_SUBNET%/*}" > /dev/null 2>&1 && return
  device=$(ip -4 -oneline address show to "$NODE_ADDRESS" | awk '{ print $2; exit }')
  [ -z "$device" ] || ip -4 route replace "$SERVICE_SUBNET" dev "$device" proto "$protocol"
}

# Machines outside the cluster do not know the way to pods, so what leaves the pods' network carries the node's
# address. Between pods nothing is translated. A firewall that drops forwarded packets lets those of pods through.
set_translation() {
  command -v iptables > /dev/null || return 0
  ensure_rule nat POSTROUTING -s "$POD_SUBNET" ! -d "$POD_SUBNET" -j MASQUERADE
  ensure_rule filter FORWARD -s "$POD_SUBNET" -j ACCEPT
  ensure_rule filter FORWARD -d "$POD_SUBNET" -j ACCEPT
}

ensure_rule() {
  local table=$1 chain=$2
  shift 2
  iptables -w -t "$table" -C "$chain" "$@" -m comment --comment coldstart 2> /dev/null ||
    iptables -w -t "$table" -A "$chain" "$@" -m comment --comment coldstart ||
    echo "iptables refuses a rule of table $table: pods may not reach the world outside"
}

main
