# Prints what this machine is to the cluster with the CA fingerprint CLUSTER_CA:
#   joined        it is in it
#   none          it is in no cluster
#   interrupted   our kubeadm join was cut off or failed here; to be reset and repeated
# Fails for a machine of another cluster, and for remains of one: they may be worth something, so they are left alone.
take_turn
folder=/etc/kubernetes

is_complete() {
  [ -e "$folder/kubelet.conf" ] && [ ! -e "$folder/bootstrap-kubelet.conf" ] || return 1
  # A control plane has more to do after its kubelet is in, so there only our own mark tells.
  [ "$ROLE" = worker ] || [ ! -e "$marks/started" ]
}

has_remains() {
  [ -e "$folder/kubelet.conf" ] || [ -e "$folder/bootstrap-kubelet.conf" ] || [ -e "$folder/pki/ca.crt" ]
}

if [ -e "$folder/pki/ca.crt" ] && [ "$(ca_fingerprint)" = "$CLUSTER_CA" ] && is_complete; then
  mark_complete
  echo joined
elif [ -e "$marks/started" ]; then
  echo interrupted
elif has_remains; then
  fail "this machine is in another cluster than $CLUSTER_NAME is now$(sed 's/.*/: one called &/' "$marks/cluster" 2> /dev/null)." \
    "It is left as it is: release it, or run reset.yml on it"
else
  echo none
fi
