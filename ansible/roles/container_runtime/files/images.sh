# Shell functions about the images that kubeadm wants.
set -eu

# With the version given, kubeadm does not ask the internet for the newest one.
list_images() {
  images=$(kubeadm config images list --kubernetes-version "$(kubeadm version -o short)" \
    ${IMAGE_REPOSITORY:+--image-repository "$IMAGE_REPOSITORY"} 2> /dev/null)
}

# In the background, and not waited for: kubeadm finds the images there, or pulls what is still missing itself.
# A machine that is in its cluster has its images.
# ROLE: control_plane or worker. First argument: the runtime's CRI socket.
begin_to_pull() {
  [ ! -e /etc/kubernetes/kubelet.conf ] || return 0
  if command -v crictl > /dev/null && crictl --version > /dev/null 2>&1; then
    pull="crictl -r $1 pull"
  elif command -v ctr > /dev/null; then
    pull='ctr -n k8s.io images pull --hosts-dir /etc/containerd/certs.d'
  else
    return 0
  fi
  [ "$ROLE" = control_plane ] || images=$(echo "$images" | grep -E '/(kube-proxy|pause):')
  # shellcheck disable=SC2086 # the list is meant to be split
  systemd-run --quiet --collect --unit=coldstart-images \
    sh -c 'for image; do '"$pull"' "$image" & done; wait' sh $images 2> /dev/null || true
}
