#!/usr/bin/env bash
# A cluster by hand: what a person could type at best, every machine at its own pace, one SSH connection each.
# Prints "STAGE MACHINE" as soon as a machine has come so far.
#   $1               a folder with settings.sh, prepare.sh, init.json, join.json, user-data and its key `id`
#   MACHINES         "NAME=SYSTEM_ID …", the control plane first
#   DISTRO_SERIES    what MAAS deploys
#   MAAS_API_URL, MAAS_API_KEY
set -euo pipefail
cd "$1"
IFS=: read -r consumer token secret <<< "$MAAS_API_KEY"
first=${MACHINES%%=*}

maas() { # METHOD PATH [curl's options]
  local method=$1 path=$2
  shift 2
  # Through standard input, since a command line can be read by everybody.
  curl -sS --fail-with-body --noproxy '*' -X "$method" -K - "$MAAS_API_URL/api/2.0/$path" "$@" << END
header = "Authorization: OAuth oauth_version=\"1.0\", oauth_signature_method=\"PLAINTEXT\", oauth_consumer_key=\"$consumer\", oauth_token=\"$token\", oauth_signature=\"%26$secret\", oauth_nonce=\"$RANDOM$RANDOM$RANDOM\", oauth_timestamp=\"$(date +%s)\""
END
}

on() { # MACHINE COMMAND
  ssh -i id -o BatchMode=yes -o StrictHostKeyChecking=accept-new -o UserKnownHostsFile=known_hosts -o LogLevel=ERROR \
    -o ConnectTimeout=5 -o ControlMaster=auto -o ControlPersist=60 -o ControlPath="$PWD/%C" \
    "debian@$(cat "$1.address")" "$2"
}

# Until the command works.
soon() {
  until "$@" 2> /dev/null; do sleep 0.2; done
}

is_deployed() { # NAME ID
  maas GET "machines/$2/" | jq -re 'select(.status_name == "Deployed") | .ip_addresses[0]' > "$1.address"
}

is_invited() {
  [ -e invitation ]
}

# Documents one a line, each with this machine's address where it belongs.
documents() { # NAME
  jq -c --arg address "$(cat "$1.address")" '
    def args: if .apiVersion | endswith("v1beta4") then [{name: "node-ip", value: $address}] else {"node-ip": $address} end;
    if .nodeRegistration then .nodeRegistration.kubeletExtraArgs = args else . end
    | if .kind == "InitConfiguration" then .localAPIEndpoint.advertiseAddress = $address else . end'
}

start_cluster() {
  jq -c '.[]' init.json | documents "$first" | sed 's/^/---\n/' |
    on "$first" 'sudo sh -c "cat > /run/init.yaml; kubeadm init --config /run/init.yaml --skip-token-print >&2"'
  on "$first" 'sudo kubeadm token create --print-join-command' < /dev/null > invitation.new
  mv invitation.new invitation
}

join() { # NAME
  soon is_invited
  # kubeadm join ENDPOINT --token TOKEN --discovery-token-ca-cert-hash HASH
  read -r _ _ endpoint _ token _ hash _ < invitation
  jq --arg endpoint "$endpoint" --arg token "$token" --arg hash "$hash" \
    '.discovery.bootstrapToken = {apiServerEndpoint: $endpoint, token: $token, caCertHashes: [$hash]}' join.json |
    documents "$1" | on "$1" 'sudo sh -c "cat > /run/join.json; kubeadm join --config /run/join.json >&2"'
}

machine() { # NAME ID NUMBER
  maas POST 'machines/?op=allocate' -d "system_id=$2" > /dev/null
  maas POST "machines/$2/?op=deploy" -d "distro_series=$DISTRO_SERIES" --data-urlencode "user_data=$(base64 -w 0 user-data)" > /dev/null
  soon is_deployed "$1" "$2"
  echo "deployed $1"
  soon on "$1" 'cloud-init status --wait > /dev/null 2>&1 || true' < /dev/null
  echo "answers $1"
  role=worker
  [ "$1" != "$first" ] || role=control_plane
  cat settings.sh prepare.sh | on "$1" "sudo NUMBER=$3 ROLE=$role sh -es >&2"
  echo "prepared $1"
  if [ "$1" = "$first" ]; then start_cluster; else join "$1"; fi
  echo "member $1"
  soon on "$first" "sudo kubectl --kubeconfig /etc/kubernetes/admin.conf wait --for=condition=Ready --timeout=5m node/$1 >&2" < /dev/null
  echo "ready $1"
}

trap 'kill $(jobs -p) 2> /dev/null || true' EXIT
number=0
for pair in $MACHINES; do
  number=$((number + 1))
  machine "${pair%%=*}" "${pair#*=}" "$number" &
done
for _ in $MACHINES; do wait -n; done
