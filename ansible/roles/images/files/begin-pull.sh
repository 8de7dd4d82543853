# Pulls the images that this machine will need, in the background. A failure only costs time later.
# ROLE: control_plane or worker; IMAGE_REPOSITORY: empty for upstream's; SOCKET: the runtime's CRI socket.
set -eu

# A machine that is in its cluster has its images.
[ ! -e /etc/kubernetes/kubelet.conf ] || exit 0
[ -S "$SOCKET" ] || exit 0

images=$(kubeadm config images list --kubernetes-version "$(kubeadm version -o short)" \
  ${IMAGE_REPOSITORY:+--image-repository "$IMAGE_REPOSITORY"} 2>/dev/null)
if [ "$ROLE" = worker ]; then
  images=$(echo "$images" | grep -E '/(kube-proxy|pause):')
fi
if command -v crictl > /dev/null && crictl --version > /dev/null 2>&1; then
  pull="crictl -r unix://$SOCKET pull"
elif command -v ctr > /dev/null; then
  pull='ctr -n k8s.io images pull --hosts-dir /etc/containerd/certs.d'
else
  exit 0
fi
# shellcheck disable=SC2086 # the list is meant to be split
systemd-run --quiet --collect --unit=coldstart-images \
  sh -c 'for image; do '"$pull"' "$image"; done' sh $images 2>/dev/null || true
