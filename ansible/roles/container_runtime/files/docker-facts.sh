# Prints one JSON object: the minor version of kubeadm, the state of cri-dockerd's package, and the sandbox image.
list_images
version=$(kubeadm version -o short)
minor=${version#v1.} minor=${minor%%.*}
shim=$(dpkg-query -W -f '${db:Status-Status}' cri-dockerd 2> /dev/null || true)
printf '{"minor": %d, "shim": "%s", "sandbox_image": "%s"}\n' "$minor" "$shim" "$(echo "$images" | grep '/pause:')"
