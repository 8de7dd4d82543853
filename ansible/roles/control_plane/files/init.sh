# Starts the cluster here, once. Prints "changed: …" when it did.
# Standard input: kubeadm's patches as lines for write_files, an empty line, its configuration.
#
# It may be repeated after any interruption, and never destroys a cluster:
#   mark "cluster"            a cluster was started here: it is only waited for, whatever state it is in
#   mark "started", no other  our kubeadm init was cut off or failed. Machines join only after the mark "cluster", so
#                             nothing but this machine is in that cluster: it is reset and started anew
#   no mark, but an answering API   somebody else's kubeadm made a cluster here: taken as it is
#   no mark, but remains      somebody else's, and maybe worth something: left alone, with an error
export KUBECONFIG=/etc/kubernetes/admin.conf

answers() {
  [ -e "$KUBECONFIG" ] && kubectl get --raw /readyz --request-timeout=5s > /dev/null 2>&1
}

wait_until_it_answers() {
  tries=0
  until answers; do
    tries=$((tries + 1))
    [ "$tries" -lt 150 ] || fail "this machine has a control plane of $CLUSTER_NAME, which does not answer for five" \
      "minutes. It is left as it is. Last words of the kubelet: $(journalctl -u kubelet -n 5 --no-pager -o cat 2>&1)"
    sleep 2
  done
}

has_remains() {
  [ -e /etc/kubernetes/kubelet.conf ] || [ -e "$KUBECONFIG" ] || [ -e /etc/kubernetes/manifests/kube-apiserver.yaml ] ||
    [ -e /var/lib/etcd/member ]
}

write_files
take_turn
if [ -e "$marks/cluster" ]; then
  [ "$(cat "$marks/cluster")" = "$CLUSTER_NAME" ] ||
    fail "this machine belongs to the cluster $(cat "$marks/cluster"), not to $CLUSTER_NAME. Release it, or run reset.yml on it"
  wait_until_it_answers
  exit 0
fi
if [ -e "$marks/started" ]; then
  nodes=$(kubectl get nodes -o name --request-timeout=5s 2> /dev/null | wc -l)
  [ "$nodes" -le 1 ] ||
    fail "kubeadm init did not come to its end here, and yet $nodes nodes are in the cluster. Run reset.yml on this machine"
  reset_machine
elif answers; then
  exit 0
elif has_remains; then
  fail "this machine has a control plane that coldstart did not make, and its API does not answer. It is left as it is." \
    "Release it, or run reset.yml on it"
fi

take_configuration
mark_started
# shellcheck disable=SC2046 # one flag a word
kubeadm init --config "$configuration" --skip-token-print $(flags)
mark_complete
echo "changed: the cluster $CLUSTER_NAME was started"
