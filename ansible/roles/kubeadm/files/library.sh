# Functions for the scripts around kubeadm. They keep two marks on the machine, which a new deployment wipes:
#   /var/lib/coldstart/started   kubeadm was begun here and has not come to its end
#   /var/lib/coldstart/cluster   kubeadm came to its end here; holds the cluster's name
set -eu
umask 077
marks=/var/lib/coldstart
mkdir -p "$marks"

fail() {
  echo "$*" >&2
  exit 1
}

# One at a time on a machine: when coldstart was killed, its kubeadm may still be at work here.
take_turn() {
  exec 9> /run/coldstart-kubeadm.lock
  flock -w 900 9 || fail "kubeadm has been at work on this machine for a quarter of an hour; look at it there"
}

minor_version() {
  kubeadm version -o short | cut -d. -f2
}

# Reads kubeadm's configuration from standard input into a file in memory, which goes away with this script.
# `kubeadm init` and `join` only warn about unknown fields; `config validate` (1.26 and newer) refuses them.
take_configuration() {
  configuration=$(mktemp /run/coldstart-kubeadm.XXXXXX)
  trap 'rm -f "$configuration"' EXIT
  # Older ones take empty lines at the beginning for a document.
  sed -e '/./,$!d' -e "s/@VERSION@/$(kubeadm version -o short)/" > "$configuration"
  if [ "$(minor_version)" -ge 26 ]; then
    kubeadm config validate --config "$configuration"
  fi
}

flags() {
  ignored=$IGNORED_ERRORS
  # https://kubernetes.io/docs/concepts/architecture/cgroups/
  if [ ! -e /sys/fs/cgroup/cgroup.controllers ] && [ "$(minor_version)" -ge 35 ]; then
    ignored=${ignored:+$ignored,}SystemVerification
  fi
  [ -z "$ignored" ] || echo "--ignore-preflight-errors=$ignored"
  # The documents of Kubernetes before 1.22 have no place for patches.
  if [ -n "$PATCHES" ]; then
    echo "--experimental-patches=$PATCHES"
  fi
}

# Takes whatever kubeadm left here away, and our own pod network with it.
reset_machine() {
  kubeadm reset --force ${CRI_SOCKET:+--cri-socket "$CRI_SOCKET"}
  rm -rf /etc/cni/net.d/10-coldstart.conflist /var/lib/etcd/member "$marks/started" "$marks/cluster"
}

# The cluster's CA as one number, whatever its line breaks.
ca_fingerprint() {
  tr -d '[:space:]' < /etc/kubernetes/pki/ca.crt | sha256sum | cut -d' ' -f1
}

mark_started() {
  echo "$CLUSTER_NAME" > "$marks/started"
  sync "$marks/started"
}

mark_complete() {
  echo "$CLUSTER_NAME" > "$marks/cluster"
  rm -f "$marks/started"
}
