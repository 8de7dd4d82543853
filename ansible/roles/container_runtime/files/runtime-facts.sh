# Prints one JSON object: containerd's version, and the sandbox image that this kubeadm wants.
# IMAGE_REPOSITORY: where the images come from, empty for upstream's.
set -eu

# "containerd github.com/containerd/containerd/v2 v2.1.4 …", "containerd containerd.io 1.7.27 …", "… 1.6.20~ds1 …"
version=$(containerd --version | awk '{ print $3 }' | sed 's/^v//')
major=${version%%.*} rest=${version#*.}
minor=${rest%%.*}

# With the version given, kubeadm does not ask the internet for the newest one.
kubernetes=$(kubeadm version -o short)
sandbox=$(kubeadm config images list --kubernetes-version "$kubernetes" ${IMAGE_REPOSITORY:+--image-repository "$IMAGE_REPOSITORY"} \
  2>/dev/null | grep '/pause:')
printf '{"version": "%s", "major": %d, "minor": %d, "sandbox_image": "%s"}\n' "$version" "$major" "$minor" "$sandbox"
