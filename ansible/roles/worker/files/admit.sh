# On the first control plane: clears the way for machines that are about to join, and invites them.
# Prints one JSON object with a token for half an hour, the API's address and the hash of the CA's key.
# JOINING: "NODE=ADDRESS" of each machine, separated by blanks.
set -eu
export KUBECONFIG=/etc/kubernetes/admin.conf

# A machine that was deployed anew may still be known here from its former life, and kubeadm refuses a second node
# of the same name. An old entry has the same address, or is not Ready; any other one belongs to another machine.
for pair in $JOINING; do
  name=${pair%%=*} address=${pair#*=}
  known=$(kubectl get node "$name" --ignore-not-found \
    -o jsonpath='{.status.conditions[?(@.type=="Ready")].status} {.status.addresses[?(@.type=="InternalIP")].address}')
  case $known in
    '') ;;
    *" $address" | *" $address "* | False* | Unknown*) kubectl delete node "$name" > /dev/null ;;
  esac
done

# kubeadm join HOST:PORT --token T --discovery-token-ca-cert-hash sha256:H
set -- $(kubeadm token create --ttl 30m --description 'coldstart' --print-join-command 2> /dev/null)
[ $# -ge 7 ] || { echo "kubeadm token create gave no invitation" >&2; exit 1; }
printf '{"endpoint": "%s", "token": "%s", "ca_hash": "%s"}\n' "$3" "$5" "$7"
