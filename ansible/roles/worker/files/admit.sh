# On the first control plane: clears the way for machines that are to join, and invites them.
# Prints one JSON object: the cluster's fingerprint, which machines are to join, and, when there are any, a token for half
# an hour, the API's address and the hash of the CA's key.
# Standard input: "MACHINE NODE ADDRESS STATE BEGUN CA" a line, as look.sh tells it.
export KUBECONFIG=/etc/kubernetes/admin.conf

# A machine that is in this cluster is left alone, and so is one with something of another cluster that we did not begin.
is_to_join() { # STATE BEGUN CA
  if [ "$1" = complete ] && [ "$3" = "$own" ]; then return 1; fi
  [ "$1" = none ] || [ "$2" = begun ]
}

# A machine that was deployed anew may still be known here from its former life, and kubeadm refuses a second node
# of the same name. An old entry has the same address, or is not Ready; any other one belongs to another machine.
forget() { # NODE ADDRESS
  known=$(kubectl get node "$1" --ignore-not-found \
    -o jsonpath='{.status.conditions[?(@.type=="Ready")].status} {.status.addresses[?(@.type=="InternalIP")].address}' < /dev/null)
  case $known in
    '') ;;
    *" $2" | *" $2 "* | False* | Unknown*) kubectl delete node "$1" > /dev/null < /dev/null ;;
  esac
}

own=$(ca_fingerprint)
joining=
while read -r machine node address state begun ca; do
  if is_to_join "$state" "$begun" "$ca"; then
    forget "$node" "$address"
    joining="$joining${joining:+, }\"$machine\""
  fi
done
if [ -z "$joining" ]; then
  printf '{"ca": "%s", "joining": []}\n' "$own"
  exit 0
fi
# kubeadm join HOST:PORT --token T --discovery-token-ca-cert-hash sha256:H
set -- $(kubeadm token create --ttl 30m --description 'coldstart' --print-join-command 2> /dev/null)
[ $# -ge 7 ] || fail "kubeadm token create gave no invitation"
printf '{"ca": "%s", "joining": [%s], "endpoint": "%s", "token": "%s", "ca_hash": "%s"}\n' "$own" "$joining" "$3" "$5" "$7"
